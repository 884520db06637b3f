"""What a project knows by itself, as facts for the rules: each with the value it comes from and its source.

Measured, projected, sized, catalogued and decided. Which counts beside a stated fact is in `decision.precedence`;
what is not known is absent. Nothing here reads a
rule's outcome, so that no fact depends on what the rules conclude from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.checks import Needs, No, Unsure
from maquette.catalog.data_filters import residency
from maquette.catalog.families import host, maker
from maquette.catalog.licences import Commercial
from maquette.catalog.quoting import steps_tok
from maquette.catalog.tuning import tunable
from maquette.cost.projection import CostProjection
from maquette.decision.contenders import contenders, limits_from
from maquette.decision.evidence import evidence_facts
from maquette.decision.precedence import KnownFact
from maquette.decision.recommending import recommend
from maquette.evals.comparison import Finding
from maquette.evals.steps import Step
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import Problem
from maquette.project.laddering import steps_run
from maquette.project_document import REMOVED

if TYPE_CHECKING:
    from maquette.catalog.providers import Provider
    from maquette.evals.run import EvalRun
    from maquette.project.view import View

_SELF = frozenset({Hosting.OPEN_WEIGHTS, Hosting.LOCAL_FILE, Hosting.SERVED})
_SCHEMA = "design.schema_defined"
_SOURCES: Mapping[str, str] = {
    _SCHEMA: "the schema that maquette.yaml names",
    "cost.frontier_monthly_usd": "list prices of the strongest tier on this traffic",
    "cost.api_monthly_usd": "the cost projection of the cheapest API",
    "cost.selfhost_monthly_usd": "the cost projection of the cheapest model on machines of your own",
    "cost.tier_price_ratio": "the cost projection of the options",
}
"""Where a fact comes from that is not of the model in question."""
_GROUPS: Mapping[str, str] = {"eval": "measured", "ops": "measured", "cost": "projected", "cat": "catalogued"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The model that the rules are asked about: the choice, else the recommendation.

    Attributes:
        name: As targets and options call it; None while there is neither.
        chosen: Whether the user chose it.
    """

    name: str | None
    card: ModelCard | None
    chosen: bool


def subject_of(view: "View") -> Subject:
    """The chosen model, or the one that would be recommended on what is measured and projected."""
    choice = view.document.choice
    if choice is not None:
        return Subject(name=choice.model, card=view.cards_by_option.get(choice.model), chosen=True)
    run = view.current_run
    if run is None:
        return Subject(name=None, card=None, chosen=False)
    found = recommend(contenders(run, _looked_at(view), view.cards_by_option), limits_from(view.facts)).model
    return Subject(name=found, card=view.cards_by_option.get(found) if found else None, chosen=False)


def known_by_project(view: "View", providers: "Callable[[], Sequence[Provider]]" = tuple) -> tuple[KnownFact, ...]:
    """Every fact that the project knows by itself, sorted by name; ``providers`` say what they fine-tune."""
    subject, run, projection = subject_of(view), view.current_run, _looked_at(view)
    facts: dict[str, FactValue] = evidence_facts(
        run,
        projection,
        subject.card,
        today=view.today,
        prices_as_of=view.catalog.prices_as_of,
        name=subject.name,
        cards=view.cards_by_option,
    )
    finished = run if run is not None and run.state is RunState.FINISHED else None
    facts |= _of_runs(view, finished)
    facts |= view.regression_of(subject.name) if finished is not None else {}
    facts |= _of_costs(view, projection, subject)
    facts |= _of_machines(view, subject)
    if subject.card is not None:
        facts |= _of_card(view, subject.card)
        facts |= _of_tuning(view, subject.card, providers)
    facts |= _self_served(view, subject)
    facts |= _of_choice(view)
    facts |= _of_schema(view)
    sources = {name: _source(name, subject, finished) for name in facts}
    for one in view.adoption.found:
        facts[one.fact], sources[one.fact] = one.value, one.source
    return tuple(KnownFact(name=name, value=value, source=sources[name]) for name, value in sorted(facts.items()))


def _looked_at(view: "View") -> CostProjection | None:
    """The projection once somebody has seen it: as the cost stage, or beside the options of a decision."""
    return view.projection if view.document.cost_from or view.document.choice else None


def _source(name: str, subject: Subject, run: "EvalRun | None") -> str:
    if name in _SOURCES:
        return _SOURCES[name]
    kind = _GROUPS.get(name.partition(".")[0], "decided")
    about = f" of {subject.name}" if subject.name else ""
    if kind == "measured":
        return f"run {run.id}{about}" if run else "no finished run of today's plan"
    return {"projected": f"the cost projection{about}", "catalogued": f"the catalog{about}"}.get(
        kind, "the decision in maquette.yaml"
    )


