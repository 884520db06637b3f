"""Pictures of few-shot examples reach the server as they lie in the project's folder."""

import base64
import json
from pathlib import Path

import pytest

from maquette.adapters.datasets import find_image
from maquette.adapters.prompts import JinjaPrompts, read_prompt
from maquette.evals.calls import Call, CallParameters
from maquette.evals.dataset import Example, Prompt
from maquette.foundation.problems import InvalidInput, Problem
from tests.loopback_models import Server
from tests.openai_world import ask

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
QUESTION = Example(id="q", inputs={"input": "And this?"}, expected=None)


def prompt_in(folder: Path, *, form: str = "turns", images: list[str]) -> Prompt:
    (folder / "prompts").mkdir()
    shot = {"input": "What is it?", "images": images, "expected": "a dot"}
    (folder / "shots.jsonl").write_text(json.dumps(shot) + "\n", encoding="utf-8")
    (folder / "dot.png").write_bytes(PNG)
    shown = "{% for shot in few_shot %}{{ shot.input }}{% endfor %}" if form == "text" else ""
    text = f"---\nfew_shot: {{file: shots.jsonl, count: 1, as: {form}}}\n---\n{shown}{{{{ input }}}}"
    (folder / "prompts" / "main.j2").write_text(text, encoding="utf-8")
    return read_prompt(folder / "prompts" / "main.j2", name="prompts/main.j2", find_image=find_image)


def test_the_pictures_of_a_shot_are_sent_with_its_question(tmp_path: Path, models: Server) -> None:
    messages = JinjaPrompts().messages(prompt_in(tmp_path, images=["dot.png", URL]), QUESTION)
    models.seen()
    ask(models, Call(messages=messages, parameters=CallParameters(max_output_tok=9)))
    (body,) = models.seen()["bodies"]
    question, answer, asked = body["messages"]
    text, *pictures = question["content"]
    assert text == {"type": "text", "text": "What is it?"}
    sent = [base64.b64decode(picture["image_url"]["url"].partition(",")[2]) for picture in pictures]
    assert sent == [PNG, PNG]
    assert answer == {"role": "assistant", "content": "a dot"}
    assert asked == {"role": "user", "content": "And this?"}


def test_a_prompt_changes_with_the_pictures_of_its_shots(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = prompt_in(tmp_path / "a", images=["dot.png"])
    two = prompt_in(tmp_path / "b", images=["dot.png", URL])
    assert one.fingerprint != two.fingerprint


def test_a_text_that_lists_its_shots_cannot_show_pictures(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has pictures, which the text of a prompt cannot show"):
        prompt_in(tmp_path, form="text", images=["dot.png"])


def test_a_picture_outside_of_the_project_is_told_by_its_row(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="the path leaves the project's folder"):
        prompt_in(tmp_path, images=["../dot.png"])


def test_a_picture_that_changed_is_told(tmp_path: Path) -> None:
    prompt = prompt_in(tmp_path, images=["dot.png"])
    (tmp_path / "dot.png").write_bytes(PNG + b"more")
    with pytest.raises(InvalidInput, match="has changed since the examples were read"):
        JinjaPrompts().messages(prompt, QUESTION)
