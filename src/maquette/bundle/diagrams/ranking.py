"""Which node comes below which: nodes in bands from top to bottom, each boundary in bands of its own.

A line never runs inside a band, and a band belongs to one boundary alone, so that frames hold their members only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from maquette.bundle.diagrams.model import Boundary, Flow, Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Nodes side by side, or the place for a boundary's title; ``inside`` are the boundaries, outermost first."""

    inside: tuple[str, ...]
    nodes: tuple[Node, ...] = ()
    title: Boundary | None = None


def bands(flow: Flow) -> tuple[Band, ...]:
    """All bands from top to bottom. An empty boundary has none."""
    return tuple(_bands_of(flow, None, ()))


def _bands_of(flow: Flow, group: str | None, inside: tuple[str, ...]) -> Iterable[Band]:
    held = {one.key: _ancestors(flow, one.boundary) for one in flow.nodes}
    own = {key: _within(key, above, group) for key, above in held.items() if group is None or group in above}
    layers = _layers(list(dict.fromkeys(own.values())), _lifted(flow, own))
    frames = {one.key: one for one in flow.boundaries}
    for layer in layers:
        loose = tuple(node for node in flow.nodes if node.key in layer)
        if loose:
            yield Band(inside=inside, nodes=loose)
        for key in (key for key in layer if key in frames):
            yield Band(inside=(*inside, key), title=frames[key])
            yield from _bands_of(flow, key, (*inside, key))


def _ancestors(flow: Flow, boundary: str | None) -> tuple[str, ...]:
    """The boundaries around, innermost first."""
    parents = {one.key: one.parent for one in flow.boundaries}
    found: list[str] = []
    while boundary is not None and boundary not in found:
        found.append(boundary)
        boundary = parents[boundary]
    return tuple(found)


def _within(key: str, above: tuple[str, ...], group: str | None) -> str:
    """Who stands for a node inside ``group``: itself, or the boundary next below ``group`` that holds it."""
    below = above if group is None else above[: above.index(group)]
    return below[-1] if below else key


def _lifted(flow: Flow, own: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = ((own.get(edge.start), own.get(edge.end)) for edge in flow.edges)
    return [(start, end) for start, end in pairs if start is not None and end is not None and start != end]


def _layers(keys: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Longest path from what nothing leads to; an edge that closes a circle counts the other way round."""
    follows = {key: [end for start, end in edges if start == key] for key in keys}
    forward = _without_circles(keys, follows)
    depth = dict.fromkeys(keys, 0)
    for key in forward.order:
        for end in forward.follows[key]:
            depth[end] = max(depth[end], depth[key] + 1)
    return [[key for key in keys if depth[key] == level] for level in range(max(depth.values(), default=-1) + 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Forward:
    """Edges without a circle, and the keys in an order that all of them keep."""

    follows: dict[str, set[str]]
    order: list[str]


def _without_circles(keys: Sequence[str], follows: Mapping[str, Sequence[str]]) -> _Forward:
    found: dict[str, set[str]] = {key: set() for key in keys}
    finished: list[str] = []
    state: dict[str, str] = {}
    for root in keys:
        if root in state:
            continue
        state[root] = "open"
        stack = [(root, iter(follows[root]))]
        while stack:
            key, ends = stack[-1]
            end = next(ends, None)
            if end is None:
                state[key] = "done"
                finished.append(key)
                stack.pop()
            elif state.get(end) == "open":
                found[end].add(key)
            else:
                found[key].add(end)
                if end not in state:
                    state[end] = "open"
                    stack.append((end, iter(follows[end])))
    return _Forward(follows=found, order=finished[::-1])
