"""A three-way merge of texts by lines: what Maquette wrote, what the user made of it, what Maquette would write now.

Where only one side changed, its change stands. Where both changed the same or touching lines in different ways, they
conflict: nothing is guessed and no line is lost.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MINE, _BASE, _THEIRS = "<<<<<<< yours", "||||||| last export", ">>>>>>> rendered"
_BETWEEN = "======="


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """The outcome.

    Attributes:
        text: The merge; with both versions between markers where they disagree.
        conflicts: How many places disagree.
        untouched: Whether the outcome is the user's text as it is.
    """

    text: str
    conflicts: int
    untouched: bool

    @property
    def clean(self) -> bool:
        """Whether nothing disagrees."""
        return self.conflicts == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Region:
    """A stretch of the three texts; ``agreed`` when all three have it in common."""

    base: Sequence[str]
    mine: Sequence[str]
    theirs: Sequence[str]
    agreed: bool


def merge(base: str, mine: str, theirs: str) -> Merge:
    """Merge the changes from ``base`` to ``mine`` with those from ``base`` to ``theirs``."""
    merged: list[str] = []
    conflicts = 0
    for region in _regions(_LINE.findall(base), _LINE.findall(mine), _LINE.findall(theirs)):
        settled = _settled(region)
        if settled is None:
            conflicts += 1
            settled = _marked(region)
        merged.extend(settled)
    text = "".join(merged)
    return Merge(text=text, conflicts=conflicts, untouched=text == mine)


def _settled(region: _Region) -> Sequence[str] | None:
    """The lines that stand there; None when the sides disagree."""
    if region.agreed or region.mine in (region.theirs, region.base):
        return region.theirs
    return region.mine if region.theirs == region.base else None


def _marked(region: _Region) -> list[str]:
    sides = ((_MINE, region.mine), (_BASE, region.base), (_BETWEEN, region.theirs))
    marked = []
    for marker, lines in sides:
        marked += [f"{marker}\n", *(line if line.endswith("\n") else f"{line}\n" for line in lines)]
    return [*marked, f"{_THEIRS}\n"]


def _regions(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[_Region]:
    """The texts as stretches that all three share, and those between them."""
    at, in_mine, in_theirs = 0, 0, 0
    for start, mine_start, theirs_start, length in (*_shared(base, mine, theirs), _end(base, mine, theirs)):
        between = _Region(
            base=base[at:start], mine=mine[in_mine:mine_start], theirs=theirs[in_theirs:theirs_start], agreed=False
        )
        if between.base or between.mine or between.theirs:
            yield between
        at, in_mine, in_theirs = start + length, mine_start + length, theirs_start + length
        if length:
            same = base[start:at]
            yield _Region(base=same, mine=same, theirs=same, agreed=True)


def _end(*texts: Sequence[str]) -> tuple[int, int, int, int]:
    base, mine, theirs = map(len, texts)
    return base, mine, theirs, 0


def _shared(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of ``base`` that both sides kept: start in each of the three, and length; ascending everywhere."""
    kept_mine, kept_theirs = _kept(base, mine), _kept(base, theirs)
    one, other = 0, 0
    while one < len(kept_mine) and other < len(kept_theirs):
        start, mine_start, length = kept_mine[one]
        begin, theirs_start, size = kept_theirs[other]
        low, high = max(start, begin), min(start + length, begin + size)
        if low < high:
            yield low, mine_start + low - start, theirs_start + low - begin, high - low
        if start + length < begin + size:
            one += 1
        else:
            other += 1


def _kept(base: Sequence[str], other: Sequence[str]) -> list[tuple[int, int, int]]:
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks if block.size]
