"""Options side by side, who plays which part, what to measure next, and where the design deviates."""

from datetime import date

import pytest

from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.roles import Role, RoleBinding
from maquette.decision.bindings import Binding, Part, bindings
from maquette.decision.comparing import Machines, Speed, side_by_side
from maquette.decision.contenders import contenders, is_smaller
from maquette.decision.decision import Decision
from maquette.decision.deviating import deviations
from maquette.evals.statistics.planning import paired_examples
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from maquette.rules.of_project import ProjectRules
from maquette.rules.report import Overruling
from tests.decision_world import card, choice, cost, decision, projection, result, run
from tests.rule_world import rule_book

GPT = card("gpt-6-luna", provider="openai", regions=("us", "eu"), retires_on=date(2027, 6, 1))
CLAUDE = card("claude-haiku-5-5", provider="anthropic", capabilities={Capability.ZERO_RETENTION: True})
AZURE = card("azure/gpt-6-luna", provider="azure")
LOCAL = card("ours", params_b="7")
CARDS = {one.id: one for one in (GPT, CLAUDE, AZURE, LOCAL)}
RAN = run(
    result("gpt-6-luna", 190, 200),
    result("claude-haiku-5-5", 194, 200),
    result("azure/gpt-6-luna", 100, 200),
    result("ours", 184, 200),
)
COSTS = projection(cost("gpt-6-luna", "60"), cost("claude-haiku-5-5", "90"), cost("ours", "200"))
FALLBACK = RoleBinding(
    role=Role.FALLBACK, model="mistral-small", rule="the cheapest elsewhere", because="$0.001 a request"
)


def made(chosen: str | None = None, fallback: str | None = None) -> Decision:
    return decision(RAN, COSTS, chosen=choice(chosen, fallback=fallback) if chosen else None)


def test_every_option_stands_beside_the_others_the_cheapest_first_and_unpriced_last() -> None:
    sides = side_by_side(
        made("gpt-6-luna", "claude-haiku-5-5"),
        CARDS,
        predicted={"ours": Speed(p95_s=1.5, measured=False)},
        machines={"ours": Machines(words="2x L4", requests_per_s=4.0)},
    )
    assert [(side.model, side.standing) for side in sides] == [
        ("gpt-6-luna", "decided"),
        ("claude-haiku-5-5", "fallback"),
        ("ours", ""),
        ("azure/gpt-6-luna", ""),
    ]
    first = sides[0]
    assert first.interval is not None
    assert (first.score, round(first.interval.low, 3), first.scored) == (0.95, 0.910, 200)
    assert first.usd_first_month is not None
    assert (str(first.usd_first_month.base), first.retires_on) == ("60", date(2027, 6, 1))
    assert first.speed == Speed(p95_s=0.5, measured=True)
    assert first.terms == ("openai, controlled from the US; regions us, eu; retention unknown; BAA unknown")
    assert "zero retention offered" in sides[1].terms
    assert sides[2].machines == Machines(words="2x L4", requests_per_s=4.0)
    assert sides[3].usd_total is None


def test_a_measured_speed_comes_before_a_predicted_one() -> None:
    sides = side_by_side(made(), CARDS, predicted={"ours": Speed(p95_s=9.0, measured=False)})
    assert next(side.speed for side in sides if side.model == "ours") == Speed(p95_s=0.5, measured=True)


def parts(found: tuple[Binding, ...], part: Part) -> list[tuple[str | None, bool]]:
    return [(one.model, one.measured) for one in found if one.part is part]


def test_the_chain_of_fallbacks_crosses_providers_and_holds_nobody_that_failed() -> None:
    found = bindings(made("gpt-6-luna"), CARDS, (FALLBACK,), CARDS)
    assert parts(found, Part.PRIMARY) == [("gpt-6-luna", True)]
    assert parts(found, Part.FALLBACK) == [("claude-haiku-5-5", True), ("ours", True)]
    assert parts(found, Part.ESCALATION) == [("claude-haiku-5-5", True)]
    assert parts(found, Part.LOCAL) == [("ours", True)]
    assert "azure/gpt-6-luna" not in [one.model for one in found]


def test_an_unmeasured_fallback_is_said_to_be_unmeasured() -> None:
    mistral = card("mistral-small", provider="mistral")
    alone = decision(run(result("gpt-6-luna", 190, 200)), COSTS, chosen=choice("gpt-6-luna"))
    found = bindings(alone, {"gpt-6-luna": GPT}, (FALLBACK,), {"mistral-small": mistral})
    (one,) = [each for each in found if each.part is Part.FALLBACK]
    assert (one.model, one.measured) == ("mistral-small", False)
    assert "not measured on your own examples" in one.because


