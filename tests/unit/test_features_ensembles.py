"""Several models that answer every request: the rule and what it multiplies; batch prices; number formats by load."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cli.main import run
from maquette.cost.ensembles import Ensemble
from maquette.cost.options import CostOption, priced_option
from maquette.cost.stream_model import StreamModel
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.project.costing import with_ensemble
from maquette.rules.judging import judge
from maquette.rules.report import Status
from tests.cost_world import api, facts, machine, measured, model, prices, project
from tests.project_world import opened, scenario_project
from tests.rule_world import rule_book

SMALL, LARGE = "gpt-6-luna", "gpt-6.1-terra"


def ensemble(*votes: str, judged_at: str | None = None) -> CostOption:
    """A model at 1 and 4 dollars; each further vote at so many dollars in, and four times that out."""

    def priced(name: str, usd: str) -> CostOption:
        return api(name, fresh=usd, output=str(4 * Decimal(usd)))

    others = tuple(priced(f"m{number}", usd).card for number, usd in enumerate(votes, 2))
    judging = None if judged_at is None else priced("j", judged_at).card
    return CostOption(name="votes", card=api("m1").card, ensemble=Ensemble(others=others, judge=judging))


def multiplied(option: CostOption) -> str:
    (said,) = [one for one in project(facts(), option).assumptions if "against one call" in one.name]
    return said.value


def test_every_vote_is_one_more_call_of_the_same_request() -> None:
    """One call: 30,400 requests * (2000 * 1 + 100 * 4) = 72.96 dollars; three of them are three times that."""
    alone, three = project(facts(), api("m1")), project(facts(), ensemble("1", "1"))
    assert [one.first_month_usd.base for one in (*alone.options, *three.options) if one.first_month_usd] == [
        Decimal("72.96"),
        Decimal("218.88"),
    ]
    assert multiplied(ensemble("1", "1")) == "3 times"


def test_the_judge_reads_the_request_and_every_answer_and_writes_the_last_one() -> None:
    """2000 + 2 * 100 tokens in and 100 out at 2 and 8 dollars a million: 0.0052; two calls before it are 0.0048."""
    projection = project(facts(), ensemble("1", judged_at="2"))
    (cost,) = projection.options
    assert cost.usd_per_request == Decimal("0.01")
    # 0.01 / 0.0024
    assert multiplied(ensemble("1", judged_at="2")) == "4.17 times"
    first = {line.name: line.amount_usd.base for line in projection.lines if line.month == 1}
    assert first == {
        "input, fresh": Decimal("60.8"),
        "output": Decimal("12.16"),
        "vote 2, m2: input, fresh": Decimal("60.8"),
        "vote 2, m2: output": Decimal("12.16"),
        "judge: input, fresh": Decimal("133.76"),
        "judge: output": Decimal("24.32"),
    }


def test_the_multiplier_says_which_calls_it_is_made_of() -> None:
    (said,) = [one for one in project(facts(), ensemble("1", judged_at="2")).assumptions if "against" in one.name]
    assert (said.name, said.source.ref) == (
        "votes: what a request costs against one call",
        "2 votes and a judge, which reads every answer / one call, at the models' prices",
    )


def test_the_draws_cost_an_ensemble_as_the_exact_model_does() -> None:
    option = ensemble("3", "1", judged_at="2")
    priced = priced_option(option, facts(), ())
    assert priced.rates is not None
    assert sum(float(part) for part in StreamModel(priced).usd({})) == pytest.approx(
        float(priced.rates.request_usd.base), rel=1e-12
    )
    assert float(priced.rates.request_usd.base) == pytest.approx(0.0024 * (1 + 3 + 1) + 2 * (2300 + 400) / 1e6)


def test_a_score_of_one_voter_says_nothing_of_the_answers_of_all() -> None:
    option = CostOption(
        name="votes",
        card=api("m1").card,
        measured=measured("m1"),
        ensemble=Ensemble(others=(api("m1").card,)),
    )
    assert project(facts(), option).options[0].usd_per_right_answer is None


def test_an_ensemble_with_a_model_without_a_price_or_on_machines_has_no_price() -> None:
    lacking = CostOption(name="v", card=api("m1").card, ensemble=Ensemble(others=(model("m2", None),)))
    assert project(facts(), lacking).options[0].unpriced == ("m2 has no price in the catalog",)
    own = machine(throughput_per_s=100)
    hosted = CostOption(
        name="v",
        card=own.card,
        measured=own.measured,
        host_name=own.host_name,
        host_usd_per_hour=own.host_usd_per_hour,
        ensemble=Ensemble(others=(api("m2").card,)),
    )
    (why,) = project(facts(), hosted).options[0].unpriced
    assert why == "an ensemble is priced where its first model answers every request and is paid by the request"


@pytest.mark.parametrize(("p95_ms", "error_cost", "fires"), [(2000, "critical", True), (1999, "critical", False),
                                                             (2000, "high", False)])  # fmt: skip
def test_a_strong_ensemble_is_proposed_where_errors_are_critical_and_time_allows(
    p95_ms: int, error_cost: str, fires: bool
) -> None:
    known: dict[str, FactValue] = {"latency.p95_ms": p95_ms, "quality.error_cost": error_cost}
    report = judge(rule_book(), known)
    fired = {finding.rule.id for finding in report.with_status(Status.FIRED)}
    assert ("R-SELECT-06" in fired) is fires
    if fires:
        assert report.slots["role"].value == "strong"
        assert "each vote more is one more call to pay" in rule_book().rules["R-SELECT-06"].recommend


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> wiring.Project:
    found = scenario_project(tmp_path_factory.mktemp("votes") / "p", "b")
    found.set_settings({"shortlist.chosen": [SMALL]})
    return found


def test_the_votes_of_the_file_are_an_option_beside_the_chosen_models(shop: wiring.Project) -> None:
    plain = shop.view.projection
    shop.set_settings({"cost.ensemble": {"models": [SMALL, SMALL, LARGE], "judge": LARGE}})
    try:
        view = opened(shop.folder).view
        projection, decided = view.projection, view.decision
    finally:
        shop.set_settings({"cost.ensemble": None})
    name = f"2 x {SMALL} + {LARGE}, judged by {LARGE}"
    assert {one.option for one in projection.options} - {one.option for one in plain.options} == {name}
    assert [one.model for one in decided.options] == [SMALL]
    names = {line.name.partition(":")[0] for line in projection.lines if line.option == name}
    assert {f"vote 2, {SMALL}", f"vote 3, {LARGE}", "judge"} <= names


def test_votes_are_tried_on_the_command_line(shop: wiring.Project, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["cost", "--ensemble", f"{SMALL},{SMALL},judge:{LARGE}", "--draws", "200", "--json"]
    assert run([*asked, "--project", str(shop.folder)]) == 0
    found = {one["option"]: one["usd_per_request"] for one in json.loads(capsys.readouterr().out)["options"]}
    assert set(found) == {SMALL, f"2 x {SMALL}, judged by {LARGE}"}
    assert Decimal(found[f"2 x {SMALL}, judged by {LARGE}"]) > 2 * Decimal(found[SMALL])


def test_an_ensemble_needs_two_votes_and_known_models(shop: wiring.Project, tmp_path: Path) -> None:
    inputs = shop.view.cost_inputs
    with pytest.raises(InvalidInput, match="an ensemble of 1 votes"):
        with_ensemble(shop.view, inputs, [SMALL], LARGE)
    with pytest.raises(NotFound, match="is not in the catalog"):
        with_ensemble(shop.view, inputs, [SMALL, "nobody"], None)


def test_what_may_wait_for_a_batch_is_paid_from_the_batch_column() -> None:
    """All requests at 0.5 and 2 dollars a million: 30,400 * (2000 * 0.5 + 100 * 2) = 36.48 dollars, half of 72.96."""
    card = model("m", prices(fresh="1", output="4", batch_fresh="0.5", batch_output="2"))
    waits = project(facts(latency__mode="interactive"), CostOption(name="m", card=card))
    batch = project(facts(latency__mode="batch"), CostOption(name="m", card=card))
    keys = {line.price_key: line.amount_usd.base for line in batch.lines if line.month == 1}
    assert keys == {
        "input_cost_per_token_batches": Decimal("30.4"),
        "output_cost_per_token_batches": Decimal("6.08"),
    }
    assert {line.price_key for line in waits.lines} == {"input_cost_per_token", "output_cost_per_token"}
    (dear,), (cheap,) = waits.options, batch.options
    assert dear.first_month_usd is not None
    assert cheap.first_month_usd is not None
    assert (dear.first_month_usd.base, cheap.first_month_usd.base) == (Decimal("72.96"), Decimal("36.48"))


def test_a_batch_design_takes_the_lane_and_the_cheapest_tier_that_passes() -> None:
    known: dict[str, FactValue] = {"latency.mode": "batch", "quality.error_cost": "low"}
    slots = judge(rule_book(), known).slots
    assert (slots["batch_lane"].value, slots["tier"].value) == (True, "fast")
    assert "tier" not in judge(rule_book(), {**known, "quality.error_cost": "critical"}).slots


@pytest.mark.parametrize(
    ("generation", "concurrency", "chosen", "rule"),
    [
        ("ampere", 1, "w4a16", "R-QUANT-07"),
        ("ampere", 38, "w4a16", "R-QUANT-07"),
        ("ampere", 39, "int8_w8a8", "R-QUANT-08"),
        ("ada", 39, "fp8", "R-QUANT-01"),
        ("hopper", 1, "fp8", "R-QUANT-01"),
        ("blackwell", 1, "fp8", "R-QUANT-01"),
        ("apple", 1, "gguf_q4km", "R-QUANT-03"),
    ],
)
def test_the_number_format_follows_the_generation_of_the_accelerator_and_the_load(
    generation: str, concurrency: int, chosen: str, rule: str
) -> None:
    known: dict[str, FactValue] = {
        "design.hosting": "self",
        "infra.gpu_arch": generation,
        "derived.concurrency_peak": concurrency,
    }
    report = judge(rule_book(), known)
    assert (report.slots["quant"].value, report.slots["quant"].proposals[chosen]) == (chosen, (rule,))


def test_without_a_known_load_both_formats_of_ampere_stay_possible() -> None:
    report = judge(rule_book(), {"design.hosting": "self", "infra.gpu_arch": "ampere"})
    assert report.slots["quant"].value == "w4a16_or_int8"
    waiting = report.finding("R-QUANT-07")
    assert waiting is not None
    assert waiting.needs == ("derived.concurrency_peak",)
