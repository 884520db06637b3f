"""What of a call may stand in the log of a run, as the answer to eval.store_policy says: all, redacted, or hashes only.

Scores, tokens, times and costs are always kept: they are what a run is compared by. An answer that is not kept as it
came answers no later run and is not replayed.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

from maquette.evals.trials import Cache, Trial, TrialLog
from maquette.foundation.units import Usd


class StorePolicy(StrEnum):
    """The choices of eval.store_policy."""

    FULL = "full"
    REDACTED = "redacted"
    HASHES_ONLY = "hashes_only"


_PERSONAL = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "[account]"),
    (re.compile(r"(?<![\w.])\+?\d(?:[ ()/-]{0,2}\d){8,18}(?!\w)"), "[number]"),
)
"""E-mail addresses, IBANs, and numbers of nine to nineteen digits: telephone, card and customer numbers."""


def redacted(text: str) -> str:
    """``text`` without e-mail addresses, IBANs and long numbers; names and addresses of streets stay."""
    for pattern, mark in _PERSONAL:
        text = pattern.sub(mark, text)
    return text


def kept(trial: Trial, policy: StorePolicy) -> Trial:
    """The trial as the log may hold it."""
    if policy is StorePolicy.FULL:
        return trial
    if policy is StorePolicy.REDACTED:
        return replace(
            trial,
            output=None if trial.output is None else redacted(trial.output),
            scores=tuple(replace(score, detail=redacted(score.detail)) for score in trial.scores),
            failure=trial.failure and replace(trial.failure, detail=redacted(trial.failure.detail)),
            tool_calls=None,
            withheld=policy.value,
        )
    digest = "" if trial.output is None else f":{hashlib.sha256(trial.output.encode(errors='replace')).hexdigest()}"
    return replace(
        trial,
        output=None,
        scores=tuple(replace(score, detail="") for score in trial.scores),
        failure=trial.failure and replace(trial.failure, detail="not kept"),
        tool_calls=None,
        withheld=f"sha256{digest}",
    )


class StoringLog:
    """A log that keeps of each trial what the policy lets it; everything else is the log's behind it."""

    def __init__(self, log: TrialLog, policy: StorePolicy) -> None:
        self._log, self._policy = log, policy

    @property
    def run_id(self) -> str:
        """The run that the log belongs to."""
        return self._log.run_id

    def append(self, trial: Trial) -> None:
        """Add what may be kept of a trial."""
        self._log.append(kept(trial, self._policy))

    def flush(self) -> None:
        """Force what was appended to disk."""
        self._log.flush()

    def finished(self) -> Iterator[Trial]:
        """This run's trials so far."""
        return self._log.finished()

    def answered_before(self, keys: Collection[str]) -> Mapping[str, Trial]:
        """Trials of other runs that have an answer for one of ``keys``."""
        return self._log.answered_before(keys)

    def why_asked(self, key: str, target_id: str, example_id: str) -> Cache:
        """Why a key without an answer has none."""
        return self._log.why_asked(key, target_id, example_id)

    def lose(self, usd: Usd) -> None:
        """Remember what calls may have cost that no trial tells of."""
        self._log.lose(usd)

    def lost_usd(self) -> Usd:
        """The sum of what this run lost so."""
        return self._log.lost_usd()


def storing(log: TrialLog, policy: object) -> TrialLog:
    """The log under that policy; anything that is no choice of the question keeps all, as its default does."""
    known = {one.value: one for one in StorePolicy}
    chosen = known.get(str(policy), StorePolicy.FULL)
    return log if chosen is StorePolicy.FULL else StoringLog(log, chosen)