def test_the_users_own_fallback_comes_first_unless_it_is_at_the_same_provider() -> None:
    found = bindings(made("gpt-6-luna", "ours"), CARDS, (), CARDS)
    assert parts(found, Part.FALLBACK)[0] == ("ours", True)
    same = card("gpt-6-astra", provider="openai")
    found = bindings(
        decision(run(result("gpt-6-luna", 190, 200), result("gpt-6-astra", 199, 200)), COSTS,
                 chosen=choice("gpt-6-luna", fallback="gpt-6-astra")),
        {"gpt-6-luna": GPT, "gpt-6-astra": same}, (), {},
    )  # fmt: skip
    (one,) = [each for each in found if each.part is Part.FALLBACK]
    assert (one.model, one.because) == (None, "no model that may be used runs elsewhere than at openai")


def test_the_judge_is_of_another_family() -> None:
    judge_role = RoleBinding(role=Role.JUDGE, model="gpt-6-astra", rule="", because="", runners_up=("claude-opus-5-5",))
    catalog: dict[str, ModelCard] = {
        "gpt-6-astra": card("gpt-6-astra", provider="openai"),
        "claude-opus-5-5": card("claude-opus-5-5", provider="anthropic"),
    }
    found = bindings(made("gpt-6-luna"), CARDS, (judge_role,), catalog)
    assert parts(found, Part.JUDGE) == [("claude-opus-5-5", False)]


def test_the_next_experiment_separates_the_two_best_with_the_number_of_examples() -> None:
    found = made().experiments
    needed = paired_examples(0.97 - 0.95, (1 - 0.97) + (1 - 0.95))
    first = next(one for one in found if one.settles == ("claude-haiku-5-5", "gpt-6-luna"))
    assert first.examples is not None
    assert abs(first.examples - (needed - 200)) <= 1
    assert "80 %" in first.because


def test_an_open_verdict_says_how_many_examples_settle_it_and_an_unmeasured_model_comes_first() -> None:
    found = decision(run(result("m", 176, 200)), projection(cost("m", "60"), cost("n", "5"))).experiments
    assert found[0].settles == ("n",)
    assert (found[1].settles, found[1].examples) == (("m",), 345)


def test_two_that_are_alike_are_separated_by_nothing_but_their_price() -> None:
    (found,) = [
        one for one in decision(run(result("a", 190, 200), result("b", 190, 200)), None).experiments
        if one.settles == ("a", "b")
    ]  # fmt: skip
    assert (found.examples, found.command) == (None, "maquette decide --compare")


STREAMED: dict[str, FactValue] = {
    "latency.mode": "interactive",
    "tokens.output_avg": 300,
    "io.output_format": "free_text",
}


@pytest.mark.parametrize(("stated", "deviates"), [(False, True), (True, False)])
def test_a_design_that_is_not_what_a_strong_rule_proposes_deviates(stated: bool, deviates: bool) -> None:
    facts = {**STREAMED, "design.streaming": stated}
    found = [one for one in deviations(judge(rule_book(), facts), facts) if one.slot == "streaming"]
    assert bool(found) is deviates
    if found:
        assert (found[0].rules, found[0].strength, found[0].because) == (("R-STREAM-01",), "strong", None)


def test_a_deviation_with_a_written_reason_carries_it() -> None:
    facts: dict[str, FactValue] = {**STREAMED, "design.streaming": False}
    said = ProjectRules(overruled={"R-STREAM-01": Overruling(because="the client cannot show parts")})
    (found,) = [one for one in deviations(judge(rule_book(), facts, said=said), facts) if one.slot == "streaming"]
    assert found.because == "the client cannot show parts"


@pytest.mark.parametrize(
    ("tested", "passes", "rule"),
    [(False, None, "R-MODEL-03"), (True, True, "R-MODEL-02"), (True, False, None)],
)
def test_a_larger_model_needs_a_reason_until_a_smaller_one_is_shown_to_fail(
    tested: bool, passes: bool | None, rule: str | None
) -> None:
    facts: dict[str, FactValue] = {
        "eval.ran": True,
        "eval.score": 0.95,
        "quality.threshold": 0.9,
        "eval.smaller_model_tested": tested,
    }
    if passes is not None:
        facts["eval.smaller_model_passes"] = passes
    found = deviations(judge(rule_book(), facts), facts, "large")
    assert [one.rules for one in found] == ([(rule,)] if rule else [])
    assert all((one.stated, one.because) == ("large", None) for one in found)
    assert deviations(judge(rule_book(), facts), facts) == ()


def test_of_two_that_cost_the_same_the_one_with_fewer_weights_is_smaller() -> None:
    costs = projection(cost("tiny", "60"), cost("small", "60"))
    small, tiny = card("small", params_b="7"), card("tiny", params_b="1")
    models = contenders(None, costs, {"small": small, "tiny": tiny})
    assert is_smaller(models[0], models[1]) is True
    assert is_smaller(models[1], models[0]) is False


def test_one_provider_where_two_are_demanded_deviates() -> None:
    facts: dict[str, FactValue] = {
        "availability.target": 0.9995,
        "data.external_processing_allowed": True,
        "design.providers_count": 1,
    }
    (found,) = [one for one in deviations(judge(rule_book(), facts), facts) if one.slot == "providers_min"]
    assert (found.proposed, found.stated, found.strength) == ("2", "1", "must")
