"""Every number in the documents carries a link or a mark to its evidence, in the bundles of all scenarios."""

import re
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest

from maquette.bundle.documents.sections import split
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption, Driver
from maquette.cost.levers import Lever, LeverKind, LeverTable, Step
from maquette.cost.reporting import CostFindings
from maquette.foundation.lineage import digest
from tests import bundle_world as world
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.numbers_in_documents import Bare, bare_numbers, known_names, numbers
from tests.rule_world import CLINIC, TRIAGE

DRAWN = "the triage with draws and levers"
WHOLE = "a project that uses every part"
COST = "docs/06-cost-model.md"


def band(*amounts: int) -> Band:
    p10, p50, p90 = map(Decimal, amounts)
    return Band(p10=p10, p50=p50, p90=p90, error_usd=Decimal(0))


def lever_table(option: str, budget: Decimal | None) -> LeverTable:
    batch = Lever(
        kind=LeverKind.BATCH, state="possible", before_usd=Decimal(10_184), after_usd=Decimal(7312), change="a lane",
    )  # fmt: skip
    routing = Lever(
        kind=LeverKind.ROUTING, state="possible", before_usd=Decimal(10_184), after_usd=Decimal(8600),
        rests_on=("traffic.easy_share = 0.5",), metric_before="100 %", metric_after="50 %",
    )  # fmt: skip
    exact = Lever(
        kind=LeverKind.EXACT_CACHE, state="no saving", before_usd=Decimal(10_184), after_usd=Decimal(10_184),
    )  # fmt: skip
    handed = Lever(kind=LeverKind.PREPROCESSING, state="not computable", missing=("it pays below 10.1 %",))
    tried = {one.kind: one for one in (batch, routing, exact, handed)}
    every = tuple(tried.get(kind) or Lever(kind=kind, state="not computable") for kind in LeverKind)
    step = Step(kind=LeverKind.BATCH, before_usd=Decimal(10_184), after_usd=Decimal(7312))
    return LeverTable(
        option=option, today_usd=Decimal(10_184), requests_month=Decimal(1000), budget_usd_month=budget,
        levers=every, steps=(step,),
    )  # fmt: skip


@cache
def texts(case: str) -> dict[str, str]:
    """The bundle of a scenario; of one also with draws, drivers and levers on its bill."""
    if case == WHOLE:
        return world.texts(world.inputs())
    if case != DRAWN:
        return scenario_texts(case)
    values = scenario_inputs(TRIAGE)
    assert values.projection is not None
    option, budget = values.projection.options[0].option, values.projection.budget_usd_month
    months = tuple(DrawnMonth(month=at, usd=band(9000, 14_000, 22_000 + at), over_budget=None) for at in range(1, 13))
    driver = Driver(
        input="output tokens", low="60.64", high="71.31", low_usd=Decimal(12_811), high_usd=Decimal(13_770),
        share=Decimal("0.1"),
    )  # fmt: skip
    drawn = DrawnOption(
        option=option, months=months, total=band(138_300, 207_284, 323_587), ever_over_budget=Decimal("0.82"),
        drivers=(driver,),
    )  # fmt: skip
    table = lever_table(option, budget)
    draws = Drawn(options=(drawn,), inputs=(), horizon_months=12, budget_usd_month=budget, count=10_000, seed=77)
    found = CostFindings(
        name="x", option=option, decided=True, projection=values.projection, drawn=draws, crossings=(), assumed=(),
        levers=table,
    )  # fmt: skip
    projection = replace(values.projection, left_out=("guards: nobody names them; one takes $0.00090 a request",))
    return world.texts(replace(values, costs=found, projection=projection))


@cache
def bare(case: str) -> dict[str, list[Bare]]:
    """The documents, records and runbooks with their numbers without evidence."""
    known = known_names(texts(case))
    return {path: bare_numbers(text, known) for path, text in texts(case).items() if path.endswith(".md")}


@pytest.mark.parametrize("case", [*SCENARIOS, DRAWN, WHOLE])
def test_every_number_in_the_documents_carries_its_evidence(case: str) -> None:
    left = {(path, one.section): (one.number, one.text) for path, found in bare(case).items() for one in found}
    assert left == {}


def test_the_bundles_hold_numbers_to_be_counted() -> None:
    for case in SCENARIOS:
        every = {path: len(numbers(texts(case)[path])) for path in bare(case)}
        assert sum(every.values()) > 1_000, case
        assert sum(count for path, count in every.items() if path.startswith("runbooks/")) > 50, case


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("It costs $1,234.50 a month.", ["$1,234.50"]),
        ("It costs $1,234[ᵉ](19-traceability.md#source-a) a month.", []),
        ("It costs $1,234 by R-COST-02.", []),
        ("It costs $1,234 by R-COST-99, which no bundle holds.", ["$1,234"]),
        ("It costs $1,234 (estimated: 2 x 617).", []),
        ("Asked on 2026-11-20 and in Nov 2026 of gpt-6-luna, P95, version 3.", []),
        ("| Part | Cost |\n|---|---|\n| input | $12 |", ["$12"]),
        ("| Part | Cost[ᵉ](#source-a) |\n|---|---|\n| input | $12 |", []),
        ("| Part | Cost[ᵉ](#source-a) | Share |\n|---|---|---|\n| input | $12 | 45 % |", ["45"]),
        ('| Part | Cost |\n|---|---|\n| <a id="line-input"></a>input | $12 |', []),
        ("| Month | Cost[ᵉ](#source-a) |\n|---|---|\n| 7 | $12 |", []),
        ("Costs $1,234[ᵉ](#source-a).\n\nSo $1,234 and 17 more.", ["17"]),
        ("Healthy: about 60 tokens; `200`, see what step 1 printed.", ["60"]),
        ("## Costs of 12 months\n\n`max_tokens: 12` and ![12 bars](charts/x.svg)", []),
    ],
)
def test_what_counts_as_a_number_and_as_its_evidence(line: str, found: list[str]) -> None:
    assert [one.number for one in bare_numbers(f"# Cost\n\n{line}\n", frozenset({"R-COST-02"}))] == found


