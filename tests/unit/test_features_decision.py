"""What the decisions promise: evidence, a queue where volume asks for one, prefixes, history, engines, trade-offs."""

import re
from decimal import Decimal

import pytest

from maquette.adapters.knowledge_files import load_tools
from maquette.adapters.report_html.charts import charts_of
from maquette.bundle.documents.sections import split
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from tests.document_view_world import section
from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE, rule_book, scenario
from tests.unit.test_eval_report import marked, report_of

ANSWER = re.compile(r"\(\.\./01-requirements\.md#(fact-[\w-]+)\)")
RUN_OR_COST = re.compile(r"\(\.\./(?:04-evaluation-plan\.md#(run-[\w-]+)|06-cost-model\.md#(option-[\w-]+))\)")


def rows(text: str) -> list[list[str]]:
    """The cells of every row of a section's tables, without rules; heads stay."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not set(line) <= set("|-")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def own_evidence(record: str, requirements: str) -> set[str]:
    """What a record rests on: runs and lines of cost by their places, answers that drove it by their names.

    The paragraph that tells of the system stands in every record and counts for none of them; a claim never counts.
    """
    parts = {title: part for title, part in split(record) if title != "Context and problem statement"}
    text = "\n".join(parts.values())
    answered = set(re.findall(r'<a id="fact-[\w-]+"></a>([\w.]+) \|', requirements))
    drivers = {
        word for row in rows(parts["Decision outcome"]) if len(row) == 5 for word in re.findall(r"[\w.]+", row[3])
    }
    places = {name for found in RUN_OR_COST.findall(text) for name in found if name}
    return places | set(ANSWER.findall(text)) | (drivers & answered)


def records(case: str) -> dict[str, str]:
    """The bundle's decision records."""
    return {path: text for path, text in scenario_texts(case).items() if path.startswith("docs/adr/0")}


def outcome(case: str, path: str, *changes: tuple[str, FactValue]) -> dict[str, tuple[str, str]]:
    """Rule to what it proposes and what drives it, of a record."""
    found = rows(section(scenario_texts(case, *changes)[path], "Decision outcome"))
    return {re.findall(r"R-[A-Z]+-\d+", row[0])[0]: (row[1], row[3]) for row in found if row[0].startswith("[R-")}


def filled(case: str, *changes: tuple[str, FactValue]) -> dict[str, object]:
    """Slot to its value, as the rules fill it."""
    return {
        name: slot.value for name, slot in judge(rule_book(), {**scenario(case).facts, **dict(changes)}).slots.items()
    }


@pytest.mark.parametrize("case", SCENARIOS)
def test_every_record_rests_on_a_run_a_cost_or_an_answer(case: str) -> None:
    requirements = scenario_texts(case)["docs/01-requirements.md"]
    assert len(records(case)) >= 6
    assert [path for path, text in records(case).items() if not own_evidence(text, requirements)] == []
    model = own_evidence(records(case)["docs/adr/0001-model.md"], requirements)
    assert any(name.startswith("run-") for name in model)


@pytest.mark.parametrize("case", SCENARIOS)
def test_a_record_that_cites_only_a_public_benchmark_would_be_found(case: str) -> None:
    requirements = scenario_texts(case)["docs/01-requirements.md"]
    record = records(case)["docs/adr/0001-model.md"]
    context = dict(split(record))["Context and problem statement"]
    claimed = "71.5 % GPQA Diamond[ᶜ](../19-traceability.md#source-24c25f5800)"
    hype = f"# ADR-0001\n\n{context}\n## Decision outcome\n\n- It leads: {claimed}\n"
    assert ANSWER.findall(hype)
    assert own_evidence(hype, requirements) == set()
    assert own_evidence(f"{hype}- [ᵐ](../04-evaluation-plan.md#run-r-1)\n", requirements) == {"run-r-1"}


def test_a_million_jobs_a_day_that_may_wait_have_a_queue_in_the_record_of_the_traffic() -> None:
    traffic, steady = "docs/adr/0004-traffic.md", ("scale.peak_factor", 2)
    waits = ("latency.mode", "async")
    proposes, drivers = outcome(TRIAGE, traffic, waits, steady)["R-QUEUE-04"]
    assert (proposes, "scale.requests_per_day 5,000,000 req/day" in drivers) == ("queue: yes", True)
    assert "Kafka" in scenario_texts(TRIAGE, waits, steady)[traffic]
    assert filled(TRIAGE, waits, steady)["queue"] is True
    fewer = (("scale.requests_per_day", 999_999), ("derived.peak_tpm", 2_097_220))
    assert "queue" not in filled(TRIAGE, waits, steady, *fewer)


