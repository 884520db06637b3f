"""Caches and queues as designed parts: key, threshold, lifetime, scope, what empties them; classes, dead letters."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from maquette.bundle.diagrams.drawing import diagrams
from maquette.bundle.diagrams.model import Flow
from maquette.bundle.documents.caching import caching_notes, caching_view, lifetime
from maquette.bundle.documents.queueing import queueing_view
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.routing_values import answer_ttl_s, priority_classes, response_cache
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from maquette.rules.report import Rule, Strength
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import STORIES, inputs_of, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE, rule_book, scenario

SEMANTIC = world.rule("R-CACHE-04", Strength.STRONG, "Semantic cache", cache="semantic")
PREFIX = world.rule("R-CACHE-01", Strength.STRONG, "Prefix cache", prefix_cache=True)
TENANT = world.rule("R-CACHE-05", Strength.MUST, "Apart", cache_scope="tenant")
KNOWING = {**world.ANSWERS, "knowledge.need": "changing", "knowledge.change_freq": "daily"}


def caches(*rules: Rule, answers: Mapping[str, Any] = KNOWING) -> Mapping[str, Any]:
    return caching_view(seen_of(cached(*rules, answers=answers)))


def cached(*rules: Rule, answers: Mapping[str, Any] = KNOWING) -> BundleInputs:
    return world.inputs(answers, decision=world.decision(rules=rules))


def cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else said(value) for name, value in row.items()}


def told(rows: list[Mapping[str, Any]]) -> dict[str, str]:
    return {row["what"]: said(row["then"]) for row in rows}


def test_a_semantic_cache_has_key_threshold_lifetime_and_scope() -> None:
    (row,) = (cells(one) for one in caches(SEMANTIC)["caches"])
    assert row == {
        "cache": "semantic cache of answers",
        "key": "vector of the question, within prompt, model id, parameters, prompt version, version of the knowledge",
        "threshold": "similarity of 0.95 at least, raised while more than 1 % of the hits are wrong",
        "ttl": "1 h; the knowledge changes daily",  # a day / 24
        "scope": "everybody who asks",
    }


def test_an_exact_cache_of_tenants_has_the_tenant_in_its_key() -> None:
    (row,) = (cells(one) for one in caches(world.EXACT_CACHE, TENANT)["caches"])
    assert row["key"].endswith("version of the knowledge, tenant and rights")
    assert (row["threshold"], row["scope"]) == ("equal, no similarity", "one tenant; others never see it")


def test_the_decision_record_tells_key_threshold_lifetime_scope_and_invalidation() -> None:
    notes = [said(note) for note in caching_notes(seen_of(cached(SEMANTIC)))]
    assert [note.split(":")[0] for note in notes] == ["Key", "Threshold", "TTL", "Scope", "Invalidation"]
    assert notes[-1] == (
        "Invalidation: a new version of the prompt, another version of beta-flash, alpha-mini, a document changes "
        "(daily), an answer is reported as wrong, another embedding model."
    )
    assert caching_notes(seen_of(cached(world.NO_QUEUE))) == []


@pytest.mark.parametrize(
    ("often", "seconds"),
    [("realtime", 0), ("daily", 3600), ("monthly", 108_000), ("yearly", 604_800), ("never", 604_800)],
)
def test_answers_live_for_a_part_of_the_interval_in_which_their_knowledge_changes(often: str, seconds: int) -> None:
    answers = {**KNOWING, "knowledge.change_freq": often}
    inputs = cached(world.EXACT_CACHE, answers=answers)
    assert answer_ttl_s(seen_of(inputs).facts) == seconds
    kept = response_cache(inputs, seen_of(inputs).facts)
    assert kept is not None
    assert kept.ttl_s == seconds


def test_lifetimes_are_said_in_words() -> None:
    assert [lifetime(one) for one in (300, 3600, 108_000, 604_800)] == ["300 s", "1 h", "30 h", "7 days"]


def test_each_class_of_content_has_its_lifetime_by_how_fast_it_becomes_wrong() -> None:
    answers = {
        **KNOWING,
        "tokens.shared_prefix": 300,
        "agency.tools": "read",
        "data.sensitivity": "pii",
        "lifecycle.change_cadence": "weekly",
    }
    rows = {
        row["content"]: (said(row["volatility"]), said(row["ttl"]))
        for row in caches(SEMANTIC, PREFIX, answers=answers)["classes"]
    }
    assert rows == {
        "instructions and examples": ("changes with a release: weekly", "300 s after the last read"),
        "answers from the knowledge": ("the knowledge changes daily", "1 h; the knowledge changes daily"),
        "vectors of questions": ("none: a text keeps its vector", "7 days"),
        "results of tools": ("change with what the tools reach: read", "0 s: asked each time"),
        "answers about a person": ("data of kind pii", "0 s for anybody else"),
    }


def test_what_makes_a_cached_answer_wrong_is_listed_with_what_it_drops() -> None:
    answers = {**KNOWING, "tokens.shared_prefix": 300, "agency.tools": "read", "knowledge.acl": True}
    rows = [(said(row["event"]), row["drops"]) for row in caches(SEMANTIC, PREFIX, answers=answers)["triggers"]]
    assert rows == [
        ("a new version of the prompt", "prefix and answers"),
        ("another version of beta-flash, alpha-mini", "prefix and answers"),
        ("a document changes (daily)", "answers"),
        ("the list of tools changes", "prefix"),
        ("a right is taken away", "answers"),
        ("an answer is reported as wrong", "answers"),
        ("another embedding model", "answers"),
    ]


def test_a_changed_document_in_the_prompt_drops_the_prefix() -> None:
    rows = caching_view(seen_of(scenario_inputs(HANDBOOK)))["triggers"]
    assert ("a document in the prompt changes (monthly)", "prefix") in [(said(r["event"]), r["drops"]) for r in rows]


def test_a_warm_up_job_fills_a_cache_that_changes_empty_and_says_what_it_costs() -> None:
    answers = {**KNOWING, "traffic.exact_repeat_share": 0.2, "scale.active_hours": 10}
    rows = told(caches(world.EXACT_CACHE, answers=answers)["warming"])
    # 40,000 / 86,400 s x 3,600 s x 0.2 = 333 questions, at $173.6448 / 1,216,000 a request
    assert rows["when"] == "before the active hours begin, 10, and after each change of the knowledge (daily)"
    assert rows["what"] == "the questions asked most, 333 questions at the most"
    assert rows["cost"] == "$0.0476 for each run of the job"
    still = {**answers, "knowledge.need": "none", "scale.active_hours": 24}
    assert caches(world.EXACT_CACHE, answers=still)["warming"] == []
    assert caches(PREFIX, answers={**answers, "tokens.shared_prefix": 300})["warming"] == []


def test_a_stated_cache_that_the_data_or_the_budget_of_parts_rule_out_is_none() -> None:
    for name in (TRIAGE, HANDBOOK):  # both plans name a semantic cache
        inputs = scenario_inputs(name)
        assert seen_of(inputs).facts.values["design.cache"] == "semantic"
        assert response_cache(inputs, seen_of(inputs).facts) is None


def test_the_clinic_has_no_section_of_caches_and_the_others_have_one() -> None:
    with_caches = {
        name for name in (CLINIC, TRIAGE, CODER, HANDBOOK) if caching_view(seen_of(scenario_inputs(name)))["caches"]
    }
    assert with_caches == {TRIAGE, CODER, HANDBOOK}
    assert "\n## Caches\n" not in scenario_texts(CLINIC)["docs/02-architecture.md"]


def nodes(inputs: BundleInputs, view: str = "container") -> set[str]:
    shown = diagrams(seen_of(inputs))[view]
    assert isinstance(shown, Flow)
    return {node.key for node in shown.nodes}


@pytest.mark.parametrize(("limit", "queued"), [(45_600_000, True), (45_800_000, False)])
def test_a_queue_stands_in_front_when_the_peak_is_above_the_account_s_limit(limit: int, queued: bool) -> None:
    # 180,000 / 32,400 s x 3 x 60 x 45,700 tokens = 45,700,000 a minute
    given = scenario(CODER).requirements
    stated = replace(given, design_facts={**given.design_facts, "cat.rate_limit_tpm": limit})
    inputs = inputs_of(CODER, stated, STORIES[CODER])
    assert ("queue" in nodes(inputs)) is queued


def test_a_realtime_request_never_waits_in_a_queue_though_the_peak_is_above_the_limit() -> None:
    facts: dict[str, FactValue] = {
        "latency.mode": "realtime",
        "scale.peak_factor": 8,
        "derived.peak_tpm": 42,
        "cat.rate_limit_tpm": 10,
    }
    found = judge(rule_book(), facts).slots.get("queue")
    assert found is None or found.value is not True
    waiting = judge(rule_book(), {**facts, "latency.mode": "interactive"}).slots["queue"]
    assert waiting.value is True


def test_the_queue_says_what_a_minute_of_peak_leaves_and_when_it_is_worked_off() -> None:
    rows = told(queueing_view(seen_of(scenario_inputs(CODER)))["reasons"])
    assert rows["busiest minute"] == "1.1 times the account's limit of 40,000,000 tokens/min: the rest waits"
    # 5.7 M tokens / 45,700 = 125; the mean is 15.23 M, so that 24.77 M a minute are free: 13.8 s
    assert rows["a minute of peak"] == "125 requests wait, worked off in 13.8 s at the mean load"


def test_tiers_of_users_are_classes_each_with_twice_the_share_of_the_next() -> None:
    inputs = world.inputs({**world.ANSWERS, "users.tiers": 3})
    classes = priority_classes(inputs, seen_of(inputs).facts)
    assert [(one.rank, one.name, one.share, one.wait_s) for one in classes] == [
        (1, "tier 1", Decimal(4) / 7, Decimal(1)),
        (2, "tier 2", Decimal(2) / 7, Decimal(2)),
        (3, "tier 3", Decimal(1) / 7, Decimal(3)),
    ]
    rows = [cells(row) for row in queueing_view(seen_of(inputs))["classes"]]
    assert [(row["share"], row["wait"], row["shed"]) for row in rows] == [
        ("57.1 %", "1 s", "last"),
        ("28.6 %", "2 s", "before those above"),
        ("14.3 %", "3 s", "first"),
    ]
    assert priority_classes(world.inputs(), seen_of(world.inputs()).facts) == ()


def test_what_may_wait_for_hours_takes_only_what_others_leave() -> None:
    rows = [cells(row) for row in queueing_view(seen_of(scenario_inputs(CLINIC)))["classes"]]
    assert [(row["name"], row["share"], row["wait"], row["shed"]) for row in rows] == [
        ("people who wait", "100 %", "20 s", "last"),
        ("batch lane", "what the others leave", "14 h", "first"),
    ]


def test_what_failed_for_good_is_kept_watched_and_brought_back_by_a_runbook() -> None:
    texts = scenario_texts(CLINIC)
    dead = section(texts["docs/02-architecture.md"], "Queue and classes of requests")
    assert (
        "| gets there | what open/gpt-oss-120b did not answer in 3 attempts, then once by open/gemma-4-31b-it |" in dead
    )
    assert "| holds | key, last error and where the input lies: no content, for 2,190 days |" in dead
    assert "app_dead_letter_depth above 0 requests: [queue-backlog.md](../runbooks/queue-backlog.md)" in dead
    runbook = texts["runbooks/queue-backlog.md"]
    assert "sum(app_dead_letter_depth)" in runbook
    assert "Move dead letters aside; never throw them away." in runbook


def test_a_design_in_which_nothing_waits_has_no_queue_and_no_dead_letters() -> None:
    for name in (TRIAGE, HANDBOOK):
        view = queueing_view(seen_of(scenario_inputs(name)))
        assert (view["reasons"], view["classes"], view["dead"], view["runbook"]) == ([], [], [], "")
