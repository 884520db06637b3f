"""The diagrams as they are exported: SVG that is valid and accessible, Mermaid that no name can break."""

import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from maquette.bundle.diagrams.drawing import FOLDER, diagram_files, diagrams, diagrams_view
from maquette.bundle.diagrams.layout import Box, lay_out
from maquette.bundle.diagrams.measuring import text_width, wrapped
from maquette.bundle.diagrams.mermaid import flow_mermaid, sequence_mermaid
from maquette.bundle.diagrams.model import Boundary, Edge, Flow, Kind, Node, Sequence, Step
from maquette.bundle.diagrams.rows import PAGE
from maquette.bundle.diagrams.sequence_svg import lay_out_sequence, sequence_svg
from maquette.bundle.diagrams.spreading import spread
from maquette.bundle.diagrams.svg import flow_svg
from tests import bundle_world as world
from tests.unit.test_diagrams_views import seen_of

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "</text><script>alert(1)</script>",
    'a"] --> b["',
    "two\nlines\r\nend\n```\nsubgraph x",
    "n" * 300,
    "\U0001f680\U0001f469\u200d\U0001f4bb \u8bed\u8a00\u6a21\u578b",
    "\u0645\u0631\u062d\u0628\u0627 \u202e \u05d1\u05d3\u05d9\u05e7\u05d4",
    "\x00\x08\ufffe\ud800",
    "%%{init: {}}%% ; style x fill:#f00",
    "",
    "end",
)
_ID = r"n_[A-Za-z0-9_]+"
_LABEL = r"(?:[A-Za-z0-9 .,/()_-]|#\d+;|<br/>)*"
FLOW_LINES = re.compile(
    "|".join(
        (
            r"flowchart TB",
            rf' +{_ID}(?:\["{_LABEL}"\]|\(\["{_LABEL}"\]\)|\[\("{_LABEL}"\)\])',
            rf' +subgraph {_ID}\["{_LABEL}"\]',
            r" +end",
            rf'  {_ID} (?:-->|-\.->)(?:\|"{_LABEL}"\|)? {_ID}',
            r"  classDef [a-z]+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}",
            rf"  class {_ID}(?:,{_ID})* [a-z]+",
        )
    )
)
SEQUENCE_LINES = re.compile(
    "|".join(
        (
            r"sequenceDiagram",
            rf"  participant {_ID} as {_LABEL}",
            rf"  Note over {_ID}(?:,{_ID})?: {_LABEL}",
            rf"  {_ID}(?:->>|-->>){_ID}: {_LABEL}",
        )
    )
)


def hostile_flow(text: str) -> Flow:
    """Every text that a project may bring, in every place that has one."""
    nodes = tuple(
        Node(key=f"k{place}", name=text, kind=kind, what=text, why=text, boundary="frame" if place % 2 else None)
        for place, kind in enumerate(Kind)
    )
    edges = tuple(Edge(start=one.key, end=other.key, label=text) for one, other in pairwise(nodes))
    return Flow(name="x", title=text, nodes=nodes, boundaries=(Boundary(key="frame", title=text),), edges=edges)