def test_what_all_calls_share_is_designed_priced_watched_and_kept_up() -> None:
    texts = scenario_texts(TRIAGE)
    proposes, drivers = outcome(TRIAGE, "docs/adr/0004-traffic.md")["R-CACHE-01"]
    assert (proposes, drivers) == (
        "prefix_cache: yes",
        "derived.rps_mean 57.9 requests/s, tokens.shared_prefix 1,200 tokens",
    )
    assert "Order prompts static-first" in texts["docs/adr/0004-traffic.md"]
    parts = {row[0]: row[1:] for row in rows(section(texts["docs/06-cost-model.md"], "Cost of a request"))}
    assert parts["input, cached, in us"][0] == "144 tokens"  # the 12 % of the messages that the classifier passes on
    assert "LLMCacheCollapse" in texts["monitoring/alerts.yml"]
    assert "1,200 tokens" in texts["docs/20-ops-calendar.md"]
    assert "prefix_cache" not in filled(TRIAGE, ("tokens.shared_prefix", 1023))


def test_the_history_of_long_conversations_has_a_policy_and_of_short_ones_none() -> None:
    adaptation = "docs/adr/0003-adaptation-and-knowledge.md"
    proposes, drivers = outcome(CODER, adaptation)["R-CTX-04"]
    assert (proposes, drivers) == ("memory: rolling", "context.multi_turn yes, context.turns_avg 25 turns")
    says = "Rolling summary + last N turns + pinned facts; compaction at 25-50% of window"
    assert says in scenario_texts(CODER)[adaptation]
    assert "memory" not in filled(CODER, ("context.turns_avg", 7))


def flows(case: str, *changes: tuple[str, FactValue]) -> set[tuple[str, str]]:
    """The lines of the diagram of where data goes."""
    text = scenario_texts(case, *changes)["docs/09-data-and-privacy.md"]
    drawn = text.split("```mermaid")[1].split("```")[0]
    return set(re.findall(r"^  n_(\w+) -\.?->(?:\|[^|]*\|)? n_(\w+)$", drawn, re.MULTILINE))


def test_where_knowledge_comes_from_is_asked_and_drawn_where_data_flows() -> None:
    large = ("knowledge.corpus_tokens", 5_000_000)
    register = scenario_texts(HANDBOOK, large)["docs/01-requirements.md"]
    assert '<a id="fact-knowledge-need"></a>knowledge.need' in register
    assert '<a id="fact-knowledge-corpus-tokens"></a>knowledge.corpus_tokens' in register
    assert {("application", "retrieval"), ("retrieval", "index")} <= flows(HANDBOOK, large)
    assert ("retrieval", "sources") in flows(CODER)
    assert not {name for line in flows(TRIAGE) for name in line} & {"retrieval", "index", "sources"}


@pytest.mark.parametrize("mode", ["interactive", "async", "batch"])
def test_own_machines_get_an_engine_that_pages_its_cache_and_batches_continuously(mode: str) -> None:
    chosen = filled(CLINIC, ("latency.mode", mode), ("scale.requests_per_day", 5_000_000))["engine"]
    (engine,) = [tool.engine for tool in load_tools() if tool.name.casefold() == chosen]
    assert engine is not None
    assert (engine.paged_kv_cache, engine.continuous_batching) == (True, True)


def test_the_report_draws_cost_against_quality_with_the_models_that_none_beats() -> None:
    trials = [
        *marked("cheap", "1" * 80 + "0" * 20, cost_usd=Decimal("0.001")),
        *marked("beaten", "1" * 70 + "0" * 30, cost_usd=Decimal("0.002")),
        *marked("good", "1" * 95 + "0" * 5, cost_usd=Decimal("0.004")),
    ]
    charts = {chart.title: chart for chart in charts_of(report_of(trials))}
    chart = charts["Cost against quality"]
    assert "joins the models that no other beats on both" in chart.reading
    (front,) = re.findall(r'<polyline class="front" points="([^"]*)"', chart.drawing)
    assert len(front.split()) == 2
    unpriced = charts_of(report_of(marked("cheap", "10")))
    assert "Cost against quality" not in {chart.title for chart in unpriced}
