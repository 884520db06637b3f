"""Prompt files: front matter, the sandbox, and inputs that stay data."""

from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.prompts import JinjaPrompts, read_prompt
from maquette.evals.calls import Message
from maquette.evals.dataset import Example, Prompt
from maquette.foundation.problems import InvalidInput, NotFound


def read(folder: Path, text: str) -> Prompt:
    path = folder / "main.j2"
    path.write_text(text, encoding="utf-8", newline="")
    return read_prompt(path, name="prompts/main.j2")


def filled(template: str, /, **inputs: Any) -> str:
    prompt = Prompt(name="prompts/main.j2", version="0", system=None, user=template)
    (message,) = JinjaPrompts().messages(prompt, Example(id="e1", inputs=inputs, expected=None))
    return message.content


def test_a_file_without_front_matter_is_the_user_message(tmp_path: Path) -> None:
    assert read(tmp_path, "Sort this: {{ text }}\n") == Prompt(
        name="prompts/main.j2", version="0", system=None, user="Sort this: {{ text }}"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_holds_the_version_and_the_system_message(tmp_path: Path, end: str) -> None:
    lines = [
        "---",
        "version: 3",
        "system: |",
        "  You sort mail.",
        "",
        "    - bug",
        "  Be brief.",
        "---",
        "{{ text }}",
        "",
    ]
    assert read(tmp_path, end.join(lines)) == Prompt(
        name="prompts/main.j2",
        version="3",
        system="You sort mail.\n\n  - bug\nBe brief.",
        user="{{ text }}",
    )


def test_system_and_user_become_two_messages() -> None:
    prompt = Prompt(name="p", version="0", system="Sort into {{ kinds }}.", user="{{ text }}")
    example = Example(id="e", inputs={"kinds": "a, b", "text": "Hi"}, expected=None)
    assert JinjaPrompts().messages(prompt, example) == (
        Message(role="system", content="Sort into a, b."),
        Message(role="user", content="Hi"),
    )


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% for x in y %}", "{# gone #}", "<b>&amp;</b>", "[/] [bold]", "self"])
def test_an_input_is_data_and_arrives_as_it_is(text: str) -> None:
    assert filled("<{{ text }}>", text=text) == f"<{text}>"


def test_an_input_may_have_any_name() -> None:
    assert filled("{{ self_ }}{{ items }}", self_="a", items="b", self="c") == "ab"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ texte }}", "'texte' is undefined"),
        ("{{ text.nothing.more }}", "has no attribute 'nothing'"),
        ("{{ text.__class__.__mro__ }}", "access to attribute '__class__' of 'str' object is unsafe"),
        ("{{ 1 // 0 }}", "integer division or modulo by zero"),
        ("{{ [].append(1) }}", "access to attribute 'append' of 'list' object is unsafe"),
        ("{% include 'secrets' %}", "no loader"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_told_with_the_example(text: str, why: str) -> None:
    with pytest.raises(
        InvalidInput, match=r"cannot be filled with example 'e1'.*The example has the inputs text"
    ) as told:
        filled(text, text="Hi")
    assert why in told.value.what


def test_a_template_that_is_none_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInput, match="not a Jinja template") as caught:
        filled("one\n{% if %}\n", text="Hi")
    assert (caught.value.place.file, caught.value.place.line) == ("prompts/main.j2", 2)


def test_an_unknown_setting_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'temperature: 1' is not a setting of a prompt") as caught:
        read(tmp_path, "---\nversion: 1\ntemperature: 1\n---\nHi")
    assert caught.value.place.line == 3


def test_an_empty_or_missing_or_binary_prompt_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the prompt is empty"):
        read(tmp_path, "---\nversion: 1\n---\n\n")
    with pytest.raises(NotFound, match="the prompt cannot be read"):
        read_prompt(tmp_path / "none.j2", name="prompts/none.j2")
    (tmp_path / "latin.j2").write_bytes(b"caf\xe9")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_prompt(tmp_path / "latin.j2", name="prompts/latin.j2")
