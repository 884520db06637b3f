"""Prompt files: Jinja over an example's inputs, in a sandbox, with an undefined name as an error.

An optional front matter between two lines of ``---`` holds ``version`` and ``system``. Inputs are data: template syntax
inside them stays text.
"""

import re
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Any

from maquette.evals.calls import Message
from maquette.evals.dataset import Example, Prompt
from maquette.foundation.problems import InvalidInput, NotFound, Place

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_KEYS = ("version", "system")


def read_prompt(path: Path, *, name: str) -> Prompt:
    """The prompt of a file.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is not UTF-8, empty, or its front matter has an unknown key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(
            f"the prompt cannot be read: {error.strerror}", place=Place(file=name), fix="Correct evaluation.prompt."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("the prompt is not UTF-8", place=Place(file=name), fix="Save it as UTF-8.") from error
    front = _FRONT_MATTER.match(text)
    settings = _settings(front.group(1), name) if front else {}
    user = text[front.end() :] if front else text
    if not user.strip():
        raise InvalidInput("the prompt is empty", place=Place(file=name), fix="Write the user message into it.")
    return Prompt(
        name=name, version=settings.get("version", "0"), system=settings.get("system"), user=user.rstrip("\n")
    )


def _settings(text: str, name: str) -> dict[str, str]:
    """``key: value`` a line; after ``key: |`` the indented lines are the value, as in YAML."""
    settings: dict[str, list[str]] = {}
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
    return {key: dedent("\n".join(lines)).strip() for key, lines in settings.items()}


class JinjaPrompts:
    """Fills prompts in; templates are compiled once."""

    def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages for ``example``.

        Raises:
            InvalidInput: The template is wrong, or names an input that the example lacks.
        """
        messages = []
        for role, text in (("system", prompt.system), ("user", prompt.user)):
            if text is not None:
                messages.append(Message(role=role, content=_filled(text, prompt, example)))
        return tuple(messages)


def _filled(text: str, prompt: Prompt, example: Example) -> str:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return str(_template(text).render(dict(example.inputs)))
    except TemplateSyntaxError as error:
        raise InvalidInput(
            f"the prompt is not a Jinja template: {error.message}",
            place=Place(file=prompt.name, line=error.lineno),
            fix="Correct the template.",
        ) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise InvalidInput(
            f"the prompt cannot be filled with example {example.id!r}: {error}",
            place=Place(file=prompt.name),
            fix=f"The example has the inputs {', '.join(example.inputs)}.",
        ) from error


@lru_cache(maxsize=64)
def _template(text: str) -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Chat messages are plain text: nothing reads them as HTML.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    return environment.from_string(text)
