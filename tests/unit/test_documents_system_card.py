"""The system card: intended and excluded use, models and data, measured shares by kind of example, oversight."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maquette.bundle.documents.system_card import system_card_view
from maquette.decision.decision import Choice
from tests import bundle_world as world
from tests.assurance_world import decision_of, scenario_seen, seen_of, stated, words
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def view(name: str) -> Mapping[str, Any]:
    """The card of a scenario."""
    return system_card_view(scenario_seen(name))


def excluded(name: str) -> dict[str, str]:
    """Excluded use to the fact that excludes it."""
    return {one["use"]: words(one["because"]) for one in view(name)["excluded"]}


def test_intended_use_is_what_was_answered() -> None:
    told = {one["what"]: words(one["fact"]) for one in view(CLINIC)["intended"]}
    assert told["users"] == "internal, 2,200 users"
    assert told["inputs"] == "text, up to 24,000 tokens"
    assert told["data"] == "up to health data"


def test_merge_and_deployment_without_a_person_are_excluded_for_an_agent() -> None:
    assert excluded(CODER)["merge, deployment or any other act that no person has checked"] == "review: always"
    assert "running code outside the sandbox, or with open network" in excluded(CODER)


def test_a_model_outside_is_excluded_where_third_parties_may_not_process() -> None:
    assert excluded(CLINIC)["any model outside the organisation, as a fallback or judge too"] == (
        "third parties may process the data: no"
    )
    assert not any(use.startswith("any model outside") for use in excluded(TRIAGE))


def test_answers_that_depend_on_who_asks_are_excluded_from_a_handbook_for_all() -> None:
    assert excluded(HANDBOOK)["answers that depend on who asks"] == "readers have different rights: no"


def test_data_above_the_design_s_class_is_excluded() -> None:
    assert (
        excluded(HANDBOOK)["prompts with confidential data, personal data, health data, payment card data, secrets"]
        == "designed for up to internal data"
    )


def test_models_stand_with_who_runs_them_and_until_when() -> None:
    rows = {one["role"]: one for one in system_card_view(seen_of(world.inputs()))["models"]}
    assert rows["primary"]["retires"]["text"] == "2027-06-30"
    assert (rows["fallback"]["runs"], rows["fallback"]["retires"]) == ("mistral", None)
    assert {one["runs"] for one in view(CLINIC)["models"]} == {"your organisation"}
    assert [one["licence"] for one in view(CLINIC)["models"]] == ["apache-2.0", "apache-2.0"]


def test_temperature_zero_is_told_to_be_no_mechanism_of_reproducibility() -> None:
    told = " ".join(words(one) for one in view(CODER)["repeatability"])
    assert "Temperature 0 is no mechanism of reproducibility: answers of 700 tokens over 25 turns" in told
    assert "Temperature" not in " ".join(words(one) for one in view(HANDBOOK)["repeatability"])


def test_own_weights_are_to_be_fixed_by_their_hash_and_a_stated_snapshot_is_pinned() -> None:
    assert words(view(CLINIC)["repeatability"][0]).endswith(
        "is to be fixed by the hash of its weights; this project names none."
    )
    pinned = system_card_view(stated(TRIAGE, {"cat.pinned_snapshot": True}))["repeatability"]
    assert words(pinned[0]) == "A dated snapshot is pinned: yes."


def test_training_data_is_named_only_where_something_is_trained() -> None:
    told = {name: {one["use"]: words(one["what"]) for one in view(name)["data"]} for name in (CLINIC, TRIAGE)}
    assert told[CLINIC]["training"] == "none: open/gpt-oss-120b is adapted by prompt only"
    assert told[TRIAGE]["training"] == "400,000 examples with known answers"


def test_shares_by_kind_of_example_are_counted_with_their_intervals() -> None:
    rows = {(one["model"], one["kind"]): one for one in view(CODER)["performance"]}
    bug = rows["claude-sonnet-5-5", "bug fix"]
    assert (bug["scored"]["text"], bug["share"]["text"]) == ("60", "36.7 %")  # 79 - 60 + 3 = 22 of 60
    assert bug["interval"] == "25.6 % to 49.3 %"  # Wilson 1927


def test_known_failures_name_the_weakest_kind_of_example() -> None:
    assert words(view(CODER)["failures"][0]) == (
        "claude-sonnet-5-5 (primary): 41 of 120 answers wrong; weakest on bug fix with 36.7 %."
    )


def test_calls_that_failed_for_good_are_known_failures() -> None:
    told = [words(one) for one in system_card_view(seen_of(world.inputs()))["failures"]]
    assert "beta-flash: 1 calls ended in timeout after all attempts." in told
    assert "beta-flash: so few examples do not show that it reaches 85 %." in told


def test_oversight_is_review_approval_and_a_rota() -> None:
    rows = {one["what"]: words(one["how"]) for one in view(CODER)["oversight"]}
    assert rows["a person reviews finished work before it is merged"] == "always"
    assert rows["approvals"].startswith("push, merge, deployment and access to secrets wait for a person")
    assert rows["somebody is on call"] == "yes"


def test_who_signed_is_the_contact_and_nobody_is_invented() -> None:
    seen = scenario_seen(HANDBOOK)
    assert words(_contact(system_card_view(seen))).startswith("asked: who answers for hrhelp?")
    choice = decision_of(seen).choice
    assert isinstance(choice, Choice)
    signed = replace(decision_of(seen), choice=replace(choice, signed_by="Ada Byron"))
    card = system_card_view(seen_of(replace(seen.inputs, decision=signed)))
    assert words(_contact(card)) == "Ada Byron, who accepted gpt-6-luna"


def _contact(card: Mapping[str, Any]) -> Any:
    return next(one["how"] for one in card["oversight"] if one["what"] == "contact")


def test_a_project_without_a_model_has_neither_models_nor_performance() -> None:
    card = system_card_view(seen_of(world.empty_inputs()))
    assert (card["models"], card["performance"], card["failures"], card["incidents"]) == ([], [], [], [])
