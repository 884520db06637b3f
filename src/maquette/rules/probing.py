"""What a fact could be, as far as the rules tell values apart, and what the other facts are once it is that.

A choice has its choices, a number one value for each stretch between the figures that rules compare it with. Derived
facts follow the fact that they are computed from.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from maquette.foundation.expression import Expression, ExpressionError, Facts, FactValue, Known, parse
from maquette.requirements.questions import Question, QuestionBook, QuestionKind
from maquette.rules.report import Rule

_MOST_FIGURES = 24
_NOISE = Decimal("1e-15")
_OCTAVES = 16
_HALVINGS = 60
_TINY = Decimal("0.000001")
"""How far beside a figure a value is tried that is just more or just less than it, as a share of the figure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One value that a fact could have, and how that stretch of values reads: "yes", "hipaa", "above 5000"."""

    value: FactValue
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """What facts there are: the questions with the derived facts, and the kinds of all others."""

    questions: QuestionBook
    kinds: Mapping[str, str]

    def question(self, fact: str) -> Question | None:
        """The question that asks for it; None for what is observed."""
        return self.questions.questions.get(fact)

    def is_number(self, fact: str) -> bool:
        """Whether its value is a number."""
        asked = self.question(fact)
        return asked.kind is QuestionKind.NUMBER if asked else self.kinds.get(fact) in {"int", "float"}

    def is_whole(self, fact: str) -> bool:
        """Whether its value is counted, so that the next one is one more."""
        asked = self.question(fact)
        if asked is None:
            return self.kinds.get(fact) == "int"
        return asked.kind is QuestionKind.NUMBER and (asked.unit or "") in _COUNTED

    def is_bool(self, fact: str) -> bool:
        """Whether its value is yes or no."""
        asked = self.question(fact)
        return asked.kind is QuestionKind.BOOL if asked else self.kinds.get(fact) == "bool"

    def allows(self, fact: str, number: Decimal) -> bool:
        """Whether the fact can be that number."""
        asked = self.question(fact)
        if asked is None:
            return number >= 0
        low, high = asked.minimum, asked.maximum
        return (low is None or number >= Decimal(str(low))) and (high is None or number <= Decimal(str(high)))


_COUNTED = frozenset(
    {"req/day", "tokens", "turns", "languages", "users", "examples", "days", "calls", "tiers", "GPUs", "months"}
)


def inputs_of(names: Iterable[str], questions: QuestionBook) -> frozenset[str]:
    """``names`` with every derived fact replaced by what its formula reads."""
    formulas = {derived.id: derived.formula for derived in questions.derived}
    found: set[str] = set()
    for name in names:
        formula = formulas.get(name)
        found |= inputs_of(formula.names, questions) if formula is not None else {name}
    return frozenset(found)


def with_fact(facts: Facts, name: str, value: FactValue | None, questions: QuestionBook) -> dict[str, FactValue]:
    """The facts once ``name`` has that value (None: unknown), with the derived facts that follow from it."""
    changed = dict(facts)
    touched = {name}
    changed.pop(name, None)
    if value is not None:
        changed[name] = value
    for derived in questions.derived:
        if touched & derived.formula.names:
            touched.add(derived.id)
            changed.pop(derived.id, None)
            result = derived.formula.evaluate(changed)
            if isinstance(result, Known):
                changed[derived.id] = result.value
    return changed


def answers(fact: str, rules: Iterable[Rule], facts: Facts, known: Vocabulary) -> tuple[Answer, ...]:
    """What ``fact`` could be, one value for each stretch that ``rules`` tell apart; empty for free text."""
    asked = known.question(fact)
    if known.is_bool(fact):
        return (Answer(value=True, words="yes"), Answer(value=False, words="no"))
    if asked is not None and asked.kind is QuestionKind.ENUM:
        return tuple(Answer(value=choice, words=choice) for choice in asked.choices)
    if asked is not None and asked.kind is QuestionKind.MULTI:
        single = tuple(Answer(value=(choice,), words=choice) for choice in asked.choices)
        return (Answer(value=(), words="none"), *single)
    if known.is_number(fact):
        return _stretches(fact, sorted(figures(fact, rules, facts, known)), known)
    if asked is None and known.kinds.get(fact) != "str":
        return ()
    named = sorted({text for rule in rules for text in texts(rule.when, fact)})
    return (*(Answer(value=text, words=text) for text in named), Answer(value="something else", words="anything else"))


def _stretches(fact: str, found: list[Decimal], known: Vocabulary) -> tuple[Answer, ...]:
    """A value below all figures, at each, between two, and above all; only what the fact can be."""
    values: list[Answer] = []
    for index, figure in enumerate(found):
        below = found[index - 1] if index else None
        between = figure / 2 if below is None else (below + figure) / 2
        under = f"below {readable(figure)}" if below is None else f"{readable(below)} to {readable(figure)}"
        values += [Answer(value=between, words=under), Answer(value=figure, words=f"exactly {readable(figure)}")]
    if found:
        values.append(Answer(value=found[-1] * 2 + 1, words=f"above {readable(found[-1])}"))
        values += [Answer(value=Decimal(1), words=f"above {readable(found[-1])}")] if found[-1] < 1 else []
    kept: dict[FactValue, Answer] = {}
    for each in values:
        if isinstance(each.value, Decimal) and known.allows(fact, each.value):
            kept.setdefault(each.value, each)
    return tuple(kept.values())


def figures(fact: str, rules: Iterable[Rule], facts: Facts, known: Vocabulary) -> frozenset[Decimal]:
    """The values of a number at which a comparison of the rules turns, the other facts as they are."""
    found: set[Decimal] = set()
    for rule in rules:
        for difference in _differences(rule.when):
            root = _root(difference, fact, facts, known.questions)
            if root is not None and known.allows(fact, root):
                found.add(root)
    return frozenset(sorted(found)[:_MOST_FIGURES])


def comparisons(tree: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Both sides of every comparison below ``tree``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            yield from pairwise(sides)


@lru_cache(maxsize=4096)
def texts(condition: Expression, fact: str) -> tuple[str, ...]:
    """The texts that a condition compares ``fact`` with."""
    return tuple(_texts(condition, fact))


def _texts(condition: Expression, fact: str) -> Iterator[str]:
    for node in ast.walk(condition.tree):
        if isinstance(node, ast.Compare) and any(ast.unparse(side) == fact for side in (node.left, *node.comparators)):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value


def _root(difference: Expression, fact: str, facts: Facts, questions: QuestionBook) -> Decimal | None:
    """Where both sides are equal: solved where their difference is linear in ``fact``, else searched for."""
    if fact not in difference.names and fact not in inputs_of(difference.names, questions):
        return None

    def at(value: Decimal) -> Decimal | None:
        try:
            result = difference.evaluate(with_fact(facts, fact, value, questions))
        except ExpressionError:
            return None
        return result.value if isinstance(result, Known) and isinstance(result.value, Decimal) else None

    now = facts.get(fact)
    here = Decimal(str(now)) if isinstance(now, int | float | Decimal) and now else Decimal(1)
    first, second, fourth = (at(here * factor) for factor in (1, 2, 4))
    if first is None or second is None or fourth is None:
        return None
    slope = (second - first) / here
    if abs((fourth - second) - 2 * (second - first)) <= abs(fourth) * _NOISE:
        return _tidy(here - first / slope) if slope else _crossing(at, here)
    return _crossing(at, here)


def _crossing(at: Callable[[Decimal], Decimal | None], here: Decimal) -> Decimal | None:
    """The crossing of nothing that is nearest to ``here`` on a grid of powers of two, then by halving."""
    grid = [here * Decimal(2) ** power for power in range(-_OCTAVES, _OCTAVES + 1)]
    seen = [(value, result) for value in grid if (result := at(value)) is not None]
    found = [(low, high) for (low, a), (high, b) in pairwise(seen) if (a < 0) is not (b < 0)]
    if not found:
        return None
    low, high = min(found, key=lambda pair: min(abs(pair[0] - here), abs(pair[1] - here)))
    starts_below = (at(low) or Decimal(0)) < 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if ((at(middle) or Decimal(0)) < 0) is starts_below:
            low = middle
        else:
            high = middle
    return Decimal(f"{high:.8g}") + 0


@lru_cache(maxsize=2048)
def _differences(condition: Expression) -> tuple[Expression, ...]:
    """Of every comparison in a condition the left side less the right one, where that can be computed."""
    found = (_parsed(f"({ast.unparse(a)}) - ({ast.unparse(b)})") for a, b in comparisons(condition.tree))
    return tuple(one for one in found if one is not None)


def _parsed(text: str) -> Expression | None:
    try:
        return parse(text)
    except ExpressionError:
        return None


def _tidy(number: Decimal) -> Decimal:
    """Without the tail that a division leaves."""
    return Decimal(f"{number:.12g}").normalize() + 0


def beside(fact: str, figure: Decimal, known: Vocabulary) -> tuple[Decimal, Decimal]:
    """Just less and just more than a figure: one less and more where the fact is counted."""
    step = Decimal(1) if known.is_whole(fact) else max(abs(figure) * _TINY, _TINY)
    return figure - step, figure + step


def readable(number: Decimal) -> str:
    """A number without an exponent, its last zeros gone."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
