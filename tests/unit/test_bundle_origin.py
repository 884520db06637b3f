"""Every line of a bundle tells the template's line and the facts that it was made from, and the text stays the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.templates import JinjaRenderer, LimitedRenderer, load_templates
from maquette.bundle.building import bundle_files
from maquette.bundle.origin import Fact, LineOrigin, Rendered, Segment, aligned, line_origins
from maquette.bundle.plan import FileSpec, Tracing
from maquette.foundation.shipped import shipped
from tests import bundle_world as world
from tests.rule_world import SCENARIOS
from tests.unit.test_bundle_scenarios import inputs as scenario_inputs

BUDGET = {"text": "$600", "kind": "required", "ref": "answer budget.monthly_usd"}


def traced(source: str, *, name: str = "x.md", others: dict[str, str] | None = None, **data: Any) -> Rendered:
    """The trace of one template; its text is that of an ordinary render."""
    texts = {f"docs/{name}.j2": source, **(others or {})}
    renderer = JinjaRenderer(texts)
    made = renderer.trace(f"docs/{name}.j2", data)
    assert made.text == renderer.render(f"docs/{name}.j2", data)
    assert made.text == "".join(segment.text for segment in made.segments)
    return made


def told(made: Rendered) -> list[str]:
    return [origin.as_text() for origin in line_origins(made.segments)]


def traced_bundle(values: Any) -> tuple[FileSpec, ...]:
    return bundle_files(values, templates=world.templates(), renderer=Tracing(world.renderer()))


def test_a_line_tells_its_template_line_and_the_facts_in_it() -> None:
    made = traced("# {{ project.name }}\n\nCeiling: {{ budget | sourced }}\n", project={"name": "x"}, budget=BUDGET)
    assert told(made) == [
        "templates/docs/x.md.j2:1  project.name",
        "templates/docs/x.md.j2:2",
        "templates/docs/x.md.j2:3  budget.monthly_usd",
    ]
    assert line_origins(made.segments)[2].facts == (
        Fact(data="budget", fact="budget.monthly_usd", source="required: answer budget.monthly_usd"),
    )


def test_lines_of_a_loop_tell_which_element_they_show() -> None:
    made = traced("{% for row in rows %}\n- {{ row.name }}\n{% endfor %}\nend\n", rows=[{"name": "a"}, {"name": "b"}])
    assert told(made) == [
        "templates/docs/x.md.j2:2  rows[0].name",
        "templates/docs/x.md.j2:2  rows[1].name",
        "templates/docs/x.md.j2:4",
    ]


def test_a_text_out_of_a_list_is_told_by_its_place() -> None:
    assert told(traced("{% for one in said %}\n{{ one }}\n{% endfor %}\n", said=["a", "b"])) == [
        "templates/docs/x.md.j2:2  said[0]",
        "templates/docs/x.md.j2:2  said[1]",
    ]


def test_an_included_line_tells_its_own_file() -> None:
    made = traced("a\n{% include 'docs/_b.md.j2' %}\nc\n", others={"docs/_b.md.j2": "\n{{ x }}\n"}, x="b")
    assert told(made) == [
        "templates/docs/x.md.j2:1",
        "templates/docs/_b.md.j2:1",
        "templates/docs/_b.md.j2:2  x",
        "templates/docs/x.md.j2:3",
    ]


def test_blank_control_moves_no_line_number() -> None:
    source = "a\n{%- if yes %}, b{% endif %}.\n{# note\nof two lines #}\n{% set x = 1 -%}\n\n   c\n"
    assert told(traced(source, yes=True)) == [
        "templates/docs/x.md.j2:1, templates/docs/x.md.j2:2",
        "templates/docs/x.md.j2:7",
    ]


def test_macros_blocks_of_text_and_filters_keep_their_text() -> None:
    source = (
        "{% macro m(x) %}<{{ x.a }}>{% endmacro %}{% set t %}{{ d.b }}*{% endset %}\n"
        "{{ m(d) }} {{ t | length }} {{ t }}\n{% filter upper %}{{ d.a }}{% endfilter %}\n"
        "{% macro c() %}({{ caller() }}){% endmacro %}{% call c() %}{{ d.b }}{% endcall %}\n"
        "{% raw %}{{ }}{% endraw %}\n"
    )
    made = traced(source, d={"a": "q_r", "b": "s"})
    assert told(made) == [
        "templates/docs/x.md.j2:2  d.a, d.b",
        "templates/docs/x.md.j2:3, templates/docs/x.md.j2:4, templates/docs/x.md.j2:5  d.b",
    ]


def test_a_child_process_traces_the_same() -> None:
    source = "# {{ project.name }}\n{{ budget | sourced }}\n"
    data: dict[str, Any] = {"project": {"name": "x"}, "budget": BUDGET}
    limited = LimitedRenderer({"docs/x.md.j2": source}, shown={})
    assert limited.trace("docs/x.md.j2", data) == traced(source, **data)


@pytest.mark.parametrize("name", ["whole", "empty", *SCENARIOS])
def test_every_line_of_a_whole_bundle_has_an_origin_and_the_same_bytes(name: str) -> None:
    known = {"whole": world.inputs, "empty": world.empty_inputs}
    values = known[name]() if name in known else scenario_inputs(name)
    made = traced_bundle(values)
    assert made == world.render(values)
    sources = {source.name: source for source in load_templates(shipped("templates")).artifacts}
    for spec in made:
        if not spec.template:
            continue
        lines = spec.content.split("\n")[: spec.content.count("\n") + (not spec.content.endswith("\n"))]
        assert len(spec.origins) == len(lines), spec.path
        for line, origin in zip(lines, spec.origins, strict=True):
            assert origin.places, (spec.path, line)
            for template, number in origin.places:
                source = shipped("templates", template).read_text().split("\n")
                assert 1 <= number <= len(source), (spec.path, line, template, number)
                assert template.partition("/")[0] in sources


def test_words_of_a_template_line_stand_in_the_lines_that_name_it() -> None:
    """The first word of a line that is the template's own text is found in the template line that it names."""
    seen = 0
    for spec in traced_bundle(world.inputs()):
        for line, origin in zip(spec.content.split("\n"), spec.origins, strict=False):
            if len(origin.places) != 1 or origin.facts or not line.strip() or "](" in line:
                continue
            template, number = origin.places[0]
            source = re.sub(r"\{%.*?%\}", "", shipped("templates", template).read_text().split("\n")[number - 1])
            word = line.split()[0]
            if not source.strip().startswith("{{"):
                assert word in source, (spec.path, line, template, number)
                seen += 1
    assert seen > 150


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_hostile_data_change_neither_text_nor_lines(text: str) -> None:
    made = traced(
        "a {{ x }} {{ y.z }}\n{% for one in many %}{{ one }}\n{% endfor %}", x=text, y={"z": text}, many=[text]
    )
    assert len(line_origins(made.segments)) == made.text.count("\n") + (not made.text.endswith("\n"))


def test_lines_that_came_later_have_no_place_and_the_others_keep_theirs() -> None:
    origins = line_origins([Segment(text=f"{n}\n", template="t", line=n) for n in (1, 2, 3)])
    told_again = aligned(origins, "1\n2\n3\n", "1\nnew\n2 changed\n3\nend\n")
    assert (told_again[0], told_again[3], len(told_again)) == (origins[0], origins[2], 5)
    assert told_again[4] == LineOrigin(places=(), facts=())
    assert aligned(origins, "1\n2\n3\n", "a\nb\nc\n") == origins
    with_blanks = line_origins(
        [Segment(text=text, template="t", line=n) for n, text in enumerate(("1\n", "\n", "\n", "2\n"), 1)]
    )
    squeezed = aligned(with_blanks, "1\n\n\n2\n", "1 linked\n\n2 linked\n")
    assert squeezed == (with_blanks[0], with_blanks[1], with_blanks[3])


def test_the_folder_is_read_only_below_itself(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "x.md.j2").write_text("one\n{{ nope }}\n")
    with pytest.raises(Exception, match=r"templates/docs/x\.md\.j2:2"):
        JinjaRenderer(tmp_path).trace("docs/x.md.j2", {})
