"""What a project tells its listeners. Events are values; a listener may be called from the evaluation's thread."""

from dataclasses import dataclass
from typing import TypeAlias

from maquette.evals.run import EvalRun
from maquette.foundation.problems import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """Answers or choices changed: here, or elsewhere by another program on the same folder."""

    paths: tuple[str, ...]
    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RunAdvanced:
    """The evaluation finished more calls; ``run`` holds the results so far."""

    run: EvalRun
    done: int
    planned: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnded:
    """The evaluation is over; ``run`` is None when it could not start, ``problem`` says why."""

    run: EvalRun | None
    problem: Problem | None = None


Event: TypeAlias = Changed | RunAdvanced | RunEnded
