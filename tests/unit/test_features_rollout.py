"""What the rollout plan must hold: exit criteria, tasks, weights, the checklist with computed states, people."""

from collections import Counter
from dataclasses import replace

import pytest

from maquette.bundle.documents.checklist import BLOCKS, DONE, OPEN, checklist
from maquette.bundle.documents.people import AREAS, hand_offs
from maquette.bundle.documents.rollout import rollout_view, weights
from maquette.bundle.documents.rollout_work import exit_criteria
from maquette.decision.decision import DecisionStatus
from maquette.rules.report import Status
from tests.assurance_world import decision_of, scenario_seen, with_report
from tests.document_view_world import said, section
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.table_world import cells, scenario_table, shown, whole_seen

FILE = "docs/14-rollout.md"
TESTED = "guardrails are tested against injection and misuse"


def phases(scenario: str) -> dict[tuple[str, str], list[str]]:
    """Phase and task to the row's other cells."""
    lines = section(scenario_texts(scenario)[FILE], "Phases").splitlines()
    rows = [cells(line) for line in lines if line.startswith("|")][2:]
    return {(row[0], row[1]): row[2:] for row in rows}


def test_the_proof_of_concept_ends_by_criteria_with_what_was_found() -> None:
    assert scenario_table(TRIAGE, FILE, "When the proof of concept is over") == {
        "quality": ["macro F1 of at least 93 %", "gpt-6-luna 93.8 % to 95.0 %", "met"],
        "evidence": ["at least 100 examples", "6,000 examples of evals/messages.jsonl", "met"],
        "latency": ["P95 (95 of 100 are quicker) within 800 ms", "0.61 s", "met"],
        "cost": ["at most $0.0000987/request", "$0.00000884 a request", "met"],
    }


def test_a_criterion_that_the_examples_cannot_settle_is_not_met() -> None:
    row = scenario_table(HANDBOOK, FILE, "When the proof of concept is over")["quality"]
    assert row == ["faithfulness of at least 93 %", "gpt-6-luna 92.9 % to 99.1 %", "not known yet"]
    missed = shown(exit_criteria(whole_seen(TRIAGE, ("latency.p95_ms", 600))))["latency"]
    assert (missed["found"], missed["state"]) == ("0.61 s", "missed")


def test_a_framework_to_compare_versions_is_a_task_where_traffic_fills_it() -> None:
    because, facts, _ = phases(TRIAGE)["advanced", "A/B framework"]
    assert because == "gpt-6-luna and the version beside it share the traffic; each request is drawn"
    assert facts == "traffic fills a comparison while a version lives"  # 2 x 2,210 / 5,000,000 of a day
    few = rollout_view(whole_seen(TRIAGE, ("scale.requests_per_day", 40)))["phases"]
    assert "A/B framework" not in [row["task"] for row in few]  # 110.5 days are more than 60


def test_advanced_observability_is_a_task_with_the_spans_of_this_request() -> None:
    because = phases(TRIAGE)["advanced", "advanced observability"][0]
    assert because == (
        "spans request, classify, redact, guard input, chat gpt-6-luna, chat claude-haiku-5-5, guard output"
        " of each request"
    )


def test_performance_is_a_task_of_hardening_in_the_order_of_what_is_cheap_first() -> None:
    because = phases(HANDBOOK)["hardening", "performance optimisation"][0]
    assert because == (
        "cut the output, then hold the cached prefix, then stream, then try a smaller model than gpt-6-luna:"
        " each on the same examples"
    )


def test_documents_and_runbooks_are_a_task_that_counts_both() -> None:
    texts = scenario_texts(HANDBOOK)
    because = phases(HANDBOOK)["hardening", "documentation and runbooks"][0]
    books = [path for path in texts if path.startswith("runbooks/")]
    names = {line.split()[-1] for line in texts["monitoring/alerts.yml"].splitlines() if "- alert:" in line}
    assert because.startswith(f"{len(books)} runbooks for {len(names)} alerts, each tried once before launch; ")


