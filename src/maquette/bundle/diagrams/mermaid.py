"""Diagrams as Mermaid text that GitHub draws: flowcharts with subgraphs, and sequence diagrams.

Every text of a project stands in a quoted label or behind a colon with whatever could end it as an entity.
"""

from collections.abc import Iterator

from maquette.bundle.diagrams.model import Boundary, Flow, Kind, Node, Sequence, Step
from maquette.bundle.safe_text import mermaid_label

_CLASSES = {
    Kind.PERSON: ("person", "fill:#f3edfa,stroke:#7650a3,color:#1f2733"),
    Kind.FOCUS: ("focus", "fill:#d3e3f8,stroke:#1f5a9e,color:#1f2733"),
    Kind.EXTERNAL: ("external", "fill:#f1f2f4,stroke:#737c88,color:#1f2733"),
    Kind.CONTAINER: ("container", "fill:#eaf1fb,stroke:#3b6ea8,color:#1f2733"),
    Kind.STORE: ("store", "fill:#e8f4ee,stroke:#3d8060,color:#1f2733"),
    Kind.MODEL: ("model", "fill:#fdf3e2,stroke:#a8752b,color:#1f2733"),
    Kind.COMPONENT: ("component", "fill:#ffffff,stroke:#3b6ea8,color:#1f2733"),
}
_SHAPES = {Kind.PERSON: ('(["', '"])'), Kind.STORE: ('[("', '")]')}
LONGEST = 160
"""Characters of one text: a longer one would be a wall in a box."""


def flow_mermaid(flow: Flow) -> str:
    """The flow as a flowchart; a class for each kind of node that is there."""
    lines = ["flowchart TB", *_group(flow, None, 1)]
    lines += [f"  {_id(edge.start)} {_arrow(edge.label, edge.dashed)} {_id(edge.end)}" for edge in flow.edges]
    for kind, (name, style) in _CLASSES.items():
        members = [_id(node.key) for node in flow.nodes if node.kind is kind]
        if members:
            lines += [f"  classDef {name} {style}", f"  class {','.join(members)} {name}"]
    return "\n".join(lines) + "\n"


def sequence_mermaid(sequence: Sequence) -> str:
    """The sequence as a sequence diagram; headings are notes over all participants, or one way of several."""
    lines = ["sequenceDiagram"]
    lines += [f"  participant {_id(one.key)} as {_text(one.name)}" for one in sequence.participants]
    ends = [_id(one.key) for one in sequence.participants]
    over = ",".join(dict.fromkeys((ends[0], ends[-1])))
    lines += [_step(step, over) for step in sequence.steps]
    return "\n".join(lines) + "\n"


def _group(flow: Flow, boundary: str | None, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for node in flow.nodes:
        if node.boundary == boundary:
            yield f"{indent}{_node(node)}"
    for one in flow.boundaries:
        if one.parent == boundary and _held(flow, one):
            yield f'{indent}subgraph {_id(one.key)}["{_text(one.title)}"]'
            yield from _group(flow, one.key, depth + 1)
            yield f"{indent}end"


def _held(flow: Flow, boundary: Boundary) -> bool:
    """Whether there is a node in it, at any depth: an empty subgraph is drawn as a node."""
    inner = [one for one in flow.boundaries if one.parent == boundary.key]
    return any(node.boundary == boundary.key for node in flow.nodes) or any(_held(flow, one) for one in inner)


def _node(node: Node) -> str:
    start, end = _SHAPES.get(node.kind, ('["', '"]'))
    what = f"<br/>{_text(node.what)}" if node.what else ""
    return f"{_id(node.key)}{start}{_text(node.name)}{what}{end}"


def _arrow(label: str, dashed: bool) -> str:
    line = "-.->" if dashed else "-->"
    return f'{line}|"{_text(label)}"|' if label else line


def _step(step: Step, over: str) -> str:
    if step.block:
        return "  end" if step.block == "end" else f"  {step.block} {_text(step.label)}"
    if step.number is None:
        return f"  Note over {over}: {_text(step.label)}"
    arrow = "-->>" if step.answer else "->>"
    time = f"<br/>{_text(step.time)}" if step.time else ""
    return f"  {_id(step.start)}{arrow}{_id(step.end)}: {step.number}. {_text(step.label)}{time}"


def _id(key: str) -> str:
    """A name that is no word of Mermaid's own, such as ``end``."""
    return f"n_{key}"


def _text(text: str) -> str:
    cut = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
    return mermaid_label(cut) or "-"
