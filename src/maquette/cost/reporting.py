"""The cost report: what it rests on, the options, the lines behind each figure, what drives it, what would turn it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.cost.crossings import Crossing
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption
from maquette.cost.levers import LeverTable
from maquette.cost.projection import CostAssumption, CostProjection, OptionCost
from maquette.cost.report import CostReport, CostSection, CostTable, Sentence, Words, figures
from maquette.cost.report_levers import levers_section
from maquette.cost.report_lines import Anchors, lines_table, three
from maquette.cost.volumes import AtVolume
from maquette.cost.wording import request_usd
from maquette.foundation.units import Usd, readable_count, readable_usd

DRAWS_ANCHOR = "draws"


@dataclass(frozen=True, kw_only=True, slots=True)
class CostFindings:
    """What a report is made of.

    Attributes:
        option: Whose drivers are shown; one that has a price.
        decided: Whether it was decided for; otherwise it is the cheapest, or the one that was asked for.
        assumed: Questions that nobody answered, and the default that stands in.
        crossings: The flips of each input alone.
        chosen: Whether somebody asked for this option.
        levers: What the levers do to its first month; None where they were not tried.
        volumes: Month 1 of each option at other volumes.
    """

    name: str
    option: str
    decided: bool
    projection: CostProjection
    drawn: Drawn
    crossings: tuple[Crossing, ...]
    assumed: tuple[tuple[str, str], ...]
    chosen: bool = False
    levers: LeverTable | None = None
    volumes: tuple[AtVolume, ...] = ()


def cost_report(found: CostFindings) -> CostReport:
    """The report; the same findings give the same one."""
    anchors = Anchors()
    return CostReport(
        title=f"Cost report: {found.name}",
        option=found.option,
        sections=(
            _rests_on(found),
            _summary(found, anchors),
            _lines(found, anchors),
            _drivers(found),
            _flips(found),
            *([levers_section(found.levers, anchors)] if found.levers is not None else []),
            _assumptions(found),
        ),
    )


def _rests_on(found: CostFindings) -> CostSection:
    projection, drawn = found.projection, found.drawn
    budget = projection.budget_usd_month
    return CostSection(
        title="What it rests on",
        anchor="rests-on",
        says=(
            _says(f"Prices as of {projection.prices_as_of}."),
            _says(f"Horizon: {_months(projection.horizon_months)}."),
            _says("No budget is given." if budget is None else f"Budget: {readable_usd(budget)} a month."),
            _says(f"Ranges p10, p50 and p90 are of {readable_count(drawn.count)} draws an option, seed {drawn.seed}."),
            _says(f"Facts that are assumed: {_assumed(found)}."),
        ),
    )


def _assumed(found: CostFindings) -> str:
    return ", ".join(f"{name} = {value}" for name, value in found.assumed) or "none"


def _summary(found: CostFindings, anchors: Anchors) -> CostSection:
    tables = [_exact_table(found.projection, anchors)]
    if found.drawn.options:
        tables.append(_drawn_table(found, anchors))
    unpriced = (
        _says(f"{option.option} is unpriced: {reason}.")
        for option in found.projection.options
        for reason in option.unpriced
    )
    return CostSection(
        title="Options",
        anchor="options",
        says=(_verdict(found, anchors), *unpriced),
        tables=tuple(tables),
        charts=("cost-band", "cost-quality"),
    )


def _verdict(found: CostFindings, anchors: Anchors) -> Sentence:
    """The option in one sentence, each figure with its line."""
    option = found.projection.option(found.option)
    if option is None or option.first_month_usd is None or option.total_usd is None:
        return _says(f"{found.option} is unpriced.")
    line = anchors.of(found.option, "sum")
    why = "the one decided for" if found.decided else "the one asked for" if found.chosen else "the cheapest"
    start: Sentence = (
        Words(text=f"{found.option}, {why}, costs "),
        Words(text=readable_usd(option.first_month_usd.base), link=line),
        Words(text=" in month 1 and "),
        Words(text=readable_usd(option.total_usd.base), link=line),
        Words(text=f" over {_months(found.projection.horizon_months)}"),
    )
    drawn = found.drawn.option(found.option)
    if drawn is None or drawn.ever_over_budget is None:
        return (*start, Words(text="."))
    chance = Words(text=_percent(drawn.ever_over_budget), link=DRAWS_ANCHOR)
    return (*start, Words(text="; in "), chance, Words(text=" of the draws a month passes the budget."))


def _exact_table(projection: CostProjection, anchors: Anchors) -> CostTable:
    last = f"month {projection.horizon_months}"
    headings, right = figures("option", "a request", "month 1", f"{last} (last)", "total")
    return CostTable(
        caption="USD, low / base / high",
        headings=headings,
        right=right,
        rows=tuple(_exact_row(option, anchors) for option in projection.options),
    )


def _exact_row(option: OptionCost, anchors: Anchors) -> Sentence:
    link = "" if option.total_usd is None else anchors.of(option.option, "sum")
    cells = (
        request_usd(option),
        three(option.first_month_usd),
        three(option.last_month_usd),
        three(option.total_usd),
    )
    return (Words(text=option.option), *(Words(text=cell, link=link) for cell in cells))


def _drawn_table(found: CostFindings, anchors: Anchors) -> CostTable:
    last = f"month {found.drawn.horizon_months} (last)"
    over = ("over budget, month 1", f"over budget, {last}", "over budget, ever")
    headings, right = figures("option", "month 1", last, "total", "+-", *over)
    return CostTable(
        caption="USD, p10 / p50 / p90, and the probability over the budget",
        headings=headings,
        right=right,
        rows=tuple(_drawn_row(option, anchors) for option in found.drawn.options),
    )


def _drawn_row(option: DrawnOption, anchors: Anchors) -> Sentence:
    first, last = option.months[0], option.months[-1]
    link = anchors.of(option.option, "sum")
    bands = (_band(first.usd), _band(last.usd), _band(option.total), readable_usd(option.total.error_usd))
    chances = (_over(first), _over(last), _percent(option.ever_over_budget))
    return (
        Words(text=option.option),
        *(Words(text=cell, link=link) for cell in bands),
        *(Words(text=cell, link=DRAWS_ANCHOR if cell else "") for cell in chances),
    )


def _lines(found: CostFindings, anchors: Anchors) -> CostSection:
    priced = [option for option in found.projection.options if option.total_usd is not None]
    ordered = sorted(priced, key=lambda option: option.option != found.option)
    return CostSection(
        title="Lines",
        anchor="lines",
        says=(_says("Low / base / high; a quantity that is the same in all three stands once."),),
        tables=tuple(lines_table(found.projection, option, anchors) for option in ordered),
        charts=("cost-lines", "cost-groups"),
    )


def _drivers(found: CostFindings) -> CostSection:
    option = found.drawn.option(found.option)
    drivers = option.drivers if option else ()
    if not drivers:
        says = _says(f"Nothing that is uncertain changes {found.option}.")
        return CostSection(title="Drivers", anchor="drivers", says=(says,))
    headings = ("input", "p10", "p90", "USD a month at p10", "at p90", "swing", "of the variance")
    rows = tuple(
        tuple(
            Words(text=cell)
            for cell in (
                driver.input.removeprefix(f"{found.option}: "),
                driver.low,
                driver.high,
                readable_usd(driver.low_usd),
                readable_usd(driver.high_usd),
                readable_usd(driver.swing_usd),
                _percent(driver.share),
            )
        )
        for driver in drivers
    )
    table = CostTable(caption=found.option, headings=headings, right=(False,) + (True,) * 6, rows=rows)
    says = _says("Each input alone from its p10 to its p90, all others as expected; USD of the average month.")
    return CostSection(title="Drivers", anchor="drivers", says=(says,), tables=(table,), charts=("cost-drivers",))


def _flips(found: CostFindings) -> CostSection:
    own = [f"{option.option}: {flip}." for option in found.projection.options for flip in option.flip]
    sentences = [*(f"{flip.sentence[0].upper()}{flip.sentence[1:]}." for flip in found.crossings), *own]
    nothing = "Nothing that is moved alone turns the order or the budget."
    says = tuple(map(_says, sentences or [nothing]))
    return CostSection(title="Flips", anchor="flips", says=says, charts=("cost-volume",))


def _assumptions(found: CostFindings) -> CostSection:
    tables = list(_assumption_tables(found))
    return CostSection(title="Assumptions", anchor=DRAWS_ANCHOR, says=_how_drawn(found), tables=tuple(tables))


def _how_drawn(found: CostFindings) -> tuple[Sentence, ...]:
    drawn = found.drawn
    return (
        _says(
            f"Each of {readable_count(drawn.count)} draws takes every uncertain input once from its range; "
            f"the probability over the budget is the share of draws that pass it."
        ),
        _says("+- is half the 95 % interval of the worst of the three quantiles of the total."),
    )


def _assumption_tables(found: CostFindings) -> Iterator[CostTable]:
    if found.projection.assumptions:
        yield _assumption_table("low, base and high", found.projection.assumptions)
    if found.drawn.inputs:
        yield _assumption_table("drawn", found.drawn.inputs)


def _assumption_table(caption: str, assumptions: Sequence[CostAssumption]) -> CostTable:
    return CostTable(
        caption=caption,
        headings=("input", "value", "low", "high", "source"),
        right=(False, True, True, True, False),
        rows=tuple(
            tuple(Words(text=cell) for cell in (one.name, one.value, one.low, one.high, str(one.source)))
            for one in assumptions
        ),
    )


def _says(text: str) -> Sentence:
    return (Words(text=text),)


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def _band(found: Band) -> str:
    return " / ".join(map(readable_usd, (found.p10, found.p50, found.p90)))


def _over(month: DrawnMonth) -> str:
    return _percent(month.over_budget)


def _percent(share: Decimal | Usd | None) -> str:
    return "" if share is None else f"{share * 100:.0f} %"
