"""A small fixed project for the tests of the bundle: every value is written here, none comes from the shipped data."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from maquette.adapters.templates import JinjaRenderer, load_templates
from maquette.bundle.building import bundle_files
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.plan import FileSpec
from maquette.bundle.templates import TemplateSet
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.prices import PriceTable
from maquette.catalog.shortlist import Candidate, Fit, Shortlist
from maquette.cost.projection import ByCase, CostAssumption, CostLine, CostProjection, OptionCost
from maquette.decision.decision import Choice, Decision, DecisionStatus, OpenQuestion, Option, Reason
from maquette.decision.record import Confirmation, ConsideredOption, Disagreement, Driver, Record
from maquette.evals.calls import FailureKind, TargetSpec
from maquette.evals.run import EvalRun, Interval, Percentiles, TargetResult, Verdict
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue, parse
from maquette.foundation.shipped import shipped
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Range
from maquette.requirements.answers import Requirements
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import Finding, Rule, RuleReport, Slot, SlotValue, Status, Strength

MAP = Source(kind=SourceKind.CLAIMED, ref="LiteLLM price map 1.109.1", as_of=date(2026, 11, 20))
ESTIMATE = Source(kind=SourceKind.ESTIMATED, ref="quantity x price")
TODAY = date(2026, 11, 21)

QUESTIONS: dict[str, tuple[str, str | None, FactValue | None, str]] = {
    "task.type": ("text", None, None, "What does the system do with each request?"),
    "users.audience": ("text", None, "internal", "Who sees the output?"),
    "scale.requests_per_day": ("number", "req/day", None, "Requests per day at launch?"),
    "tokens.input_avg": ("number", "tokens", None, "Input tokens per request?"),
    "tokens.output_avg": ("number", "tokens", None, "Output tokens per request?"),
    "latency.p95_ms": ("number", "ms", None, "P95 response time for the complete answer?"),
    "availability.target": ("number", "fraction", 0.995, "Availability objective (30 days)"),
    "quality.metric": ("text", None, None, "Which number says it is good?"),
    "quality.threshold": ("number", "fraction", None, "Minimum acceptable value?"),
    "budget.monthly_usd": ("number", "USD/month", None, "Run-cost ceiling per month?"),
    "budget.hardness": ("text", None, "soft", "At the ceiling: degrade or stop?"),
    "data.sensitivity": ("text", None, "internal", "Most sensitive data that can reach a prompt?"),
    "data.residency": ("text", None, None, "Where must data stay?"),
    "data.labelled_examples": ("number", "examples", 0, "How many examples do you have?"),
    "logging.content_allowed": ("bool", None, True, "May prompts and answers be stored in logs?"),
    "team.oncall": ("bool", None, False, "Is there an on-call rota?"),
}
ANSWERS: dict[str, FactValue] = {
    "task.type": "classification",
    "scale.requests_per_day": 40_000,
    "tokens.input_avg": 420,
    "tokens.output_avg": 14,
    "latency.p95_ms": 1000,
    "quality.metric": "accuracy",
    "quality.threshold": 0.85,
    "budget.monthly_usd": 600,
    "budget.hardness": "hard",
    "data.labelled_examples": 120,
}


def book() -> QuestionBook:
    """Sixteen questions and the rates that follow from them."""
    fields = [
        {
            "id": name, "card": 1, "mode": "quick", "type": kind, "ask": ask, "why": "A test asks.", "unit": unit,
            "default": default, "uses": ["R"], "src": ["test"],
        }
        for name, (kind, unit, default, ask) in QUESTIONS.items()
    ]  # fmt: skip
    derived = [
        {"id": "derived.rps_mean", "formula": "scale.requests_per_day / 86400"},
        {"id": "derived.rps_peak", "formula": "derived.rps_mean * 3"},
        {"id": "derived.cost_per_request_limit", "formula": "budget.monthly_usd / (scale.requests_per_day * 30.4)"},
    ]
    return QuestionBook.from_data({"cards": {1: "Test"}, "fields": fields, "derived": derived})


def card(model: str, *, input_usd: str | None = "0.0000003", **changes: Any) -> ModelCard:
    """An API model of the provider openai."""
    prices = None
    if input_usd is not None:
        table = {"input_cost_per_token": Decimal(input_usd), "output_cost_per_token": Decimal(input_usd) * 4}
        prices = PriceTable(usd_per_unit=table, source=MAP)
    values: dict[str, Any] = {
        "id": model,
        "provider": "openai",
        "hosting": Hosting.API,
        "source": MAP,
        "context_tok": 128_000,
        "price": prices,
    }
    return ModelCard(**{**values, **changes})


def shortlist(*cards: ModelCard) -> Shortlist:
    """Cards that fit."""
    candidates = tuple(
        Candidate(
            card=one, fit=Fit.FITS, unverified=(), usd_per_request=None, usd_per_month=None, quality=None,
            on_front=True, dominated_by=None, cautions=(),
        )
        for one in cards
    )  # fmt: skip
    return Shortlist(candidates=candidates, exclusions=(), funnel={}, fingerprint="5d1c0de000000001")


def result(model: str, correct: int, *, low: float, high: float, verdict: Verdict) -> TargetResult:
    """120 answers of ``model``."""
    return TargetResult(
        target_id=model, planned=120, done=120, scored=119, correct=correct, score=correct / 119,
        interval=Interval(low=low, high=high), verdict=verdict, mean_scores={"exact_match": correct / 119},
        by_stratum={"edge": (19, 14), "normal": (100, correct - 14)}, failures={FailureKind.TIMEOUT: 1}, retried=2,
        from_cache=0, calls_made=122, latency=Percentiles(p50_s=0.412, p95_s=0.803, p99_s=1.31), ttft_p50_s=None,
        mean_input_tok=418.4, mean_output_tok=13.6, spent_usd=Decimal("0.021"), throughput_per_s=7.9,
    )  # fmt: skip


def run(*results: TargetResult) -> EvalRun:
    """The finished run r-014."""
    return EvalRun(
        id="r-014", computed_from="5d1c0de000000002", state=RunState.FINISHED, dataset="evals/tickets.jsonl",
        prompt="prompts/triage.j2", primary_metric="exact_match", threshold=0.85,
        started_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC), finished_at=None, results=results,
    )  # fmt: skip


def option_cost(model: str, month_usd: str) -> OptionCost:
    """``month_usd`` in each of twelve months, a fifth more in the dear case."""
    month = Decimal(month_usd)
    spread = Range(low=month, base=month, high=month * Decimal("1.2"))
    total = Range(low=month * 12, base=month * 12, high=month * Decimal("14.4"))
    return OptionCost(
        option=model, usd_per_request=month / 1_216_000, first_month_usd=spread, last_month_usd=spread,
        total_usd=total, over_budget_from=None, unpriced=(),
    )  # fmt: skip


def projection(*options: OptionCost) -> CostProjection:
    """The options with the first one's lines of the first month."""
    model = options[0].option
    lines = tuple(
        CostLine(
            option=model, month=1, name=name, quantity=_flat(quantity), unit="tokens", usd_per_unit=Decimal(price),
            amount_usd=_flat(str(Decimal(quantity) * Decimal(price))), price_key=key, source=MAP,
        )
        for name, quantity, price, key in (
            ("input, fresh", "510720000", "0.0000003", "input_cost_per_token"),
            ("output", "17024000", "0.0000012", "output_cost_per_token"),
        )
    )  # fmt: skip
    growth = CostAssumption(
        name="growth", value="5 % a month", low="0 %", high="10 %",
        source=Source(kind=SourceKind.ASSUMED, ref="default of scale.growth_pct_month"),
    )  # fmt: skip
    return CostProjection(
        options=options, lines=lines, assumptions=(growth,), horizon_months=12, budget_usd_month=Decimal(600),
        prices_as_of="2026-11-20", computed_from="5d1c0de000000003",
    )  # fmt: skip


