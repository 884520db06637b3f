"""Fills prompts in: Jinja in a sandbox, few-shot examples as turns or in the text, turns and pictures of an example.

Inputs are data: template syntax inside them stays text, and an undefined name is an error.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from maquette.evals.calls import Image, Message
from maquette.evals.dataset import Example, ImageSource, Prompt
from maquette.foundation.problems import InvalidInput, Place


class JinjaPrompts:
    """Fills prompts in; templates are compiled once, and few-shot turns written once a prompt."""

    def __init__(self) -> None:
        self._shown: tuple[Prompt, tuple[Message, ...]] | None = None

    def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages for ``example``: system, few-shot turns, then the user message or the example's own turns.

        An example with turns of its own asks by its last turn, so that the prompt's user message is left out; a system
        turn that it begins with follows the prompt's system message.

        Raises:
            InvalidInput: The template is wrong, names an input that the example lacks, or asks nothing of it.
        """
        shots = _shots(prompt) if prompt.few_shot_as == "text" and prompt.few_shot else None
        messages = _system(prompt, example, shots)
        if prompt.few_shot and shots is None:
            messages += self._few_shot(prompt)
        if example.messages:
            own = list(example.messages)
            if own[0].role == "system" and prompt.system is not None:
                messages[0] = replace(messages[0], content=f"{messages[0].content}\n\n{own.pop(0).content}")
            elif own[0].role == "system":
                messages.insert(0, own.pop(0))
            messages += own
        elif prompt.user:
            messages.append(Message(role="user", content=_filled(prompt.user, prompt, example, shots)))
        else:
            raise InvalidInput(
                f"the prompt has no user message, and example {example.id!r} has no turns",
                place=Place(file=prompt.name),
                fix="Write the user message below the second line of ---.",
            )
        if example.images:
            pictures = tuple(_loaded(source, example) for source in example.images)
            messages[-1] = replace(messages[-1], images=pictures)
        return tuple(messages)

    def _few_shot(self, prompt: Prompt) -> tuple[Message, ...]:
        shown = self._shown
        if shown is None or shown[0] is not prompt:
            shown = (prompt, tuple(turn for shot in prompt.few_shot for turn in _turns(prompt, shot)))
            self._shown = shown
        return shown[1]


def _system(prompt: Prompt, example: Example, shots: object) -> list[Message]:
    if prompt.system is None:
        return []
    return [Message(role="system", content=_filled(prompt.system, prompt, example, shots))]


def _turns(prompt: Prompt, shot: Example) -> tuple[Message, Message]:
    """A few-shot example as a question, its pictures included, and its answer."""
    pictures = tuple(_loaded(source, shot) for source in shot.images)
    asked = Message(role="user", content=_filled(prompt.user, prompt, shot, None), images=pictures)
    if prompt.assistant is None:
        return asked, Message(role="assistant", content=as_text(shot.expected))
    answer = _filled(prompt.assistant, prompt, shot, None, expected=shot.expected)
    return asked, Message(role="assistant", content=answer)


def _shots(prompt: Prompt) -> list[dict[str, Any]]:
    """The few-shot examples as the variable of a template."""
    return [
        {**shot.inputs, "inputs": dict(shot.inputs), "expected": as_text(shot.expected)} for shot in prompt.few_shot
    ]


def as_text(expected: object) -> str:
    """An expected answer as a model would write it: text as it is, data as JSON."""
    return expected if isinstance(expected, str) else json.dumps(expected, ensure_ascii=False)


def _loaded(source: ImageSource, example: Example) -> Image:
    if source.path is None:
        return Image(data_url=source.written)
    try:
        content = source.path.read_bytes()
    except OSError as error:
        raise _picture(f"cannot be read: {error.strerror}", source, example) from error
    if hashlib.sha256(content).hexdigest() != source.sha256:
        raise _picture("has changed since the examples were read", source, example)
    return Image.of_bytes(content, media_type=source.media_type)


def _picture(what: str, source: ImageSource, example: Example) -> InvalidInput:
    return InvalidInput(
        f"the picture of example {example.id!r} {what}",
        place=Place(file=source.written),
        fix="Put it back, or start again with the new one.",
    )


def _filled(text: str, prompt: Prompt, example: Example, shots: object, **more: object) -> str:
    from jinja2 import TemplateError, TemplateSyntaxError

    variables: Mapping[str, object] = {**example.inputs, **more}
    if shots is not None:
        variables = {**variables, "few_shot": shots}
    try:
        return str(_template(text).render(dict(variables)))
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