def _of_runs(view: "View", run: "EvalRun | None") -> dict[str, FactValue]:
    """What the runs say beside the figures of one model."""
    facts: dict[str, FactValue] = {}
    prompts = {one.made_of["prompt"] for one in view.manifests if "prompt" in one.made_of}
    if prompts:
        facts["eval.prompt_iterations"] = len(prompts)
    tried = {step for _, step in steps_run(view)}
    if Step.RETRIEVAL in tried:
        facts["eval.rag_done"] = True
    if Step.FEW_SHOT in tried:
        facts["eval.few_shot_done"] = True
    if run is None:
        return facts
    facts["ops.eval_age_days"] = max(0, (view.today - run.started_at.date()).days)
    facts["eval.clustered"] = any(result.clusters is not None for result in run.results)
    with suppress(Problem):
        facts["eval.few_shot_done"] = Step.FEW_SHOT in tried or bool(view.plan.prompt.few_shot)
        facts |= _judges(view)
    facts |= _fallback(view, run)
    gap = view.top_two_differ
    return facts if gap is None else {**facts, "eval.top2_gap_significant": gap}


def _fallback(view: "View", run: "EvalRun") -> dict[str, FactValue]:
    """What the chosen fallback scored in the same run."""
    choice = view.document.choice
    result = run.result(choice.fallback) if choice is not None and choice.fallback is not None else None
    return {} if result is None or result.score is None else {"eval.fallback_score": result.score}


def _judges(view: "View") -> dict[str, FactValue]:
    """Whether a model judges, and whether it is of the maker of one that it judges; raises as the view's plan."""
    judges = [helper for helper in view.helpers if not helper.asked.embeds]
    facts: dict[str, FactValue] = {"eval.judge_used": bool(judges)}
    cards = [card for helper in judges if (card := view.catalog.cards.get(helper.spec.card)) is not None]
    makers = {made for card in cards if (made := maker(card)) is not None}
    judged = {maker(card) for card in view.cards_by_option.values()}
    if judges and makers & judged:
        facts["eval.judge_same_family"] = True
    elif judges and len(makers) == len(judges) and None not in judged:
        facts["eval.judge_same_family"] = False
    return facts


def top_two_differ(view: "View") -> bool | None:
    """Whether the two best models of the newest run differ significantly in a paired test; None where none can tell."""
    from maquette.project.comparing_runs import compare_runs

    run = view.current_run
    ranked = sorted((one for one in run.results if one.score is not None), key=_score, reverse=True) if run else []
    if run is None or len(ranked) < 2 or run.state is not RunState.FINISHED:
        return None
    first, second = (f"{run.id}:{one.target_id}" for one in ranked[:2])
    try:
        pairs = compare_runs(view, (first, second)).comparison.pairs
    except Problem:
        return None
    found = pairs[0].finding if pairs else Finding.NOT_ENOUGH_DATA
    return found in {Finding.BETTER, Finding.WORSE}


def _score(result: object) -> float:
    return float(getattr(result, "score", None) or 0)


def _of_costs(view: "View", projection: CostProjection | None, subject: Subject) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {}
    strongest = _strongest(view)
    if strongest is not None:
        facts["cost.frontier_monthly_usd"] = strongest
    if projection is None:
        return facts
    facts["cost.engineering_included"] = _engineering(view)
    own, apis = _cheapest(view, projection, _SELF), _cheapest(view, projection, {Hosting.API})
    if own is not None:
        facts["cost.selfhost_monthly_usd"] = own
    if apis is not None:
        facts["cost.api_monthly_usd"] = apis
    option = projection.option(subject.name) if subject.name else None
    budget = projection.budget_usd_month
    if option is not None and option.first_month_usd is not None and budget:
        facts["cost.forecast_pct_budget"] = round(option.first_month_usd.base / budget * 100, 2)
    return facts


def _engineering(view: "View") -> bool:
    """Whether the projection counts the hours until it is in use and those from then on."""
    hours = (view.document.value_at(f"cost.people.{name}") for name in ("build_hours", "upkeep_hours_month"))
    return all(value is not REMOVED and value is not None for value in hours)


def _cheapest(view: "View", projection: CostProjection, hosting: Iterable[Hosting]) -> Decimal | None:
    """The first month of the cheapest projected option that is hosted so."""
    kinds = frozenset(hosting)
    amounts = [
        option.first_month_usd.base
        for option in projection.options
        if option.first_month_usd is not None
        and (card := view.cards_by_option.get(option.option)) is not None
        and card.hosting in kinds
    ]
    return min(amounts, default=None)


