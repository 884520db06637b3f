"""The layout of a diagram, for any graph: nothing on top of anything else, all on the page, the same every time."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.bundle.diagrams.layout import Box, Picture, lay_out
from maquette.bundle.diagrams.model import Boundary, Edge, Flow, Kind, Node
from maquette.bundle.diagrams.rows import PAGE

WORDS = st.sampled_from(
    ["", "gateway", "asks for the group primary", "n" * 300, "at most 2 s an attempt, then once more, then the other",
     "</text><script>alert(1)</script>", "two\nlines", "\U0001f680 \u8bed\u8a00\u6a21\u578b" * 9,
     "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643"]
)  # fmt: skip


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Up to 25 nodes and 60 lines, in up to four boundaries that may lie in one another."""
    count = draw(st.integers(1, 25))
    frames = draw(st.integers(0, 4))
    boundaries = tuple(
        Boundary(
            key=f"b{number}",
            title=draw(WORDS),
            parent=draw(st.sampled_from([None, *(f"b{above}" for above in range(number))])),
        )
        for number in range(frames)
    )
    homes = st.sampled_from([None, *(one.key for one in boundaries)])
    nodes = tuple(
        Node(
            key=f"n{number}",
            name=draw(WORDS),
            kind=draw(st.sampled_from(Kind)),
            what=draw(WORDS),
            why="",
            boundary=draw(homes),
        )
        for number in range(count)
    )
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    many = draw(st.integers(0, 60))
    drawn = draw(st.lists(pairs, min_size=many, max_size=many)) if count > 1 else []
    edges = tuple(Edge(start=f"n{one}", end=f"n{other}", label=draw(WORDS)) for one, other in drawn)
    return Flow(name="random", title="Random", nodes=nodes, boundaries=boundaries, edges=edges)


@settings(max_examples=9, deadline=None)
@given(flow=flows())
def test_no_line_runs_through_a_box_or_a_text(flow: Flow) -> None:
    picture = lay_out(flow)
    solid = [node.box for node in picture.nodes] + _texts(picture)
    for edge in picture.edges:
        assert len(edge.parts) == (2 if edge.label else 1)
        for part in edge.parts:
            for (x, y), (next_x, next_y) in pairwise(part):
                piece = Box(x=min(x, next_x), y=min(y, next_y), width=abs(x - next_x), height=abs(y - next_y))
                assert not [box for box in solid if _overlap(piece, box)]


@settings(max_examples=9, deadline=None)
@given(flow=flows())
def test_a_line_begins_and_ends_at_the_edges_of_its_nodes(flow: Flow) -> None:
    picture = lay_out(flow)
    boxes = {placed.node.key: placed.box for placed in picture.nodes}
    for placed in picture.edges:
        for key, (x, y) in ((placed.edge.start, placed.parts[0][0]), (placed.edge.end, placed.parts[-1][-1])):
            box = boxes[key]
            assert box.x < x < box.x + box.width
            assert min(abs(y - box.y), abs(y - box.y - box.height)) < 0.2


@settings(max_examples=9, deadline=None)
@given(flow=flows())
def test_boxes_and_texts_stand_apart_and_on_the_page(flow: Flow) -> None:
    picture = lay_out(flow)
    solid = [node.box for node in picture.nodes] + _texts(picture)
    assert not [pair for pair in combinations(solid, 2) if _overlap(*pair)]
    assert picture.width == PAGE
    assert all(_inside(box, Box(x=0, y=0, width=picture.width, height=picture.height)) for box in solid)
    for node in picture.nodes:
        widest = max((lines.width for lines in node.lines), default=0.0)
        assert widest <= node.box.width
        assert sum(lines.height for lines in node.lines) <= node.box.height


@settings(max_examples=9, deadline=None)
@given(flow=flows())
def test_a_frame_holds_its_members_and_nothing_else(flow: Flow) -> None:
    picture = lay_out(flow)
    parents = {one.key: one.parent for one in flow.boundaries}
    for frame in picture.frames:
        assert _inside(frame.title.box, frame.box)
        for placed in picture.nodes:
            home = placed.node.boundary
            while home not in (None, frame.boundary.key):
                home = parents[str(home)]
            assert _inside(placed.box, frame.box) if home else not _overlap(placed.box, frame.box)


@settings(max_examples=9, deadline=None)
@given(flow=flows())
def test_the_same_graph_has_the_same_picture(flow: Flow) -> None:
    assert lay_out(flow) == lay_out(flow)


def _texts(picture: Picture) -> list[Box]:
    labels = [edge.label.box for edge in picture.edges if edge.label]
    return labels + [frame.title.box for frame in picture.frames]


def _overlap(one: Box, other: Box) -> bool:
    """More than a rounding's worth in common; a line has no width."""
    return (
        one.x < other.x + other.width - 0.3
        and other.x + 0.3 < one.x + one.width
        and one.y < other.y + other.height - 0.3
        and other.y + 0.3 < one.y + one.height
    )


def _inside(one: Box, other: Box) -> bool:
    return (
        one.x >= other.x - 0.2
        and one.y >= other.y - 0.2
        and one.x + one.width <= other.x + other.width + 0.2
        and one.y + one.height <= other.y + other.height + 0.2
    )
