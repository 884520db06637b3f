"""Examples as values. Reading files is an adapter's work; checking raw rows is in `reading`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from maquette.evals.calls import Message
from maquette.foundation.lineage import fingerprint


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One input with its expected answer.

    Attributes:
        inputs: The variables of the prompt template.
        expected: What a right answer is: text for text metrics, JSON data for JSON metrics; None when there is none.
        stratum: "normal", "edge", "adversarial", a language, or any label to report apart.
    """

    id: str
    inputs: Mapping[str, Any]
    expected: Any
    stratum: str = "normal"

    @property
    def fingerprint(self) -> str:
        """Changes with the inputs and the expected answer."""
        return fingerprint(self.inputs, self.expected)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """The examples of one file in file order; ``name`` is the path as the user named it."""

    name: str
    examples: tuple[Example, ...]

    @property
    def fingerprint(self) -> str:
        """Changes with any example; the file's name does not matter."""
        return fingerprint([(example.id, example.fingerprint, example.stratum) for example in self.examples])


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A prompt template: its text is a Jinja template over an example's inputs.

    Attributes:
        name: The path as the user named it.
        version: From the file's front matter, or "0".
        system: The system message's template, if the file has one.
        user: The user message's template.
    """

    name: str
    version: str
    system: str | None
    user: str

    @property
    def fingerprint(self) -> str:
        """Changes with the version and the texts."""
        return fingerprint(self.version, self.system, self.user)


class PromptRenderer(Protocol):
    """Fills a prompt's templates with an example's inputs, in a sandbox."""

    def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages for ``example``.

        Raises:
            InvalidInput: The template is wrong, or names an input that the example lacks.
        """
