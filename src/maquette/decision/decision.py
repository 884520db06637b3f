"""The decision as a value. Weighing is in `weighing`; the record of it (MADR) is a template of the bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from maquette.cost.projection import OptionCost
from maquette.decision.adapting import Adaptation
from maquette.decision.effect_values import Effect, Versus
from maquette.decision.laddering import Ladder
from maquette.decision.lock_in import Dependence
from maquette.decision.precedence import FactConflict
from maquette.decision.refusing import Refusal
from maquette.decision.roles_today import RoleToday
from maquette.decision.swinging import CostSwing
from maquette.decision.tuned_bases import TunedBases
from maquette.evals.run import TargetResult
from maquette.evals.steps import Step
from maquette.foundation.sources import Source
from maquette.rules.report import RuleReport

_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


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
        signed_by: Who accepted it; None where nobody gave a name.
        signed_on: The day on which it was accepted; None for a draft.
        rests_on: Record id to what that record was made from, a line each, as `maquette.decision.basis` writes them;
            empty for a decision that was made before there were such lines.
    """

    model: str
    fallback: str | None
    because: str
    status: DecisionStatus
    decided_on: date
    computed_from: str
    unevaluated_because: str | None = None
    signed_by: str | None = None
    signed_on: date | None = None
    rests_on: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)


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

    Attributes:
        weight: How much its answers could change: rules by strength, slots, and the first month's cost (`CostSwing`);
            0 where they change nothing alone.
        could_change: What each answer fires and fills, where they differ.
    """

    fact: str
    how: str
    ask: str
    rules: tuple[str, ...]
    weight: int = 0
    could_change: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """Something to measure: what, why, how many examples it takes, and what it would settle.

    Attributes:
        examples: None where the number of examples is not what it takes.
        settles: The models, or the rule, that it decides about.
        command: What to type.
        arms: Where ways are compared on the same examples, each with what to type for it.
    """

    what: str
    because: str
    examples: int | None
    settles: tuple[str, ...]
    command: str
    arms: "tuple[Arm, ...]" = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One of the ways that an experiment compares.

    Attributes:
        step: The step of an adaptation that its run is of.
        run: The newest finished run of it; None while there is none.
        command: What to type for it.
    """

    step: Step
    run: str | None
    command: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """A slot that the stated design fills otherwise than binding rules propose.

    Attributes:
        rules: Those that propose it, the strongest first.
        because: The project's reason; None where it gave none for one of them.
    """

    slot: str
    proposed: str
    stated: str
    fact: str
    rules: tuple[str, ...]
    strength: str
    because: str | None


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
        refusals: Every no, with its arithmetic.
        experiments: What to measure next, the most telling first.
        deviations: Where the stated design is not what binding rules propose.
        accepted_risks: Fired `must` and `avoid` rules that the project deviates from with a reason.
        cost_swings: What unknown facts do to the first month, those that count most first.
        adaptation: How the model gets to know the task, step by step.
        tuned: What a tuned model could be made from today; None where none is asked for.
        ladder: What each step of it scored in recorded runs; None while no run says which step it is of.
        roles: Who plays the roles that rules name, today.
        effects: What each recommendation does to performance, cost and safety here.
        beside_others: What the model in question does better and worse than each other option.
        doubts: What is known that does not bear the choice's reason.
        lock_in: What ties the design to the provider of the model that is chosen, or recommended.
        conflicts: Facts that are stated of the design and known otherwise, each with both values.
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
    refusals: tuple[Refusal, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    accepted_risks: tuple[str, ...] = ()
    cost_swings: tuple[CostSwing, ...] = ()
    adaptation: Adaptation | None = None
    ladder: Ladder | None = None
    tuned: TunedBases | None = None
    roles: tuple[RoleToday, ...] = ()
    lock_in: tuple[Dependence, ...] = ()
    conflicts: tuple[FactConflict, ...] = ()
    effects: tuple[Effect, ...] = ()
    beside_others: tuple[Versus, ...] = ()
    doubts: tuple[str, ...] = ()

    def effect_of(self, rule: str) -> Effect | None:
        """What that rule's recommendation does; None where it did not fire."""
        return next((one for one in self.effects if one.rule.id == rule), None)

    def swing_of(self, fact: str) -> CostSwing | None:
        """What that fact does to the first month; None where it is known, or does nothing to it."""
        return next((one for one in self.cost_swings if one.fact == fact), None)
