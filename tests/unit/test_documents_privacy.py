"""Data and privacy: who processes what where, how long it is kept, what is redacted, how one person is erased."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from maquette.bundle.documents.privacy import privacy_view
from maquette.requirements.answers import Requirements
from tests import bundle_world as world
from tests.assurance_world import scenario_seen, seen_of, stated, words
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def view(name: str) -> Mapping[str, Any]:
    """The document's data of a scenario."""
    return privacy_view(scenario_seen(name))


def record(name: str) -> dict[str, Mapping[str, Any]]:
    """The record of processing by what is processed."""
    return {one["what"]: one for one in view(name)["record"]}


def test_every_flow_has_its_processor_and_region() -> None:
    flows = {(one["end"], one["processor"], one["region"]) for one in view(TRIAGE)["flows"]}
    assert ("gpt-6-luna", "openai", "offered in us; pinned in the gateway") in flows
    assert all(processor and region for _, processor, region in flows)


def test_on_own_premises_nobody_else_processes() -> None:
    assert {one["processor"] for one in view(CLINIC)["flows"]} == {"your organisation"}
    assert {one["region"] for one in view(CLINIC)["flows"]} == {"your own premises"}


def test_a_policy_and_not_the_law_keeps_health_data_in_house() -> None:
    told = [words(one) for one in view(CLINIC)["notes"]]
    assert told[0] == "Hosting follows from a policy: third parties may process the data: no."
    assert told[1] == (
        "The law alone would allow a processor under a business associate agreement: the policy forces self-hosting."
    )


def test_the_log_of_a_clinic_holds_metadata_for_six_years() -> None:
    log = record(CLINIC)["gateway log"]
    assert words(log["category"]).startswith("metadata only")
    assert words(log["kept"]) == "2,190 days"


def test_a_log_with_content_holds_what_redaction_leaves_of_the_prompts() -> None:
    found = privacy_view(scenario_seen(TRIAGE, ("logging.content_allowed", True)))["record"]
    log = next(one for one in found if one["what"] == "gateway log")
    assert words(log["category"]) == "prompts and answers, what redaction leaves of personal data"


def test_personal_data_stays_out_of_the_log_while_nobody_answered_that_it_may_hold_it() -> None:
    log = record(TRIAGE)["gateway log"]
    assert words(log["category"]) == "metadata only: model, tokens, time, cost; because of personal data"


def test_prompts_name_their_recipient_and_its_published_terms() -> None:
    prompts = record(TRIAGE)["prompts and answers, primary"]
    assert prompts["recipient"].startswith("openai, gpt-6-luna")
    assert words(prompts["kept"]) == (
        "30 days, logs for abuse monitoring; longer where the law asks for it; "
        "zero retention: on request, needs approval; some endpoints keep state all the same"
    )
    assert words(prompts["purpose"]) == "the task: classification"


def test_stated_zero_retention_is_told() -> None:
    kept = privacy_view(stated(TRIAGE, {"cat.zdr_available": True}))["record"][0]["kept"]
    assert words(kept) == "not kept: zero retention is offered, to be contracted yes"


def test_the_legal_basis_is_asked_for_and_never_invented() -> None:
    assert words(view(TRIAGE)["basis"][0]) == (
        "Asked of the controller: on which legal basis is personal data processed (audience: consumers)? "
        "No answer of this project says so."
    )
    assert view(HANDBOOK)["basis"] == []


def test_personal_data_is_redacted_before_the_api_lane_and_recall_is_not_measured() -> None:
    assert [one["point"] for one in view(TRIAGE)["redaction"]] == [
        "in the application, before the gateway, which leads to openai and anthropic",
        "before the gateway log",
    ]
    assert words(view(TRIAGE)["recall"]) == (
        "Recall on a set of your own with personal data: not measured; at least 95 % is asked for before launch."
    )


def test_a_measured_recall_is_told() -> None:
    recall = privacy_view(stated(TRIAGE, {"eval.pii_recall": 0.97}))["recall"]
    assert words(recall).startswith("Recall, measured: 0.97")


