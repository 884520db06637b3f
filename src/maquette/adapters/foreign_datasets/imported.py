"""What an import gives: examples, the metrics that match the other tool's, and everything that was not taken over."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from maquette.evals.dataset import Example
from maquette.foundation.problems import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Something that was not taken over, where it stands first, and how often it is there."""

    what: str
    place: Place
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What a model answered to an example in the other tool; ``model`` is the other tool's name of it."""

    id: str
    model: str
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """A file of another tool, read.

    Attributes:
        tool: Whose format it is.
        name: The file as the user named it.
        metrics: Entries for ``evaluation.metrics``, the one that most examples came with first.
        assertions: The other tool's name of a check to how many examples had it and keep it.
        suggested: Metrics that ask a model, with `CHOOSE` where the user names one.
        outputs: Answers that came with the examples, to compare with.
    """

    tool: str
    name: str
    examples: tuple[Example, ...]
    metrics: tuple[Mapping[str, Any], ...]
    assertions: Mapping[str, int]
    left_out: tuple[LeftOut, ...]
    suggested: tuple[Mapping[str, Any], ...] = ()
    outputs: tuple[Output, ...] = ()


CHOOSE = "CHOOSE-A-MODEL"
"""Stands for the id of a target that a metric asks."""


class Gathering:
    """What an import has found so far.

    Attributes:
        file: Where it is reading, as the user would name it.
    """

    def __init__(self, tool: str, name: str) -> None:
        self.file = name
        self.examples: list[Example] = []
        self.assertions: Counter[str] = Counter()
        self.suggested: list[Mapping[str, Any]] = []
        self._outputs: list[tuple[int, str, str]] = []
        self._tool = tool
        self._name = name
        self._left_out: dict[str, LeftOut] = {}

    def leave(self, what: str, *, line: int | None = None, field: str | None = None) -> None:
        """Note that something is not taken over; the same again is counted."""
        known = self._left_out.get(what)
        if known is None:
            self._left_out[what] = LeftOut(what=what, place=Place(file=self.file, line=line, field=field))
        else:
            self._left_out[what] = replace(known, count=known.count + 1)

    def add(self, example: Example) -> None:
        """Add an example; ids that are there twice are told apart at the end."""
        self.examples.append(example)

    def answered(self, model: str, output: str) -> None:
        """Keep what a model answered to the last example."""
        self._outputs.append((len(self.examples) - 1, model, output))

    def imported(self, metrics: Sequence[Mapping[str, Any]]) -> Imported:
        """The whole."""
        examples = tuple(_named_apart(self.examples))
        return Imported(
            tool=self._tool,
            name=self._name,
            examples=examples,
            metrics=tuple(_told_apart(metrics)),
            suggested=tuple(_told_apart(self.suggested)),
            outputs=tuple(
                Output(id=examples[place].id, model=model, output=text) for place, model, text in self._outputs
            ),
            assertions=dict(self.assertions.most_common()),
            left_out=tuple(self._left_out.values()),
        )


def _named_apart(examples: Sequence[Example]) -> Iterator[Example]:
    """Each example with an id of its own: the second "a" is "a-2"."""
    taken = {example.id for example in examples}
    seen: Counter[str] = Counter()
    for example in examples:
        seen[example.id] += 1
        found = example.id
        while seen[example.id] > 1 and found in taken:
            found = f"{example.id}-{seen[example.id]}"
            seen[example.id] += found in taken
        taken.add(found)
        yield example if found == example.id else replace(example, id=found)


def _told_apart(metrics: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Scores are stored under a metric's name, so that a second one of a kind needs its own."""
    seen: Counter[str] = Counter()
    for metric in metrics:
        kind = str(metric["kind"])
        seen[kind] += 1
        yield metric if seen[kind] == 1 else {**metric, "name": f"{kind}_{seen[kind]}"}


def plain(value: Any) -> Any:
    """``value`` as JSON has it; exact decimals of YAML become numbers."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def tags_of(metadata: object) -> tuple[str, ...]:
    """Short scalar metadata as tags ``key:value``."""
    if not isinstance(metadata, Mapping):
        return ()
    short = ((key, value) for key, value in metadata.items() if isinstance(value, str | int | bool | Decimal))
    return tuple(f"{key}:{value}" for key, value in short if 0 < len(str(value)) <= _TAG_CHARS)


_TAG_CHARS = 60
