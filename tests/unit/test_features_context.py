"""Context and memory as designed parts: budgets by model, the window that stays, compaction, pruning, their proofs."""

from collections.abc import Mapping
from typing import Any

import click
import pytest

from maquette.bundle.documents.context_design import context_design_view, context_notes
from maquette.cli.eval_command import command as eval_group
from tests import bundle_world as world
from tests.document_view_world import said, seen_of
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE

TALK = {
    **world.ANSWERS,
    "tokens.input_avg": 6000,
    "tokens.output_avg": 300,
    "tokens.shared_prefix": 1000,
    "tokens.input_p99": 20_000,
    "tokens.output_max": 1000,
    "context.multi_turn": True,
    "context.turns_avg": 9,
    "scale.requests_per_day": 9000,
    "logging.retention_days": 30,
}
"""Conversations of nine turns: each adds 2 x (6,000 - 1,000) / (9 + 1) = 1,000 tokens."""


def design(answers: Mapping[str, Any] = TALK) -> Mapping[str, Any]:
    return context_design_view(seen_of(world.inputs(answers)))


def texts(row: Mapping[str, Any], *names: str) -> list[str]:
    return [row[name]["text"] for name in names]


def told(rows: list[Mapping[str, Any]]) -> dict[str, str]:
    return {row["what"]: said(row["then"]) for row in rows}


def test_each_model_has_a_budget_whose_parts_add_up_to_its_window() -> None:
    first, second = design()["budgets"]
    # 20,000 of the longest request are 1,000 of prefix and 19,000 of history; 1,000 are kept for the answer.
    names = ("window", "prefix", "rest", "answer", "left", "share")
    assert texts(first, *names[:1], *names[2:]) == [
        "128,000 tokens",
        "19,000 tokens",
        "1,000",
        "107,000 tokens",
        "16.4 %",
    ]
    assert (first["model"], second["model"]) == ("beta-flash", "alpha-mini")
    assert texts(second, "window", "left", "share") == ["256,000 tokens", "235,000 tokens", "8.2 %"]


def test_a_compared_model_without_a_role_has_its_row_too() -> None:
    inputs = world.inputs(TALK, decision=world.decision(model="alpha-mini", fallback=None))
    rows = context_design_view(seen_of(inputs))["budgets"]
    assert [(row["model"], row["role"]) for row in rows] == [("alpha-mini", "primary"), ("beta-flash", "compared")]


def test_every_scenario_has_a_row_for_each_of_its_models() -> None:
    for name in SCENARIOS:
        rows = context_design_view(seen_of(scenario_inputs(name)))["budgets"]
        assert [row["role"] for row in rows] == ["primary", "fallback"]


def test_a_budget_tells_the_turn_at_which_a_window_is_full() -> None:
    first, second = design()["budgets"]
    # (128,000 - 1,000 - 1,000) / 1,000 a turn; half the window, 64,000, is passed behind turn 63.
    assert texts(first, "full_turn", "trigger", "trigger_turn") == ["turn 126", "64,000 tokens", "turn 63"]
    assert texts(second, "full_turn", "trigger", "trigger_turn") == ["turn 254", "128,000 tokens", "turn 127"]


def test_a_session_grows_by_the_same_tokens_each_turn() -> None:
    grown = [(row["turn"], row["prompt"]["text"], row["state"]) for row in design()["growth"]]
    assert grown == [
        ("1", "2,000 tokens", "whole"),
        ("4", "5,000 tokens", "whole"),
        ("9", "10,000 tokens", "whole"),
        ("18", "19,000 tokens", "whole"),
    ]


def test_the_sliding_window_is_what_half_of_the_tightest_compaction_holds() -> None:
    # (64,000 / 2 - 1,000 of prefix - 2,000 of summary) / 1,000 a turn
    assert told(design()["memory"])["sliding window"] == "the last 29 turns word for word"


