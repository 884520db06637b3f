"""The checks of one target: regression, alert, examples that must be right, cost, latency, and whether it is fit."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from maquette.evals.comparing_runs import RunRecord
from maquette.evals.comparing_words import in_points, p_value, points
from maquette.evals.gating import Check, CheckKind, ItemCheck, Outcome
from maquette.evals.gating_settings import GateSettings
from maquette.evals.statistics.gates import Gate, GateVerdict
from maquette.evals.statistics.values import LEVEL, Difference
from maquette.evals.trials import RunState
from maquette.foundation.units import readable_count, readable_usd

_ROUNDING = 1e-12
"""A sum of grades may miss its exact value by so much, which is no drop."""

_NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One target of a run beside one of the baseline.

    Attributes:
        items: The examples that both scored.
    """

    old: RunRecord
    old_target: str
    new: RunRecord
    new_target: str
    items: tuple[str, ...]

    @property
    def old_scores(self) -> Mapping[str, float | None]:
        """Example id to the baseline's score."""
        return self.old.scores.scores[self.old_target]

    @property
    def new_scores(self) -> Mapping[str, float | None]:
        """Example id to the run's score."""
        return self.new.scores.scores[self.new_target]

    @property
    def failed(self) -> int:
        """Calls of the run that failed."""
        return len(self.new.scores.failures.get(self.new_target, {}))

    @property
    def unscored(self) -> int:
        """Answers of the run that have no score."""
        return sum(value is None for value in self.new_scores.values()) - self.failed

    def values(self) -> tuple[list[float], list[float]]:
        """The scores of both over the shared examples."""
        old, new = self.old_scores, self.new_scores
        return [float(old[item] or 0) for item in self.items], [float(new[item] or 0) for item in self.items]


def checks_of(
    held: Held, settings: GateSettings, *, gate: Gate | None, difference: Difference | None
) -> Iterator[Check]:
    """Every check that the settings ask for; gate and difference are None without a shared example."""
    yield fitness(held, settings)
    if gate is not None and difference is not None:
        yield _regression(gate, difference)
        yield _alert(difference, settings)
    if settings.must_pass and (must := held.new.scores.must_pass | held.old.scores.must_pass):
        yield _must_pass(held, must)
    if settings.hard_breaks:
        yield _hard_breaks(held, settings.hard_breaks)
    if settings.max_usd_per_answer is not None:
        yield _cost(held, settings)
    if settings.max_p95_s is not None:
        yield _latency(held, settings.max_p95_s)


def fitness(held: Held, settings: GateSettings) -> Check:
    """Whether the run can be judged by: it finished, and nearly every call has a score."""
    asked, lost = len(held.new_scores), held.failed + held.unscored
    share = lost / asked if asked else 1.0
    counted = f"{held.failed} calls failed and {held.unscored} answers have no score, of {readable_count(asked)}"
    if held.new.state is not RunState.FINISHED:
        return Check(
            kind=CheckKind.FITNESS,
            outcome=Outcome.UNFIT,
            says=f"the run did not finish ({held.new.state}); {counted}",
        )
    if share > settings.max_failed:
        return Check(
            kind=CheckKind.FITNESS,
            outcome=Outcome.UNFIT,
            says=f"the run is not fit to judge: {counted}, more than {points(settings.max_failed)} %",
        )
    return Check(kind=CheckKind.FITNESS, outcome=Outcome.PASS, says=counted)


_OUTCOMES = {
    GateVerdict.PASS: Outcome.PASS,
    GateVerdict.FAIL: Outcome.FAIL,
    GateVerdict.NOT_ENOUGH_DATA: Outcome.NOT_ENOUGH_DATA,
}


def _regression(gate: Gate, difference: Difference) -> Check:
    size = f"{points(difference.estimate)} points on {readable_count(difference.items)} examples"
    margin = points(gate.margin)
    match gate.verdict:
        case GateVerdict.PASS:
            says = f"at most {margin} points worse: {size}, at worst {points(gate.lower)}"
        case GateVerdict.FAIL:
            says = f"more than {margin} points worse: {size}, at best {points(gate.upper)}"
        case _:
            more = f"about {readable_count(gate.more_examples)} more would" if gate.more_examples else _UNTOLD
            says = (
                f"not enough data for a margin of {margin} points: {size}, "
                f"between {points(gate.lower)} and {points(gate.upper)}; {more} settle it"
            )
    more_examples = gate.more_examples if gate.verdict is GateVerdict.NOT_ENOUGH_DATA else None
    return Check(
        kind=CheckKind.REGRESSION, outcome=_OUTCOMES[gate.verdict], says=says, more_examples=more_examples or None
    )


_UNTOLD = "it cannot be told how many more would"


