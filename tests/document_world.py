"""Whole bundles of the four scenarios: real catalog, real prices, real rules, an evaluation written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from maquette.adapters.assurance_files import load_assurance
from maquette.adapters.knowledge_files import load_providers
from maquette.bundle.building import BundleInputs
from maquette.catalog.cards import Catalog
from maquette.catalog.scorecard import scorecard
from maquette.catalog.shortlisting import shortlist
from maquette.catalogs import load_catalog
from maquette.cost.design_split import ENCODER
from maquette.cost.options import CostOption
from maquette.decision.decision import Choice, DecisionStatus
from maquette.decision.evidence import evidence_facts
from maquette.decision.record import records
from maquette.decision.weighing import weigh
from maquette.evals.run import EvalRun, Percentiles, TargetResult
from maquette.evals.statistics import verdict, wilson
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue
from maquette.requirements.answers import Requirements, known_facts
from maquette.rules.judging import judge
from tests import bundle_world as world
from tests.cost_world import PRICES_AS_OF, project
from tests.rule_world import SCENARIOS, question_book, rule_book, scenario

TODAY = date(2026, 11, 21)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One evaluated model: right answers out of those asked, and the P95 of its answers."""

    model: str
    right: int
    p95_s: float


@dataclass(frozen=True, kw_only=True)
class Story:
    """What was evaluated in a scenario and what was chosen; the first model is the choice, the second its fallback."""

    run: str
    dataset: str
    metric: str
    asked: int
    strata: tuple[str, str]
    tried: tuple[Tried, ...]
    because: str


STORIES: Mapping[str, Story] = {
    "a_hipaa_clinical_summary": Story(
        run="r-021",
        dataset="evals/encounters.jsonl",
        metric="rubric_judge",
        asked=400,
        strata=("long note", "short note"),
        tried=(
            Tried(model="open/gpt-oss-120b", right=392, p95_s=14.2),
            Tried(model="open/gemma-4-31b-it", right=381, p95_s=11.9),
        ),
        because="its summaries hold what the notes say",
    ),
    "b_ecommerce_triage_5m": Story(
        run="r-007",
        dataset="evals/messages.jsonl",
        metric="label",
        asked=6000,
        strata=("es", "en"),
        tried=(
            Tried(model="gpt-6-luna", right=5664, p95_s=0.61),
            Tried(model="claude-haiku-5-5", right=5646, p95_s=0.72),
        ),
        because="it is the cheapest that passes in all languages",
    ),
    "e_coding_assistant_agent": Story(
        run="r-033",
        dataset="evals/tasks.jsonl",
        metric="code_tests",
        asked=120,
        strata=("bug fix", "feature"),
        tried=(
            Tried(model="claude-sonnet-5-5", right=79, p95_s=12.4),
            Tried(model="gpt-6.1-terra", right=70, p95_s=10.8),
        ),
        because="it solves the most tasks within the budget",
    ),
    "g_hr_policy_small": Story(
        run="r-002",
        dataset="evals/handbook.jsonl",
        metric="citation",
        asked=120,
        strata=("leave", "pay"),
        tried=(Tried(model="gpt-6-luna", right=117, p95_s=4.1), Tried(model="claude-sonnet-5-5", right=118, p95_s=5.6)),
        because="a question costs less than two cents",
    ),
}


@cache
def catalog() -> Catalog:
    """The shipped models."""
    return load_catalog()


@cache
def scenario_inputs(name: str, *changes: tuple[str, FactValue]) -> BundleInputs:
    """The scenario's bundle with some answers changed, every stage computed anew."""
    said, story = scenario(name).requirements, STORIES[name]
    requirements = replace(said, answers={**said.answers, **dict(changes)})
    return inputs_of(name, requirements, story)


