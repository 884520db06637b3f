"""The hard cap in dollars: the worst case of every call in flight is set aside before the call is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maquette.foundation.units import Usd


class CapReached(Exception):
    """The next call cannot be covered, and nothing in flight will give money back."""


class Purse:
    """What a run may spend; None is no cap, for runs that cost nothing.

    Once a call could not be covered, no other is: a cheaper model going on alone would be compared on other examples.

    Attributes:
        spent_usd: What finished calls have cost, those of an earlier part of the run included.
    """

    def __init__(self, *, cap_usd: Usd | None, spent_usd: Usd) -> None:
        self.spent_usd = spent_usd
        self._cap_usd = cap_usd
        self._reserved_usd = Usd(0)
        self._in_flight = 0
        self._closed = False
        self._returned = asyncio.Condition()

    @asynccontextmanager
    async def reserved(self, worst_usd: Usd) -> AsyncIterator[None]:
        """Set ``worst_usd`` aside while a call is in flight; waits for money that other calls may give back.

        A call that costs nothing never waits.

        Raises:
            CapReached: The cap cannot cover it.
        """
        if worst_usd == 0:
            yield
            return
        async with self._returned:
            while self._closed or not self._covers(worst_usd):
                if self._closed or self._in_flight == 0:
                    self._closed = True
                    self._returned.notify_all()
                    raise CapReached
                await self._returned.wait()
            self._reserved_usd += worst_usd
            self._in_flight += 1
        try:
            yield
        finally:
            # Without a lock, which a cancelled call could not wait for: nothing else runs between these lines.
            self._reserved_usd -= worst_usd
            self._in_flight -= 1
            async with self._returned:
                self._returned.notify_all()

    def pay(self, cost_usd: Usd) -> None:
        """A call came back and cost this much."""
        self.spent_usd += cost_usd

    def _covers(self, worst_usd: Usd) -> bool:
        return self._cap_usd is None or self.spent_usd + self._reserved_usd + worst_usd <= self._cap_usd
