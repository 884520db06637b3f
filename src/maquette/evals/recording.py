"""Puts trials into the log, tells of them, and sees that they reach the disk without holding up an answer."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from maquette.evals.run import RunPlan
from maquette.evals.trials import Cache, Trial, TrialLog
from maquette.foundation.units import Usd

FLUSH_EVERY_TRIALS = 20
FLUSH_EVERY_S = 0.5


class Clock(Protocol):
    """Time, so that no stage reads it by itself."""

    def now(self) -> datetime:
        """The moment, with its time zone."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""


class Recorder:
    """The trials of one run on their way into the log.

    Attributes:
        left: Trials still missing.
        spent_usd: What this run's trials on record have cost, their scores, and calls whose question was left open.
    """

    def __init__(self, plan: RunPlan, log: TrialLog, clock: Clock, on_trial: Callable[[Trial], None]) -> None:
        self.left = len(plan.dataset.examples) * len(plan.targets)
        self.spent_usd = Usd(0)
        self.clock = clock
        self._log = log
        self._on_trial = on_trial
        self._unflushed = 0
        self._flushed_at_s = clock.monotonic()

    def take_up(self) -> set[str]:
        """Count what an earlier part of this run did; returns key and example id of each trial, joined."""
        finished = set()
        for trial in self._log.finished():
            finished.add(trial.key + trial.example_id)
            self.left -= 1
            if trial.cost_usd is not None and not trial.from_cache:
                self.spent_usd += trial.cost_usd
            self.spent_usd += sum((score.cost_usd or Usd(0) for score in trial.scores), Usd(0))
            self._on_trial(trial)
        self.spent_usd += self._log.lost_usd()
        return finished

    def why_asked(self, key: str, target_id: str, example_id: str) -> Cache:
        """Why the record does not answer."""
        return self._log.why_asked(key, target_id, example_id)

    def lose(self, usd: Usd | None) -> None:
        """Calls may have cost so much, and no trial will tell of it: a resume counts it all the same."""
        if usd:
            self._log.lose(usd)

    def record(self, trial: Trial) -> None:
        """Add a trial to the log and tell of it."""
        self._log.append(trial)
        self.left -= 1
        self._unflushed += 1
        self._on_trial(trial)

    async def flush_if_due(self) -> None:
        """Nothing that came back stays unflushed for long; the disk is waited for in a thread, not in the loop."""
        late = self.clock.monotonic() - self._flushed_at_s >= FLUSH_EVERY_S
        if self._unflushed >= FLUSH_EVERY_TRIALS or (self._unflushed and late):
            self._unflushed, self._flushed_at_s = 0, self.clock.monotonic()
            await asyncio.to_thread(self._log.flush)
