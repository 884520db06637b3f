"""How a run ends before it is finished: it was stopped, its time is up, or a call failed and it was to fail fast."""

from collections.abc import Iterable

from maquette.evals.asking import Stopped
from maquette.evals.endpoints import Endpoint
from maquette.evals.trials import Trial
from maquette.foundation.problems import CallsFailed, Problem, SpendingStopped, Unavailable

_GO_ON = "Finished calls are kept; maquette eval run goes on with a project's."


class Ending:
    """Whether to send no further call, and why.

    Attributes:
        problem: Why, where it was not the user who stopped it.
    """

    def __init__(self, stop: Stopped) -> None:
        self.problem: Problem | None = None
        self._stop = stop

    def is_set(self) -> bool:
        """Whether to send no further call."""
        return self.problem is not None or self._stop.is_set()

    def time_is_up(self, most_s: float) -> None:
        """The run took as long as it may."""
        if self.problem is None:
            self.problem = SpendingStopped(
                f"the run took its {most_s / 60:g} minutes", fix=f"{_GO_ON} eval.max_minutes says how long it may take."
            )

    def failed_fast(self, trial: Trial) -> None:
        """The first call that failed for good ends the run."""
        if self.problem is None and trial.failure is not None:
            self.problem = CallsFailed(
                f"the call of example {trial.example_id!r} to {trial.target_id!r} failed and ended the run: "
                f"{trial.failure.kind}: {trial.failure.detail}",
                fix=_GO_ON,
            )


def gone(endpoints: Iterable[Endpoint]) -> Unavailable | None:
    """What to say of endpoints that failed their last probe; None where there is none."""
    lost = {endpoint.name: endpoint.breaker for endpoint in endpoints if endpoint.breaker.gone}
    if not lost:
        return None
    name, breaker = next(iter(lost.items()))
    return Unavailable(
        f"{name} failed {breaker.failures} calls in a row, and again after a rest: {breaker.last}",
        fix=f"See why it fails. {_GO_ON}",
    )
