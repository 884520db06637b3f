"""A run without a project: one target, the examples' own words as the prompt, and a log that lives in memory."""

import json
from collections.abc import Collection, Iterator, Mapping

from maquette.evals.calls import Message
from maquette.evals.dataset import Example, Prompt
from maquette.evals.trials import Cache, Trial
from maquette.foundation.problems import InvalidInput
from maquette.foundation.units import Usd

AS_IT_IS = Prompt(name="the example as it is", version="0", system=None, user="{{ input }}")
"""What stands for the prompt where there is none."""


class AsItIs:
    """Asks with the example's own turns, or with its only input, which is ``input`` where there are several."""

    def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
        """The chat messages for ``example``.

        Raises:
            InvalidInput: It has pictures, or several inputs and none called ``input``.
        """
        del prompt
        if example.images:
            raise InvalidInput(f"example {example.id!r} has pictures", fix="Name a prompt for them: --prompt FILE.")
        if example.messages:
            return example.messages
        values = tuple(example.inputs.values())
        if len(values) != 1 and "input" not in example.inputs:
            raise InvalidInput(
                f"example {example.id!r} has the inputs {', '.join(example.inputs)}, and none is called 'input'",
                fix="Call one input, or name a prompt that puts them together: --prompt FILE.",
            )
        value = example.inputs.get("input", values[0])
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return (Message(role="user", content=text),)


class NoRecord:
    """A trial log that keeps nothing: what finished is counted by whoever listens."""

    run_id = "quick"

    def append(self, trial: Trial) -> None:
        """Nothing is kept."""

    def flush(self) -> None:
        """Nothing is kept."""

    def finished(self) -> Iterator[Trial]:
        """None."""
        return iter(())

    def answered_before(self, keys: Collection[str]) -> Mapping[str, Trial]:
        """None."""
        del keys
        return {}

    def why_asked(self, key: str, target_id: str, example_id: str) -> Cache:
        """There is no record."""
        del key, target_id, example_id
        return Cache.NEW

    def lose(self, usd: Usd) -> None:
        """Nothing is kept."""

    def lost_usd(self) -> Usd:
        """None: there is no earlier part."""
        return Usd(0)