def _strongest(view: "View") -> Decimal | None:
    """A month of this workload by the first model of the catalog's published order of the strong ones."""
    by_id = {candidate.card.id: candidate for candidate in view.shortlist.candidates}
    for name in view.published_roles.get("strong", ()):
        if name in by_id and (month := by_id[name].usd_per_month) is not None:
            return month.base
    return None


def _of_machines(view: "View", subject: Subject) -> dict[str, FactValue]:
    """How busy the sized accelerators would be, on average over the active hours."""
    mean = view.facts.get("derived.rps_mean")
    if subject.card is None or subject.card.hosting is not Hosting.OPEN_WEIGHTS or not isinstance(mean, Decimal):
        return {}
    best = view.best_machines(subject.card)
    if best is None:
        return {}
    capacity = Decimal(str(best.rate_per_replica_s)) * (best.replicas + best.spare)
    return {"cost.gpu_utilisation": round(mean / capacity, 4)} if capacity else {}


def _of_tuning(view: "View", card: ModelCard, providers: "Callable[[], Sequence[Provider]]") -> dict[str, FactValue]:
    """Whether the model can be fine-tuned today, and for how many days still; absent where nobody says."""
    from maquette.catalog.providers import tuning_of

    found = tunable(card, map(tuning_of, providers()), view.today)
    if found is None:
        return {}
    facts: dict[str, FactValue] = {"cat.fine_tunable": found.answer}
    if found.until is not None:
        facts["cat.fine_tune_sunset_days"] = max(0, (found.until - view.today).days)
    return facts


def _of_card(view: "View", card: ModelCard) -> dict[str, FactValue]:
    """What the catalog knows of the model beside the figures that `evidence_facts` takes."""
    terms = card.weights.terms if card.weights else None
    commercial = terms.commercial if terms else None
    price_steps = steps_tok(card.price) if card.price else ()
    possible: dict[str, FactValue | None] = {
        "cat.zdr_available": True if card.hosting in _SELF else card.can(Capability.ZERO_RETENTION),
        "cat.baa_available": None if card.hosting in _SELF else card.can(Capability.BAA),
        "cat.license_ok": None if commercial in {None, Commercial.CONDITIONS} else commercial is Commercial.YES,
        "cat.region_ok": _in_region(view, card),
        "cat.price_step_tokens": min(price_steps) if price_steps else None,
    }
    if card.hosting is Hosting.API:
        possible["cat.open_weights"] = None
    return {name: value for name, value in possible.items() if value is not None}


def _in_region(view: "View", card: ModelCard) -> bool | None:
    """Whether data stays in the region that is required; None where nobody says, or none is required."""
    check = residency(Needs.of(view.facts, view.today))
    if check is None or card.hosting is not Hosting.API:
        return None
    answer = check(card)
    return None if isinstance(answer, Unsure) else not isinstance(answer, No)


def _self_served(view: "View", subject: Subject) -> dict[str, FactValue]:
    """Whether the user runs the model in question, or every chosen one while none is; absent where they differ."""
    cards = [subject.card] if subject.card is not None else list(view.cards_by_option.values())
    kinds = {card.hosting in _SELF for card in cards}
    return {"cat.self_served": kinds.pop()} if len(kinds) == 1 else {}


def _of_schema(view: "View") -> dict[str, FactValue]:
    """A schema of the answers is named: in the requirements, or where answers are scored."""
    named = view.facts.get("io.output_schema") or view.document.evaluation.answer_schema
    return {_SCHEMA: True} if named else {}


def _of_choice(view: "View") -> dict[str, FactValue]:
    """What the decision itself says about the design; nothing while none is made."""
    choice = view.document.choice
    if choice is None:
        return {}
    cards = list(_decided_cards(view))
    facts: dict[str, FactValue] = {}
    if choice.fallback is not None:
        facts["design.fallback"] = True
    if cards:
        facts["design.providers_count"] = len({host(card) for card in cards})
        kinds = {_hosting(card, view) for card in cards}
        if None not in kinds:
            facts["design.hosting"] = "hybrid" if len(kinds) > 1 else str(next(iter(kinds)))
    return facts


def _decided_cards(view: "View") -> Iterator[ModelCard]:
    choice = view.document.choice
    for name in (choice.model, choice.fallback) if choice else ():
        if name is not None and name in view.cards_by_option:
            yield view.cards_by_option[name]


def _hosting(card: ModelCard, view: "View") -> str | None:
    """None of a file or a server on this machine: where the system will run, it does not say."""
    if card.hosting is Hosting.API:
        return "api"
    if card.hosting is not Hosting.OPEN_WEIGHTS:
        return None
    return "device" if view.facts.get("data.residency") == "on_device" else "self"