def rule(name: str, strength: Strength, recommend: str, **proposes: SlotValue) -> Rule:
    """A rule that fires."""
    return Rule(
        id=name, area="observability", when=parse("true"), recommend=recommend, strength=strength, proposes=proposes,
        overrides=(), rationale="Because a test needs it", sources=("TEST",), guidance=(), conflict=None,
        overturn="a measurement that says otherwise",
    )  # fmt: skip


def report(*rules: Rule) -> RuleReport:
    """All of ``rules`` fired, each slot with the value of its rule."""
    slots = {
        name: Slot(name=name, value=value, proposals={value: (one.id,)}, conflict=False)
        for one in rules
        for name, value in one.proposes.items()
    }
    findings = tuple(Finding(rule=one, status=Status.FIRED) for one in rules)
    return RuleReport(findings=findings, slots=slots, fingerprint="rules")


MONITORING = rule("R-OBS-01", Strength.MUST, "Emit model, tokens, latency and cost of every call", monitoring=True)
NO_QUEUE = rule("R-QUEUE-03", Strength.STRONG, "No queue: the peak fits one process", queue=False)
ROUTER = rule("R-ROUTE-01", Strength.CONSIDER, "Cascade between a fast and a strong tier", router="cascade")
EXACT_CACHE = rule("R-CACHE-03", Strength.STRONG, "Exact cache over prompt, model and parameters", cache="exact")


