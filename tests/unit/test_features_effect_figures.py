"""The figures of a project that say what a recommendation does: levers, prices, runs, sizings, each by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette.cost.levers import Lever, LeverKind, LeverTable
from maquette.decision.effect_figures import versus
from maquette.decision.effect_values import Effect, Known
from maquette.decision.effects import effects
from maquette.decision.refusing import Uptime
from maquette.evals.run import Percentiles
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.rules.effect import Axis, Direction
from maquette.rules.judging import judge
from tests.decision_world import cost, projection
from tests.document_world import catalog, scenario_inputs
from tests.rule_world import rule_book
from tests.serving_world import open_card, sized

BETTER, WORSE, SAME = Direction.BETTER, Direction.WORSE, Direction.SAME


def effect_of(rule: str, known: Known, facts: Mapping[str, FactValue]) -> Effect:
    """The effect of one shipped rule that these facts fire."""
    book = rule_book()
    found = effects(judge(replace(book, rules={rule: book.rules[rule]}), facts), known)
    assert [one.rule.id for one in found] == [rule]
    return found[0]


def table(**changes: Any) -> LeverTable:
    lever = Lever(kind=LeverKind.PREFIX_CACHE, state="possible", before_usd=Decimal(100), after_usd=Decimal(80))
    one = replace(lever, **changes)
    return LeverTable(
        option="small",
        today_usd=Decimal(100),
        requests_month=Decimal(1000),
        budget_usd_month=None,
        levers=(one,),
        steps=(),
    )


CACHED = {"tokens.shared_prefix": 2000, "derived.rps_mean": 5.0}


@pytest.mark.parametrize(
    ("after", "direction", "words"),
    [
        ("80", BETTER, "$20.00 less in the first month of small (20 %), not in the projection yet"),
        ("100", SAME, "saves nothing here"),
        ("125", WORSE, "$25.00 more in the first month of small (25 %), not in the projection yet"),
    ],
)
def test_a_figure_of_the_project_outweighs_the_rules_own_word(after: str, direction: Direction, words: str) -> None:
    found = effect_of("R-CACHE-01", Known(model=None, facts={}, levers=table(after_usd=Decimal(after))), CACHED)
    assert found.rule.effect.cost is BETTER
    assert (found.of(Axis.COST), [one.text for one in found.on(Axis.COST)]) == (direction, [words])


def test_a_measured_loss_names_its_run_and_a_stated_one_says_that_it_is_stated() -> None:
    facts: dict[str, FactValue] = {"design.hosting": "self", "infra.gpu_arch": "hopper", "eval.quant_delta_points": 0.4}
    measured = scenario_inputs("a_hipaa_clinical_summary").run
    by_run = effect_of("R-QUANT-01", Known(model=None, facts=facts, run=measured), facts)
    stated = frozenset({"eval.quant_delta_points"})
    by_word = effect_of("R-QUANT-01", Known(model=None, facts=facts, run=measured, stated=stated), facts)
    assert [(one.of(Axis.QUALITY), one.changes[0].text, str(one.changes[0].source)) for one in (by_run, by_word)] == [
        (WORSE, "0.4 points lost to the number format", "measured: run r-021"),
        (WORSE, "0.4 points lost to the number format", "claimed: stated design fact eval.quant_delta_points"),
    ]


@dataclass(frozen=True)
class Pair:
    """Two models on the same examples."""

    points: float
    low: float
    high: float
    run: str = "r-007"
    first: str = "large"
    second: str = "small"


@pytest.mark.parametrize(
    ("pair", "direction", "words"),
    [
        (Pair(points=2.0, low=0.9, high=3.1), WORSE, "2.0 points behind (0.9 to 3.1)"),
        (Pair(points=0.5, low=-0.4, high=1.4), SAME, "0.5 points behind (-0.4 to 1.4), a tie"),
    ],
)
def test_the_chosen_model_is_behind_by_the_paired_points_unless_they_are_a_tie(
    pair: Pair, direction: Direction, words: str
) -> None:
    found = versus("small", "large", Known(model="small", facts={}, paired=(pair,)))
    assert found.quality is not None
    assert (found.quality.direction, found.quality.text) == (direction, words)
    assert found.quality.source == Source(kind=SourceKind.MEASURED, ref="run r-007, paired")
    assert (found.latency, found.cost) == (None, None)


CARDS = {name: catalog().cards[name] for name in ("gpt-6-luna", "claude-haiku-5-5", "gpt-6.1-terra")}
PRICED = projection(cost("gpt-6-luna", "300"), cost("claude-haiku-5-5", "450"), cost("gpt-6.1-terra", "900"))
UPTIMES = {"openai": Uptime(share=Decimal("0.999"), source="a"), "anthropic": Uptime(share=Decimal("0.99"), source="b")}
ONE_PROVIDER: dict[str, FactValue] = {
    "availability.target": 0.9995,
    "data.external_processing_allowed": True,
    "design.providers_count": 1,
}


def two_providers(fallback: str | None) -> Effect:
    known = Known(
        model="gpt-6-luna", fallback=fallback, facts={}, projection=PRICED, cards=CARDS, uptimes=UPTIMES
    )  # fmt: skip
    return effect_of("R-FALL-01", known, ONE_PROVIDER)


def test_a_second_provider_adds_availability_and_costs_more_a_request() -> None:
    """1 - 0.001 x 0.01 = 99.999 %; a request at $450 a thousand instead of $300."""
    found = two_providers(None)
    assert [(one.axis, one.direction, one.text) for one in found.changes] == [
        (Axis.AVAILABILITY, BETTER, "99.9 % promised becomes 99.999 % at most with claude-haiku-5-5"),
        (Axis.COST, WORSE, "a request on claude-haiku-5-5 costs $0.45 instead of $0.3"),
    ]
    assert found.changes[0].source.ref == "1 - (1 - 0.999) x (1 - 0.99), if openai and anthropic fail independently"


def test_a_fallback_at_the_same_provider_adds_no_availability() -> None:
    found = two_providers("gpt-6.1-terra")
    assert found.rule.effect.availability is BETTER
    assert found.of(Axis.AVAILABILITY) is SAME
    assert [one.text for one in found.changes] == [
        "gpt-6-luna and gpt-6.1-terra are both run by openai, whose outage takes down both"
    ]


@pytest.mark.parametrize(("limit_ms", "direction"), [(20_000, BETTER), (15_000, WORSE)])
def test_own_machines_are_told_with_their_predicted_speed_against_the_limit(
    limit_ms: int, direction: Direction
) -> None:
    facts: dict[str, FactValue] = {"data.external_processing_allowed": False, "latency.p95_ms": limit_ms}
    card = open_card()
    known = Known(model=card.id, facts=facts, served={card.id: sized(card)})
    found = effect_of("R-SELF-01", known, {**facts, "data.residency": "on_prem_only", "infra.offline_required": True})
    assert [(one.axis, one.direction, one.text) for one in found.changes] == [
        (
            Axis.LATENCY,
            direction,
            f"an answer of mean length of {card.id} within 19.8 s predicted, the limit is {limit_ms // 1000} s",
        ),
        (Axis.AVAILABILITY, None, "1 of 4 replicas may fail"),
    ]


@pytest.mark.parametrize(
    ("rule", "facts", "words"),
    [
        ("R-BUDGET-01", {"budget.monthly_usd": 600}, "the first month of gpt-6-luna takes 50 % of the limit"),
        (
            "R-OBS-02",
            {"availability.target": 0.999, "scale.requests_per_day": 240_000},
            "the target allows 7,200 failed requests in 30 days",
        ),
        (
            "R-OBS-02",
            {"availability.target": 0.99, "scale.requests_per_day": 240},
            "the target allows 72 failed requests in 30 days; at 10 an hour they are counted, not rated",
        ),
        ("R-MIG-01", {"lifecycle.horizon_months": 12}, "gpt-6-luna ends on 2027-06-30"),
    ],
)
def test_limits_of_operation_are_told_with_what_the_project_has_of_them(
    rule: str, facts: dict[str, FactValue], words: str
) -> None:
    """$300 of $600; 240,000 x 30.4 x 0.001 failures; the card's last day."""
    cards = {"gpt-6-luna": replace(CARDS["gpt-6-luna"], retires_on=date(2027, 6, 30))}
    known = Known(model="gpt-6-luna", facts=facts, projection=PRICED, cards=cards)
    assert [(one.direction, one.text) for one in effect_of(rule, known, facts).changes] == [(None, words)]


@pytest.mark.parametrize(("first", "direction"), [(0.3, BETTER), (2.0, SAME)])
def test_streaming_is_told_with_the_measured_first_word(first: float, direction: Direction) -> None:
    made = scenario_inputs("b_ecommerce_triage_5m").run
    assert made is not None
    quick = Percentiles(p50_s=first, p95_s=first, p99_s=first)
    whole = Percentiles(p50_s=2.0, p95_s=3.0, p99_s=4.0)
    run_ = replace(made, results=(replace(made.results[0], ttft=quick, latency=whole),))
    facts: dict[str, FactValue] = {
        "latency.mode": "interactive",
        "tokens.output_avg": 200,
        "io.output_format": "free_text",
    }
    found = effect_of("R-STREAM-01", Known(model="gpt-6-luna", facts=facts, projection=PRICED, run=run_), facts)
    assert [(one.direction, one.text) for one in found.changes] == [
        (direction, f"something to read after {first:g} s instead of 2 s, half of the answers")
    ]
