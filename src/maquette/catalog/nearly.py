"""What would let more models in: the smallest change of one requirement, and exactly the models that it gains.

Each excluded card is judged once against all filters. A change of one requirement can only help a card whose failed
filters all read that requirement, so that no shortlist is ever computed twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from maquette.catalog.cards import Catalog, ModelCard
from maquette.catalog.checks import Check, Needs, No
from maquette.catalog.easing import EASINGS, ThresholdEasing, ValueEasing
from maquette.catalog.filters import FILTERS, active
from maquette.catalog.shortlisting import doubts
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.units import readable_count
from maquette.foundation.wording import listed

HOW_MANY = (1, 3, 10)
"""A number's threshold is proposed for the first model, the third and the tenth that it lets in."""

_SMALL, _LARGE = Decimal("0.25"), Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """One requirement changed, and what that gains.

    Attributes:
        requirement: The question's id.
        present: The requirement as it is.
        proposed: The nearest value that gains these models.
        gained: The ids of the models that come in, in the order of the catalog; nothing else changes.
        fit: How many of them then meet every requirement as far as it is stated.
        duty: Whether the requirement may be the law's or a customer's, and so not free to be changed.
    """

    requirement: str
    present: FactValue
    proposed: FactValue
    gained: tuple[str, ...]
    fit: int
    duty: bool

    @property
    def change(self) -> Decimal | None:
        """How far a number moves, as a fraction of what it is; None for what is no number."""
        if isinstance(self.present, bool | str | tuple) or isinstance(self.proposed, bool | str | tuple):
            return None
        before, after = Decimal(str(self.present)), Decimal(str(self.proposed))
        return abs(after - before) / before if before else Decimal("Infinity")

    @property
    def in_words(self) -> str:
        """The requirement, what it is and what it would be."""
        return f"{self.requirement} {_in_words(self.present)} -> {_in_words(self.proposed)}"

    def __str__(self) -> str:
        sure = "" if self.fit == len(self.gained) else f", {self.fit or 'none'} of them verified"
        ask = " (ask first: a law or a contract may require it)" if self.duty else ""
        return f"+{len(self.gained)} if {self.in_words}{sure}{ask}"


def nearly(catalog: Catalog, facts: Facts, today: date) -> tuple[Near, ...]:
    """Every change of one requirement that lets models in, the most useful first.

    First what is free to be changed and moves a little, then the more models the better; duties come last.
    """
    needs = Needs.of(facts, today)
    checks = active(needs)
    near = _within_reach(catalog.cards.values(), checks)
    found: list[Near] = []
    for fact, easing in EASINGS.items():
        if fact not in facts or not (cards := near.get(fact)):
            continue
        if isinstance(easing, ThresholdEasing):
            found += _by_threshold(fact, easing, cards, needs)
        else:
            found += _by_value(fact, easing, cards, needs)
    return tuple(sorted(found, key=_usefulness))


def foremost(found: Sequence[Near], count: int) -> tuple[Near, ...]:
    """The first change of each requirement, as many as wanted; further ones of the same only to fill up."""
    firsts: dict[str, Near] = {}
    for near in found:
        firsts.setdefault(near.requirement, near)
    rest = (near for near in found if near is not firsts[near.requirement])
    return (*firsts.values(), *rest)[:count]


def smallest_changes(card: ModelCard, needs: Needs) -> tuple[Near, ...]:
    """Each single change that would let this one card in; empty when it is in, or when no single one would."""
    near = _within_reach([card], active(needs))
    found: list[Near] = []
    for fact, easing in EASINGS.items():
        if fact not in needs.facts or fact not in near:
            continue
        if isinstance(easing, ThresholdEasing):
            found += _by_threshold(fact, easing, [card], needs)
        else:
            found += _by_value(fact, easing, [card], needs)[:1]
    return tuple(sorted(found, key=_usefulness))


_FILTERS_OF: Mapping[str, frozenset[str]] = {
    fact: frozenset(name for name, each in FILTERS.items() if fact in each.reads) for fact in EASINGS
}
_EASED = frozenset().union(*_FILTERS_OF.values())


