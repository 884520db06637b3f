"""Reads prompt files. A front matter between two lines of ``---`` holds the version, the other messages and few-shot.

``version`` names it. ``system`` and ``assistant`` are templates of the other messages; the text below is the user's
message, unless ``user`` is it. ``few_shot: {file, count, pick, seed, as}`` shows examples to the model.
"""

import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from maquette.adapters.prompts.few_shot import FewShot, FindImage, picked, read_setting
from maquette.evals.dataset import ImageSource, Prompt
from maquette.foundation.problems import InvalidInput, NotFound, Place

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)
_KEYS = ("version", "system", "user", "assistant", "few_shot")


def read_prompt(path: Path, *, name: str, find_image: FindImage | None = None) -> Prompt:
    """The prompt of a file. Its few-shot file is named from the project's folder, which is ``path`` without ``name``.

    Args:
        path: The file.
        name: As the user named it.
        find_image: From the project's folder and a written picture of a few-shot example to that picture; without it
            there can be none.

    Raises:
        NotFound: There is no such file, or no such file of few-shot examples.
        InvalidInput: It is not UTF-8, empty, or its front matter or its few-shot examples are wrong.
    """
    text = _text_of(path, name)
    front = _FRONT_MATTER.match(text)
    settings = _settings(front.group(1), name) if front else {}
    body = (text[front.end() :] if front else text).rstrip("\n")
    if "user" in settings and body.strip():
        raise InvalidInput(
            "the user's message is there twice: as user: and below the front matter",
            place=Place(file=name),
            fix="Keep one of them.",
        )
    user = settings["user"][1] if "user" in settings else body if body.strip() else ""
    prompt = Prompt(
        name=name,
        version=_text(settings, "version") or "0",
        system=_text(settings, "system"),
        user=user,
        assistant=_text(settings, "assistant"),
    )
    if not user and prompt.system is None:
        raise InvalidInput("the prompt is empty", place=Place(file=name), fix="Write the user message into it.")
    if "few_shot" not in settings:
        return prompt
    line, value = settings["few_shot"]
    return _with_few_shot(prompt, read_setting(value, name=name, line=line), _root(path, name), find_image or _no_image)


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(
            f"the prompt cannot be read: {error.strerror}", place=Place(file=name), fix="Correct evaluation.prompt."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("the prompt is not UTF-8", place=Place(file=name), fix="Save it as UTF-8.") from error


def _no_image(_root: Path, _written: str) -> ImageSource:
    raise ValueError("the pictures of few-shot examples are not read here")


def _with_few_shot(prompt: Prompt, setting: FewShot, root: Path, find_image: FindImage) -> Prompt:
    templates = f"{prompt.system or ''}{prompt.user}"
    as_text = setting.form == "text"
    if as_text != ("few_shot" in templates) or (not as_text and not prompt.user):
        what = (
            "no template shows the few-shot examples" if as_text else "few-shot turns need a user message, and no list"
        )
        raise InvalidInput(
            what,
            place=Place(file=prompt.name, field="few_shot"),
            fix="With as: text, write {% for shot in few_shot %}…{% endfor %}; with as: turns, leave it out.",
        )
    shots = picked(setting, root=root, name=prompt.name, find_image=find_image)
    return replace(prompt, few_shot=shots, few_shot_as=setting.form)


def _text(settings: dict[str, tuple[int, str]], key: str) -> str | None:
    return settings[key][1] if key in settings else None


def _root(path: Path, name: str) -> Path:
    """The folder that ``name`` starts from; that of the file when the name does not say."""
    parts = Path(name).parts
    starts = not Path(name).is_absolute() and path.parts[-len(parts) :] == parts
    return path.parents[len(parts) - 1] if starts else path.parent


def _settings(text: str, name: str) -> dict[str, tuple[int, str]]:
    """Each ``key: value`` with its line; indented lines below are the value, as they are after ``key: |`` in YAML."""
    settings: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=2):
        if key and (not line.strip() or line[:1].isspace()):
            settings[key].append(line)
            continue
        key, colon, value = line.partition(":")
        if not colon or key.strip() not in _KEYS:
            raise InvalidInput(
                f"{line!r} is not a setting of a prompt",
                place=Place(file=name, line=number),
                fix=f"Use {' or '.join(_KEYS)}, or move the text below the second line of ---.",
            )
        key = key.strip()
        settings[key] = [] if value.strip() == "|" else [value.strip()]
        lines[key] = number
    return {key: (lines[key], dedent("\n".join(found)).strip()) for key, found in settings.items()}
