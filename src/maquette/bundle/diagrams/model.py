"""Diagrams as values: nodes, boundaries and edges of a flow, participants and steps of a sequence. Nothing is drawn."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """What a node is, in the terms of the C4 model; `FOCUS` is the system that the bundle is about."""

    PERSON = "person"
    FOCUS = "system"
    EXTERNAL = "external system"
    CONTAINER = "container"
    STORE = "store"
    COMPONENT = "component"
    MODEL = "model"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One box.

    Attributes:
        key: Letters, digits and underscores; it names the node in the Mermaid text.
        what: What it does, or what is known of it, in a short line.
        why: The fact or the rule that it is there for.
        boundary: The key of the boundary that holds it; None outside all of them.
    """

    key: str
    name: str
    kind: Kind
    what: str
    why: str
    boundary: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Boundary:
    """A frame around nodes: a system, a region, a machine, whoever processes data."""

    key: str
    title: str
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """A line from one node to another one.

    Attributes:
        dashed: It is taken only when another way fails, or at another time.
        why: The fact or the rule behind it, where it has one of its own.
        region: Where the data is processed at its end, for views of data.
        processor: Who processes it there.
    """

    start: str
    end: str
    label: str
    dashed: bool = False
    why: str = ""
    region: str = ""
    processor: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """A diagram of boxes and lines.

    Raises:
        ValueError: A key is twice there, or a name leads nowhere, or a line begins where it ends.
    """

    name: str
    title: str
    nodes: tuple[Node, ...]
    boundaries: tuple[Boundary, ...] = ()
    edges: tuple[Edge, ...] = ()

    def __post_init__(self) -> None:
        keys = [node.key for node in self.nodes]
        frames = [boundary.key for boundary in self.boundaries]
        if len(set(keys + frames)) < len(keys) + len(frames):
            raise ValueError("a key is twice in the diagram")
        wanted = {one.boundary for one in self.nodes} | {one.parent for one in self.boundaries}
        ends = {end for edge in self.edges for end in (edge.start, edge.end)}
        if not wanted <= {None, *frames} or not ends <= set(keys):
            raise ValueError("a name leads to nothing in the diagram")
        if any(edge.start == edge.end for edge in self.edges):
            raise ValueError("a line begins where it ends")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One message of a sequence.

    Attributes:
        number: From 1; None for a heading over what follows, which names no participant.
        block: Of a heading: it begins one way of several ("alt"), the next of them ("else"), or ends them ("end").
        time: The time that it may take or takes, with where the figure comes from; empty where no time is meant.
        answer: It goes back to who asked.
    """

    number: int | None
    start: str
    end: str
    label: str
    time: str = ""
    answer: bool = False
    why: str = ""
    block: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """Who asks whom in which order."""

    name: str
    title: str
    participants: tuple[Node, ...]
    steps: tuple[Step, ...]


Diagram: TypeAlias = Flow | Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """A diagram that would show nothing true yet, and why."""

    name: str
    title: str
    reason: str