def test_without_a_provider_only_the_log_is_redacted() -> None:
    assert [one["point"] for one in view(CLINIC)["redaction"]] == ["before the gateway log"]
    assert view(CLINIC)["recall"] == []


def test_erasure_names_only_places_that_the_design_has() -> None:
    places = {name: [one["place"] for one in view(name)["erasure"]] for name in (CLINIC, TRIAGE, CODER, HANDBOOK)}
    assert places[CLINIC] == ["gateway log", "PostgreSQL beside the gateway", "evals/encounters.jsonl"]
    bucket = "your organisation, in a bucket of AWS (S3)"
    assert places[TRIAGE] == ["gateway log", bucket, "evals/messages.jsonl", "openai", "anthropic", "trained weights"]
    assert "memory" in places[CODER]
    assert "search index" not in places[HANDBOOK]


def test_a_cache_and_its_life_are_named_where_the_gateway_has_one() -> None:
    inputs = world.inputs(decision=world.decision(rules=(world.MONITORING, world.EXACT_CACHE)))
    places = {one["place"]: words(one["remove"]) for one in privacy_view(seen_of(inputs))["erasure"]}
    assert places["response cache"] == "delete the key; otherwise gone after 604800 s"


def test_other_retention_changes_the_rows_of_log_and_call_record_only() -> None:
    before = {one["what"]: words(one["kept"]) for one in view(CLINIC)["record"]}
    changed = privacy_view(scenario_seen(CLINIC, ("logging.retention_days", 400)))["record"]
    after = {one["what"]: words(one["kept"]) for one in changed}
    assert {what for what, kept in after.items() if before[what] != kept} == {"gateway log", "call record"}


def test_nothing_is_said_of_a_project_without_a_class_of_data() -> None:
    inputs = replace(world.empty_inputs(), requirements=Requirements(answers={}))
    found = privacy_view(seen_of(inputs))
    assert (found["flows"], found["redaction"], found["erasure"]) == ([], [], [])


def test_the_audit_bucket_is_a_store_with_its_retention_in_record_flow_and_erasure() -> None:
    row = record(TRIAGE)["audit record"]
    assert row["recipient"] == "your organisation, in a bucket of AWS (S3)"
    assert words(row["category"]) == words(record(TRIAGE)["gateway log"]["category"])
    assert words(row["kept"]) == "90 days"
    assert words(row["purpose"]).startswith("audit (R-")
    assert ("LiteLLM gateway", "Audit bucket (S3)", "record of every call") in {
        (one["start"], one["end"], one["what"]) for one in view(TRIAGE)["flows"]
    }
    erased = {one["place"]: words(one["remove"]) for one in view(TRIAGE)["erasure"]}
    assert erased["your organisation, in a bucket of AWS (S3)"] == "delete the object; otherwise gone after 90 days"


def test_a_record_in_the_gateways_database_names_that_and_no_bucket() -> None:
    row = record(CLINIC)["call record"]
    assert row["recipient"] == "your organisation, PostgreSQL beside the gateway"
    assert words(row["category"]) == "metadata of every call"
    assert words(row["purpose"]) == "audit (R-COMP-07)"
    assert words(row["kept"]) == "2,190 days"
    assert "audit record" not in record(CLINIC)
    assert "PostgreSQL" in {one["end"] for one in view(CLINIC)["flows"]}
    erased = {one["place"]: words(one["remove"]) for one in view(CLINIC)["erasure"]}
    assert erased["PostgreSQL beside the gateway"] == "delete the row; otherwise gone after 2,190 days"


def test_a_thin_design_names_no_store_that_its_gateway_does_not_have() -> None:
    assert {"audit record", "call record", "teams and keys", "shared counters"}.isdisjoint(record(HANDBOOK))
    assert not {"Audit bucket (S3)", "PostgreSQL"} & {one["end"] for one in view(HANDBOOK)["flows"]}
