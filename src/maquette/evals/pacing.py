"""How fast an endpoint is asked: fewer calls at once when it says that it is overloaded, more again while it is not.

Additive increase, multiplicative decrease (Chiu and Jain 1989, doi 10.1016/0169-7552(89)90019-6), a server's
Retry-After, and budgets of requests and tokens a minute where the user gives them.
"""

import asyncio
from collections import deque
from collections.abc import Callable

CUT = 0.7
"""What is left of the calls at once after a sign of overload; once for all calls that were under way together."""

BURST_S = 6.0
"""So much of a minute's budget may be spent at once."""


class Budget:
    """So many requests or tokens a minute, refilled evenly; a tenth of a minute's worth may be spent at once."""

    def __init__(self, per_minute: float, now_s: float) -> None:
        self._per_s = per_minute / 60
        self._most = max(1.0, self._per_s * BURST_S)
        self._level = self._most
        self._at_s = now_s

    def wait_s(self, amount: float, now_s: float) -> float:
        """How long until ``amount`` is there; one larger than the burst needs a full budget and goes below zero."""
        self._refill(now_s)
        return max(0.0, (min(amount, self._most) - self._level) / self._per_s)

    def spend(self, amount: float, now_s: float) -> None:
        """Take ``amount`` out; a negative one gives back what was set aside and not used."""
        self._refill(now_s)
        self._level = min(self._most, self._level - amount)

    def _refill(self, now_s: float) -> None:
        self._level = min(self._most, self._level + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s


class Pace:
    """The turns of one endpoint.

    Attributes:
        limit: How many calls may be under way just now; a fraction counts toward the next whole one.
        in_flight: How many are.
        now: The clock, in seconds.
    """

    def __init__(
        self,
        *,
        most: int,
        now: Callable[[], float],
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        self.limit = float(most)
        self.in_flight = 0
        self._most = most
        self.now = now
        self._requests = Budget(requests_per_minute, now()) if requests_per_minute else None
        self._tokens = Budget(tokens_per_minute, now()) if tokens_per_minute else None
        self._not_before_s = self._cut_at_s = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self, tok: int) -> None:
        """Wait for a turn of a call that may take ``tok`` tokens; `leave` must follow."""
        while True:
            wait_s = self._wait_s(tok)
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            elif self.in_flight < int(self.limit):
                break
            else:
                await self._slot()
        self.in_flight += 1
        self._spend(1, tok)

    def leave(self, *, unused_tok: int = 0) -> None:
        """The call is over; what it did not use of its tokens goes back."""
        self.in_flight -= 1
        self._spend(0, -unused_tok)
        self._wake()

    def went_well(self) -> None:
        """An answer came: one more call at once for each round of answers."""
        self.limit = min(float(self._most), self.limit + 1 / self.limit)
        self._wake()

    def overloaded(self, *, sent_s: float, retry_after_s: float | None) -> None:
        """The endpoint had too much of a call sent at ``sent_s``; nothing is sent before it said."""
        now_s = self.now()
        if retry_after_s is not None:
            self._not_before_s = max(self._not_before_s, now_s + retry_after_s)
        if sent_s >= self._cut_at_s:
            self._cut_at_s = now_s
            self.limit = max(1.0, self.limit * CUT)

    def _wait_s(self, tok: int) -> float:
        now_s = self.now()
        waits = [self._not_before_s - now_s]
        if self._requests is not None:
            waits.append(self._requests.wait_s(1, now_s))
        if self._tokens is not None:
            waits.append(self._tokens.wait_s(tok, now_s))
        return max(waits)

    def _spend(self, requests: int, tok: int) -> None:
        now_s = self.now()
        if self._requests is not None and requests:
            self._requests.spend(requests, now_s)
        if self._tokens is not None and tok:
            self._tokens.spend(tok, now_s)

    async def _slot(self) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            # Woken and cancelled at once: the turn goes to the next.
            self._wake()
            raise

    def _wake(self) -> None:
        free = int(self.limit) - self.in_flight
        while free > 0 and self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                free -= 1
