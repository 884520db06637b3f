"""The ladder of adaptation from recorded runs, two arms to compare, training priced, bases that are offered today."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette import wiring
from maquette.adapters.knowledge_files import load_providers, load_roles
from maquette.bundle.documents.finetune import finetune_view
from maquette.bundle.documents.finetune_ways import rejected_ways
from maquette.catalog.hardware import Accelerator, Commitment, RentalPrice
from maquette.catalog.providers import tuning_of
from maquette.catalog.shortlist import Exclusion
from maquette.catalog.tuning import tunable
from maquette.cli.main import run
from maquette.cost.projection import CASES
from maquette.cost.side.basis import band, level
from maquette.cost.side.training_ways import Examples, Way, WayCost, training_ways
from maquette.decision.contenders import Limits
from maquette.decision.experimenting import experiments
from maquette.decision.laddering import Recorded as Rec
from maquette.decision.laddering import State, ladder
from maquette.decision.tuned_bases import TunedBases, asks_for_tuning, tuned_bases
from maquette.evals.run import Interval, Verdict
from maquette.evals.steps import Step
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from maquette.rules.report import Status
from tests import bundle_world as world
from tests.cost_world import PAGE
from tests.decision_world import TODAY, candidate, card, shortlist
from tests.document_view_world import said, section, seen_of
from tests.document_world import catalog, scenario_inputs
from tests.evals_world import STARTED
from tests.project_world import opened
from tests.rule_world import HANDBOOK, TRIAGE, rule_book
from tests.run_world import record, sorted_tickets

ADAPTATION = "docs/adr/0003-adaptation-and-knowledge.md"
PLAN = "docs/12-finetune-plan.md"


def recorded(step: Step, verdict: Verdict = Verdict.FAILS) -> Rec:
    return Rec(
        step=step,
        run=f"r-{step.value}",
        model="m",
        prompt="main.j2 version 1",
        score=0.7,
        interval=Interval(low=0.6, high=0.8),
        scored=100,
        verdict=verdict,
        metric="label",
        on=STARTED.date(),
    )


def states(*steps: Rec, needs_knowledge: bool | None = True) -> list[State]:
    climbed = ladder(steps, steps_run=[(one.run, one.step) for one in steps], needs_knowledge=needs_knowledge)
    return [one.state for one in climbed.rungs]


def test_the_steps_are_climbed_in_their_order() -> None:
    prompt, shots, found = (recorded(step) for step in (Step.PROMPT, Step.FEW_SHOT, Step.RETRIEVAL))
    waits, measured = State.WAITS, State.MEASURED
    assert states() == [State.NEXT, waits, waits, waits]
    assert states(prompt) == [measured, State.NEXT, waits, waits]
    assert states(prompt, shots) == [measured, measured, State.NEXT, waits]
    assert states(prompt, shots, found) == [measured, measured, measured, State.NEXT]
    assert states(prompt, shots, needs_knowledge=False) == [measured, measured, State.LEFT_OUT, State.NEXT]


def test_a_step_that_passes_ends_the_climb() -> None:
    passes = recorded(Step.FEW_SHOT, Verdict.PASSES)
    climbed = ladder((recorded(Step.PROMPT), passes), steps_run=[], needs_knowledge=True)
    assert [one.state for one in climbed.rungs][1:] == [State.PASSED, State.NOT_NEEDED, State.NOT_NEEDED]
    assert (climbed.next, climbed.rungs[3].why) == (None, "a few examples in the prompt passes")


def test_a_step_that_was_left_out_below_a_measured_one_is_told() -> None:
    runs = [("r-001", Step.PROMPT), ("r-002", Step.FINE_TUNE), ("r-003", Step.FEW_SHOT)]
    climbed = ladder((recorded(Step.PROMPT), recorded(Step.FINE_TUNE)), steps_run=runs, needs_knowledge=True)
    assert [one.state for one in climbed.rungs][1:3] == [State.SKIPPED, State.SKIPPED]
    assert climbed.rungs[2].why == "fine-tuning was measured without it"
    assert climbed.out_of_order == (
        "run r-002 (fine-tuning) came before any run of a few examples in the prompt, retrieval",
    )


@pytest.fixture(scope="module")
def climber(tmp_path_factory: pytest.TempPathFactory) -> wiring.Project:
    """Runs of the prompt, of a tuned model, and then of examples in the prompt; none reaches 99 %."""
    folder = tmp_path_factory.mktemp("ladder") / "p"
    sorted_tickets(folder).set_answers({"quality.threshold": 0.99, "knowledge.need": "none"})
    for step in ("fine_tune", "few_shot"):
        opened(folder).set_settings({"evaluation.step": step})
        record(folder)
    return opened(folder)


@pytest.fixture(scope="module")
def texts(climber: wiring.Project) -> dict[str, str]:
    """Another project's bundle with these runs' ladder, in which a language model may be trained."""
    inputs = scenario_inputs(TRIAGE)
    assert inputs.decision is not None
    report = inputs.decision.rules
    slots = {name: slot for name, slot in report.slots.items() if name != "adaptation_first"}
    decision = replace(inputs.decision, rules=replace(report, slots=slots), ladder=climber.view.decision.ladder)
    return world.texts(replace(inputs, training=ways(), decision=decision))


def test_the_record_of_the_adaptation_lists_what_each_step_scored_and_which_run_says_so(texts: dict[str, str]) -> None:
    # 29 of 30 right; Wilson 83.3 to 99.4 %
    asked = "large, prompts/main.j2 version 0, 30 examples, run"
    assert section(texts[ADAPTATION], "Steps tried").strip().splitlines()[2:] == [
        "| Step | Score, 95 % interval | Verdict | Run |",
        "|---|---|---|---|",
        f"| prompt | 96.7 %, 83.3 to 99.4 % | open | {asked} r-001 |",
        f"| a few examples in the prompt | 96.7 %, 83.3 to 99.4 % | open | {asked} r-003 |",
        "| retrieval |  | left out: no knowledge beyond the model's own is needed |  |",
        f"| fine-tuning | 96.7 %, 83.3 to 99.4 % | open | {asked} r-002 |",
        "",
        "- Out of order: run r-002 (fine-tuning) came before any run of a few examples in the prompt",
    ]


def test_the_plan_of_the_training_shows_the_same_steps(texts: dict[str, str]) -> None:
    rows = section(texts[PLAN], "The ladder so far")
    assert (
        "| fine-tuning | 96.7 %, 83.3 to 99.4 %, open | large, prompts/main.j2 version 0, 30 examples, run r-002 |"
        in rows
    )


def test_the_runs_tell_the_rules_which_steps_were_tried(climber: wiring.Project) -> None:
    facts = {fact.name: fact.value for fact in climber.view.known_by_project}
    assert (facts["eval.few_shot_done"], "eval.rag_done" in facts) == (True, False)


def test_deciding_says_which_step_was_run_and_what_it_scored(
    climber: wiring.Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", "--json", "--project", str(climber.folder)]) == 0
    found = json.loads(capsys.readouterr().out)["ladder"]
    assert [(one["step"], one["state"], one["run"]) for one in found["rungs"]] == [
        ("prompt", "measured", "r-001"),
        ("few_shot", "measured", "r-003"),
        ("retrieval", "left out", None),
        ("fine_tune", "measured", "r-002"),
    ]


def test_a_step_is_set_by_its_name_and_no_other(climber: wiring.Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["set", "evaluation.step=larger", "--project", str(climber.folder)]) == 3
    assert "evaluation.step" in capsys.readouterr().err


def accelerator(memory_gb: str, tflops: str, usd: str) -> Accelerator:
    price = RentalPrice(
        provider="acme",
        instance="8 of them",
        gpus_per_instance=1,
        max_gpus=8,
        usd_per_hour=Decimal(usd),
        commitment=Commitment.ON_DEMAND,
        region=None,
        source=PAGE,
    )
    return Accelerator(
        name=f"{memory_gb} GB",
        source=PAGE,
        memory_gb=Decimal(memory_gb),
        bf16_tflops=Decimal(tflops),
        interconnect="NVLink 4",
        prices=(price,),
    )


EXAMPLES = Examples(tokens=level(Decimal(100_000_000)), epochs=band("2", "3", "4"), runs=level(Decimal(1)))


def ways() -> tuple[WayCost, ...]:
    """An 8-billion model on accelerators of 80 GB that do 1,000 TFLOPS for 4 dollars an hour."""
    return training_ways(card("base", params_b="8"), EXAMPLES, [accelerator("80", "1000", "4")])


def test_training_all_weights_takes_16_bytes_and_6_flops_a_parameter_and_adapters_take_2_and_4() -> None:
    adapters, everything = ways()
    assert (adapters.way, everything.way) == (Way.ADAPTERS, Way.ALL_WEIGHTS)
    # 8 x 16; 8 x (2 + 0.01 x 16)
    assert (everything.memory_gb, everything.gpus) == (Decimal(128), 2)
    assert (adapters.memory_gb, adapters.gpus) == (Decimal("17.28"), 1)
    # 6 x 8e9 x 3e8 / (1e15 x 0.4) / 3600 = 10 hours; 6 x 8e9 x 2e8 / (1e15 x 0.5) / 3600 = 5.33; x 4e8 / 0.2: 26.67
    assert [round(everything.hours.of(case), 2) for case in CASES] == [Decimal("5.33"), 10, Decimal("26.67")]
    assert round(adapters.hours.base, 4) == Decimal("6.6667")
    assert everything.usd is not None
    assert adapters.usd is not None
    assert (everything.usd.base, round(adapters.usd.base, 2)) == (Decimal(40), Decimal("26.67"))


def test_each_hour_and_each_dollar_of_a_training_says_how_it_was_computed() -> None:
    everything = ways()[1]
    assert everything.memory_formula == "8.0 billion x 16 bytes of weight, gradient and optimiser states"
    assert everything.hours_formula == ("6 x 8.0 billion FLOPs x 300,000,000 tokens / (1000 TFLOPS x 40 % used) / 3600")
    assert everything.usd_formula.startswith("5.0 hours of 2 x 80 GB x $8 (acme, 8 of them; a price page, 2026-11-18);")


def test_a_base_of_unknown_size_has_no_estimate() -> None:
    assert training_ways(card("api"), EXAMPLES, [accelerator("80", "1000", "4")]) == ()


def test_training_all_weights_is_a_rejected_option_of_the_record_with_its_cost(texts: dict[str, str]) -> None:
    options = section(texts[ADAPTATION], "Considered options").splitlines()
    (rejected,) = [row for row in options if row.startswith("| training: full")]
    # 128 / 17.28 GB; 40 / 26.67 dollars
    assert rejected.startswith(
        "| training: full fine-tuning, all weights of base | rejected: 7.4 times the memory of adapters (2 x 80 GB, "
        "they 1 x 80 GB) and 1.5 times their cost, and each tuned model is served by machines of its own; estimated at "
        "$40.00 ($21.33 to $107) |"
    )
    adapters, everything = section(texts[PLAN], "Ways to train").strip().splitlines()[4:6]
    assert adapters == (
        "| LoRA (small trained matrices beside weights that stay) adapters of base | 17 GB | 1 x 80 GB | "
        "6.67 (3.56 to 18) | $26.67 ($14.22 to $71.11) | not taken: nothing is trained yet |"
    )
    assert everything.startswith(
        "| full fine-tuning, all weights of base | 128 GB | 2 x 80 GB | 10 (5.33 to 27) | $40.00 ($21.33 to $107) |"
    )


def test_where_an_encoder_is_trained_every_way_to_train_a_language_model_is_rejected() -> None:
    """6 x 0.25e9 x 3e8 / (1e15 x 0.4) / 3600 hours at 4 dollars, a 32nd of all weights of 8 billion."""
    found = training_ways(card("base", params_b="8"), EXAMPLES, [accelerator("80", "1000", "4")], encoder=True)
    assert (found[0].way, found[0].memory_gb, round(found[0].hours.base, 4)) == (
        Way.ENCODER,
        Decimal("6.4"),
        Decimal("0.3125"),
    )
    rows = finetune_view(seen_of(replace(scenario_inputs(TRIAGE), training=found)))["ways"]
    assert [said(row["verdict"]) for row in rows] == [
        "taken (R-ADAPT-07)",
        "rejected: 21.3 times the cost of the small encoder that is trained (R-ADAPT-07)",
        "rejected: 32 times the cost of the small encoder that is trained (R-ADAPT-07)",
    ]


def test_where_no_training_is_considered_none_is_priced() -> None:
    seen = seen_of(scenario_inputs(TRIAGE))
    assert (finetune_view(seen)["ways"], list(rejected_ways(seen, "encoder"))) == ([], [])


STATIC: dict[str, FactValue] = {"knowledge.need": "static", "knowledge.corpus_tokens": 150_001, "eval.ran": True}
NO_LIMITS = Limits(threshold=None, p95_s=None, budget_usd_month=None)


def test_static_knowledge_makes_a_task_with_both_arms() -> None:
    (task,) = [one for one in experiments((), NO_LIMITS, judge(rule_book(), STATIC)) if one.arms]
    # (1.96 sqrt(0.2) + 0.8416 sqrt(0.2 - 0.0025))^2 / 0.0025
    assert (task.examples, task.settles) == (626, ("R-ADAPT-04", "knowledge"))
    assert [(arm.step, arm.run, arm.command) for arm in task.arms] == [
        (Step.RETRIEVAL, None, "maquette set evaluation.step=retrieval && maquette eval run"),
        (Step.FINE_TUNE, None, "maquette set evaluation.step=fine_tune && maquette eval run"),
    ]


def test_once_both_arms_are_measured_they_are_compared() -> None:
    arms = (recorded(Step.RETRIEVAL), recorded(Step.FINE_TUNE))
    climbed = ladder(arms, steps_run=[], needs_knowledge=True)
    (task,) = [one for one in experiments((), NO_LIMITS, judge(rule_book(), STATIC), climbed) if one.arms]
    assert task.command == "maquette eval compare r-retrieval r-fine_tune"


@pytest.mark.parametrize("change", [{"knowledge.need": "changing"}, {"knowledge.corpus_tokens": 150_000}])
def test_changing_or_little_knowledge_makes_no_such_task(change: dict[str, FactValue]) -> None:
    report = judge(rule_book(), {**STATIC, **change})
    assert not [one for one in experiments((), NO_LIMITS, report) if one.arms]


def test_both_arms_stand_in_the_plan_of_the_training_unless_a_rule_forbids_it() -> None:
    inputs = scenario_inputs(HANDBOOK)
    decided = inputs.decision
    assert decided is not None

    def arms(**more: FactValue) -> Any:
        report = judge(rule_book(), {**STATIC, **{name.replace("__", "."): value for name, value in more.items()}})
        tasks = experiments((), NO_LIMITS, report)
        return finetune_view(seen_of(replace(inputs, decision=replace(decided, rules=report, experiments=tasks))))[
            "arms"
        ]

    assert [row["step"] for row in arms()["rows"]] == ["retrieval", "fine-tuning"]
    assert arms()["examples"]["text"] == "626 examples"
    assert arms()["command"] == "maquette eval compare RUN RUN"
    assert arms(design__adaptation="fine_tune", data__labelled_examples=499) is None


TUNING = tuple(map(tuning_of, load_providers()))


def tuned_today(*fits: str, chosen: str | None = None, today: date = TODAY) -> TunedBases:
    """What could be tuned for requirements that only these models of the shipped catalog meet."""
    there = catalog().cards
    roles = {one.name: one.candidates for one in load_roles().roles}
    cards = [name for name in there if "nova" in name or "llama3-1" in name or "gpt-4.1" in name]
    cards += [*fits, *roles["balanced"], *roles["self_host"], "gemini-2.5-flash"]
    inside = [candidate(there[name]) for name in dict.fromkeys(cards) if name in fits]
    outside = [name for name in dict.fromkeys(cards) if name in there and name not in fits]
    out = tuple(Exclusion(card=there[name], filter="quality", detail="too low") for name in outside)
    return tuned_bases(TUNING, shortlist(*inside, excluded=out), roles, chosen, today)


def test_the_tuned_mid_tier_resolves_to_a_base_that_is_offered_today() -> None:
    found = tuned_today("amazon.nova-pro-v1:0", "claude-sonnet-5-5", "gpt-4.1-2025-04-14")
    assert found.taken is not None
    assert (found.taken.model, found.taken.tunable.host) == ("amazon.nova-pro-v1:0", "AWS Bedrock")
    assert found.words == "Tuned base: amazon.nova-pro-v1:0 at AWS Bedrock"


def test_a_path_that_closes_within_a_year_is_offered_and_not_taken() -> None:
    found = tuned_today("gpt-4.1-2025-04-14")
    assert (found.taken, found.words) == (
        None,
        "Tuned base: nothing that can be fine-tuned today fits; retrieval first",
    )
    (closing,) = [one for one in found.bases if one.model == "gpt-4.1-2025-04-14"]
    assert (closing.fits, closing.lasts, closing.tunable.until) == (True, False, date(2027, 1, 6))
    over = tuned_today("gpt-4.1-2025-04-14", today=date(2027, 1, 7))
    assert "gpt-4.1-2025-04-14" not in {one.model for one in over.bases}


def test_open_weights_follow_where_no_provider_tunes_what_fits() -> None:
    found = tuned_today("claude-sonnet-5-5", "open/llama-3.3-70b-instruct")
    assert found.taken is not None
    assert (found.taken.model, found.taken.tunable.host) == ("open/llama-3.3-70b-instruct", "machines of your own")


def test_a_model_that_its_vendor_does_not_tune_is_warned_of_with_the_page() -> None:
    warned = tuned_today("claude-sonnet-5-5", chosen="claude-sonnet-5-5").warnings
    page = "https://artificial-intelligence-wiki.com/ai-development/training-and-fine-tuning/claude-fine-tuning-guide"
    assert warned[0] == f"claude-sonnet-5-5: Anthropic offers no fine-tuning of it ({page}, 2026-02-03)"


def test_a_base_that_ended_is_no_base() -> None:
    """Gemini 2.5 Flash at Google ended on 20 October 2026 by the price map, Claude 3 Haiku at AWS on 10 September."""
    gone = tunable(catalog().cards["gemini-2.5-flash"], TUNING, TODAY)
    assert gone is not None
    assert (gone.answer, gone.until) == (False, date(2026, 10, 20))
    haiku = card("anthropic.claude-3-haiku-20240307-v1:0", provider="bedrock")
    ended = tunable(haiku, TUNING, TODAY)
    assert ended is not None
    assert (ended.answer, ended.until) == (False, date(2026, 9, 10))


def test_what_nobody_states_of_a_model_is_unknown() -> None:
    assert tunable(card("m", provider="acme"), TUNING, TODAY) is None


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"design.adaptation": "fine_tune"}, True),
        ({"latency.p95_ms": 1500, "cost.frontier_monthly_usd": 300, "budget.monthly_usd": 1000,
          "design.domain_specific": True}, True),
        ({"latency.p95_ms": 1500, "cost.frontier_monthly_usd": 300, "budget.monthly_usd": 1000,
          "design.domain_specific": False}, False),
    ],
)  # fmt: skip
def test_bases_are_looked_for_where_a_rule_or_the_design_asks_for_a_tuned_model(
    facts: dict[str, FactValue], asked: bool
) -> None:
    assert asks_for_tuning(judge(rule_book(), facts), facts) is asked


def test_the_plan_shows_the_bases_that_can_be_tuned_today() -> None:
    inputs = scenario_inputs(TRIAGE)
    assert inputs.decision is not None
    found = tuned_today("amazon.nova-pro-v1:0", chosen="claude-sonnet-5-5")
    bases = finetune_view(seen_of(replace(inputs, decision=replace(inputs.decision, tuned=found))))["bases"]
    first = [bases["rows"][0][key] for key in ("model", "until", "fits")]
    assert first == ["amazon.nova-pro-v1:0", "no last day known", "yes"]


def test_the_rules_learn_from_the_catalog_whether_the_chosen_model_can_be_tuned(climber: wiring.Project) -> None:
    """The choice is gpt-6-luna, of a maker that tunes GPT-4.1 and GPT-4o alone."""
    asked = ["decide", "--model", "large", "--because", "it is known", "--project", str(climber.folder)]
    assert run(asked) == 0
    climber.set_settings({"design_facts.design.adaptation": "fine_tune"})
    view = opened(climber.folder).view
    assert {fact.name: fact.value for fact in view.known_by_project}["cat.fine_tunable"] is False
    finding = view.report.finding("R-ADAPT-08")
    assert finding is not None
    assert finding.status is Status.FIRED
    assert view.decision.tuned is not None
    assert view.decision.tuned.taken is not None
