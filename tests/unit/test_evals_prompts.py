"""Prompt files: front matter, the sandbox, and inputs that stay data."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.datasets import read_dataset
from maquette.adapters.prompts import JinjaPrompts, changed_without_version, read_prompt
from maquette.evals.calls import Image, Message, ToolCall
from maquette.evals.dataset import Example, Prompt
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, NotFound, Problem


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


SHOTS = "".join(
    f'{{"id": "s{number}", "input": "Text {number}", "expected": {{"kind": "{kind}"}}}}\n'
    for number, kind in enumerate(["bug", "bug", "bug", "praise"])
)


def project(folder: Path, prompt: str, shots: str = SHOTS, name: str = "shots.jsonl") -> Prompt:
    """A prompt and its few-shot file, in a project's folders."""
    for inner in ("prompts", "evals"):
        (folder / inner).mkdir(exist_ok=True)
    (folder / "evals" / name).write_text(shots, encoding="utf-8")
    (folder / "prompts" / "main.j2").write_text(prompt, encoding="utf-8")
    return read_prompt(folder / "prompts" / "main.j2", name="prompts/main.j2")


QUESTION = Example(id="q", inputs={"input": "Mine"}, expected=None)


def texts(prompt: Prompt, example: Example = QUESTION) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in JinjaPrompts().messages(prompt, example)]


def test_few_shot_examples_come_as_turns_before_the_question(tmp_path: Path) -> None:
    prompt = project(
        tmp_path, "---\nsystem: Sort.\nfew_shot: {file: evals/shots.jsonl, count: 2}\n---\nMail: {{ input }}\n"
    )
    assert texts(prompt) == [
        ("system", "Sort."),
        ("user", "Mail: Text 0"),
        ("assistant", '{"kind": "bug"}'),
        ("user", "Mail: Text 1"),
        ("assistant", '{"kind": "bug"}'),
        ("user", "Mail: Mine"),
    ]


def test_the_assistants_block_writes_the_answer_of_a_turn(tmp_path: Path) -> None:
    shown = "few_shot:\n  file: evals/shots.jsonl\n  count: 1\n"
    front = f"{shown}assistant: It is {{{{ expected.kind }}}}.\nuser: |\n  {{{{ input }}}}\n"
    assert texts(project(tmp_path, f"---\n{front}---\n")) == [
        ("user", "Text 0"),
        ("assistant", "It is bug."),
        ("user", "Mine"),
    ]


def test_few_shot_examples_come_inside_the_text_where_the_file_says_so(tmp_path: Path) -> None:
    loop = "{% for shot in few_shot %}{{ shot.input }} -> {{ shot.expected }}\n{% endfor %}{{ input }} ->"
    prompt = project(tmp_path, f"---\nfew_shot: {{file: evals/shots.jsonl, count: 2, as: text}}\n---\n{loop}")
    assert texts(prompt) == [("user", 'Text 0 -> {"kind": "bug"}\nText 1 -> {"kind": "bug"}\nMine ->')]


@pytest.mark.parametrize(
    ("pick", "ids"),
    [("first", ["s0", "s1"]), ("by_label", ["s2", "s3"]), ("seeded, seed: 1", ["s1", "s2"])],
)
def test_the_rows_are_picked_as_the_file_says_and_the_same_every_time(
    tmp_path: Path, pick: str, ids: list[str]
) -> None:
    text = f"---\nfew_shot: {{file: evals/shots.jsonl, count: 2, pick: {pick}}}\n---\n{{{{ input }}}}"
    assert [example.id for example in project(tmp_path, text).few_shot] == ids
    assert [example.id for example in project(tmp_path, text).few_shot] == ids


def test_rows_that_are_set_apart_are_the_few_shot_examples(tmp_path: Path) -> None:
    rows = "input,expected,split\nTest,a,test\nShot,b,fewshot\n"
    text = "---\nfew_shot: {file: evals/x.csv, count: 1}\n---\n{{ input }}"
    assert [dict(example.inputs) for example in project(tmp_path, text, rows, "x.csv").few_shot] == [{"input": "Shot"}]