def test_a_price_step_below_half_the_window_sets_the_compaction() -> None:
    memory = told(context_design_view(seen_of(scenario_inputs(CODER)))["memory"])
    # gpt-6.1-terra charges more above 272,000; a turn adds 2 x (45,000 - 12,000) / 26 = 2,538 tokens.
    assert memory["compaction"].startswith("when a prompt passes 272,000 tokens, that is turn 102")
    assert memory["sliding window"] == "the last 48 turns word for word"


def test_a_conversation_has_a_memory_and_a_single_request_has_none() -> None:
    memory = told(design()["memory"])
    assert memory["size of a session"] == "35.2 KiB, 1,000 sessions a day"  # 9 x 1,000 x 4 bytes; 9,000 / 9
    assert memory["store"] == "1.08 GB after 30; older sessions are deleted"
    assert memory["key"] == "session"
    for name in (CLINIC, TRIAGE, HANDBOOK):
        assert context_design_view(seen_of(scenario_inputs(name)))["memory"] == []


def test_a_memory_of_those_who_have_different_rights_is_kept_by_user_and_tenant() -> None:
    memory = told(design({**TALK, "knowledge.acl": True})["memory"])
    assert memory["key"] == "session, under the user and tenant whose rights it has"


def test_what_leaves_the_prompt_first_is_chosen_by_what_the_project_has() -> None:
    assert design()["policy"] == "the oldest turns first"
    assert design({**TALK, "agency.tools": "read"})["policy"] == "tool results first, then the oldest turns"
    crowded = {**world.ANSWERS, "tokens.input_p99": 64_001}
    assert design(crowded)["policy"] == "the longest field first"  # more than half of 128,000
    alone = design({**crowded, "tokens.input_p99": 64_000})
    assert (alone["policy"], alone["pruning"], alone["proofs"]) == (None, [], [])


def test_pruning_is_proven_by_the_same_examples_with_and_without_it() -> None:
    (pruning, _) = design()["proofs"]
    assert pruning["commands"] == [
        "maquette eval run",
        "maquette eval compare r-014:beta-flash r-015:beta-flash --margin 0.08",
    ]
    assert said(pruning["passes"]) == (
        "loses in accuracy at most 8.0 points; 120 examples cannot show the 2 points of the rule"
    )


def test_compaction_is_proven_by_a_recall_of_what_it_summarised() -> None:
    (_, recall) = design()["proofs"]
    # The first compaction comes before turn 64; the last 29 turns of then stay as they are.
    assert said(recall["asks"]) == (
        "1,960 conversations of which half say a fact in turns 1 to 35, which are summarised before turn 64, "
        "the last question asks for it"
    )
    (command,) = recall["commands"]
    assert command.endswith("--data evals/recall.jsonl --model openai/beta-flash --via litellm --metric contains")


def test_the_decision_record_tells_window_compaction_pruning_and_proofs() -> None:
    notes = [said(note) for note in context_notes(seen_of(world.inputs(TALK)))]
    assert [note.split(":")[0] for note in notes] == [
        "Sliding window",
        "Compaction",
        "Pruning",
        "Proof of pruning",
        "Proof of compaction",
    ]
    assert notes[1].startswith(
        "Compaction: when a prompt passes 64,000 tokens, that is turn 63; the usual session of 9"
    )
    assert context_notes(seen_of(world.inputs())) == []
    record = scenario_texts(CODER)["docs/adr/0003-adaptation-and-knowledge.md"]
    assert "- Pruning: tool results first, then the oldest turns." in record


def test_the_commands_of_the_proofs_are_ones_that_the_program_takes() -> None:
    for proof in design()["proofs"]:
        for command in proof["commands"]:
            _, group, name, *words = command.split()
            context = click.Context(eval_group)
            found = eval_group.get_command(context, name)
            assert group == "eval"
            assert found is not None
            own = click.Context(found)
            found.make_parser(own).parse_args(list(words))
            with pytest.raises(click.NoSuchOption):
                found.make_parser(own).parse_args([*words, "--marginal"])
