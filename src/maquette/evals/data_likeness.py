"""Which texts are the same, or nearly: normalised texts, and shingles compared by Jaccard's measure.

Likely pairs are found by MinHash in bands (Broder 1997, doi 10.1109/SEQUEN.1997.666900) and each is then measured
exactly. A text is compared with the first of each group alone, so that thousands of rows take a second or two.
"""

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from maquette.evals.dataset import Example

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

NEAR = 0.8
"""Shared shingles over all shingles of both, from which on two texts count as nearly the same."""

_SHINGLE_CHARS = 5
_BANDS = 20
_ROWS = 5
"""At a likeness of 0.8, (1 - 0.8 ** 5) ** 20 misses one pair in 2,800; at 0.2, one in 157 is measured for nothing."""

_SPACE = re.compile(r"\s+")


def input_text(example: Example) -> str:
    """What an example puts to a model, as one text."""
    parts = [*_texts(example.inputs), *(message.content for message in example.messages)]
    return "\n".join(part for part in parts if part)


def _texts(value: object) -> Iterable[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case None:
            return
        case _:
            yield str(value)


def normalised(text: str) -> str:
    """``text`` without case, with compatible characters made one (NFKC) and white space folded."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _SPACE.sub(" ", text.casefold()).strip()


def groups_of_same(texts: Sequence[str]) -> list[list[int]]:
    """The places of each text that is there more than once; empty texts are left out."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        if text:
            places[text].append(place)
    return [group for group in places.values() if len(group) > 1]


def near_pairs(texts: Sequence[str], *, against: int | None = None) -> list[tuple[int, int]]:
    """Each text that is nearly one before it, with the first of that one's group. The same text twice is no near pair.

    Args:
        texts: Normalised.
        against: Compare the texts from this place on with those before it only; None compares all.
    """
    first = {text: place for place, text in reversed(list(enumerate(texts))) if text}
    pairs: list[tuple[int, int]] = []
    leaders: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    kept: dict[int, Hashes] = {}
    for place, text in sorted((place, text) for text, place in first.items()):
        hashes = _shingles(text)
        bands = _bands(hashes)
        before = against is not None and place < against
        found = None if before else _like(hashes, [place for band in bands for place in leaders.get(band, ())], kept)
        if found is not None:
            pairs.append((found, place))
        elif before or against is None:
            kept[place] = hashes
            for band in bands:
                leaders[band].append(place)
    return pairs


def _like(hashes: "Hashes", candidates: Sequence[int], kept: Mapping[int, "Hashes"]) -> int | None:
    """The first candidate that is near enough."""
    if not candidates:
        return None
    shingles = frozenset(hashes.tolist())
    for place in sorted(set(candidates)):
        other = frozenset(kept[place].tolist())
        shared = len(shingles & other)
        if shared >= NEAR * (len(shingles) + len(other) - shared):
            return place
    return None


def _shingles(text: str) -> "Hashes":
    """A number for each run of five characters; a shorter text is one run."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32).astype(np.uint64)
    last = max(1, len(codes) - _SHINGLE_CHARS + 1)
    hashes = np.zeros(last, dtype=np.uint64)
    for step in range(min(_SHINGLE_CHARS, len(codes))):
        hashes = (hashes + codes[step : step + last]) * np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(29)
    return hashes


def _bands(hashes: "Hashes") -> list[tuple[int, bytes]]:
    """The smallest number under each of a hundred permutations, five to a band."""
    import numpy as np

    factors, offsets = _permutations()
    smallest: Hashes = np.full(len(factors), np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(hashes), _AT_ONCE):
        mixed = factors[:, None] * hashes[None, start : start + _AT_ONCE] + offsets[:, None]
        smallest = np.minimum(smallest, mixed.min(axis=1))
    return [(band, smallest[band * _ROWS : (band + 1) * _ROWS].tobytes()) for band in range(_BANDS)]


_AT_ONCE = 4_096


@lru_cache(maxsize=1)
def _permutations() -> "tuple[Hashes, Hashes]":
    import numpy as np

    draw = random.Random(20)  # noqa: S311  # the same permutations every time, no secret
    factors = np.array([draw.getrandbits(64) | 1 for _ in range(_BANDS * _ROWS)], dtype=np.uint64)
    offsets = np.array([draw.getrandbits(64) for _ in range(_BANDS * _ROWS)], dtype=np.uint64)
    return factors, offsets
