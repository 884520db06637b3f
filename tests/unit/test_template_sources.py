"""Who brings which template: Maquette, plug-ins, the project; and what none of them may bring."""

import importlib.metadata
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.templates import (
    TemplateSource,
    installed_sources,
    load_sources,
    load_templates,
    project_source,
    sources,
)
from maquette.bundle.paths import check_paths, filled
from maquette.foundation.problems import InvalidInput, Unavailable
from maquette.foundation.shipped import shipped

OUTPUT = '[[outputs]]\ntemplate = "x.md.j2"\npath = "x.md"\nabout = "An x."\n'


def source(folder: Path, files: dict[str, str | bytes], *, name: str = "project", version: str = "") -> TemplateSource:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    folder.mkdir(exist_ok=True)
    return TemplateSource(name=name, version=version, folder=folder, shown=f"{name}/templates")


def base(folder: Path) -> TemplateSource:
    files: dict[str, str | bytes] = {"docs/template.toml": OUTPUT, "docs/x.md.j2": "base"}
    return source(folder / "base", files, name="maquette", version="0.1.0")


def test_what_ships_is_what_the_entry_point_names() -> None:
    loaded = load_sources(installed_sources("9.9"))
    assert loaded.trusted
    assert loaded.templates.digests == load_templates(shipped("templates")).digests
    assert set(loaded.templates.sources.values()) == {"maquette 9.9"}


def test_a_project_replaces_a_file_of_the_same_name_and_the_set_says_who_brought_it(tmp_path: Path) -> None:
    mine = source(tmp_path / "p", {"docs/x.md.j2": "mine", "docs/_part.md.j2": "part", "web/index.j2": "not ours"})
    loaded = load_sources([base(tmp_path), mine])
    assert loaded.texts == {"docs/x.md.j2": "mine", "docs/_part.md.j2": "part"}
    assert loaded.templates.sources["docs/x.md.j2"] == "project"
    assert loaded.templates.sources["docs/template.toml"] == "maquette 0.1.0"
    assert not loaded.trusted


def test_a_plug_in_adds_an_artifact_with_its_version(tmp_path: Path) -> None:
    acme = source(tmp_path / "acme", {"acme/template.toml": OUTPUT, "acme/x.md.j2": "x"}, name="acme", version="1.2")
    loaded = load_sources([base(tmp_path), acme])
    assert [artifact.name for artifact in loaded.templates.artifacts] == ["acme", "docs"]
    assert loaded.templates.sources["acme/x.md.j2"] == "acme 1.2"
    assert not loaded.trusted


@pytest.mark.parametrize("file", ["docs/x.md.j2", "docs/template.toml"])
def test_a_plug_in_replaces_nothing(tmp_path: Path, file: str) -> None:
    acme = source(tmp_path / "acme", {file: OUTPUT}, name="acme", version="1.2")
    with pytest.raises(InvalidInput, match=r"maquette 0\.1\.0 already brings"):
        load_sources([base(tmp_path), acme])


def test_a_project_replaces_no_declaration(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="already brings 'docs'"):
        load_sources([base(tmp_path), source(tmp_path / "p", {"docs/template.toml": OUTPUT})])


def test_plug_ins_come_through_the_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = tmp_path / "brought"
    brought.mkdir()
    package = tmp_path / "site" / "acme_templates.py"
    package.parent.mkdir()
    package.write_text(f"def folder():\n    return {str(brought)!r}\n\ndef broken():\n    raise OSError('no disk')\n")
    monkeypatch.syspath_prepend(package.parent)

    def registered(value: str) -> None:
        points = [importlib.metadata.EntryPoint("acme", value, "maquette.templates")]
        monkeypatch.setattr(sources, "entry_points", lambda group: points)

    registered("acme_templates:folder")
    assert [(one.name, one.folder) for one in installed_sources("1")][1:] == [("acme", brought)]
    for value in ("acme_templates:broken", "acme_templates:nothing", "no_such_package:x"):
        registered(value)
        with pytest.raises(Unavailable, match="plug-in 'acme' cannot be reached"):
            installed_sources("1")


def test_a_project_without_the_folder_has_no_templates_of_its_own(tmp_path: Path) -> None:
    assert project_source(tmp_path, None) is None
    (tmp_path / "templates").mkdir()
    assert project_source(tmp_path, None) is not None


@pytest.mark.parametrize("named", ["../elsewhere", "/etc", "link", "nowhere"])
def test_a_named_folder_lies_in_the_project(tmp_path: Path, named: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "p" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match=r"leads out of the project|there is no folder"):
        project_source(tmp_path / "p", named)


def test_a_linked_template_is_refused_and_not_read(tmp_path: Path) -> None:
    mine = source(tmp_path / "p", {"mine/template.toml": OUTPUT})
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "p" / "mine" / "x.md.j2").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInput, match="link out of its folder") as caught:
        load_sources([base(tmp_path), mine])
    assert caught.value.place.file == "project/templates/mine/x.md.j2"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("mine/a b.j2", "x", "its name has other signs"),
        ("mine/x.md.j2", "x" * 300_000, "larger than 256 KiB"),
        ("mine/x.md.j2", b"\xff\xfe", "no text in UTF-8"),
        ("mine/template.toml", "inputs = 3", "a value that it cannot have"),
        ("mine/template.toml", OUTPUT.replace('"x.md"', "3"), "a value that it cannot have"),
        ("mine/template.toml", OUTPUT + "pth = 1\n", "a value that it cannot have"),
        ("mine/template.toml", "x = " + "[" * 5000, "no TOML"),
        ("mine/template.toml", OUTPUT.replace("x.md.j2", "../docs/x.md.j2"), "is not there"),
    ],
)
def test_a_strange_file_is_told_with_its_place(tmp_path: Path, file: str, text: str | bytes, message: str) -> None:
    files: dict[str, str | bytes] = {"mine/template.toml": OUTPUT, "mine/x.md.j2": "x", file: text}
    with pytest.raises(InvalidInput, match=message) as caught:
        load_sources([base(tmp_path), source(tmp_path / "p", files)])
    assert str(caught.value.place.file).startswith("project/templates/mine/")


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/x", "../x", "docs/../../x", "a//b", "./a", "C:/x", "a\\b", "a:b", "con.md", "x/NUL", "a.", "a ",
        "a\nb", "maquette.lock", ".maquette-writing/x", ".git/config", ".MAQUETTE/x", "{name}", "x" * 300,
    ],
)  # fmt: skip
def test_an_output_path_that_is_no_file_of_a_bundle_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        check_paths([("docs/a.md", "docs/a.md.j2"), (path, "mine/x.md.j2")])


@pytest.mark.parametrize("path", ["docs/a.md", "DOCS/A.md", "docs/A.MD", "docs/a.md/b.md", "docs"])
def test_two_outputs_are_never_one_file_on_any_disk(path: str) -> None:
    with pytest.raises(InvalidInput, match=r"same file|not a folder"):
        check_paths([("docs/a.md", "docs/a.md.j2"), (path, "mine/x.md.j2")])


def test_a_path_takes_texts_of_its_element_by_name_and_nothing_else() -> None:
    element: dict[str, Any] = {"file": "one", "number": 3}
    assert filled("docs/{file}.md", element, template="docs/x.j2") == "docs/one.md"
    for path in ("{number}.md", "{nothing}.md"):
        with pytest.raises(InvalidInput, match="has no text"):
            filled(path, element, template="docs/x.j2")
    assert filled("{file.__class__}", element, template="docs/x.j2") == "{file.__class__}"
