"""The recommendation: the cheapest model whose whole interval passes within the limits, or why there is none."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from maquette.evals.run import Verdict
from maquette.evals.trials import RunState
from tests.decision_world import ANSWERS, candidate, card, cost, decision, projection, result, run, shortlist


def test_the_cheapest_model_that_passes_is_recommended_though_another_scores_higher() -> None:
    found = decision(
        run(result("dear", 196, 200), result("cheap", 185, 200)), projection(cost("cheap", "66"), cost("dear", "180"))
    )
    assert (found.recommended, found.no_recommendation) == ("cheap", None)


def test_of_two_that_cost_the_same_the_one_that_scores_higher_is_recommended() -> None:
    ran = run(result("alpha", 188, 200), result("beta", 190, 200))
    assert decision(ran, projection(cost("alpha", "66"), cost("beta", "66"))).recommended == "beta"


def test_a_cheaper_model_whose_interval_straddles_the_threshold_is_not_recommended() -> None:
    ran = run(result("cheap", 44, 50), result("dear", 190, 200))
    assert ran.results[0].verdict is Verdict.NOT_ENOUGH_DATA
    assert decision(ran, projection(cost("cheap", "66"), cost("dear", "180"))).recommended == "dear"


def test_a_model_that_is_too_slow_or_too_dear_is_passed_over() -> None:
    ran = run(result("slow", 190, 200, p95_s=0.9), result("dear", 190, 200), result("right", 190, 200))
    found = decision(ran, projection(cost("slow", "1"), cost("dear", "601"), cost("right", "600")))
    assert found.recommended == "right"


def test_an_unknown_limit_is_met() -> None:
    answers = {"quality.threshold": 0.85}
    ran = run(result("slow", 190, 200, p95_s=90))
    assert decision(ran, projection(cost("slow", "99999")), answers=answers).recommended == "slow"


def test_unpriced_models_come_last_and_the_smaller_weights_first() -> None:
    models = shortlist(candidate(card("big", params_b="8")), candidate(card("small", params_b="0.2")))
    local = (result("big", 190, 200), result("small", 190, 200))
    unpriced = (cost("big", None), cost("small", None))
    assert decision(run(*local), projection(*unpriced), models=models).recommended == "small"
    with_api = run(*local, result("api", 190, 200))
    assert decision(with_api, projection(cost("api", "500"), *unpriced), models=models).recommended == "api"


def test_an_unfinished_series_decides_nothing() -> None:
    ran = run(result("cheap", 190, 200, planned=400), state=RunState.CAP_REACHED)
    found = decision(ran)
    assert found.recommended is None
    assert found.no_recommendation == (
        "No model passes within the limits. cheap: 200 of 400 examples asked. What would help: finish the evaluation."
    )


def test_without_a_run_it_says_what_to_do() -> None:
    expected = "Nothing has been evaluated. Evaluate the chosen models on your own examples."
    assert decision().no_recommendation == expected
    assert decision(None, projection(cost("cheap", "66"))).no_recommendation == expected


def test_every_reason_against_every_model_is_told_with_its_figures_and_what_would_help() -> None:
    ran = run(result("weak", 150, 200), result("open", 44, 50), result("slow", 190, 200, p95_s=1.25))
    found = decision(ran, projection(cost("weak", "66"), cost("open", "70"), cost("slow", "650")))
    assert found.no_recommendation == (
        "No model passes within the limits. "
        "weak: 75.0 % of 200 examples right (95 % interval 68.6 % to 80.5 %): the whole interval is below the required "
        "85.0 %. "
        "open: 88.0 % of 50 examples right (95 % interval 76.2 % to 94.4 %): too few examples to tell whether it "
        "reaches the required 85.0 %; about 495 more examples would settle it if it stays at 88.0 %. "
        "slow: 95 % of the answers within 1.25 s; the limit is 0.8 s; $650 in the first month; the budget is $600 a "
        "month. "
        "What would help: improve the prompt, or evaluate a stronger model of the shortlist; evaluate on more "
        "examples; shorten its answers, or raise latency.p95_ms; shorten prompts and answers, or raise "
        "budget.monthly_usd."
    )


def test_without_a_threshold_nothing_passes_and_the_question_is_named() -> None:
    answers = {name: value for name, value in ANSWERS.items() if name != "quality.threshold"}
    ran = run(replace(result("cheap", 190, 200), verdict=Verdict.NO_THRESHOLD))
    found = decision(ran, answers=answers)
    assert found.recommended is None
    assert "say which score is enough: answer quality.threshold" in (found.no_recommendation or "")


@given(
    correct=st.lists(st.integers(0, 200), min_size=1, max_size=5),
    usd=st.lists(st.integers(1, 1000), min_size=5, max_size=5),
)
def test_whatever_is_measured_the_recommended_model_passes_and_no_cheaper_one_does(
    correct: list[int], usd: list[int]
) -> None:
    ran = run(*(result(f"m{i}", right, 200) for i, right in enumerate(correct)))
    costs = {f"m{i}": price for i, price in zip(range(len(correct)), usd, strict=False)}
    found = decision(ran, projection(*(cost(model, str(price)) for model, price in costs.items())))
    passing = [r.target_id for r in ran.results if r.verdict is Verdict.PASSES and costs[r.target_id] <= 600]
    if found.recommended is None:
        assert not passing
        assert found.no_recommendation
    else:
        assert found.recommended in passing
        assert costs[found.recommended] == min(costs[model] for model in passing)
