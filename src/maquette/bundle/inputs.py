"""What a bundle is made of: the stages' values as they stand, and which models play which role.

Values only. Whatever a stage has not produced is None, and the documents then say so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from maquette.bundle.assurance import Assurance
from maquette.capacity.sizing import Demand, Sized
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.scorecard import ProviderScore
from maquette.catalog.shortlist import Shortlist
from maquette.cost.projection import CostProjection, OptionCost
from maquette.cost.reporting import CostFindings
from maquette.cost.side.index_plan import IndexPlan
from maquette.cost.side.training_ways import WayCost
from maquette.decision.decision import Decision, DecisionStatus
from maquette.decision.record import Record
from maquette.decision.refusing import Uptime
from maquette.evals.calls import TargetSpec
from maquette.evals.run import EvalRun, TargetResult
from maquette.foundation.expression import FactValue
from maquette.requirements.answers import Requirements, known_facts
from maquette.requirements.questions import QuestionBook

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingPlan:
    """How an open model is served.

    Attributes:
        load: The load that it was sized for, in words.
        owned: Accelerators of that kind that the project has; None where they are rented.
        demand: The same load in figures.
        rented: The same accelerators, rented; None where no price is listed.
    """

    sized: Sized
    load: str
    owned: int | None = None
    demand: Demand | None = None
    rented: Sized | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedModels:
    """Two models on the same examples of one run, the better one first.

    Attributes:
        points: By how much the first is ahead, in points; ``low`` and ``high`` are its 95 % interval.
        p: Two-sided, of the paired test.
        gained: Examples that only the first got right; ``lost`` only the second.
    """

    run: str
    first: str
    second: str
    points: float
    low: float
    high: float
    p: float
    gained: int
    lost: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GradedAnswer:
    """One answer of the evaluation: to which example, how long the prompt was, and whether it was fully right."""

    example: str
    input_tok: int
    right: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleInputs:
    """Everything that the files of a bundle are computed from.

    Attributes:
        document: The project's name, as the user gave it.
        computed_from: The fingerprint over all stages; it stands in the lock and tells a stale bundle.
        today: Only compared with the models' retirement dates; it is not printed, so that a bundle exported
            twice is the same bundle.
        serving: The sizing of each open model, by its card's id.
        paired: The evaluated models in pairs, best first; empty where their answers cannot be compared.
        costs: What is drawn, tried and solved over the projection; None where no option has a price.
        training: What training a model would take, each way; empty where no training is considered.
        index: The index that a search of the knowledge would have; None without knowledge to search.
        uptimes: Company that runs models to what its agreement promises.
        providers: Those that offer the shortlist's models, held against the requirements; the chosen ones first.
        assurance: The catalog's threats and regimes.
        prompt: The path of the prompt in the project's folder; None where the project names none.
        launch: A day of the first month of operation; None where nobody said.
        graded: The run's answers by model, where a router's thresholds are fitted to them; empty otherwise.
    """

    document: str
    requirements: Requirements
    book: QuestionBook
    shortlist: Shortlist | None
    run: EvalRun | None
    projection: CostProjection | None
    decision: Decision | None
    records: tuple[Record, ...]
    targets: tuple[TargetSpec, ...]
    today: date
    maquette_version: str
    computed_from: str
    serving: Mapping[str, ServingPlan] = field(default_factory=dict)
    paired: tuple[PairedModels, ...] = ()
    costs: CostFindings | None = None
    index: IndexPlan | None = None
    training: tuple[WayCost, ...] = ()
    uptimes: Mapping[str, Uptime] = field(default_factory=dict)
    providers: tuple[ProviderScore, ...] = ()
    assurance: Assurance = field(default_factory=Assurance)
    prompt: str | None = None
    launch: date | None = None
    graded: Mapping[str, tuple[GradedAnswer, ...]] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, FactValue]:
        """Answers, defaults, design facts and what they settle."""
        return known_facts(self.requirements, self.book)


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleModel:
    """The model that plays a role, with everything that is known of it.

    Attributes:
        role: "primary" or "fallback"; also the name of the gateway's model group.
        model: The id under which it was evaluated and priced.
    """

    role: str
    model: str
    target: TargetSpec | None
    card: ModelCard | None
    result: TargetResult | None
    cost: OptionCost | None

    @property
    def local(self) -> bool:
        """Whether it is served by the user, from a file of weights."""
        if self.target is not None:
            return self.target.adapter == "llama_cpp"
        return self.card is not None and self.card.hosting is Hosting.LOCAL_FILE


def role_models(inputs: BundleInputs) -> tuple[RoleModel, ...]:
    """The primary and, when one is chosen, the fallback; empty while there is neither a choice nor a recommendation."""
    decision = inputs.decision
    if decision is None:
        return ()
    choice = decision.choice
    primary = choice.model if choice else decision.recommended
    named = (("primary", primary), ("fallback", choice.fallback if choice else None))
    return tuple(role_model(inputs, role, model) for role, model in named if model is not None)


def is_draft(inputs: BundleInputs) -> bool:
    """Whether the documents carry the word DRAFT: nothing chosen, not accepted, or a `must` stands against it."""
    decision = inputs.decision
    if decision is None or decision.choice is None:
        return True
    return decision.choice.status is not DecisionStatus.ACCEPTED or bool(decision.blocking)


def role_model(inputs: BundleInputs, role: str, model: str) -> RoleModel:
    """A model in a role, with everything that the inputs hold of it."""
    target = target_of(inputs.targets, model)
    names = [model] if target is None else [model, target.id, target.card]
    return RoleModel(
        role=role,
        model=model,
        target=target,
        card=_first(names, lambda name: _card(inputs.shortlist, name)),
        result=_first(names, lambda name: inputs.run.result(name) if inputs.run else None),
        cost=_first(names, lambda name: inputs.projection.option(name) if inputs.projection else None),
    )


def target_of(targets: Sequence[TargetSpec], model: str) -> TargetSpec | None:
    """How a model is reached that is named by its target or by its card; None where no target is its own."""
    return next((spec for spec in targets if spec.id == model), None) or next(
        (spec for spec in targets if spec.card == model), None
    )


def _first(names: Iterable[str], look_up: Callable[[str], Found | None]) -> Found | None:
    return next((found for found in map(look_up, names) if found is not None), None)


def _card(shortlist: Shortlist | None, name: str) -> ModelCard | None:
    if shortlist is None:
        return None
    held = shortlist.candidate(name) or shortlist.exclusion(name)
    return held.card if held else None


def stage_fingerprints(inputs: BundleInputs) -> Mapping[str, str]:
    """What each stage's value was computed from; a stage without a value is left out."""
    found = {
        "requirements": inputs.requirements.fingerprint,
        "shortlist": inputs.shortlist and inputs.shortlist.fingerprint,
        "evaluation": inputs.run and inputs.run.computed_from,
        "cost": inputs.projection and inputs.projection.computed_from,
        "decision": inputs.decision and inputs.decision.computed_from,
    }
    return {stage: value for stage, value in found.items() if value}
