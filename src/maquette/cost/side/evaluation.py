"""Evaluations: every chosen model is asked before the launch and again as often as something may change."""

from decimal import Decimal

from maquette.catalog.cards import Hosting
from maquette.catalog.prices import Usage
from maquette.catalog.quoting import quote
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import (
    INPUT_PRICE,
    OUTPUT_PRICE,
    Asked,
    Draft,
    Price,
    SideBasis,
    band,
    card_price,
    level,
    product,
)
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.side_settings import NONE
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import DAYS_PER_MONTH

EXAMPLES, CADENCE, JUDGE = "data.eval_examples", "lifecycle.change_cadence", "cost.evaluation.judge_model"
MEASURED = "measured"
_ONCE = level(Decimal(1))
_EXAMPLES = band("100", "200", "500")
_WEEKLY = DAYS_PER_MONTH / 7
_RUNS = {
    "weekly": level(_WEEKLY),
    "monthly": _ONCE,
    "quarterly": ByCase(low=1 / Decimal(3), base=Decimal(1), high=Decimal(1)),
    "frozen": ByCase(low=Decimal(0), base=Decimal(1), high=Decimal(1)),
}
_RUNS_UNKNOWN = ByCase(low=Decimal(0), base=Decimal(1), high=_WEEKLY)
_RUBRIC = band("100", "300", "1000")
_VERDICT = band("50", "200", "500")


def evaluation_costs(basis: SideBasis) -> SideCosts:
    """The lines of evaluations, one or two for each model that is asked, and the judge's where one judges."""
    draft, settings = Draft(LineGroup.EVALUATION), basis.settings.evaluation
    paid = [(asked, price) for asked in basis.asked if (price := price_of_example(basis, asked, draft)) is not None]
    judged = [asked for asked in basis.asked if not asked.scored_by_calls]
    judge = settings.judge_model is not None and settings.judge_model != NONE
    subjective = basis.facts.get("quality.subjective") is True and settings.judge_model is None
    if not basis.asked or not (paid or judge or subjective):
        return draft.costs()
    examples = examples_of(basis, draft)
    runs = _runs_a_month(basis, draft)
    for asked, price in paid:
        at = f"the cost measured in {asked.measured_in}" if price.key == MEASURED else "the price of a request"
        ref = f"examples of one evaluation, at {at}"
        name = f"evaluate {asked.name}"
        draft.line(name, unit="example", price=price, fixed=examples, ref=ref, months=(1, 1))
        if runs.high:
            again = product(examples, runs)
            draft.line(f"{name} again", unit="example", price=price, fixed=again, ref=ref, months=(2, None))
    if judge:
        _judge(basis, examples, runs, len(judged), draft)
    elif subjective and judged:
        draft.leave_out(
            "judging: quality is a matter of judgement, and nobody names a judge (cost.evaluation.judge_model)"
        )
    return draft.costs()


def examples_of(basis: SideBasis, draft: Draft) -> ByCase:
    """Examples of one evaluation."""
    said: Decimal | int | None = basis.settings.evaluation.examples or basis.number(EXAMPLES) or None
    ref = f"nobody says how many examples there are ({EXAMPLES})"
    return draft.settle("examples of an evaluation", said, _EXAMPLES, ref)


def price_of_example(basis: SideBasis, asked: Asked, draft: Draft) -> Price | None:
    """What one example costs: measured, or the price of a request of the required length.

    None where the model runs on machines of one's own, which are paid anyway, or has no price; the latter is noted.
    """
    if asked.usd_per_example is not None and asked.usd_per_example > 0:
        source = Source(kind=SourceKind.MEASURED, ref=asked.measured_in)
        return Price(usd=asked.usd_per_example, key=MEASURED, source=source)
    if asked.card.hosting is not Hosting.API:
        return None
    lengths = basis.number("tokens.input_avg"), basis.number("tokens.output_avg")
    if asked.card.price is None or lengths[0] is None or lengths[1] is None:
        draft.leave_out(f"evaluating {asked.name}: the price or the length of a request is unknown")
        return None
    usage = Usage(input_tok=int(lengths[0]), output_tok=int(lengths[1]))
    usd = quote(asked.card.price, usage).total_usd
    if usd is None:
        draft.leave_out(f"evaluating {asked.name}: the catalog has no price of a request")
        return None
    return Price(usd=usd, key="request", source=asked.card.price.source)


def _runs_a_month(basis: SideBasis, draft: Draft) -> ByCase:
    """Evaluations a month after the first; once a month at least, because models change behind their names."""
    said, cadence = basis.settings.evaluation.runs_per_month, basis.facts.get(CADENCE)
    usual = _RUNS.get(str(cadence), _RUNS_UNKNOWN)
    ref = f"{CADENCE} is {cadence}; an API's model may change behind its name, so monthly is expected"
    if not isinstance(cadence, str):
        ref = f"nobody says how often something changes ({CADENCE}); monthly is expected"
    return draft.settle("evaluations a month", said, usual, ref)


def _judge(basis: SideBasis, examples: ByCase, runs: ByCase, models: int, draft: Draft) -> None:
    """A judge reads the request, the answer and its rubric for each answer of each model, and writes a verdict."""
    name = basis.settings.evaluation.judge_model or ""
    card = basis.cards.get(name)
    lengths = basis.number("tokens.input_avg"), basis.number("tokens.output_avg")
    prices = (card_price(card, INPUT_PRICE), card_price(card, OUTPUT_PRICE)) if card else (None, None)
    if prices[0] is None or prices[1] is None or lengths[0] is None or lengths[1] is None:
        draft.leave_out(
            f"judging with {name}: its price or the length of a request is unknown (cost.evaluation.judge_model)"
        )
        return
    rubric = draft.assume("tokens of a judge's rubric", _RUBRIC, "nobody measured it")
    verdict = draft.assume("tokens of a judge's verdict", _VERDICT, "nobody measured it")
    read = ByCase(
        low=rubric.low + lengths[0] + lengths[1],
        base=rubric.base + lengths[0] + lengths[1],
        high=rubric.high + lengths[0] + lengths[1],
    )
    answers = product(examples, level(Decimal(models)))
    for part, unit, tokens, price in (
        ("reads", "input token", read, prices[0]),
        ("writes", "output token", verdict, prices[1]),
    ):
        first = product(answers, tokens)
        ref = "every answer of every model"
        draft.line(f"judge {part}", unit=unit, price=price, fixed=first, ref=ref, months=(1, 1))
        if runs.high:
            again = product(first, runs)
            draft.line(f"judge {part} again", unit=unit, price=price, fixed=again, ref=ref, months=(2, None))
