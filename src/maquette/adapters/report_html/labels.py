"""Where names stand in a drawing so that none covers a mark or another name."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_HIGH = 15.0


class Box(NamedTuple):
    """A rectangle; further down is a larger ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two overlap."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def holds(self, other: "Box") -> bool:
        """Whether the other lies inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def free_place(x: float, y: float, wide: float, taken: Sequence[Box], *, within: Box) -> Box | None:
    """The nearest place beside a mark for a name so wide; None where everything is taken: its tooltip still has it."""
    for box in _beside(x, y, wide):
        if within.holds(box) and not any(box.meets(other) for other in taken):
            return box
    return None


def _beside(x: float, y: float, wide: float) -> Iterator[Box]:
    for down in (-16.0, -7.5, 2.0, -28.0, 14.0, -40.0, 26.0):
        for left in (x + 8, x - 8 - wide):
            yield Box(left, y + down, left + wide, y + down + _HIGH)
