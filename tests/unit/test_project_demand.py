"""The load that answers describe."""

from decimal import Decimal
from typing import Any

import pytest

from maquette.foundation.problems import InvalidInput
from maquette.project.demand import asked_load

CLINIC: dict[str, Any] = {
    "derived.rps_peak": Decimal("1.5"),
    "tokens.input_avg": 6000,
    "tokens.output_avg": 700,
    "tokens.shared_prefix": 900,
    "tokens.input_p99": 24_000,
    "tokens.output_max": 1200,
    "latency.p95_ms": 20_000,
    "latency.ttft_ms": 2500,
}


def test_the_load_is_that_of_the_busiest_minute() -> None:
    found = asked_load(CLINIC)
    demand = found.demand
    assert (demand.rate_per_s, demand.input_tok, demand.output_tok) == (1.5, 6000, 700)
    assert (demand.longest_tok, demand.prefix_share) == (25_200, 0.15)
    assert (demand.ttft_s, demand.p95_s, demand.tpot_s) == (2.5, 20, None)
    assert found.assumed == ("the busiest minute takes at most 70% of what the replicas bear",)


def test_open_answers_are_assumed_and_said() -> None:
    facts = {name: CLINIC[name] for name in ("derived.rps_peak", "tokens.input_avg", "tokens.output_avg")}
    found = asked_load(facts)
    assert found.demand.longest_tok == 4 * 6700
    assert (found.demand.ttft_s, found.demand.p95_s, found.demand.prefix_share) == (None, None, 0)
    assert [line.partition(" (")[2] for line in found.assumed[:2]] == [
        "tokens.input_p99 is open)",
        "tokens.output_max is open)",
    ]


def test_a_prefix_longer_than_the_mean_prompt_is_the_whole_prompt() -> None:
    assert asked_load({**CLINIC, "tokens.shared_prefix": 9000}).demand.prefix_share == 1.0


def test_what_no_assumption_can_stand_in_for_is_asked() -> None:
    with pytest.raises(InvalidInput, match=r"scale.requests_per_day, tokens.output_avg has no answer") as found:
        asked_load({"tokens.input_avg": 6000})
    assert found.value.fix == "Answer it: maquette set scale.requests_per_day=NUMBER."


def test_a_conversation_keeps_its_history_in_the_cache() -> None:
    # From 12,000 tokens on by g each turn, on the mean of 25 turns 45,000: g = 2 x 33,000 / 26 = 2,538 new ones.
    talk = {**CLINIC, "tokens.input_avg": 45_000, "tokens.shared_prefix": 12_000}
    found = asked_load({**talk, "context.multi_turn": True, "context.turns_avg": 25})
    assert found.demand.prefix_share == pytest.approx(1 - 2538.46 / 45_000)
    assert any("94% of a prompt is not computed again (context.turns_avg)" in line for line in found.assumed)
    assert asked_load({**talk, "context.multi_turn": False, "context.turns_avg": 25}).demand.prefix_share == 12 / 45


@pytest.mark.parametrize("name", ["tokens.input_avg", "tokens.output_avg"])
def test_a_request_without_tokens_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name} is 0") as found:
        asked_load({**CLINIC, name: 0})
    assert found.value.place is not None
    assert found.value.place.field == name
