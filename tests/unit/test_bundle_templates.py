"""Templates run in a sandbox over plain data, from their own folder, and say where they are wrong."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.templates import JinjaRenderer, load_templates
from maquette.foundation.problems import InvalidInput


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates" / "docs").mkdir(parents=True)
    return tmp_path / "templates"


def rendered(folder: Path, source: str, *, name: str = "x.md", **data: Any) -> str:
    (folder / "docs" / f"{name}.j2").write_text(source, encoding="utf-8")
    return JinjaRenderer(folder).render(f"docs/{name}.j2", data)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ data.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ data.append(1) }}",
        "{{ range(10 ** 9) | list }}",
        "{% include '../../etc/passwd' %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'docs/../../../etc/passwd' %}",
    ],
)
def test_a_template_cannot_leave_its_sandbox(folder: Path, attack: str) -> None:
    with pytest.raises(InvalidInput, match=r"templates/docs/x\.md\.j2"):
        rendered(folder, attack, data=[1])


def test_a_link_out_of_the_folder_cannot_be_included(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "docs" / "link.md.j2").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInput):
        rendered(folder, "{% include 'docs/link.md.j2' %}")
    with pytest.raises(InvalidInput):
        JinjaRenderer(folder).render("docs/link.md.j2", {})


def test_an_undefined_name_is_an_error_with_its_line(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="'nope' is undefined") as caught:
        rendered(folder, "one\n\n{{ nope.this }}\n")
    assert (caught.value.place.file, caught.value.place.line) == ("templates/docs/x.md.j2", 3)


def test_a_syntax_error_is_told_with_its_line(folder: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        rendered(folder, "one\n{% if %}\n")
    assert caught.value.place.line == 2


def test_a_list_is_not_printed_by_accident(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="prints text and numbers"):
        rendered(folder, "{{ data }}", data=[1])


def test_data_reach_a_template_as_plain_data_only(folder: Path) -> None:
    class Alive:
        secret = "s"

    with pytest.raises(TypeError, match="no plain form"):
        rendered(folder, "{{ it.secret }}", it=Alive())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.md", "&lt;b&gt; a\\|b \\*c\\*"),
        ("x.yaml", '"<b> a|b\\n*c*"'),
        ("env.example", "<b> a|b *c*"),
    ],
)
def test_text_is_made_safe_for_the_kind_of_the_file(folder: Path, name: str, expected: str) -> None:
    assert rendered(folder, "{{ text }}", name=name, text="<b> a|b\n*c*") == expected


def test_compose_replaces_nothing_in_a_value(folder: Path) -> None:
    assert rendered(folder, "{{ text }}", name="compose.yaml", text="${HOME}") == '"$${HOME}"'


def test_filters_print_figures_for_readers(folder: Path) -> None:
    source = "{{ 1234567 | count }} {{ usd | usd }} {{ none | usd }} {{ 0.8999 | pct }}"
    assert rendered(folder, source, usd=Decimal("148.2"), none=None) == "1,234,567 $148 unpriced 90 %"


def test_a_figure_is_printed_with_the_mark_of_its_kind_and_a_link_to_its_source(folder: Path) -> None:
    figure = {"text": "412 ms", "kind": "measured", "ref": "run r-014"}
    assert rendered(folder, "{{ figure | sourced }}", figure=figure) == (
        "412 ms[ᵐ](source:measured/run%20r-014/412%20ms)"
    )


@pytest.mark.parametrize("name", ["A B", "A=1", "A\nB=2", "1A", "", "Ä"])
def test_what_is_no_variable_name_is_refused_as_one(folder: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="no name of an environment variable"):
        rendered(folder, "{{ variable | env }}=", name="env.example", variable=name)


def declared(folder: Path, declaration: str) -> None:
    (folder / "docs" / "x.md.j2").write_text("x")
    (folder / "docs" / "template.toml").write_text(declaration)
    load_templates(folder)


OUTPUT = '[[outputs]]\ntemplate = "x.md.j2"\npath = "x.md"\nabout = "An x."\n'


def test_a_declaration_reads_with_the_digests_of_its_files(folder: Path) -> None:
    declared(folder, OUTPUT)
    loaded = load_templates(folder)
    assert [output.path for output in loaded.artifact("docs").outputs] == ["x.md"]
    assert loaded.digests.keys() == {"docs/template.toml", "docs/x.md.j2"}


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("inputs = [", "no TOML"),
        ("inputs = []", "lacks 'outputs'"),
        ('[[outputs]]\ntemplate = "x.md.j2"\n', "lacks 'path'"),
        (f'when = "1 +"\n{OUTPUT}', "condition is wrong"),
        (f"inptus = []\n{OUTPUT}", "unknown key 'inptus'"),
        (OUTPUT.replace("x.md.j2", "y.md.j2"), r"docs/y\.md\.j2 is not there"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_file(folder: Path, declaration: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        declared(folder, declaration)
    assert caught.value.place.file == "templates/docs/template.toml"
