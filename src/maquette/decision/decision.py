"""The decision as a value. Weighing is in `weighing`; the record of it (MADR) is a template of the bundle."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from maquette.cost.projection import OptionCost
from maquette.evals.run import TargetResult
from maquette.foundation.sources import Source
from maquette.rules.report import RuleReport


class DecisionStatus(StrEnum):
    """Draft while questions are open; blocked while a `must` rule stands against it."""

    DRAFT = "draft"
    ACCEPTED = "accepted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What the user chose, as it stands in maquette.yaml; ``because`` is in their words.

    Attributes:
        computed_from: Fingerprint of everything that the choice was made on.
        unevaluated_because: Why it was accepted although nothing was evaluated; None where something was, or a draft.
    """

    model: str
    fallback: str | None
    because: str
    status: DecisionStatus
    decided_on: date
    computed_from: str
    unevaluated_because: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One model side by side with the others: measured quality, cost, and why (not)."""

    model: str
    result: TargetResult | None
    cost: OptionCost | None
    for_it: tuple[str, ...]
    against_it: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenQuestion:
    """A fact that is unknown, the rules that wait for it, and the cheapest way to learn it.

    ``how`` is "answer" (with the question's text), "evaluate", "price" or "review".
    """

    fact: str
    how: str
    ask: str
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One sentence that carries the decision, with its figure's source."""

    text: str
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The choice, or the recommendation while none is made, with everything behind it.

    Attributes:
        choice: The user's; None while they have made none.
        recommended: The cheapest model whose evaluation passes; when none does, ``no_recommendation`` says why.
        flips: What would change the decision, with figures.
        blocking: Fired `must` and `avoid` rules' ids that stand against release.
    """

    choice: Choice | None
    recommended: str | None
    no_recommendation: str | None
    options: tuple[Option, ...]
    reasons: tuple[Reason, ...]
    flips: tuple[str, ...]
    open_questions: tuple[OpenQuestion, ...]
    blocking: tuple[str, ...]
    rules: RuleReport
    computed_from: str
