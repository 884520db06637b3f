"""Which of two words on one fact counts, what the plan states or what the project itself knows, and where they differ.

What is measured and what the decision says take the place of a stated plan. Once a model is decided, its cost and what
the catalog says of it take the place of what was stated of the plan's; what is stated of an account, a contract or an
alternative stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.units import readable_usd
from maquette.rules.explaining import readable_fact

STATED = "stated in maquette.yaml (design_facts)"
_SETTLED = ("design.", "ops.", "eval.")
"""What the decision says and what was measured: a plan that was stated before is history."""
_OF_THE_CHOICE = frozenset({"cost.monthly_usd", "cost.per_request_usd", "cost.forecast_pct_budget"})
_OF_THE_ACCOUNT = frozenset(
    {"cat.rate_limit_tpm", "cat.zdr_available", "cat.baa_available", "cat.license_ok", "cat.region_ok", "cat.engine"}
)
"""What a contract or an account settles: nobody but the user can know it."""
_ROUNDED = Decimal("0.01")
"""Numbers that differ by less than this share of the larger are one figure, rounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownFact:
    """One fact with where it comes from, in words."""

    name: str
    value: FactValue
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FactConflict:
    """Two values of one fact, each with where it comes from; ``taken`` is the one that the rules see."""

    name: str
    taken: FactValue
    taken_from: str
    other: FactValue
    other_from: str

    @property
    def words(self) -> str:
        """For a person: ``design.fallback is yes (the decision ...), not no (stated ...)``."""
        return (
            f"{self.name} is {_said(self.name, self.taken)} ({self.taken_from}), "
            f"not {_said(self.name, self.other)} ({self.other_from})"
        )


def known_wins(name: str, *, chosen: bool) -> bool:
    """Whether what the project knows of a fact takes the place of what is stated; ``chosen``: a model is decided."""
    if name.startswith(_SETTLED):
        return True
    of_the_model = name.startswith("cat.") and name not in _OF_THE_ACCOUNT
    return chosen and (name in _OF_THE_CHOICE or of_the_model)


def settled(stated: Facts, known: Iterable[KnownFact], *, chosen: bool) -> dict[str, FactValue]:
    """The facts that the rules see: answers and stated facts, with what the project knows where that counts more."""
    facts = dict(stated)
    for one in known:
        if one.name not in facts or known_wins(one.name, chosen=chosen):
            facts[one.name] = one.value
    return facts


def conflicts(stated: Facts, known: Iterable[KnownFact], *, chosen: bool) -> tuple[FactConflict, ...]:
    """Each fact that is stated and known otherwise, by name; ``stated`` holds the stated facts of the design alone."""
    return tuple(
        _conflict(one, stated[one.name], chosen=chosen)
        for one in sorted(known, key=lambda one: one.name)
        if one.name in stated and _differ(one.value, stated[one.name])
    )


def _conflict(known: KnownFact, said: FactValue, *, chosen: bool) -> FactConflict:
    ours, theirs = (known.value, known.source), (said, STATED)
    taken, other = (ours, theirs) if known_wins(known.name, chosen=chosen) else (theirs, ours)
    return FactConflict(name=known.name, taken=taken[0], taken_from=taken[1], other=other[0], other_from=other[1])


def _differ(one: FactValue, other: FactValue) -> bool:
    numbers = [_number(value) for value in (one, other)]
    first, second = numbers
    if first is None or second is None:
        return one != other or isinstance(one, bool) is not isinstance(other, bool)
    return abs(first - second) > _ROUNDED * max(abs(first), abs(second))


def _said(name: str, value: FactValue) -> str:
    amount = _number(value) if name.endswith("_usd") else None
    return readable_fact(value) if amount is None else readable_usd(amount)


def _number(value: FactValue) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None
