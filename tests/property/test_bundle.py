"""Whatever users and models write, it stays text: never markup, structure or template code."""

from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from maquette.bundle.checking import check_bundle
from maquette.bundle.lock import Lock, text_digest
from maquette.bundle.plan import FileSpec, FileState
from maquette.bundle.planning import plan_bundle, unified_diff
from maquette.bundle.safe_text import file_slug, markdown, markdown_code, mermaid_label, one_line, yaml_scalar
from maquette.decision.record import ConsideredOption
from tests import bundle_world as world

MARKS = "\\`*_[]<>|&~$#+=:-!(){}%'\"@/.,;?^ \t\n\r\x00\x1b\x85\u2028\u202e\ufeff\u00a0aB7é漢🙂\U000e0001"
HOSTILE = st.one_of(
    st.text(st.sampled_from(MARKS), max_size=30),
    st.text(max_size=30),
    st.sampled_from(
        [
            'name: "}}{{ 7*7 }} | <script> \n# h1"',
            "{{ ''.__class__ }}{% raw %}",
            "](javascript:alert(1))",
            "---\nadmin: true\n---",
            "| a | b |\n|---|---|",
            "```\nrm -rf /\n```",
            "<!-- --> &lt; &#35; www.a.org http://a.org a@b.org",
            "1. one\n2) two\n+ three\n===",
            "no", "null", "0x10", "1e3", "12:30", "=", "<<", "*a", "&a b", "!!python/object:os.system", "\ud800",
            "${HOME} $HOME $(id)", '"]; click a href "x"', "os.environ/HOME",
        ]
    ),
)  # fmt: skip


@cache
def parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def inline(text: str) -> tuple[list[str], str]:
    """The kinds of blocks that ``text`` makes, and the characters that a reader sees in them."""
    blocks = parser().parse(text)
    seen = [child for block in blocks for child in block.children or ()]
    kinds = [block.type for block in blocks if block.type.endswith("_open")] + [
        child.type for child in seen if child.type not in {"text", "text_special"}
    ]
    return kinds, "".join(child.content for child in seen)


@given(HOSTILE)
def test_markdown_reads_back_as_the_same_characters_at_the_start_of_a_line(text: str) -> None:
    written = markdown(text)
    if written:
        assert inline(written) == (["paragraph_open"], one_line(text))


@given(HOSTILE)
def test_markdown_reads_back_as_the_same_characters_inside_a_line(text: str) -> None:
    assert inline(f"before {markdown(text)} after")[1].split() == f"before {one_line(text)} after".split()
    assert inline(f"before {markdown(text)} after")[0] == ["paragraph_open"]


@given(HOSTILE)
def test_a_table_keeps_its_columns(text: str) -> None:
    for cell in (markdown(text), markdown_code(text)):
        tokens = parser().parse(f"| a | b |\n|---|---|\n| {cell} | end |\n")
        cells = [token for token in tokens if token.type == "td_open"]
        assert len(cells) == 2
        assert tokens[-1].type == "table_close"


@given(HOSTILE)
def test_a_code_span_holds_the_text_or_plain_text_does(text: str) -> None:
    kinds, seen = inline(f"x {markdown_code(text)}")
    assert kinds in (["paragraph_open"], ["paragraph_open", "code_inline"])
    assert seen.split() == f"x {one_line(text)}".split()


@given(HOSTILE)
def test_a_yaml_scalar_reads_back_as_the_same_string_in_both_versions_of_yaml(text: str) -> None:
    for version in ((1, 1), (1, 2)):
        loader = YAML(typ="safe", pure=True)
        loader.version = version
        read = loader.load(f"a: {yaml_scalar(text)} # comment\nb:\n  - {yaml_scalar(text)}\n")
        same = text.encode("utf-8", "replace").decode()
        assert read == {"a": same, "b": [same]}