def inputs_of(name: str, requirements: Requirements, story: Story) -> BundleInputs:
    """The bundle of these requirements with the story's evaluation."""
    facts = known_facts(requirements, question_book())
    run = _run(story, facts)
    cards = {one.model: catalog().cards[one.model] for one in story.tried}
    first_slot = judge(rule_book(), facts).slots.get("adaptation_first")
    encoder = first_slot is not None and first_slot.value == ENCODER
    options = [
        CostOption(name=model, card=card, measured=run.result(model), encoder_first=encoder)
        for model, card in cards.items()
    ]
    projection = replace(project(facts, *options), prices_as_of=PRICES_AS_OF.isoformat())
    fits = shortlist(catalog(), facts, today=TODAY, measured={})
    first = story.tried[0].model
    evidence = evidence_facts(
        run, projection, cards[first], today=TODAY, prices_as_of=PRICES_AS_OF, name=first, cards=cards
    )
    seen = {**evidence, **facts}
    decision = weigh(
        requirements=requirements, questions=question_book(), facts=seen, run=run, projection=projection,
        report=judge(rule_book(), seen), shortlist=fits, choice=_choice(story), today=TODAY,
    )  # fmt: skip
    return BundleInputs(
        document=str(requirements.answers.get("project.name", name)),
        requirements=requirements,
        book=question_book(),
        shortlist=fits,
        run=run,
        projection=projection,
        decision=decision,
        records=records(decision, facts=seen, questions=question_book()),
        targets=(),
        today=TODAY,
        maquette_version="0.1.0",
        computed_from="5d1c0de000000006",
        assurance=load_assurance(),
        providers=scorecard(fits, load_providers(), facts, today=PRICES_AS_OF, chosen=list(cards)),
    )


@cache
def scenario_texts(name: str, *changes: tuple[str, FactValue]) -> dict[str, str]:
    """Path to text of that bundle's files."""
    return world.texts(scenario_inputs(name, *changes))


def documents(texts: Mapping[str, str]) -> dict[str, str]:
    """Those of the files that are documents."""
    return {path: text for path, text in texts.items() if path.startswith("docs/") and path.endswith(".md")}


def _choice(story: Story) -> Choice:
    first, second = story.tried[0].model, story.tried[1].model
    return Choice(
        model=first, fallback=second, because=story.because, status=DecisionStatus.DRAFT,
        decided_on=TODAY, computed_from="5d1c0de000000004",
    )  # fmt: skip


def _run(story: Story, facts: Mapping[str, FactValue]) -> EvalRun:
    threshold = facts.get("quality.threshold")
    least = float(threshold) if isinstance(threshold, int | float) else None
    return EvalRun(
        id=story.run, computed_from=f"plan of {story.run}", state=RunState.FINISHED, dataset=story.dataset,
        prompt="prompts/main.j2 version 3", primary_metric=story.metric, threshold=least,
        started_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC), finished_at=None,
        results=tuple(_result(one, story, least) for one in story.tried),
    )  # fmt: skip


def _result(one: Tried, story: Story, threshold: float | None) -> TargetResult:
    interval = wilson(one.right, story.asked)
    half, missed = story.asked // 2, min(3, story.asked - one.right)
    return TargetResult(
        target_id=one.model, planned=story.asked, done=story.asked, scored=story.asked, correct=one.right,
        score=one.right / story.asked, interval=interval, verdict=verdict(interval, threshold),
        mean_scores={story.metric: one.right / story.asked},
        by_stratum={story.strata[0]: (half, one.right - half + missed), story.strata[1]: (half, half - missed)},
        failures={}, retried=0, from_cache=0, calls_made=story.asked,
        latency=Percentiles(p50_s=one.p95_s / 2, p95_s=one.p95_s, p99_s=one.p95_s * 1.3), ttft_p50_s=None,
        mean_input_tok=None, mean_output_tok=None, spent_usd=Decimal("1.20"), throughput_per_s=None,
    )  # fmt: skip


__all__ = ["SCENARIOS", "STORIES", "documents", "scenario_inputs", "scenario_texts"]
