"""What the cost charts share: their size, their legends, and names that no chart can be broken with."""

from typing import Any

from maquette.evals.reporting.visible import visible

NAME_CHARS = 60
WIDTH, HEIGHT = 640, 300


def legend(altair: Any) -> Any:
    """A legend whose labels are not cut."""
    return altair.Legend(labelLimit=260)


def named(text: str) -> str:
    """A name from a user or a catalog, short and visible."""
    return visible(text, NAME_CHARS)
