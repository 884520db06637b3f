"""The version of each metric's code, known without importing it: scores of two versions are not the same measure."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points

FIRST = "1"
BUILT_IN: Mapping[str, int] = {}
"""Kind to version, for built-in metrics that score otherwise than in their first one. Raise it with such a change."""

_METRICS = "maquette.metrics"
_OURS = "maquette"


@lru_cache(maxsize=256)
def scorer_version(kind: str) -> str:
    """A built-in metric's own version; for a plug-in's metric the version of its package; empty when there is none."""
    point = next((point for point in entry_points(group=_METRICS) if point.name == kind), None)
    if point is None:
        return ""
    if point.value.startswith(f"{_OURS}."):
        return str(BUILT_IN.get(kind, int(FIRST)))
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else ""


def later_version(kind: str) -> tuple[str, ...]:
    """The version where it is not the first: then it tells scores, plans and runs from earlier ones."""
    version = scorer_version(kind)
    return () if version in {"", FIRST} else (f"version {version}",)
