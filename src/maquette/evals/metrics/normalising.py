"""What counts as the same text: the settings that several metrics share."""

import re
import unicodedata
from dataclasses import dataclass

_ARTICLES = re.compile(r"\b(a|an|the)\b")


@dataclass(frozen=True, kw_only=True)
class Normalising:
    """Which differences between two texts do not count.

    Attributes:
        normalise: Shorthand for ``ignore_case`` and ``fold_white_space``.
        ignore_case: Compare without case.
        fold_white_space: Runs of white space count as one space, none at the ends.
        ignore_punctuation: Drop punctuation of every script.
        ignore_articles: Drop the English articles "a", "an" and "the", in small letters unless case is ignored.
        unicode: Compare in Unicode's form NFKC: full-width letters, ligatures and composed accents are the same.
    """

    normalise: bool = False
    ignore_case: bool = False
    fold_white_space: bool = False
    ignore_punctuation: bool = False
    ignore_articles: bool = False
    unicode: bool = False

    def folded(self, text: str) -> str:
        """``text`` without the differences that do not count."""
        if self.unicode:
            text = unicodedata.normalize("NFKC", text)
        if self.normalise or self.ignore_case:
            text = text.casefold()
        if self.ignore_punctuation:
            text = _without_punctuation(text)
        if self.ignore_articles:
            text = _ARTICLES.sub(" ", text)
        folds = self.normalise or self.fold_white_space or self.ignore_articles or self.ignore_punctuation
        return " ".join(text.split()) if folds else text


def _without_punctuation(text: str) -> str:
    return text.translate({ord(mark): None for mark in set(text) if unicodedata.category(mark).startswith("P")})
