"""Prompts that are filled in once: to know the worst cost before a run, and again to ask."""

from maquette.evals.calls import Message
from maquette.evals.dataset import Example, Prompt, PromptRenderer

MOST_BYTES = 64 * 2**20
"""Of text that is kept until it is asked; what goes beyond is filled in again, and pictures always are."""


class RememberedPrompts:
    """Fills prompts in, and forgets each once every target had it."""

    def __init__(self, prompts: PromptRenderer, *, targets: int) -> None:
        self._prompts = prompts
        self._targets = targets
        self._kept: dict[str, tuple[tuple[Message, ...], int]] = {}
        self._bytes = 0

    def remember(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages, kept for `messages`.

        Raises:
            InvalidInput: As for `messages`.
        """
        messages = self._prompts.messages(prompt, example)
        size = sum(len(message.content) for message in messages)
        if self._bytes + size <= MOST_BYTES and not example.images:
            self._bytes += size
            self._kept[example.id] = (messages, self._targets)
        return messages

    def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages for ``example``.

        Raises:
            InvalidInput: The template is wrong, or names an input that the example lacks.
        """
        known = self._kept.pop(example.id, None)
        if known is None:
            return self._prompts.messages(prompt, example)
        messages, uses = known
        if uses > 1:
            self._kept[example.id] = (messages, uses - 1)
        else:
            self._bytes -= sum(len(message.content) for message in messages)
        return messages