def hostile_sequence(text: str) -> Sequence:
    people = hostile_flow(text).nodes
    steps = [
        Step(number=1, start="k0", end="k5", label=text, time=text),
        Step(number=None, start="", end="", label=text),
    ]
    back = Step(number=2, start="k5", end="k4", label=text, answer=True)
    return Sequence(name="x", title=text, participants=people, steps=(*steps, back))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_project_becomes_markup_in_an_svg(text: str) -> None:
    drawn = hostile_flow(text)
    for svg in (
        flow_svg(lay_out(drawn), name="x", title=text, alt=text),
        sequence_svg(hostile_sequence(text), alt=text),
    ):
        root = ElementTree.fromstring(svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_project_breaks_out_of_its_place_in_mermaid(text: str) -> None:
    for line in flow_mermaid(hostile_flow(text)).splitlines():
        assert FLOW_LINES.fullmatch(line), line
    for line in sequence_mermaid(hostile_sequence(text)).splitlines():
        assert SEQUENCE_LINES.fullmatch(line), line


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_sequence_stand_on_the_page_and_apart(text: str) -> None:
    columns = lay_out_sequence(hostile_sequence(text))
    for head in columns.heads:
        assert max((lines.width for lines in head.lines), default=0.0) <= head.box.width
        assert sum(lines.height for lines in head.lines) <= head.box.height
    assert not [pair for pair in combinations([head.box for head in columns.heads], 2) if _overlap(*pair)]
    for row in columns.rows:
        assert 0 <= row.left <= row.right <= PAGE
        assert row.top + sum(lines.height for lines in row.texts) <= row.arrow_y
    assert all(one.arrow_y < other.top for one, other in pairwise(columns.rows))
    assert columns.rows[0].top > columns.heads[0].box.y + columns.heads[0].box.height


def test_every_diagram_of_a_bundle_is_a_file_that_says_what_it_shows() -> None:
    made = diagrams(seen_of(world.inputs()))
    files = {spec.path: spec.content for spec, _ in diagram_files(made)}
    names = ("context", "container", "component", "deployment", "dynamic-request", "dynamic-failure", "data-flow")
    assert list(files) == [f"{FOLDER}/{name}.svg" for name in names]
    for path, svg in files.items():
        root = ElementTree.fromstring(svg)
        name = path.split("/")[-1].removesuffix(".svg")
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{name}-title {name}-about"
        assert root.get("width") == "720"
        about = root.find(f"{SVG}desc")
        assert about is not None
        assert "Application" in str(about.text) or name == "context"
        assert "prefers-color-scheme: dark" in svg
        assert not re.search(r"href|<script|<image|@import|url\((?!#)", svg)


def test_the_files_are_in_the_bundle_and_the_same_every_time() -> None:
    first, second = world.texts(world.inputs()), world.texts(world.inputs())
    drawn = {path: text for path, text in first.items() if path.startswith(FOLDER)}
    assert len(drawn) == 7
    assert drawn == {path: second[path] for path in drawn}


def test_a_template_finds_mermaid_file_words_and_tables_under_a_diagrams_name() -> None:
    view = diagrams_view(diagrams(seen_of(world.inputs())))
    container = view["container"]
    assert container["mermaid"].startswith("flowchart TB\n")
    assert container["file"] == "docs/diagrams/container.svg"
    assert container["alt"].startswith("Shows Staff, Application, LiteLLM gateway")
    assert all(node["why"] for node in container["nodes"])
    assert view["dynamic-request"]["mermaid"].startswith("sequenceDiagram\n")
    assert view["dynamic-request"]["steps"][2]["end"] == "beta-flash"


def test_a_system_with_a_hostile_name_has_all_its_diagrams() -> None:
    for text in HOSTILE:
        for spec, _ in diagram_files(diagrams(seen_of(replace(world.inputs(), document=text)))):
            ElementTree.fromstring(spec.content)


def test_a_graph_without_a_crossing_is_drawn_without_one() -> None:
    """The batch lane's and the gateway's lines to one model, as a design with both has them."""
    pairs = [("app", "gateway"), ("app", "batch"), ("gateway", "alpha"), ("gateway", "beta"), ("batch", "alpha")]
    keys = ("app", "gateway", "batch", "alpha", "beta")
    nodes = tuple(Node(key=key, name=key, kind=Kind.CONTAINER, what="", why="") for key in keys)
    edges = tuple(Edge(start=one, end=other, label="") for one, other in pairs)
    picture = lay_out(Flow(name="x", title="X", nodes=nodes, edges=edges))
    x = {placed.node.key: placed.box.x for placed in picture.nodes}
    assert (x["gateway"] < x["batch"]) == (x["beta"] < x["alpha"])


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    lines = wrapped("n" * 300, width=100, size=13, most=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(text_width(line, 13) <= 100 for line in lines)
    assert wrapped("the gateway", width=100, size=13, most=2) == ("the gateway",)


def test_places_are_as_near_to_the_wanted_ones_as_their_distances_allow() -> None:
    assert spread([0, 100], [1, 1], [50], 0, 200) == [0, 100]
    assert spread([50, 50], [1, 1], [50], 0, 200) == [25, 75]
    assert spread([50, 50], [3, 1], [40], 0, 200) == [40, 80]
    assert spread([190, 190], [1, 1], [50], 0, 200) == [150, 200]
    assert spread([0, 0, 0], [1, 1, 1], [50, 50], 0, 50) == [0, 25, 50]


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
