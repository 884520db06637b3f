"""A small world of models for the tests of the decision: run, costs and cards, each built in one line."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.shortlist import Candidate, Exclusion, Fit, Shortlist
from maquette.catalog.weights import Weights
from maquette.cost.projection import CostProjection, OptionCost
from maquette.decision.decision import Choice, Decision, DecisionStatus
from maquette.decision.weighing import weigh
from maquette.evals.run import EvalRun, Percentiles, TargetResult
from maquette.evals.statistics import verdict, wilson
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Range
from maquette.requirements.answers import Requirements, known_facts
from maquette.rules.judging import judge
from tests.rule_world import question_book, rule_book

TODAY = date(2026, 11, 21)
THRESHOLD = 0.85
ANSWERS: Mapping[str, FactValue] = {
    "quality.threshold": THRESHOLD,
    "latency.p95_ms": 800,
    "budget.monthly_usd": 600,
    "task.type": "classification",
    "io.output_format": "json",
}
CLAIM = Source(kind=SourceKind.CLAIMED, ref="provider page", as_of=date(2026, 11, 18))


def result(model: str, correct: int, scored: int, *, p95_s: float | None = 0.5, **changes: Any) -> TargetResult:
    """What was measured of ``model``."""
    interval = wilson(correct, scored) if scored else None
    values: dict[str, Any] = {
        "target_id": model,
        "planned": scored,
        "done": scored,
        "scored": scored,
        "correct": correct,
        "score": correct / scored if scored else None,
        "interval": interval,
        "verdict": verdict(interval, THRESHOLD),
        "mean_scores": {},
        "by_stratum": {},
        "failures": {},
        "retried": 0,
        "from_cache": 0,
        "calls_made": scored,
        "latency": None if p95_s is None else Percentiles(p50_s=p95_s / 2, p95_s=p95_s, p99_s=p95_s * 1.5),
        "ttft_p50_s": None,
        "mean_input_tok": None,
        "mean_output_tok": None,
        "spent_usd": None,
        "throughput_per_s": None,
    }
    return TargetResult(**{**values, **changes})


def run(*results: TargetResult, state: RunState = RunState.FINISHED) -> EvalRun:
    """A run of these results."""
    return EvalRun(
        id="r1",
        computed_from="plan",
        state=state,
        dataset="evals/examples.jsonl",
        prompt="prompts/main.j2",
        primary_metric="exact_match",
        threshold=THRESHOLD,
        started_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        finished_at=None,
        results=results,
    )


def cost(model: str, month_usd: str | None, **changes: Any) -> OptionCost:
    """What ``model`` costs: ``month_usd`` in each of twelve months, or unpriced."""
    amount = None if month_usd is None else Decimal(month_usd)
    month = None if amount is None else Range(low=amount, base=amount, high=amount)
    year = None if amount is None else Range(low=amount * 12, base=amount * 12, high=amount * 12)
    values: dict[str, Any] = {
        "option": model,
        "usd_per_request": None if amount is None else amount / 1000,
        "first_month_usd": month,
        "last_month_usd": month,
        "total_usd": year,
        "over_budget_from": None,
        "unpriced": () if amount is not None else ("no host price",),
    }
    return OptionCost(**{**values, **changes})


def projection(*options: OptionCost) -> CostProjection:
    """A projection of these options."""
    return CostProjection(
        options=options,
        lines=(),
        assumptions=(),
        horizon_months=12,
        budget_usd_month=Decimal(600),
        prices_as_of="2026-11-18",
        computed_from="prices",
    )


def card(model: str, *, params_b: str | None = None, **changes: Any) -> ModelCard:
    """A card: an API model, or a file of weights when its size is given."""
    weights = Weights(
        params_b=Decimal(params_b) if params_b else None,
        active_params_b=None,
        layers=None,
        attention=None,
        native_quantisation=None,
        licence=None,
    )
    values: dict[str, Any] = {
        "id": model,
        "provider": "somebody",
        "hosting": Hosting.LOCAL_FILE if params_b else Hosting.API,
        "source": CLAIM,
        "weights": weights if params_b else None,
    }
    return ModelCard(**{**values, **changes})


def candidate(model: ModelCard, *cautions: str, unverified: tuple[str, ...] = ()) -> Candidate:
    """A model that fits."""
    return Candidate(
        card=model,
        fit=Fit.UNVERIFIED if unverified else Fit.FITS,
        unverified=unverified,
        usd_per_request=None,
        usd_per_month=None,
        quality=None,
        on_front=True,
        dominated_by=None,
        cautions=cautions,
    )


def shortlist(*candidates: Candidate, excluded: tuple[Exclusion, ...] = ()) -> Shortlist:
    """A shortlist of these."""
    return Shortlist(candidates=candidates, exclusions=excluded, funnel={}, fingerprint="list")


def choice(model: str, *, fallback: str | None = None, accepted: bool = False) -> Choice:
    """The user's choice."""
    return Choice(
        model=model,
        fallback=fallback,
        because="it is known in the house",
        status=DecisionStatus.ACCEPTED if accepted else DecisionStatus.DRAFT,
        decided_on=TODAY,
        computed_from="",
    )


def decision(
    ran: EvalRun | None = None,
    costs: CostProjection | None = None,
    *,
    models: Shortlist | None = None,
    chosen: Choice | None = None,
    answers: Mapping[str, FactValue] = ANSWERS,
    **design_facts: FactValue,
) -> Decision:
    """The decision over these values; design facts as ``design__fallback=False``."""
    stated = {name.replace("__", "."): value for name, value in design_facts.items()}
    requirements = Requirements(answers=answers, design_facts=stated)
    facts = known_facts(requirements, question_book())
    return weigh(
        requirements=requirements,
        questions=question_book(),
        facts=facts,
        run=ran,
        projection=costs,
        report=judge(rule_book(), facts),
        shortlist=models or shortlist(),
        choice=chosen,
        today=TODAY,
    )
