"""The levers in a cost report: each one alone with what it rests on, then one after the other."""

from collections.abc import Iterator
from decimal import Decimal

from maquette.cost.lever_evidence import STUDIES, WATCHES
from maquette.cost.levers import Lever, LeverTable, Prior
from maquette.cost.report import CostSection, CostTable, Sentence, Words, figures
from maquette.cost.report_lines import Anchors
from maquette.cost.wording import signed_usd
from maquette.foundation.units import Usd, readable_count, readable_usd


def levers_section(found: LeverTable, anchors: Anchors) -> CostSection:
    """The section; today's month leads to its lines."""
    return CostSection(
        title="Levers",
        anchor="levers",
        says=(
            (
                Words(text=f"Month 1 of {found.option} costs "),
                Words(text=readable_usd(found.today_usd), link=anchors.of(found.option, "sum")),
                Words(text=" today. Each lever is the projection computed again with it alone; of one in use the"),
                Words(text=" month without it stands first. The guidance's range is no part of a figure."),
            ),
            (Words(text=saving_line(found)),),
            *((Words(text=text),) for lever in found.levers for text in _about(lever)),
        ),
        tables=tuple(_tables(found)),
        charts=("cost-levers",),
    )


def saving_line(found: LeverTable) -> str:
    """What the row saves, in one sentence."""
    if not found.saving_usd:
        return f"Nothing in the row saves anything: month 1 stays at {readable_usd(found.today_usd)}."
    share = percent(found.saving_usd / found.today_usd)
    text = f"Together: {readable_usd(found.today_usd)} -> {readable_usd(found.with_all_usd)}, {share} less in month 1"
    budget = found.budget_usd_month
    if budget is None:
        return f"{text}."
    side = "within" if found.with_all_usd <= budget else "still over"
    return f"{text}, {side} the budget of {readable_usd(budget)}."


def guidance(prior: Prior) -> str:
    """The range of the common guidance."""
    return f"{percent(prior.low)} to {percent(prior.high)} {prior.where}"


def percent(share: Decimal) -> str:
    """A share to a tenth of a per cent."""
    return f"{readable_count((share * 100).quantize(Decimal('0.1')))} %"


def about(lever: Lever) -> Iterator[str]:
    """What is changed, missing, rested on, who does which stage, what speaks against it, what was published on it."""
    if lever.change:
        yield lever.change
    for missing in lever.missing:
        yield f"missing: {missing}"
    for fact in lever.rests_on:
        yield f"rests on {fact}"
    yield from lever.stages
    for conflict in lever.conflicts:
        yield f"against it: {conflict}"
    study = STUDIES.get(lever.kind)
    if study is not None:
        yield f"published: {study.says} ({study.source.ref})"


def watch_row(found: LeverTable, lever: Lever) -> tuple[str, ...]:
    """How one lever is held to its promise: metric, without and with it, USD a request, the series, what guards it."""
    watch = WATCHES[lever.kind]
    before, after = found.a_request(lever.before_usd), found.a_request(lever.after_usd)
    return (
        lever.kind.value,
        watch.metric,
        lever.metric_before or "unknown",
        lever.metric_after or "unknown",
        "" if before is None else readable_usd(before),
        "" if after is None else readable_usd(after),
        watch.series,
        watch.guard,
    )


WATCH_HEADINGS = ("lever", "metric", "without", "with it", "$ a request", "with it", "measured by", "must not suffer")
"""Of `watch_row`; both months are those of `LeverTable.baseline`."""


def _about(lever: Lever) -> Iterator[str]:
    told = "; ".join(about(lever))
    if told:
        yield f"{lever.kind}: {told}."


def _tables(found: LeverTable) -> Iterator[CostTable]:
    headings, right = figures("lever", "state", "without", "with it", "difference", "saves", words=2)
    yield CostTable(
        caption="Each lever alone, month 1",
        headings=(*headings, "basis", "guidance"),
        right=(*right, False, False),
        rows=tuple(map(_row, found.levers)),
    )
    if found.steps:
        headings, right = figures("lever", "before", "after", "difference")
        yield CostTable(
            caption="One after the other, month 1",
            headings=(*headings, "left out because"),
            right=(*right, False),
            rows=tuple(_cells(*row) for row in step_rows(found)),
        )


def step_rows(found: LeverTable) -> Iterator[tuple[str, ...]]:
    """The waterfall: the month before and after each lever, the difference, and why one is left out."""
    for step in found.steps:
        after = ("", "") if step.skipped else (readable_usd(step.after_usd), signed_usd(-step.saving_usd))
        yield (step.kind.value, readable_usd(step.before_usd), *after, step.skipped)


def lever_row(lever: Lever) -> tuple[str, ...]:
    """The lever's cells: state, the month without and with it, difference, share, basis, guidance."""
    share, saving = lever.saving_share, lever.saving_usd
    return (
        lever.kind.value,
        lever.state,
        _usd(lever.before_usd),
        _usd(lever.after_usd),
        "" if saving is None else signed_usd(-saving),
        "" if share is None else percent(share),
        lever.basis or "",
        "" if lever.prior is None else guidance(lever.prior),
    )


def _row(lever: Lever) -> Sentence:
    return _cells(*lever_row(lever))


def _cells(*texts: str) -> Sentence:
    return tuple(Words(text=text) for text in texts)


def _usd(amount: Usd | None) -> str:
    return "" if amount is None else readable_usd(amount)
