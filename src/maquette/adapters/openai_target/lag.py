"""How late the event loop runs: one timer a target tells every call in flight the worst that happened meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

TICK_S = 0.02


class Watch:
    """One call's view of the loop.

    Attributes:
        worst_s: The most that the loop ran late since the watch began.
    """

    __slots__ = ("worst_s",)

    def __init__(self) -> None:
        self.worst_s = 0.0


class LoopLag:
    """Ticks while somebody watches, and rests otherwise."""

    def __init__(self) -> None:
        self._watches: set[Watch] = set()
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """A watch for as long as the block lasts."""
        watch = Watch()
        self._watches.add(watch)
        if self._timer is None:
            self._set(asyncio.get_running_loop())
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def so_far_s(self, watch: Watch) -> float:
        """The worst of that watch, a tick that is overdue at this moment included."""
        return max(watch.worst_s, asyncio.get_running_loop().time() - self._due_s)

    def stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due_s = loop.time() + TICK_S
        self._timer = loop.call_at(self._due_s, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        late_s = loop.time() - self._due_s
        for watch in self._watches:
            watch.worst_s = max(watch.worst_s, late_s)
        self._timer = None
        if self._watches:
            self._set(loop)
