"""The index of the search: each word with the parts of the documents that it stands in, as small JSON."""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 40
"""Characters of a word that are kept: digests and keys are found by their beginning."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A heading with what stands below it, up to the next one.

    Attributes:
        id: Of the section in the page.
        heading: As a reader sees it.
        words: Every word once, as `words_of` makes them.
    """

    id: str
    heading: str
    words: frozenset[str]


def words_of(text: str) -> frozenset[str]:
    """The words that a search finds: runs of letters and digits, in lower case, composed."""
    return frozenset(word[:_LONGEST] for word in _WORD.findall(unicodedata.normalize("NFC", text).lower()))


def search_index(parts: Iterable[Part]) -> str:
    """JSON: ``parts`` as ids, ``words`` from a word to the numbers of its parts, each as the gap to the one before."""
    found: dict[str, list[int]] = {}
    ids = []
    for number, part in enumerate(parts):
        ids.append(part.id)
        for word in part.words:
            found.setdefault(word, []).append(number)
    words = {
        word: [at - before for before, at in zip([0, *where], where, strict=False)] for word, where in found.items()
    }
    return script_json({"parts": ids, "words": dict(sorted(words.items()))})


def script_json(value: object) -> str:
    """``value`` as JSON that no text in it can end where it stands: inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
