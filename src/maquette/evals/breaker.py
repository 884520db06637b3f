"""The circuit breaker of one endpoint: after so many failures in a row nothing is sent but, after a rest, one probe."""

import asyncio
from collections.abc import Callable

from maquette.evals.calls import FailureKind

AFTER = 10
"""Failures in a row, over all calls of an endpoint, that open it; a single good answer starts the count anew."""

RESTS_S = (2.0, 8.0)
"""How long nothing is sent before each probe; when the last probe fails, the endpoint counts as gone."""

BREAKING = frozenset({FailureKind.SERVER, FailureKind.CONNECTION})
"""What speaks of the endpoint and not of the request. A rate limit is not: the pace answers to it."""


class EndpointGone(Exception):
    """The endpoint failed its last probe: nothing more is sent to it."""


class Breaker:
    """Lets calls through, or not.

    Attributes:
        failures: In a row.
        gone: Whether the last probe failed.
        last: What the endpoint said last.
    """

    def __init__(self, *, now: Callable[[], float]) -> None:
        self.failures = 0
        self.gone = False
        self.last = ""
        self._now = now
        self._rests = 0
        self._probe_at_s: float | None = None
        self._probe: asyncio.Task[object] | None = None
        self._changed = asyncio.Event()

    async def let_through(self) -> None:
        """Wait until the endpoint may be asked, or be the one that probes it.

        Raises:
            EndpointGone: It may not be asked any more.
        """
        while self._probe_at_s is not None:
            if self.gone:
                raise EndpointGone
            rest_s = self._probe_at_s - self._now()
            if rest_s <= 0 and self._probe is None:
                self._probe = asyncio.current_task()
                return
            changed = self._changed
            try:
                async with asyncio.timeout(rest_s if rest_s > 0 else None):
                    await changed.wait()
            except TimeoutError:
                continue

    def went_well(self) -> None:
        """An answer came, or a refusal that speaks of the request alone."""
        self.failures = self._rests = 0
        if self._probe_at_s is not None:
            self._probe_at_s = self._probe = None
            self._tell()

    def failed(self, detail: str) -> None:
        """The endpoint failed a call."""
        self.failures += 1
        self.last = detail
        if self._probe_at_s is None:
            if self.failures >= AFTER:
                self._rest()
        elif self._probe is asyncio.current_task():
            self._probe = None
            self._rest()
            self._tell()

    def timed_out(self, detail: str) -> None:
        """A call took too long, which may be the question's fault; a probe that does counts as a failure."""
        if self._probe is not None and self._probe is asyncio.current_task():
            self.failed(detail)

    def given_up(self) -> None:
        """A call that was cancelled says nothing; if it was the probe, another may probe."""
        if self._probe is not None and self._probe is asyncio.current_task():
            self._probe = None
            self._tell()

    def _rest(self) -> None:
        if self._rests == len(RESTS_S):
            self.gone = True
        else:
            self._probe_at_s = self._now() + RESTS_S[self._rests]
            self._rests += 1

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
