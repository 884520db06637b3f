"""Metrics of overlap with a reference text: ROUGE, BLEU, chrF and edit distance."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.normalising import Normalising
from maquette.evals.metrics.protocol import NO_TEXT, texts_expected, unscored
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score
from maquette.foundation.problems import Unavailable

MOST_STEPS = 10**10
"""The product of two texts' lengths up to which they are compared letter by letter: a fraction of a second."""
MOST_CHARS = 200_000
"""The length of a text up to which its n-grams are counted."""
_TOO_LONG = "the texts are too long to be compared"

_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Japanese and Chinese put no space between words: each of their characters is a token."""
_TOKEN = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+")


@dataclass(frozen=True, kw_only=True)
class Rouge:
    """ROUGE as F-measure, the best over the references (Lin 2004, aclanthology.org/W04-1013).

    Tokens are runs of letters and digits without case, not stemmed; ROUGE-L takes a text as one sentence.

    Attributes:
        variant: "rouge1" and "rouge2" count words and pairs of words, "rougeL" the longest common subsequence.
    """

    variant: Literal["rouge1", "rouge2", "rougeL"] = "rougeL"
    name: str = "rouge"

    def score(self, example: Example, response: Response) -> Score:
        """From 0 to 1; unscored without a reference text."""
        references = texts_expected(example)
        if references is None:
            return unscored(self.name, NO_TEXT)
        if _long(response.text, references):
            return unscored(self.name, _TOO_LONG)
        answer = tokens(response.text)
        value = max(self._f_measure(answer, tokens(reference)) for reference in references)
        return Score(metric=self.name, value=value, detail=self.variant)

    def _f_measure(self, answer: Sequence[str], reference: Sequence[str]) -> float:
        if self.variant == "rougeL":
            common, made, wanted = common_subsequence(answer, reference), len(answer), len(reference)
        else:
            n = 1 if self.variant == "rouge1" else 2
            ours, theirs = _n_grams(answer, n), _n_grams(reference, n)
            common, made, wanted = (ours & theirs).total(), ours.total(), theirs.total()
        return 2 * common / (made + wanted) if common else 0.0


@dataclass(frozen=True, kw_only=True)
class Bleu:
    """BLEU of one sentence with effective order, by sacreBLEU; a fraction, not a percentage.

    The mean over sentences is not the BLEU of a corpus; that is `corpus`.

    Attributes:
        tokenise: sacreBLEU's name of a tokenizer; "zh" for Chinese, "char" for Japanese.
    """

    tokenise: Literal["13a", "intl", "zh", "char", "none"] = "13a"
    name: str = "bleu"

    def __post_init__(self) -> None:
        _need_sacrebleu()

    def score(self, example: Example, response: Response) -> Score:
        """From 0 to 1; unscored without a reference text."""
        return _by_sacrebleu(self.name, example, response, self._metric(effective_order=True).sentence_score)

    def corpus(self, answers: Sequence[tuple[str, str]]) -> float | None:
        """The BLEU of a corpus of pairs of answer and reference, from 0 to 1; None when there are none."""
        return _corpus(self._metric(effective_order=False), answers)

    def _metric(self, *, effective_order: bool) -> Any:
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(tokenize=self.tokenise, effective_order=effective_order)


@dataclass(frozen=True, kw_only=True)
class Chrf:
    """chrF of one sentence, by sacreBLEU; a fraction, not a percentage.

    Attributes:
        word_order: 0 is chrF, 2 is chrF++.
    """

    word_order: Literal[0, 1, 2] = 0
    name: str = "chrf"

    def __post_init__(self) -> None:
        _need_sacrebleu()

    def score(self, example: Example, response: Response) -> Score:
        """From 0 to 1; unscored without a reference text."""
        return _by_sacrebleu(self.name, example, response, self._metric().sentence_score)

    def corpus(self, answers: Sequence[tuple[str, str]]) -> float | None:
        """The chrF of a corpus of pairs of answer and reference, from 0 to 1; None when there are none."""
        return _corpus(self._metric(), answers)

    def _metric(self) -> Any:
        from sacrebleu.metrics.chrf import CHRF

        return CHRF(word_order=self.word_order)


@dataclass(frozen=True, kw_only=True)
class EditSimilarity(Normalising):
    """1 - Levenshtein distance / length of the longer text, in characters; the best over the references."""

    name: str = "edit_similarity"

    def score(self, example: Example, response: Response) -> Score:
        """From 0 to 1; unscored without a reference text."""
        from rapidfuzz.distance import Levenshtein

        references = texts_expected(example)
        if references is None:
            return unscored(self.name, NO_TEXT)
        if _long(response.text, references):
            return unscored(self.name, _TOO_LONG)
        answer = self.folded(response.text)
        value = max(Levenshtein.normalized_similarity(answer, self.folded(reference)) for reference in references)
        return Score(metric=self.name, value=value)


def tokens(text: str) -> list[str]:
    """Runs of letters and digits without case; Chinese and Japanese characters one by one."""
    return _TOKEN.findall(text.lower())


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the longest common subsequence, bit-parallel over the shorter one.

    H. Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004.
    """
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    masks: dict[str, int] = {}
    for at, token in enumerate(short):
        masks[token] = masks.get(token, 0) | 1 << at
    every = (1 << len(short)) - 1
    row = every
    for token in long:
        if (mask := masks.get(token)) is not None:
            matched = row & mask
            row = ((row + matched) | (row - matched)) & every
    return len(short) - row.bit_count()


def _n_grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def _long(answer: str, references: Sequence[str]) -> bool:
    return len(answer) * max(map(len, references)) > MOST_STEPS


def _by_sacrebleu(name: str, example: Example, response: Response, score: Callable[..., Any]) -> Score:
    references = texts_expected(example)
    if references is None:
        return unscored(name, NO_TEXT)
    if max(len(response.text), *map(len, references)) > MOST_CHARS:
        return unscored(name, _TOO_LONG)
    percent = float(score(response.text, list(references)).score)
    return Score(metric=name, value=min(1.0, percent / 100) if percent < 100 - 1e-9 else 1.0)


def _corpus(metric: Any, answers: Sequence[tuple[str, str]]) -> float | None:
    if not answers:
        return None
    return min(1.0, float(metric.corpus_score([a for a, _ in answers], [[r for _, r in answers]]).score) / 100)


def _need_sacrebleu() -> None:
    if find_spec("sacrebleu") is None:
        raise Unavailable("sacreBLEU is not installed", fix='Install it: pip install "maquette[metrics]".')
