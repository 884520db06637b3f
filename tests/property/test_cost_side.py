"""Side lines at any size: never negative, and never less for more knowledge, more requests or more hours."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maquette.cost.projection import CASES
from maquette.cost.side.all import design_costs
from maquette.cost.side.basis import Asked
from maquette.cost.side_lines import SideCosts
from maquette.cost.side_settings import CostSettings, FineTuningSettings, PeopleSettings, RetrievalSettings
from tests.side_world import CHAT, basis

CORPUS = st.integers(min_value=1, max_value=10**11)
LENGTH = st.integers(min_value=1, max_value=10**6)
HORIZON = 12


def costs(settings: CostSettings | None = None, **facts: Any) -> SideCosts:
    chosen = settings or CostSettings(retrieval=RetrievalSettings(vector_store="store"))
    slots = {"guardrails": "both", "retrieval": "hybrid_rerank", "knowledge": "rag"}
    return design_costs(basis(settings=chosen, slots=slots, asked=(Asked(name="chat", card=CHAT),), **facts))


def total(found: SideCosts, requests_a_month: int = 30_400) -> dict[str, Decimal]:
    """Dollars of a year in each case."""
    return {
        case: sum(
            (
                (line.fixed.of(case) + line.per_request.of(case) * requests_a_month) * line.usd_per_unit
                for month in range(1, HORIZON + 1)
                for line in found.lines
                if line.due(month)
            ),
            Decimal(0),
        )
        for case in CASES
    }


@given(
    corpus=CORPUS,
    asked=LENGTH,
    answered=LENGTH,
    often=st.sampled_from(["never", "yearly", "monthly", "daily", "realtime", None]),
    days=st.integers(min_value=0, max_value=4000),
    allowed=st.sampled_from([True, False, None]),
)
def test_no_line_is_ever_negative_and_the_sums_never_fall(
    corpus: int, asked: int, answered: int, often: str | None, days: int, allowed: bool | None
) -> None:
    facts: dict[str, Any] = {
        "tokens__input_avg": asked,
        "tokens__output_avg": answered,
        "logging__content_allowed": allowed,
    }
    found = costs(knowledge__corpus_tokens=corpus, knowledge__change_freq=often, logging__retention_days=days, **facts)
    for line in found.lines:
        assert all(line.fixed.of(case) >= 0 and line.per_request.of(case) >= 0 for case in CASES), line.name
        assert line.usd_per_unit >= 0
    sums = total(found)
    assert sums["low"] <= sums["base"] <= sums["high"]


@given(corpus=CORPUS, more=st.integers(min_value=0, max_value=10**10))
def test_more_knowledge_never_costs_less(corpus: int, more: int) -> None:
    few, many = (total(costs(knowledge__corpus_tokens=size)) for size in (corpus, corpus + more))
    assert all(few[case] <= many[case] for case in CASES)


@given(
    hours=st.decimals(min_value=0, max_value=10**6, places=2), rate=st.decimals(min_value=0, max_value=500, places=2)
)
def test_engineering_is_always_hours_times_the_rate(hours: Decimal, rate: Decimal) -> None:
    people = CostSettings(people=PeopleSettings(build_hours=hours, upkeep_hours_month=Decimal(0)))
    found = design_costs(basis(settings=people, team__hourly_rate_usd=rate))
    (build,) = (line for line in found.lines if line.name == "engineering, build")
    assert all(build.fixed.of(case) * build.usd_per_unit == hours * rate for case in CASES)


@given(tokens=st.integers(min_value=1, max_value=10**10), epochs=st.integers(1, 20), runs=st.integers(1, 50))
def test_training_is_tokens_times_epochs_times_trainings(tokens: int, epochs: int, runs: int) -> None:
    tuning = FineTuningSettings(service="tuning", training_tok=tokens, epochs=epochs, runs=runs)
    found = design_costs(basis(settings=CostSettings(fine_tuning=tuning)))
    (line,) = (line for line in found.lines if line.name == "training")
    assert line.fixed.base * 1_000_000 == tokens * epochs * runs