def _alert(difference: Difference, settings: GateSettings) -> Check:
    drop = -difference.estimate
    limit = f"{points(settings.alert)} points"
    if drop <= settings.alert + _ROUNDING:
        return Check(kind=CheckKind.ALERT, outcome=Outcome.PASS, says=f"the score did not fall by more than {limit}")
    significant = difference.test.p < LEVEL and difference.interval.high < 0
    note = "significant" if significant else "not significant, it may be chance"
    says = (
        f"the score fell by {points(drop)} points, more than {limit}: {note} "
        f"({in_points(difference.interval)}, p {p_value(difference.test.p)}, {difference.test.method})"
    )
    return Check(kind=CheckKind.ALERT, outcome=Outcome.FAIL if settings.alert_fails else Outcome.PASS, says=says)


def _must_pass(held: Held, must: Collection[str]) -> Check:
    """An answer that failed or has no score is missed too: nobody has seen it pass. One not asked is open."""
    items = tuple(_must_pass_item(held, item) for item in sorted(must))
    return _of_items(
        CheckKind.MUST_PASS, items, good=f"all {len(items)} examples that must be right are", bad="must be right"
    )


def _must_pass_item(held: Held, item: str) -> ItemCheck:
    if item not in held.new_scores:
        return ItemCheck(example_id=item, outcome=Outcome.NOT_ENOUGH_DATA, why="the run did not ask it")
    value = held.new_scores[item]
    if value is not None and value >= 1:
        return ItemCheck(example_id=item, outcome=Outcome.PASS, why="")
    return ItemCheck(example_id=item, outcome=Outcome.FAIL, why=_why_missed(held, item, value))


def _why_missed(held: Held, item: str, value: float | None) -> str:
    if value is not None:
        return f"scored {value:g}"
    kind = held.new.scores.failures.get(held.new_target, {}).get(item)
    return f"the call failed: {kind}" if kind is not None else "its answer has no score"


def _hard_breaks(held: Held, named: Collection[str]) -> Check:
    items = tuple(_hard_break_item(held, item) for item in dict.fromkeys(named))
    return _of_items(
        CheckKind.HARD_BREAKS,
        items,
        good=f"none of {len(items)} examples that must not break did",
        bad="must not break",
    )


def _hard_break_item(held: Held, item: str) -> ItemCheck:
    old, new = held.old_scores.get(item), held.new_scores.get(item)
    if item not in held.items:
        if item not in held.old_scores and item not in held.new_scores:
            why = "neither the baseline nor the run has it"
        elif item in held.new_scores and new is None:
            why = _why_missed(held, item, None)
        else:
            why = "the baseline and the run do not both have a score of it"
        return ItemCheck(example_id=item, outcome=Outcome.NOT_ENOUGH_DATA, why=why)
    if old is not None and new is not None and old >= 1 > new:
        return ItemCheck(example_id=item, outcome=Outcome.FAIL, why=f"was right, scored {new:g} now")
    return ItemCheck(example_id=item, outcome=Outcome.PASS, why="")


def _of_items(kind: CheckKind, items: tuple[ItemCheck, ...], *, good: str, bad: str) -> Check:
    """The check of several examples: a failing one fails it, one that nobody saw leaves it open."""
    outcome = Outcome.PASS
    for tried in (Outcome.NOT_ENOUGH_DATA, Outcome.FAIL):
        outcome = tried if any(item.outcome is tried for item in items) else outcome
    missed = [item for item in items if item.outcome is not Outcome.PASS]
    named = "; ".join(f"{item.example_id}: {item.why}" for item in missed[:_NAMED])
    others = f"; and {len(missed) - _NAMED} others" if len(missed) > _NAMED else ""
    says = f"{len(missed)} of {len(items)} examples that {bad}: {named}{others}" if missed else good
    return Check(kind=kind, outcome=outcome, says=says, items=items)


def _cost(held: Held, settings: GateSettings) -> Check:
    most, usd = settings.max_usd_per_answer, held.new.scores.usd_per_answer.get(held.new_target)
    if usd is None or most is None:
        says = "what an answer costs is not known: the model is unpriced"
        return Check(kind=CheckKind.COST, outcome=Outcome.NOT_ENOUGH_DATA, says=says)
    before = held.old.scores.usd_per_answer.get(held.old_target)
    says = f"{readable_usd(usd)} an answer (the baseline: {readable_usd(before)}); at most {readable_usd(most)}"
    return Check(kind=CheckKind.COST, outcome=Outcome.FAIL if usd > most else Outcome.PASS, says=says)


def _latency(held: Held, most_s: float) -> Check:
    seen_s, before_s = held.new.p95_s.get(held.new_target), held.old.p95_s.get(held.old_target)
    if seen_s is None:
        return Check(kind=CheckKind.LATENCY, outcome=Outcome.NOT_ENOUGH_DATA, says="no answer has a latency")
    before = "unknown" if before_s is None else f"{before_s:.3f} s"
    says = f"p95 {seen_s:.3f} s (the baseline: {before}); at most {most_s:g} s"
    return Check(kind=CheckKind.LATENCY, outcome=Outcome.FAIL if seen_s > most_s else Outcome.PASS, says=says)