@given(HOSTILE)
def test_a_mermaid_label_holds_nothing_that_ends_it(text: str) -> None:
    assert not set(mermaid_label(text)) & set("\"[]{}|<>`\n%&'")


@given(HOSTILE)
def test_a_slug_is_always_the_name_of_a_file(text: str) -> None:
    slug = file_slug(text)
    assert 1 <= len(slug) <= 60
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")


def hostile_inputs(text: str) -> Any:
    """The whole project, with ``text`` wherever a user or a model may write."""
    said = text.encode("utf-8", "replace").decode()
    whole = world.inputs({**world.ANSWERS, "task.type": said})
    record = replace(
        world.RECORD, title=said, slug=said, context=(said,), reasons=(said,), good=(said,),
        options=(ConsideredOption(name=said, outcome="chosen", pros=(said,), cons=()),), evidence=(said,),
    )  # fmt: skip
    assert whole.run is not None
    return replace(
        whole,
        document=said,
        run=replace(whole.run, id=said, dataset=said, prompt=said, primary_metric=said),
        records=(record,),
        targets=(world.local_target("beta-flash", f"{said}.gguf"), *whole.targets),
    )


def shape(path: str, text: str) -> Any:
    """What a file is made of, without its words: a tree's keys, or the kinds of a document's blocks."""
    if path.endswith((".yaml", ".yml")):
        return keys(YAML(typ="safe", pure=True).load(text))
    return [token.type for token in parser().parse(text) if token.type != "html_block"]


def keys(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: keys(value) for name, value in tree.items()}
    return [keys(value) for value in tree] if isinstance(tree, list) else type(tree).__name__


@cache
def tame_shapes() -> dict[str, Any]:
    texts = world.texts(hostile_inputs("tame"))
    return {path: shape(path, text) for path, text in texts.items() if path.endswith((".md", ".yaml", ".yml"))}


@settings(max_examples=40)
@given(HOSTILE.filter(lambda text: bool(one_line(text))))
def test_hostile_text_changes_the_structure_of_no_file(text: str) -> None:
    texts = world.texts(hostile_inputs(text))
    for path, expected in tame_shapes().items():
        there = path.replace("0001-tame", f"0001-{file_slug(text)}")
        assert shape(there, texts[there]) == expected, there


@settings(max_examples=20)
@given(HOSTILE)
def test_equal_inputs_give_equal_bytes(text: str) -> None:
    assert world.texts(hostile_inputs(text)) == world.texts(hostile_inputs(text))


@settings(max_examples=20)
@given(st.sampled_from(["{{ 7*7 }}", "{% if 1 %}x{% endif %}", "{# gone #}"]))
def test_template_code_in_data_is_never_run(text: str) -> None:
    readme = world.texts(hostile_inputs(text))["README.md"]
    assert inline(readme.splitlines()[0])[1] == text


@settings(max_examples=20)
@given(HOSTILE.filter(lambda text: "example.com" not in text))
def test_hostile_text_breaks_no_check_of_the_bundle(text: str) -> None:
    assert check_bundle(world.render(hostile_inputs(text))) == ()


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=6).map("\n".join)


@given(rendered=LINES, there=st.none() | LINES, written=st.none() | LINES)
def test_what_differs_from_render_and_lock_is_never_overwritten_unasked(
    rendered: str, there: str | None, written: str | None
) -> None:
    lock = None
    if written is not None:
        lock = Lock(maquette_version="0", computed_from="", files={"a": text_digest(written)})
    plan = plan_bundle(
        [FileSpec(path="a", content=rendered, template="t")],
        present={} if there is None else {"a": there}, lock=lock, out="out", computed_from="",
    )  # fmt: skip
    mine = there is not None and there not in {rendered, written}
    assert bool(plan.in_state(FileState.EDITED)) is mine


@given(LINES, LINES)
def test_a_diff_is_empty_exactly_for_equal_texts(old: str, new: str) -> None:
    assert (unified_diff("a", old, new) == "") is (old == new)