def section(case: str, path: str, title: str) -> list[str]:
    """The lines of a section."""
    return dict(split(texts(case)[path]))[title].splitlines()


def rows(case: str, path: str, title: str) -> dict[str, list[str]]:
    """The rows of a section's tables: first cell to the others; of two rows that begin alike the first."""
    lines = (line for line in section(case, path, title) if line.startswith("|"))
    found: dict[str, list[str]] = {}
    for first, *rest in (re.split(r" ?(?<!\\)\| ?", line)[1:-1] for line in lines):
        found.setdefault(first, rest)
    return found


def test_what_others_found_of_a_lever_stands_only_where_it_saves_something_here() -> None:
    found = rows(DRAWN, COST, "Levers on the first month")
    source = digest(b"claimed: arXiv:2406.18665")[:10]
    assert found["routing"][2:4] == ["$8,600", "15.6 %"]  # 1 - 8,600 / 10,184
    assert found["routing"][4].startswith("share of the requests that the dearer model answers: 100 % to 50 %[ᵉ](19-")
    assert found["routing"][-1] == (
        "30 % to 50 % for mixed complexity; published: 35 to 85 % less cost by benchmark, "
        f"at 95 % of the strong model's quality[ᶜ](19-traceability.md#source-{source})"
    )
    assert found["batch"][-1] == "20 % to 40 % where nobody waits"
    assert found["exact cache"][-1] == ""
    assert found["preprocessing"] == ["it pays below 10.1 %"]
    assert found["cascade"] == found["compression"] == ["not computable"]
    assert "arXiv:2604.02985" not in texts(DRAWN)[COST]


def test_what_is_left_out_of_the_bill_leads_to_the_prices_that_it_tells() -> None:
    (line,) = (one for one in section(DRAWN, COST, "Not in these figures") if one.startswith("- "))
    assert re.fullmatch(
        r"- guards: nobody names them; one takes \$0\.00090 a request\[ᵉ\]\(19-traceability\.md#source-\w{10}\)", line
    )


def test_what_would_turn_the_decision_leads_to_the_bill_or_to_the_run() -> None:
    found = section(TRIAGE, "docs/adr/0001-model.md", "Decision outcome")
    run, bill = "[ᵉ](../04-evaluation-plan.md#run-r-007)", "[ᵉ](../06-cost-model.md#option-gpt-6-luna)"
    turns = found[found.index("### What would overturn it") + 2 :]
    assert (
        turns[0]
        == f"- gpt-6-luna no longer passes if fewer than 49 of 100 more examples are right (so far 94.4 %){run}"
    )
    assert turns[1] == f"- gpt-6-luna misses the limit of 0.8 s if its answers take 31 % longer{run}"
    month = "what month 12 is projected to cost ($1,861)"
    assert turns[2] == f"- the budget of $15,000 a month holds up to 8.06 times {month}{bill}"
    uncached = "- without prefix caching the tokens of month 1 cost $3,511 instead of $1,344"
    assert turns[3] == f"{uncached}{bill}"


def test_reasons_and_options_of_a_record_lead_to_what_they_rest_on() -> None:
    record = "docs/adr/0001-model.md"
    run = "[ᵐ](../04-evaluation-plan.md#run-r-007)"
    others = section(TRIAGE, record, "Pros and cons of the options")
    assert f"  - Good: 95 % of the answers within 0.72 s; the limit is 0.8 s{run}" in others
    bill = "[ᵉ](../06-cost-model.md#option-claude-haiku-5-5)"
    assert f"  - Good: $1,344 in the first month; the budget is $15,000 a month{bill}" in others
    reasons = section(TRIAGE, record, "Decision outcome")
    assert f"- Because: gpt-6-luna: 95 % of the answers within 0.61 s; the limit is 0.8 s{run}" in reasons
    regions = rows(TRIAGE, "docs/adr/0005-reliability.md", "Considered options")["regions: 2"]
    assert regions[0] == "chosen (R-REGION-01)[ᶜ](../19-traceability.md#rule-r-region-01)"


def test_the_counts_of_the_funnel_and_the_context_of_a_model_lead_to_the_catalog() -> None:
    found = rows(TRIAGE, "docs/03-model-selection.md", "From the catalog to the shortlist")
    assert re.fullmatch(r"Taken out\[ᵉ\]\(19-traceability\.md#source-\w{10}\)", found["Filter"][0])
    assert re.search(r"\[ᶜ\]\(19-traceability\.md#source-\w{10}\)$", found["retired"][2])
    primary = rows(TRIAGE, "docs/03-model-selection.md", "Who plays which role")["primary"]
    assert re.match(r"context 922,000 tokens\[ᶜ\]\(19-traceability\.md#source-\w{10}\), by openai$", primary[1])


def test_a_required_time_of_a_pattern_is_the_registered_fact() -> None:
    streaming = rows(CLINIC, COST, "What each pattern in use must show")["streaming (latency)"]
    assert streaming[3] == "2,500 ms[ʳ](01-requirements.md#fact-latency-ttft-ms)"


def test_a_runbook_tells_statuses_as_code() -> None:
    trigger = section(TRIAGE, "runbooks/model-retirement.md", "Trigger")
    assert trigger[2] == "- `LLMModelGone`, for 5m: any call answers `404`."
    assert "1. Ask gpt-6-luna alone. Healthy: `200`." in section(TRIAGE, "runbooks/model-retirement.md", "Diagnose")
