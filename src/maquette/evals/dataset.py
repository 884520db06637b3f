"""Examples and prompts as values. Reading files is an adapter's work; checking raw rows is in `reading`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from maquette.evals.calls import Message, Tool, ToolCall
from maquette.foundation.lineage import fingerprint

STRATA_JOIN = " + "
"""Between the names of several strata of one example: "edge + german"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageSource:
    """A picture of an example, known by its digest; its bytes are read when a message is made of it.

    Attributes:
        written: The path below the project's folder, or the data URL, as the file has it.
        media_type: Found in its first bytes, such as "image/png".
        path: Where the file is; None for a data URL.
    """

    written: str
    media_type: str
    sha256: str
    size_bytes: int
    path: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One input with its expected answer.

    Attributes:
        inputs: The variables of the prompt template.
        expected: What a right answer is: text for text metrics, JSON data for JSON metrics; None when there is none.
        stratum: "normal", "edge", "adversarial", a language, or any label to report apart; several are joined.
        cluster: What belongs together: a document, a conversation, an item asked again. None when it stands alone.
        weight: How much it counts, positive.
        messages: The turns before the answer; the last one is what is asked. Empty when the prompt asks alone.
        tools: The functions that the model may call.
        images: Pictures that go with the last turn.
        must_pass: A model that gets it wrong fails, whatever its rate.
        tags: Labels to find it by; "source:production" says where it comes from, "owner:NAME" who answers for it.
    """

    id: str
    inputs: Mapping[str, Any]
    expected: Any
    stratum: str = "normal"
    cluster: str | None = None
    weight: float = 1.0
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    images: tuple[ImageSource, ...] = ()
    must_pass: bool = False
    tags: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes with whatever is asked and with the expected answer; not with how it is grouped or counted."""
        if not (self.messages or self.tools or self.images):
            return fingerprint(self.inputs, self.expected)
        asked = {
            "messages": [message_row(message) for message in self.messages],
            "tools": [tool_row(tool) for tool in self.tools],
            "images": [(image.media_type, image.sha256) for image in self.images],
        }
        return fingerprint(self.inputs, self.expected, asked)

    @property
    def source(self) -> str | None:
        """Where it comes from, such as "production" or "synthetic"; None when nobody says."""
        return self._tagged("source")

    @property
    def owner(self) -> str | None:
        """Who answers for it; None when nobody says."""
        return self._tagged("owner")

    def _tagged(self, key: str) -> str | None:
        return next((tag.partition(":")[2] for tag in self.tags if tag.startswith(f"{key}:")), None)

    @property
    def strata(self) -> tuple[str, ...]:
        """Each stratum by itself."""
        return tuple(self.stratum.split(STRATA_JOIN))


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """The examples of one file in file order; ``name`` is the path as the user named it.

    Attributes:
        examples: What is evaluated.
        few_shot: Rows set apart for prompts (``split: fewshot``); they are never evaluated.
    """

    name: str
    examples: tuple[Example, ...]
    few_shot: tuple[Example, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes with any example and how it counts; the file's name does not matter."""
        return fingerprint([_counted(example) for example in self.examples])


def _counted(example: Example) -> tuple[object, ...]:
    """An example as it bears on a result. One that uses no later field reads as it always did."""
    known = (example.id, example.fingerprint, example.stratum)
    later = (example.cluster, example.weight, example.must_pass)
    return known if later == (None, 1.0, False) else (*known, later)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A prompt template: its texts are Jinja templates over an example's inputs.

    Attributes:
        name: The path as the user named it.
        version: From the file's front matter, or "0".
        system: The system message's template, if the file has one.
        user: The user message's template; empty when the examples bring their own turns.
        assistant: The template of the answer in a few-shot turn; None writes the expected answer.
        few_shot: The examples shown to the model, in their order.
        few_shot_as: "turns", or "text": then the templates show them through the variable ``few_shot``.
    """

    name: str
    version: str
    system: str | None
    user: str
    assistant: str | None = None
    few_shot: tuple[Example, ...] = ()
    few_shot_as: str = "turns"

    @property
    def fingerprint(self) -> str:
        """Changes with the version, the texts and the few-shot examples."""
        if not self.few_shot:
            return fingerprint(self.version, self.system, self.user)
        shots = [example.fingerprint for example in self.few_shot]
        return fingerprint(self.version, self.system, self.user, self.assistant, shots, self.few_shot_as)


class PromptRenderer(Protocol):
    """Fills a prompt's templates with an example's inputs, in a sandbox."""

    def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages for ``example``.

        Raises:
            InvalidInput: The template is wrong, or names an input that the example lacks.
        """


def message_row(message: Message) -> dict[str, Any]:
    """A turn as it stands in a file; pictures are the example's, and not in it."""
    row: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        row["tool_calls"] = [_call_row(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        row["tool_call_id"] = message.tool_call_id
    return row


def _call_row(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def tool_row(tool: Tool) -> dict[str, Any]:
    """A function as it stands in a file."""
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def example_row(example: Example, *, split: str = "test") -> dict[str, Any]:
    """An example as a row of a JSONL file, which reads back as the same example."""
    row: dict[str, Any] = {"id": example.id}
    if example.inputs or not example.messages:
        row["inputs"] = dict(example.inputs)
    row["expected"] = example.expected
    if example.stratum != "normal":
        row["stratum"] = example.stratum
    if example.cluster is not None:
        row["cluster"] = example.cluster
    if example.weight != 1:
        row["weight"] = example.weight
    if split != "test":
        row["split"] = split
    later: dict[str, Any] = {
        "messages": [message_row(message) for message in example.messages],
        "tools": [tool_row(tool) for tool in example.tools],
        "images": [image.written for image in example.images],
        "tags": list(example.tags),
        "must_pass": example.must_pass,
    }
    return row | {key: value for key, value in later.items() if value}
