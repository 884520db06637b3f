"""Classification: one label of a set an answer, and the counts over many answers as a confusion matrix."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import unscored, verdict
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score


@dataclass(frozen=True, kw_only=True)
class Label:
    """1 when the answer names the expected label.

    Attributes:
        labels: All labels; an answer with none of them, or with two, is unparsable and wrong.
        find: "whole": the answer is the label, but for quotes and punctuation around it; "mentioned": the label stands
            somewhere in it, as words of its own.
        ignore_case: Compare without case.
    """

    labels: tuple[str, ...]
    find: Literal["whole", "mentioned"] = "whole"
    ignore_case: bool = True
    name: str = "label"

    def __post_init__(self) -> None:
        folded = [self._folded(label) for label in self.labels]
        if len(folded) < 2 or len(set(folded)) < len(folded) or not all(folded):
            raise ValueError("labels are at least two, all different")

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with the label found in the detail; unscored when the expected answer is none of the labels."""
        wanted = self.parsed(example.expected) if isinstance(example.expected, str) else None
        if wanted is None:
            return unscored(self.name, "the expected answer is none of the labels")
        found = self.parsed(response.text)
        return verdict(self.name, found == wanted, "unparsable" if found is None else f"found {found}")

    def parsed(self, text: str) -> str | None:
        """The label that a text names, as the settings write it; None when it names none, or several."""
        folded = self._folded(text)
        if self.find == "whole":
            return self._known.get(folded)
        # Of two labels of which one is a part of the other, the longer is the one that is meant.
        found = {self._known[match] for match in self._mentions.findall(folded)}
        return found.pop() if len(found) == 1 else None

    def report(self, answers: Iterable[tuple[Example, str]]) -> "LabelReport":
        """The counts over many answers; examples whose expected answer is no label are left out."""
        pairs = []
        for example, text in answers:
            wanted = self.parsed(example.expected) if isinstance(example.expected, str) else None
            if wanted is not None:
                pairs.append((wanted, self.parsed(text)))
        return aggregate(pairs, labels=self.labels)

    @cached_property
    def _known(self) -> Mapping[str, str]:
        return {self._folded(label): label for label in self.labels}

    @cached_property
    def _mentions(self) -> re.Pattern[str]:
        longest_first = sorted(self._known, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def _folded(self, text: str) -> str:
        text = " ".join(text.split()).strip("\"'`*.,:;!?()[]{}<> \u201c\u201d\u2018\u2019\u00ab\u00bb")
        return text.casefold() if self.ignore_case else text


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """Precision, recall and F1 as fractions; None where there is nothing to divide by."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelCounts:
    """One label against all others: expected and found, found alone, expected alone."""

    label: str
    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def support(self) -> int:
        """How many answers should have the label."""
        return self.true_positives + self.false_negatives

    @property
    def rates(self) -> Rates:
        """TP / (TP + FP), TP / (TP + FN), 2 TP / (2 TP + FP + FN)."""
        right = self.true_positives
        return Rates(
            precision=_share(right, right + self.false_positives),
            recall=_share(right, self.support),
            f1=_share(2 * right, 2 * right + self.false_positives + self.false_negatives),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelReport:
    """The confusion matrix and what follows from it.

    Attributes:
        labels: The rows, and the columns but for the last, which is the unparsable answers'.
        matrix: A row for each expected label: answers by found label, then the unparsable ones.
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        """All answers."""
        return sum(map(sum, self.matrix))

    @property
    def unparsable(self) -> int:
        """Answers without a label."""
        return sum(row[-1] for row in self.matrix)

    @property
    def accuracy(self) -> float | None:
        """Right answers / all answers, unparsable ones included."""
        return _share(sum(row[at] for at, row in enumerate(self.matrix)), self.total)

    @property
    def by_label(self) -> tuple[LabelCounts, ...]:
        """The counts of each label."""
        columns = tuple(zip(*self.matrix, strict=True))
        return tuple(
            LabelCounts(
                label=label,
                true_positives=self.matrix[at][at],
                false_positives=sum(columns[at]) - self.matrix[at][at],
                false_negatives=sum(self.matrix[at]) - self.matrix[at][at],
            )
            for at, label in enumerate(self.labels)
        )

    @property
    def micro(self) -> Rates:
        """The rates of all labels' counts together."""
        counts = self.by_label
        return LabelCounts(
            label="",
            true_positives=sum(count.true_positives for count in counts),
            false_positives=sum(count.false_positives for count in counts),
            false_negatives=sum(count.false_negatives for count in counts),
        ).rates

    @property
    def macro(self) -> Rates:
        """The mean over the labels that occur, expected or found; a rate without a denominator counts as 0."""
        return _mean([(count, 1) for count in self.by_label if count.support or count.false_positives])

    @property
    def weighted(self) -> Rates:
        """The mean over the labels by how often each is expected; a rate without a denominator counts as 0."""
        return _mean([(count, count.support) for count in self.by_label])


def aggregate(pairs: Iterable[tuple[str, str | None]], *, labels: tuple[str, ...]) -> LabelReport:
    """The report of pairs of an expected and a found label; None was unparsable, and so is what is no label.

    Raises:
        ValueError: An expected label is not among the labels.
    """
    counted = Counter((wanted, found if found in labels else None) for wanted, found in pairs)
    if strange := sorted({wanted for wanted, _ in counted} - set(labels)):
        raise ValueError(f"{strange[0]!r} is none of the labels")
    columns = (*labels, None)
    matrix = tuple(tuple(counted[wanted, found] for found in columns) for wanted in labels)
    return LabelReport(labels=labels, matrix=matrix)


def _mean(counts: list[tuple[LabelCounts, int]]) -> Rates:
    """The weighted mean of each rate, as scikit-learn's averages with ``zero_division=0`` have it."""
    total = sum(weight for _, weight in counts)
    if not total:
        return Rates(precision=None, recall=None, f1=None)
    rates = [(count.rates, weight) for count, weight in counts]
    return Rates(
        precision=sum((rate.precision or 0) * weight for rate, weight in rates) / total,
        recall=sum((rate.recall or 0) * weight for rate, weight in rates) / total,
        f1=sum((rate.f1 or 0) * weight for rate, weight in rates) / total,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
