"""How the expected answers are spread, and what a model scores that always gives the commonest one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from maquette.evals.data_contents import personal_data
from maquette.evals.dataset import Example
from maquette.foundation.lineage import canonical_json

MOST_LABELS = 50
_LABEL_CHARS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelBalance:
    """The answers to one question of few answers.

    Attributes:
        field: The field of a JSON answer; "" for the answer as a whole.
        counts: Label to count, the commonest first.
        baseline: The rate that always giving the commonest answer scores.
    """

    field: str
    counts: tuple[tuple[str, int], ...]
    baseline: float

    @property
    def majority(self) -> str:
        """The commonest answer."""
        return self.counts[0][0]

    @property
    def labels(self) -> int:
        """How many answers there are."""
        return len(self.counts)


def label_balances(examples: Sequence[Example]) -> tuple[LabelBalance, ...]:
    """The balance of the whole answer and of each field of JSON answers, where the answers are labels at all."""
    answers = [example.expected for example in examples if example.expected is not None]
    found = [_balance("", answers)]
    objects = [answer for answer in answers if isinstance(answer, Mapping)]
    if objects and len(objects) == len(answers):
        fields = dict.fromkeys(field for answer in objects for field in answer)
        found += [_balance(field, [answer.get(field) for answer in objects]) for field in list(fields)[:MOST_LABELS]]
    return tuple(balance for balance in found if balance is not None)


def _balance(field: str, answers: Iterable[object]) -> LabelBalance | None:
    """None where most answers are different: free text has no classes."""
    texts = [answer if isinstance(answer, str) else canonical_json(answer) for answer in answers]
    counts = Counter(texts)
    if not counts or len(counts) > min(MOST_LABELS, max(1, len(texts) // 2)):
        return None
    if any(len(label) > _LABEL_CHARS for label in counts):
        return None
    ordered = tuple(
        (_shown(label), count) for label, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return LabelBalance(field=field, counts=ordered, baseline=ordered[0][1] / len(texts))


def _shown(label: str) -> str:
    return "(looks like personal data)" if personal_data(label) else label
