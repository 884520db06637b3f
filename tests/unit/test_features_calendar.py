"""The calendar's work that makes the system better: each item with its period, its first day and the fact behind it."""

from dataclasses import replace
from decimal import Decimal

from maquette.bundle.documents.calendar import calendar_view
from maquette.cost.drawn import Drawn
from maquette.cost.levers import Lever, LeverKind, LeverTable
from maquette.cost.reporting import CostFindings
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.table_world import shown, whole_seen


def task(scenario: str, begins: str, *changes: tuple[str, float]) -> dict[str, object]:
    """The calendar's task that begins with those words."""
    tasks = shown(calendar_view(whole_seen(scenario, *changes))["tasks"], "task")
    (found,) = [row for name, row in tasks.items() if name.startswith(begins)]
    return found


def test_latency_is_profiled_every_month() -> None:
    found = task(CODER, "profile the latency")
    assert found["task"] == (
        "profile the latency of claude-sonnet-5-5 and gpt-6.1-terra: "
        "whole answers, first tokens, the gateway's own part"
    )
    assert (found["every"], found["first"]) == ("monthly", "2026-12-18")  # 2026-11-18 + 30 days
    assert found["because"] == "P95 15,000 ms, first token 2,500 ms, peak 16.7 requests/s"


def test_new_frameworks_are_tried_every_quarter_on_the_project_s_examples() -> None:
    own = task(CLINIC, "test a newer release")
    assert (own["every"], own["command"]) == ("quarterly", "maquette eval run")
    assert own["task"] == (
        "test a newer release and one rival of LiteLLM and vllm on evals/encounters.jsonl, beside the running one"
    )
    assert "the agent's own loop" in str(task(CODER, "test a newer release")["task"])


def test_cheaper_ways_are_looked_for_every_quarter() -> None:
    found = task(TRIAGE, "look for a cheaper way")
    assert (found["every"], found["command"]) == ("quarterly", "maquette cost levers")
    assert found["because"] == "$1,344 of $15,000/month"


def test_what_no_alert_reads_is_watched_or_dropped_every_quarter() -> None:
    found = task(HANDBOOK, "add an alert or a panel")
    assert found["every"] == "quarterly"
    count, names = str(found["because"]).split(" metrics: ")
    unread, known = (int(word) for word in count.split(" of "))
    assert 0 < unread < known
    assert names.startswith("litellm_proxy_total_requests_metric_total, litellm_deployment_latency_per_output_token, ")


def test_published_practice_is_read_again_every_quarter_with_its_sources() -> None:
    found = task(TRIAGE, "read again what this design follows")
    sources = str(found["because"]).split(" rest on: ")[1].split("; ")
    assert sources[0] == "Google's workbook on site reliability, alerting on SLOs (sre.google/workbook)"
    assert "OWASP Top 10 for LLM Applications 2026 (genai.owasp.org)" in sources
    assert any(one.startswith("AICPA") for one in sources)  # soc2 is among its regimes
    assert not any("contextual retrieval" in one for one in sources)  # it retrieves nothing
    assert "AICPA" not in str(task(HANDBOOK, "read again")["because"])


def lever(kind: LeverKind, before: int, after: int | None, missing: tuple[str, ...] = ()) -> Lever:
    """A lever that is possible, or one that lacks a fact."""
    if after is None:
        return Lever(kind=kind, state="not computable", missing=missing)
    return Lever(kind=kind, state="possible", before_usd=Decimal(before), after_usd=Decimal(after))


def levered(*levers: Lever) -> dict[str, object]:
    """The calendar's task on cost where these levers were tried."""
    seen = whole_seen(TRIAGE)
    projection = seen.inputs.projection
    assert projection is not None
    table = LeverTable(
        option="gpt-6-luna", today_usd=Decimal(10184), requests_month=Decimal(1), budget_usd_month=None,
        levers=levers, steps=(),
    )  # fmt: skip
    drawn = Drawn(options=(), inputs=(), horizon_months=1, budget_usd_month=None, count=1, seed=1)
    costs = CostFindings(
        name="triage5m", option="gpt-6-luna", decided=True, projection=projection, drawn=drawn, crossings=(),
        assumed=(), levers=table,
    )  # fmt: skip
    tasks = shown(calendar_view(replace(seen, inputs=replace(seen.inputs, costs=costs)))["tasks"], "task")
    (found,) = [row for row in tasks.values() if row["command"] == "maquette cost levers"]
    return found


def test_the_levers_not_in_use_are_tried_by_what_they_save() -> None:
    found = levered(lever(LeverKind.BATCH, 10184, 9184), lever(LeverKind.CASCADE, 10184, 2184))
    assert found["task"] == "try the next lever on the cost of gpt-6-luna"
    assert found["because"] == "not in use: cascade $8,000, batch $1,000"


def test_a_lever_that_lacks_a_fact_asks_for_it() -> None:
    found = levered(lever(LeverKind.ROUTING, 10184, None, ("traffic.easy_share is not answered",)))
    assert found["task"] == "learn what the other levers would save of the cost of gpt-6-luna"
    assert found["because"] == "to be known first: routing (traffic.easy_share is not answered)"
