"""Draws, checks, differences and flips as the plain data of `contracts`."""

from collections.abc import Iterable

from maquette.cli.contract_parts import FORMAT, exact, exact_or_none
from maquette.cli.cost import contracts as c
from maquette.cli.cost.feasibility_contract import feasibility_data
from maquette.cost.budget_check import BudgetCheck
from maquette.cost.crossings import Crossing
from maquette.cost.difference import Difference, LineDifference
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption
from maquette.cost.feasibility import Feasibility
from maquette.cost.wording import base_sentence


def drawn_data(drawn: Drawn) -> c.DrawnData:
    """The draws."""
    return {
        "draws": drawn.count,
        "seed": drawn.seed,
        "options": [_option(option) for option in drawn.options],
        "inputs": [
            {"name": a.name, "value": a.value, "low": a.low, "high": a.high, "source": str(a.source)}
            for a in drawn.inputs
        ],
    }


def check_data(found: BudgetCheck, drawn: Drawn, against: Feasibility) -> c.BudgetCheckData:
    """A check of the budget, and whether anything could keep it."""
    return {
        "format": FORMAT,
        "option": found.option,
        "budget_usd_month": exact(found.budget_usd_month),
        "hardness": "hard" if found.hard else "soft",
        "keeps": found.keeps,
        "over_from": None if found.over_from is None else _month(found.over_from),
        "highest": _month(found.highest),
        "draws": drawn.count,
        "seed": drawn.seed,
        "feasibility": feasibility_data(against)["findings"],
    }


def difference_data(found: Difference) -> c.DifferenceData:
    """Two options, line by line."""
    return {
        "a": found.a,
        "b": found.b,
        "usd_a": exact(found.sum_of(lambda line: line.usd_a)),
        "usd_b": exact(found.sum_of(lambda line: line.usd_b)),
        "difference_usd": exact(found.difference_usd),
        "price_usd": exact(found.sum_of(lambda line: line.price_usd)),
        "quantity_usd": exact(found.sum_of(lambda line: line.quantity_usd)),
        "mix_usd": exact(found.sum_of(lambda line: line.mix_usd)),
        "line_usd": exact(found.sum_of(lambda line: line.line_usd)),
        "rounding_usd": exact(found.sum_of(lambda line: line.rounding_usd)),
        "lines": [_line(line) for line in found.lines],
    }


def flips_data(found: Iterable[Crossing]) -> c.FlipsData:
    """The flips."""
    return {
        "format": FORMAT,
        "flips": [
            {
                "fact": flip.fact,
                "name": flip.name,
                "now": exact(flip.now),
                "value": exact(flip.value),
                "beside": exact(flip.beside),
                "above": flip.above,
                "from_option": flip.from_option,
                "to_option": flip.to_option,
                "budget": flip.budget,
                "utilisation": exact_or_none(flip.utilisation),
                "sentence": flip.sentence,
            }
            for flip in found
        ],
    }


def _option(option: DrawnOption) -> c.DrawnOptionData:
    return {
        "option": option.option,
        "months": [_month(month) for month in option.months],
        "total_usd": _band(option.total),
        "ever_over_budget": exact_or_none(option.ever_over_budget),
        "base_percentile": exact_or_none(option.base_percentile),
        "base_note": base_sentence(option),
        "drivers": [
            {
                "input": driver.input,
                "low": driver.low,
                "high": driver.high,
                "low_usd": exact(driver.low_usd),
                "high_usd": exact(driver.high_usd),
                "swing_usd": exact(driver.swing_usd),
                "share": exact_or_none(driver.share),
            }
            for driver in option.drivers
        ],
    }


def _month(month: DrawnMonth) -> c.DrawnMonthData:
    return {
        "month": month.month,
        "usd": _band(month.usd),
        "in_ceiling_usd": None if month.in_ceiling is None else _band(month.in_ceiling),
        "over_budget": exact_or_none(month.over_budget),
    }


def _band(band: Band) -> c.BandData:
    return {"p10": exact(band.p10), "p50": exact(band.p50), "p90": exact(band.p90), "error_usd": exact(band.error_usd)}


def _line(line: LineDifference) -> c.LineDifferenceData:
    return {
        "name": line.name,
        "unit": line.unit,
        "quantity_a": exact_or_none(line.quantity_a),
        "quantity_b": exact_or_none(line.quantity_b),
        "price_a": exact_or_none(line.price_a),
        "price_b": exact_or_none(line.price_b),
        "usd_a": exact(line.usd_a),
        "usd_b": exact(line.usd_b),
        "difference_usd": exact(line.difference_usd),
        "price_usd": exact(line.price_usd),
        "quantity_usd": exact(line.quantity_usd),
        "mix_usd": exact(line.mix_usd),
        "line_usd": exact(line.line_usd),
        "rounding_usd": exact(line.rounding_usd),
    }
