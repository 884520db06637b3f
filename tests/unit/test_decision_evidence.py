"""What the product itself knows becomes facts, and what it does not know stays unknown."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette.catalog.cards import Capability, Hosting
from maquette.catalog.prices import PriceTable
from maquette.catalog.weights import Weights
from maquette.decision.evidence import evidence_facts
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue
from tests.decision_world import CLAIM, TODAY, card, cost, projection, result, run


def evidence(*args: Any, **more: Any) -> dict[str, FactValue]:
    return evidence_facts(*args, today=TODAY, prices_as_of=date(2026, 11, 18), **more)


def test_without_a_finished_run_only_that_is_known() -> None:
    assert evidence(None, None, None) == {"eval.ran": False}
    for state in (RunState.RUNNING, RunState.STOPPED, RunState.CAP_REACHED, RunState.INTERRUPTED):
        assert evidence(run(result("m", 185, 200), state=state), None, None) == {"eval.ran": False}


def test_a_run_without_the_model_or_without_a_score_is_no_evaluation_of_it() -> None:
    assert evidence(run(result("other", 185, 200)), None, card("m"))["eval.ran"] is False
    assert evidence(run(result("m", 0, 0)), None, card("m"))["eval.ran"] is False
    assert evidence(run(result("other", 185, 200)), None, None) == {"eval.ran": True}


def test_measured_figures_become_facts() -> None:
    facts = evidence(run(result("m", 185, 200, p95_s=0.62, mean_scores={"json_schema": 0.97})), None, card("m"))
    half = facts.pop("eval.ci_half_width")
    assert isinstance(half, float)
    assert half == pytest.approx(0.0367, abs=0.001)
    assert facts == {
        "eval.ran": True,
        "eval.n": 200,
        "eval.score": 0.925,
        "eval.p95_ms": 620,
        "eval.p99_ms": 930,
        "eval.format_valid_rate": 0.97,
        "eval.smaller_model_tested": False,
    }


def test_the_users_name_of_a_target_stands_for_its_card() -> None:
    facts = evidence(run(result("ours", 185, 200)), projection(cost("ours", "66")), card("m"), name="ours")
    assert (facts["eval.score"], facts["cost.monthly_usd"]) == (0.925, Decimal(66))


@pytest.mark.parametrize(
    ("correct_of_cheap", "passes"),
    [(185, True), (100, False), (175, None)],
)
def test_a_smaller_model_is_a_cheaper_one_and_an_open_verdict_stays_unknown(
    correct_of_cheap: int, passes: bool | None
) -> None:
    ran = run(result("cheap", correct_of_cheap, 200), result("dear", 196, 200))
    costs = projection(cost("cheap", "66"), cost("dear", "660"))
    facts = evidence(ran, costs, card("dear"))
    assert facts["eval.smaller_model_tested"] is True
    assert facts.get("eval.smaller_model_passes") is passes
    assert facts["eval.small_pass_share"] == correct_of_cheap / 200
    assert facts["cost.tier_price_ratio"] == 10
    assert evidence(ran, costs, card("cheap"))["eval.smaller_model_tested"] is False


def test_without_prices_the_weights_tell_the_smaller_one_and_without_both_nobody_does() -> None:
    ran = run(result("small", 185, 200), result("big", 196, 200))
    sizes = {"small": card("small", params_b="0.2"), "big": card("big", params_b="8")}
    assert evidence(ran, None, sizes["big"], cards=sizes)["eval.smaller_model_passes"] is True
    blind = evidence(ran, None, sizes["big"])
    assert not {"eval.smaller_model_tested", "eval.smaller_model_passes", "eval.small_pass_share"} & blind.keys()


def test_whether_the_best_two_differ_is_never_claimed_without_a_paired_test() -> None:
    facts = evidence(run(result("a", 20, 200), result("b", 196, 200)), None, card("b"))
    assert "eval.top2_gap_significant" not in facts


def test_projected_costs_become_facts_and_unpriced_ones_do_not() -> None:
    facts = evidence(None, projection(cost("m", "66")), card("m"))
    assert {name: value for name, value in facts.items() if name.startswith("cost.")} == {
        "cost.monthly_usd": Decimal(66),
        "cost.api_monthly_usd": Decimal(66),
        "cost.per_request_usd": Decimal("0.066"),
    }
    assert evidence(None, projection(cost("m", None)), card("m")) == {"eval.ran": False}


def test_a_local_models_cost_is_not_an_apis() -> None:
    facts = evidence(None, projection(cost("m", "66")), card("m", params_b="8"))
    assert "cost.api_monthly_usd" not in facts


def test_the_card_tells_what_it_knows_and_an_absent_capability_stays_unknown() -> None:
    price = PriceTable(
        usd_per_unit={
            "input_cost_per_token": Decimal("1e-6"),
            "input_cost_per_token_above_272k_tokens": Decimal("2e-6"),
            "input_cost_per_token_above_100k_tokens": Decimal("5e-6"),
            "cache_creation_input_token_cost_above_1hr": Decimal("9e-6"),
        },
        source=CLAIM,
    )
    model = card(
        "somebody/m-2026-08-01",
        context_tok=200_000,
        min_cacheable_tok=1024,
        retires_on=date(2027, 1, 14),
        price=price,
        capabilities={Capability.JSON_SCHEMA: True, Capability.SAMPLING_PARAMETERS: False},
    )
    assert evidence(None, None, model) == {
        "eval.ran": False,
        "cat.context_window": 200_000,
        "cat.deprecation_days": 54,
        "cat.supports_schema": True,
        "cat.supports_sampling_params": False,
        "cat.pinned_snapshot": True,
        "cat.price_age_days": 3,
        "cat.price_step_tokens": 100_000,
        "cat.prompt_cache_min_tokens": 1024,
    }


def test_weights_are_parameters_times_bytes_in_the_published_format() -> None:
    def weights(quantisation: str | None) -> Weights:
        return Weights(
            params_b=Decimal(117),
            active_params_b=None,
            layers=None,
            attention=None,
            native_quantisation=quantisation,
            licence=None,
        )

    def gb(quantisation: str | None) -> FactValue | None:
        model = card("m", hosting=Hosting.OPEN_WEIGHTS, weights=weights(quantisation))
        return evidence(None, None, model).get("cat.weights_gb")

    assert [gb(name) for name in ("bf16", "fp8", "mxfp4", "unheard", None)] == [
        234,
        117,
        Decimal("62.15625"),
        None,
        None,
    ]