def test_each_step_of_a_release_has_the_weights_of_its_share() -> None:
    steps = scenario_table(TRIAGE, FILE, "Steps of a release")
    assert {share: row[0] for share, row in steps.items()} == {
        "shadow": "",
        "1 %": "99 : 1",
        "10 %": "9 : 1",
        "50 %": "1 : 1",
        "100 %": "",
    }


@pytest.mark.parametrize(("share", "least", "most"), [("0.01", 0, 60), ("0.1", 140, 260), ("0.5", 900, 1100)])
def test_the_gateway_shares_traffic_by_those_weights(
    share: str, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import random
    from decimal import Decimal

    from litellm.router import Router

    old, new = weights(Decimal(share)).split(" : ")
    models = [("openai/old", int(old)), ("openai/new", int(new))]
    router = Router(
        model_list=[
            {"model_name": "primary", "litellm_params": {"model": model, "weight": weight, "api_key": "any"}}
            for model, weight in models
        ],
        routing_strategy="simple-shuffle",
    )
    random.seed(7)
    drawn = Counter(
        router.get_available_deployment("primary", messages=[])["litellm_params"]["model"] for _ in range(2000)
    )
    assert least <= drawn["openai/new"] <= most  # 20, 200 and 1,000 are expected


def test_a_comparison_says_its_size_and_how_the_gateway_holds_both_versions() -> None:
    single = scenario_table(TRIAGE, FILE, "Comparing two versions on traffic")
    assert single["answers of each version"] == ["2,210"]
    assert single["split"] == ["by request, half and half, of 5,000,000 req/day"]
    (shared,) = single["gateway"]
    assert shared == "the version beside gpt-6-luna is another deployment of the group primary; both say `weight: 47.5`"
    turns = scenario_table(CODER, FILE, "Comparing two versions on traffic")
    assert turns["split"] == ["by user, half and half, of 180,000 req/day"]
    assert "a group of its own (candidate)" in turns["gateway"][0]


def test_what_is_built_is_listed_from_the_call_to_the_last_answer() -> None:
    parts = scenario_table(CODER, FILE, "What is built")
    assert list(parts) == ["agent", "retry", "fallback", "monitoring", "final fallback"]
    assert parts["agent"] == [
        "loop of claude-sonnet-5-5 with tools: irreversible, usually 25 turns",
        "the application",
    ]
    assert parts["retry"][0] == "errors of the server again, 2 times; never after a timeout of 146 s"
    assert parts["final fallback"][0] == "no change; the session ends and its branch stays"
    assert next(iter(scenario_table(TRIAGE, FILE, "What is built"))) == "call"


def test_every_item_of_the_checklist_has_a_state_that_its_evidence_says() -> None:
    found = scenario_table(TRIAGE, FILE, "Checklist before a release")
    assert found["gpt-6-luna (primary) passes the gate"][:2] == [DONE, "93.8 % to 95.0 % against 93 %"]
    assert found["the month fits the budget"][:2] == [DONE, "$1,344 of $15,000/month"]
    assert found["the decision is accepted"][:2] == [OPEN, "gpt-6-luna, draft"]
    assert found["figures agree with each other"][0] == BLOCKS
    slow = shown(checklist(whole_seen(TRIAGE, ("latency.p95_ms", 600))))["answers are quick enough"]
    assert (slow["status"], slow["evidence"]) == (BLOCKS, "P95 0.61 s of 600 ms")


def test_the_checklist_counts_its_own_items_and_the_worst_come_first() -> None:
    for scenario in SCENARIOS:
        items = checklist(whole_seen(scenario))
        counts = Counter(row["status"] for row in items)
        text = section(scenario_texts(scenario)[FILE], "Checklist before a release")
        assert f"\n{counts[DONE]} of {len(items)} items are done; {counts[BLOCKS]} items block the release.\n" in text
        order = [(BLOCKS, OPEN, DONE).index(row["status"]) for row in items]
        assert order == sorted(order)
        assert all(said(row["evidence"]) and row["owner"] for row in items)


def test_an_accepted_decision_is_done() -> None:
    seen = scenario_seen(CLINIC)
    decision = decision_of(seen)
    assert decision.choice is not None
    choice = replace(decision.choice, status=DecisionStatus.ACCEPTED, signed_by="R. Vega")
    inputs = replace(seen.inputs, decision=replace(decision, choice=choice))
    row = next(one for one in checklist(replace(seen, inputs=inputs)) if one["what"] == "the decision is accepted")
    assert (row["status"], said(row["evidence"])) == (DONE, "open/gpt-oss-120b, accepted, signed by R. Vega")


def test_the_architecture_is_reviewed_by_a_checklist() -> None:
    review = [row for row in checklist(scenario_seen(TRIAGE)) if row["owner"] == "architect"]
    assert {row["what"]: row["status"] for row in review} == {
        "figures agree with each other": BLOCKS,
        "no rule stands against the design": BLOCKS,
        "deviations have a reason": OPEN,
        "the decision is accepted": OPEN,
    }


def state(rule: str, status: Status, what: str) -> str:
    """The state of that item where the rule has that status."""
    seen = scenario_seen(CLINIC)
    report = decision_of(seen).rules
    findings = tuple(replace(one, status=status) if one.rule.id == rule else one for one in report.findings)
    items = checklist(with_report(seen, replace(report, findings=findings)))
    return next(str(row["status"]) for row in items if row["what"] == what)


def test_guardrails_that_nobody_tested_block_the_release() -> None:
    assert state("R-GUARD-04", Status.UNKNOWN, TESTED) == BLOCKS
    assert state("R-GUARD-04", Status.FIRED, TESTED) == BLOCKS
    assert state("R-GUARD-04", Status.NOT_FIRED, TESTED) == DONE
    evidence = scenario_table(TRIAGE, FILE, "Checklist before a release")[TESTED][1]
    assert evidence == "never tried: eval.adversarial_n unknown (R-GUARD-04); audience consumers"


def test_any_safety_bypass_blocks_the_release() -> None:
    assert state("R-GUARD-02", Status.FIRED, "no safety bypass is left") == BLOCKS
    assert state("R-GUARD-02", Status.NOT_FIRED, "no safety bypass is left") == DONE


def test_work_is_handed_to_the_specialists_whom_findings_call_for() -> None:
    found = {scenario: [row["who"] for row in hand_offs(whole_seen(scenario))] for scenario in SCENARIOS}
    assert found == {
        CLINIC: ["prompts", "DevOps", "observability", "security"],
        TRIAGE: ["fine-tuning", "prompts", "DevOps", "observability", "security"],
        CODER: ["retrieval", "prompts", "DevOps", "observability", "security"],
        HANDBOOK: [],
    }
    assert {who for each in found.values() for who in each} == set(AREAS)
    gives, rules, back, consulted, informed = scenario_table(TRIAGE, FILE, "Who takes over what")["fine-tuning"]
    assert (gives, rules) == ("training of a classifier on 400,000 examples", "R-ADAPT-07")
    assert (back, consulted, informed) == ("weights, and a run that reaches 93 %", "evaluation", "operations")


def test_other_experts_are_asked_for_what_is_theirs() -> None:
    asked = scenario_table(CODER, FILE, "Who else is asked")
    assert asked["frontend"] == [
        "a wait that is shown, a step that asks before the model acts, and what stands there when no model answers",
        "output tool calls within 2,500 ms",
    ]
    assert asked["data"][1] == "labelled 120 examples"
    assert asked["evaluation methods"] == ["whether 120 examples are enough", "task success at 55 %"]
    assert "reviewers" not in scenario_table(HANDBOOK, FILE, "Who else is asked")
    assert scenario_inputs(HANDBOOK).requirements.answers["risk.human_review"] == "none"