def test_the_fingerprint_covers_the_few_shot_examples_and_stays_without_them(tmp_path: Path) -> None:
    text = "---\nversion: 2\n{}---\n{{{{ input }}}}"
    without = project(tmp_path, text.format(""))
    assert without.fingerprint == fingerprint("2", None, "{{ input }}")
    with_shots = text.format("few_shot: {file: evals/shots.jsonl, count: 2}\n")
    prints = {
        without.fingerprint,
        project(tmp_path, with_shots).fingerprint,
        project(tmp_path, with_shots, SHOTS.replace("Text 1", "Other")).fingerprint,
        project(tmp_path, with_shots.replace("count: 2", "count: 3")).fingerprint,
    }
    assert len(prints) == 4
    assert project(tmp_path, with_shots, SHOTS.replace("Text 3", "Other")).fingerprint in prints


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("[", "the file is not YAML"),
        ("{count: 2}", "there is no file of few-shot examples"),
        ("{file: evals/shots.jsonl, number: 2}", "'number' is none of file, count, pick, seed, as"),
        ("{file: evals/shots.jsonl, count: 0}", "count is no whole number from 1 to 200"),
        ("{file: evals/shots.jsonl, pick: random}", "pick is none of first, seeded, by_label"),
        ("{file: evals/shots.jsonl, as: list}", "as is none of turns, text"),
        ("{file: evals/shots.jsonl, as: text}", "no template shows the few-shot examples"),
        ("{file: evals/shots.jsonl, count: 9}", "9 few-shot examples are asked for, and 'evals/shots.jsonl' has 4"),
        ("{file: ../shots.jsonl}", "'../shots.jsonl' is no JSONL or CSV file below the project's folder"),
        ("{file: /etc/passwd}", "'/etc/passwd' is no JSONL or CSV file below the project's folder"),
        ("evals/none.jsonl", "the few-shot examples 'evals/none.jsonl' cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_few_shot_setting_is_told(tmp_path: Path, setting: str, what: str) -> None:
    with pytest.raises(Problem) as caught:
        project(tmp_path, f"---\nversion: 1\nfew_shot: {setting}\n---\n{{{{ input }}}}")
    assert what in caught.value.what
    assert (caught.value.place.file, caught.value.place.field) == ("prompts/main.j2", "few_shot")


def test_a_few_shot_row_without_an_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has no expected answer"):
        project(tmp_path, "---\nfew_shot: evals/shots.jsonl\n---\n{{ input }}", '{"input": 1}\n' * 4)


CONVERSATION = (
    Message(role="system", content="The customer is angry."),
    Message(role="user", content="Hi"),
    Message(role="assistant", content="", tool_calls=(ToolCall(id="c", name="f", arguments="{}"),)),
    Message(role="tool", content="1", tool_call_id="c"),
)


def test_an_examples_own_turns_come_instead_of_the_user_message() -> None:
    example = Example(id="e", inputs={"tone": "calm"}, expected=None, messages=CONVERSATION)
    prompt = Prompt(name="p", version="0", system="Be {{ tone }}.", user="{{ text }}")
    assert JinjaPrompts().messages(prompt, example) == (
        Message(role="system", content="Be calm.\n\nThe customer is angry."),
        *CONVERSATION[1:],
    )
    bare = Prompt(name="p", version="0", system=None, user="")
    assert JinjaPrompts().messages(bare, example) == CONVERSATION
    with pytest.raises(InvalidInput, match="the prompt has no user message, and example 'q' has no turns"):
        JinjaPrompts().messages(bare, QUESTION)


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_pictures_go_with_the_last_turn_and_a_changed_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(base64.b64decode(PIXEL))
    url = f"data:image/png;base64,{PIXEL}"
    (tmp_path / "x.jsonl").write_text(json.dumps({"input": "What?", "images": ["a.png", url]}), encoding="utf-8")
    (example,) = read_dataset(tmp_path / "x.jsonl", name="x.jsonl").examples
    prompt = Prompt(name="p", version="0", system="s", user="{{ input }}")
    system, asked = JinjaPrompts().messages(prompt, example)
    assert system.images == ()
    assert asked == Message(role="user", content="What?", images=(Image(data_url=url), Image(data_url=url)))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nother")
    with pytest.raises(InvalidInput, match="has changed since the examples were read"):
        JinjaPrompts().messages(prompt, example)
    (tmp_path / "a.png").unlink()
    with pytest.raises(InvalidInput, match="cannot be read"):
        JinjaPrompts().messages(prompt, example)


def test_a_prompt_that_changed_and_kept_its_version_is_told_once(tmp_path: Path) -> None:
    private = tmp_path / ".maquette"

    def changed(text: str, version: str = "1") -> bool:
        prompt = Prompt(name="p", version=version, system=None, user=text)
        return changed_without_version(prompt, private_folder=private)

    assert [changed("a"), changed("a"), changed("b"), changed("b"), changed("c", "2")] == [
        False,
        False,
        True,
        False,
        False,
    ]
    (private / "prompts.json").write_text("[broken", encoding="utf-8")
    assert not changed("d")


def test_the_users_message_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the user's message is there twice"):
        read(tmp_path, "---\nuser: a\n---\nb")