def decision(
    *,
    model: str | None = "beta-flash",
    fallback: str | None = "alpha-mini",
    rules: tuple[Rule, ...] = (MONITORING, NO_QUEUE, ROUTER),
    status: DecisionStatus = DecisionStatus.ACCEPTED,
    blocking: tuple[str, ...] = (),
    recommended: str | None = "beta-flash",
) -> Decision:
    """The user's choice over what was measured; nothing is chosen when ``model`` is None."""
    choice = None
    if model is not None:
        choice = Choice(
            model=model, fallback=fallback, because="it is the cheapest that passes", status=status,
            decided_on=date(2026, 11, 21), computed_from="5d1c0de000000004",
        )  # fmt: skip
    return Decision(
        choice=choice,
        recommended=recommended,
        no_recommendation=None if recommended else "No model was evaluated",
        options=(Option(model="beta-flash", result=None, cost=None, for_it=(), against_it=()),),
        reasons=(Reason(text="beta-flash passes", source=Source(kind=SourceKind.MEASURED, ref="run r-014")),),
        flips=(),
        open_questions=(
            OpenQuestion(fact="data.residency", how="answer", ask="Where must data stay?", rules=("R-RES-01",)),
        ),
        blocking=blocking,
        rules=report(*rules),
        computed_from="5d1c0de000000005",
    )


RECORD = Record(
    number=1,
    id="ADR-0001",
    slug="model",
    title="The model: beta-flash",
    status="accepted",
    decided_on=date(2026, 11, 21),
    context=("Which model answers the requests, and how is it known to be good enough?",),
    drivers=(Driver(fact="quality.threshold", value="0.85", unit="fraction"),),
    options=(
        ConsideredOption(name="beta-flash", outcome="chosen", pros=("passes with 89.9 %",), cons=()),
        ConsideredOption(name="alpha-mini", outcome="not taken", pros=("half the price",), cons=("fails with 72.3 %",)),
    ),
    outcome=("beta-flash, with alpha-mini as fallback, because it is the cheapest that passes",),
    reasons=("beta-flash passes [measured: run r-014]",),
    good=("passes with 89.9 %",),
    bad=("$158 a month",),
    confirmation=(Confirmation(text="a measurement that says otherwise", rule="R-MODEL-02"),),
    rules=("R-MODEL-02",),
    evidence=("measured: run r-014",),
    disagreements=(Disagreement(rule="R-MODEL-02", text="Guidance starts with the largest model"),),
)


def inputs(answers: Mapping[str, FactValue] = ANSWERS, **changes: Any) -> BundleInputs:
    """The whole project, with ``changes``."""
    values = BundleInputs(
        document="ticket-triage",
        requirements=Requirements(answers=answers),
        book=book(),
        shortlist=shortlist(
            card("beta-flash", retires_on=date(2027, 6, 30)),
            card("alpha-mini", input_usd="0.0000001", provider="mistral", context_tok=256_000),
        ),
        run=run(
            result("beta-flash", 107, low=0.831, high=0.941, verdict=Verdict.NOT_ENOUGH_DATA),
            result("alpha-mini", 86, low=0.636, high=0.795, verdict=Verdict.FAILS),
        ),
        projection=projection(option_cost("beta-flash", "173.6448"), option_cost("alpha-mini", "57.8816")),
        decision=decision(),
        records=(RECORD,),
        targets=(
            TargetSpec(
                id="beta-flash", card="beta-flash", adapter="litellm", model="openai/beta-flash",
                api_key_env="OPENAI_API_KEY",
            ),
        ),
        today=TODAY,
        maquette_version="0.1.0",
        computed_from="5d1c0de000000006",
    )  # fmt: skip
    return replace(values, **changes)


def empty_inputs() -> BundleInputs:
    """A project of which nothing is known but its name."""
    return inputs({}, shortlist=None, run=None, projection=None, decision=None, records=(), targets=())


def local_target(model: str, file: str) -> TargetSpec:
    """A model of the user's own machine."""
    return TargetSpec(id=model, card=f"local/{model}", adapter="llama_cpp", model=file)


@cache
def templates() -> TemplateSet:
    """The shipped templates."""
    return load_templates(shipped("templates"))


@cache
def renderer() -> JinjaRenderer:
    """Over the shipped templates."""
    return JinjaRenderer(shipped("templates"))


def render(values: BundleInputs) -> tuple[FileSpec, ...]:
    """The bundle's files."""
    return bundle_files(values, templates=templates(), renderer=renderer())


def texts(values: BundleInputs) -> dict[str, str]:
    """Path to text of the bundle's files."""
    return {spec.path: spec.content for spec in render(values)}


def _flat(amount: str) -> ByCase:
    value = Decimal(amount)
    return ByCase(low=value, base=value, high=value)
