"""The ladder of adaptation as recorded runs climb it: what each step scored, which is next, what was out of order.

A step is reached by a finished run of it. Nothing is run here, and nothing is chosen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from maquette.decision.sentences import share
from maquette.evals.run import Interval, Verdict
from maquette.evals.steps import Step
from maquette.foundation.wording import listed


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A finished run of a step, with the score of the model in question.

    Attributes:
        prompt: Name and version.
        shown: Examples that the prompt shows; None where the run does not say.
        metric: That the score is of.
        comparable: Whether it was asked the examples of the newest run, by the same metric.
    """

    step: Step
    run: str
    model: str
    prompt: str
    score: float
    interval: Interval | None
    scored: int
    verdict: Verdict
    metric: str
    on: date
    shown: int | None = None
    comparable: bool = True


class State(StrEnum):
    """How far a step is."""

    PASSED = "passed"
    MEASURED = "measured"
    NEXT = "next"
    WAITS = "waits"
    NOT_NEEDED = "not needed"
    LEFT_OUT = "left out"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """A step with its newest recorded run; ``why`` says why there is none."""

    step: Step
    state: State
    recorded: Recorded | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """For a person: ``prompt: 71.0 % (66.3 to 75.3 %), fails, run r-001 of m``, or why there is no run."""
        found = self.recorded
        if found is None:
            return f"{self.step.words}: {self.state}, {self.why}"
        interval = found.interval
        spread = f" ({share(interval.low)} to {share(interval.high)})" if interval is not None else ""
        where = "" if found.comparable else ", on other examples or by another metric"
        verdict = found.verdict.value.replace("_", " ")
        return f"{self.step.words}: {share(found.score)}{spread}, {verdict}, run {found.run} of {found.model}{where}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The steps in their order.

    Attributes:
        out_of_order: A run of a step before any run of one below it, a sentence each.
    """

    rungs: tuple[Rung, ...]
    out_of_order: tuple[str, ...] = ()

    @property
    def next(self) -> Step | None:
        """The step to measure now; None where one passes, or all are measured."""
        return next((one.step for one in self.rungs if one.state is State.NEXT), None)


def ladder(
    recorded: Sequence[Recorded], *, steps_run: Iterable[tuple[str, Step]], needs_knowledge: bool | None
) -> Ladder:
    """The ladder that these runs have climbed.

    Args:
        recorded: The newest run of each step that has one.
        steps_run: Every finished run's id with its step, oldest first.
        needs_knowledge: Whether knowledge beyond the model's own is needed; where it is not, retrieval is no step.
    """
    newest = {one.step: one for one in recorded}
    without = {Step.RETRIEVAL} - newest.keys() if needs_knowledge is False else set()
    rungs: list[Rung] = []
    for step in Step:
        rungs.append(_left_out(step) if step in without else _rung(step, newest, rungs))
    return Ladder(rungs=tuple(rungs), out_of_order=tuple(_out_of_order(steps_run, without)))


def _left_out(step: Step) -> Rung:
    return Rung(step=step, state=State.LEFT_OUT, why="no knowledge beyond the model's own is needed")


def _rung(step: Step, newest: dict[Step, Recorded], below: Sequence[Rung]) -> Rung:
    found = newest.get(step)
    if found is not None:
        return Rung(
            step=step, state=State.PASSED if found.verdict is Verdict.PASSES else State.MEASURED, recorded=found
        )
    passed = next((one for one in below if one.state is State.PASSED), None)
    if passed is not None:
        return Rung(step=step, state=State.NOT_NEEDED, why=f"{passed.step.words} passes")
    later = [other.words for other in list(Step)[list(Step).index(step) + 1 :] if other in newest]
    if later:
        return Rung(step=step, state=State.SKIPPED, why=f"{listed(later)} was measured without it")
    waiting = next((one for one in below if one.state is State.NEXT), None)
    if waiting is not None:
        return Rung(step=step, state=State.WAITS, why=f"{waiting.step.words} comes first")
    return Rung(step=step, state=State.NEXT, why="not measured yet")


def _out_of_order(steps_run: Iterable[tuple[str, Step]], without: set[Step]) -> Iterable[str]:
    seen: set[Step] = set()
    for run, step in steps_run:
        if step not in seen:
            missing = [one.words for one in list(Step)[: list(Step).index(step)] if one not in seen | without]
            if missing:
                yield f"run {run} ({step.words}) came before any run of {listed(missing)}"
        seen.add(step)