def _within_reach(cards: Iterable[ModelCard], checks: Mapping[str, Check]) -> dict[str, list[ModelCard]]:
    """Each requirement to the cards that fail filters which read it, and no others."""
    final = [check for name, check in checks.items() if name not in _EASED]
    eased = {name: check for name, check in checks.items() if name in _EASED}
    reach: dict[frozenset[str], tuple[str, ...]] = {}
    found: dict[str, list[ModelCard]] = {}
    for card in cards:
        if any(isinstance(check(card), No) for check in final):
            continue
        failed = _failed(card, eased)
        if failed not in reach:
            reach[failed] = tuple(fact for fact, names in _FILTERS_OF.items() if failed and failed <= names)
        for fact in reach[failed]:
            found.setdefault(fact, []).append(card)
    return found


def _failed(card: ModelCard, eased: Mapping[str, Check]) -> frozenset[str]:
    """The filters that the card fails; the costly last one is skipped where the others settle the matter."""
    failed: list[str] = []
    for name, check in eased.items():
        if name == "budget" and failed:
            together = {*failed, name}
            if not any(together <= names or set(failed) <= names for names in _FILTERS_OF.values()):
                continue
        if isinstance(check(card), No):
            failed.append(name)
    return frozenset(failed)


def _by_threshold(fact: str, easing: ThresholdEasing, cards: Sequence[ModelCard], needs: Needs) -> Iterator[Near]:
    """The thresholds at which the first, the third and the tenth card come in."""
    limits = [(limit, card) for card in cards if (limit := easing.threshold(card, needs)) is not None]
    limits.sort(key=lambda pair: pair[0], reverse=not easing.upwards)
    seen: set[Decimal] = set()
    for count in HOW_MANY:
        if count > len(limits):
            return
        proposed = _rounded(limits[count - 1][0], easing)
        if proposed in seen:
            continue
        seen.add(proposed)
        cards_in = [card for limit, card in limits if (limit <= proposed if easing.upwards else limit >= proposed)]
        value: FactValue = int(proposed) if proposed == proposed.to_integral_value() else proposed
        yield _near(fact, value, cards_in, needs, duty=False)


def _in_words(value: FactValue) -> str:
    """A requirement's value as a person writes it."""
    if isinstance(value, tuple):
        return f"[{listed(value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else readable_count(value)


def _rounded(limit: Decimal, easing: ThresholdEasing) -> Decimal:
    """Up to a whole unit: a dollar, or a cent below ten dollars; token counts are whole already."""
    if not easing.upwards:
        return limit
    step = easing.step(limit)
    return (limit / step).to_integral_value(ROUND_CEILING) * step


def _by_value(fact: str, easing: ValueEasing, cards: Sequence[ModelCard], needs: Needs) -> list[Near]:
    """The other values of a choice, each with the cards that then fail nothing."""
    found: list[Near] = []
    for value in easing.values(needs):
        changed = Needs.of({**needs.facts, fact: value}, needs.today)
        checks = {name: check for name, check in active(changed).items() if name in _FILTERS_OF[fact]}
        cards_in = [card for card in cards if not any(isinstance(check(card), No) for check in checks.values())]
        if cards_in:
            found.append(_near(fact, value, cards_in, needs, duty=easing.duty))
    return found


def _near(fact: str, value: FactValue, cards: Sequence[ModelCard], needs: Needs, *, duty: bool) -> Near:
    checks = active(Needs.of({**needs.facts, fact: value}, needs.today))
    return Near(
        requirement=fact,
        present=needs.facts[fact],
        proposed=value,
        gained=tuple(card.id for card in cards),
        fit=sum(not doubts(card, checks) for card in cards),
        duty=duty,
    )


def _usefulness(near: Near) -> tuple[int, int, Decimal, str, str]:
    change = near.change
    if near.duty:
        grade = 4
    elif change is None:
        grade = 2
    else:
        grade = 0 if change <= _SMALL else 1 if change <= _LARGE else 3
    return grade, -len(near.gained), change or Decimal(0), near.requirement, str(near.proposed)
