"""Where each line of a rendered file comes from: the template's lines, and the facts and figures printed in it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

_ID = r"[a-z][\w.]*"
_NAMED = re.compile(rf"(?:answer|default of|stated design fact) ({_ID})|({_ID}) = .*", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FIGURE = {"text", "kind", "ref"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One piece of data that a template printed.

    Attributes:
        data: Its path in the templates' data, such as ``cost.projection.lines[0].amount``.
        fact: The id of the requirement or derived fact behind it; None where it is not one.
        source: Kind and reference of its source; None where the data carry none.
    """

    data: str
    fact: str | None = None
    source: str | None = None

    @property
    def name(self) -> str:
        """The fact's id, else the path in the data."""
        return self.fact or self.data

    @classmethod
    def of_figure(cls, path: str, figure: Mapping[str, Any]) -> "Fact":
        """The fact behind a figure that lies at ``path``."""
        ref, kind = str(figure["ref"]), str(figure["kind"])
        named = _NAMED.fullmatch(ref)
        return cls(data=path, fact=named and (named.group(1) or named.group(2)), source=f"{kind}: {ref}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of rendered text that one place of one template made; ``line`` counts from 1."""

    text: str
    template: str
    line: int
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A text as the segments that it consists of."""

    text: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LineOrigin:
    """Where one line comes from: ``(template, line)`` in the order of the text, and what was printed in it."""

    places: tuple[tuple[str, int], ...]
    facts: tuple[Fact, ...]

    def as_text(self) -> str:
        """``templates/docs/cost-model.md.j2:23  budget.monthly_usd``."""
        places = ", ".join(f"templates/{template}:{line}" for template, line in self.places)
        names = ", ".join(dict.fromkeys(fact.name for fact in self.facts))
        return f"{places}  {names}" if names else places


def is_figure(value: object) -> bool:
    """Whether ``value`` is a figure with its source."""
    return isinstance(value, Mapping) and value.keys() >= _FIGURE


def line_origins(segments: Sequence[Segment]) -> tuple[LineOrigin, ...]:
    """One origin for each line of the segments' text; only a line feed ends a line.

    A template line that gave a line nothing but blanks and its end is named only where nothing else made the line.
    """
    return tuple(_origin(pieces) for pieces in _by_line(segments))


def aligned(origins: Sequence[LineOrigin], rendered: str, final: str) -> tuple[LineOrigin, ...]:
    """The origins of ``rendered``'s lines for those of ``final``, which was made from it; a line without one has none.

    Lines that changed in place keep their origin; lines that came in between have no place of a template.
    """
    old, new = _LINE.findall(rendered), _LINE.findall(final)
    if len(old) == len(new):
        return tuple(origins)
    told = [LineOrigin(places=(), facts=())] * len(new)
    for _, start, end, here, until in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for before, behind in _pairs(old[start:end], new[here:until]):
            told[here + behind] = origins[start + before]
    return tuple(told)


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Which line became which in a stretch that changed: one for one, blank lines apart where some of them went."""
    if len(old) == len(new):
        yield from zip(range(len(old)), range(len(new)), strict=True)
        return
    for blank in (False, True):
        left, right = ([at for at, line in enumerate(one) if (not line.strip()) is blank] for one in (old, new))
        if blank or len(left) == len(right):
            yield from zip(left, right, strict=False)


def _by_line(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    pieces: list[Segment] = []
    for segment in segments:
        for part in _LINE.findall(segment.text):
            pieces.append(replace(segment, text=part))
            if part.endswith("\n"):
                yield pieces
                pieces = []
        if not segment.text and segment.facts:
            pieces.append(segment)
    if any(piece.text for piece in pieces):
        yield pieces


def _origin(pieces: Sequence[Segment]) -> LineOrigin:
    speaking = [piece for piece in pieces if piece.text.strip()] or [piece for piece in pieces if piece.text]
    return LineOrigin(
        places=tuple(dict.fromkeys((piece.template, piece.line) for piece in speaking)),
        facts=tuple(dict.fromkeys(fact for piece in pieces for fact in piece.facts)),
    )
