"""All diagrams of a bundle: their Mermaid text and tables as plain data, and their SVG files."""

from collections.abc import Callable, Mapping
from typing import Any

from maquette.bundle.diagrams.component import component_view
from maquette.bundle.diagrams.dynamic import failure_view, request_view
from maquette.bundle.diagrams.layout import lay_out
from maquette.bundle.diagrams.mermaid import flow_mermaid, sequence_mermaid
from maquette.bundle.diagrams.model import Absent, Diagram, Flow, Node, Sequence, Step
from maquette.bundle.diagrams.sequence_svg import sequence_svg
from maquette.bundle.diagrams.svg import flow_svg
from maquette.bundle.diagrams.views import container_view, context_view, data_flow_view, deployment_view
from maquette.bundle.documents.seen import Seen
from maquette.bundle.plan import FileSpec

FOLDER = "docs/diagrams"

VIEWS: Mapping[str, Callable[[Seen], Diagram | Absent]] = {
    "context": context_view,
    "container": container_view,
    "component": component_view,
    "deployment": deployment_view,
    "dynamic-request": request_view,
    "dynamic-failure": failure_view,
    "data-flow": data_flow_view,
}
"""Name to the function that makes it; the name is that of the file."""


def diagrams(seen: Seen) -> dict[str, Diagram | Absent]:
    """Every diagram of the design by name, or why it is not there."""
    return {name: view(seen) for name, view in VIEWS.items()}


def diagrams_view(made: Mapping[str, Diagram | Absent]) -> dict[str, dict[str, Any]]:
    """The diagrams that there are, by name, for the documents.

    ``mermaid`` is the text for a Mermaid block, ``file`` the SVG's path in the bundle, ``alt`` says in words what the
    picture shows; ``nodes``, ``edges`` and ``steps`` are lists of plain data for tables.
    """
    return {name: _view(one) for name, one in made.items() if not isinstance(one, Absent)}


def diagrams_absent(made: Mapping[str, Diagram | Absent]) -> list[dict[str, str]]:
    """The diagrams that would show nothing true yet: name, title and reason."""
    return [
        {"name": one.name, "title": one.title, "reason": one.reason} for one in made.values() if isinstance(one, Absent)
    ]


def diagram_files(made: Mapping[str, Diagram | Absent]) -> list[tuple[FileSpec, str]]:
    """The SVG files, each with what it is for."""
    return [
        (FileSpec(path=_path(one), content=_svg(one), template=""), f"{one.title}, as a picture.")
        for one in made.values()
        if not isinstance(one, Absent)
    ]


def _path(diagram: Diagram) -> str:
    return f"{FOLDER}/{diagram.name}.svg"


def _svg(diagram: Diagram) -> str:
    if isinstance(diagram, Sequence):
        return sequence_svg(diagram, alt=_described(diagram))
    return flow_svg(lay_out(diagram), name=diagram.name, title=diagram.title, alt=_described(diagram))


def _view(one: Diagram) -> dict[str, Any]:
    drawn = {"title": one.title, "file": _path(one), "alt": _alt(one)}
    if isinstance(one, Flow):
        return {**drawn, "mermaid": flow_mermaid(one), "nodes": _nodes(one.nodes), "edges": _edges(one), "steps": []}
    nodes, steps = _nodes(one.participants), _steps(one)
    return {**drawn, "mermaid": sequence_mermaid(one), "nodes": nodes, "edges": [], "steps": steps}


def _nodes(nodes: tuple[Node, ...]) -> list[dict[str, str]]:
    return [
        {"key": node.key, "name": node.name, "kind": node.kind.value, "what": node.what, "why": node.why}
        for node in nodes
    ]


def _edges(flow: Flow) -> list[dict[str, Any]]:
    names = {node.key: node.name for node in flow.nodes}
    return [
        {
            "start": names[edge.start],
            "end": names[edge.end],
            "label": edge.label,
            "dashed": edge.dashed,
            "why": edge.why,
            "region": edge.region,
            "processor": edge.processor,
        }
        for edge in flow.edges
    ]


def _steps(sequence: Sequence) -> list[dict[str, Any]]:
    """The steps with their participants' names; a heading has no number."""
    names = {one.key: one.name for one in sequence.participants}
    return [
        {
            "number": step.number,
            "start": names.get(step.start, ""),
            "end": names.get(step.end, ""),
            "label": step.label,
            "time": step.time,
            "answer": step.answer,
        }
        for step in sequence.steps
    ]


def _alt(diagram: Diagram) -> str:
    """What is on the picture, in a sentence."""
    shown = diagram.nodes if isinstance(diagram, Flow) else diagram.participants
    return f"Shows {', '.join(node.name for node in shown)}"


def _described(diagram: Diagram) -> str:
    """The whole picture in words: what is on it, and every line or step."""
    if isinstance(diagram, Flow):
        names = {node.key: node.name for node in diagram.nodes}
        said = [f"{names[edge.start]} to {names[edge.end]}: {edge.label}" for edge in diagram.edges]
    else:
        names = {one.key: one.name for one in diagram.participants}
        said = [_spoken(step, names) for step in diagram.steps]
    return ". ".join([diagram.title, _alt(diagram), *said]) + "."


def _spoken(step: Step, names: Mapping[str, str]) -> str:
    if step.number is None:
        return step.label
    time = f", {step.time}" if step.time else ""
    return f"{step.number}: {names[step.start]} to {names[step.end]}: {step.label}{time}"
