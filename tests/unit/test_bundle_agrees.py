"""What two files of a bundle both say is the same: objectives, money, regions, lengths and the chain of models."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import bundle_world as world
from tests.document_world import STORIES, scenario_inputs, scenario_texts
from tests.project_world import scenario_project
from tests.serving_world import open_inputs

Bundle = Mapping[str, str]

CODING = "e_coding_assistant_agent"
REAL = "a real project"
MARK = re.compile(r"\[[ᵐᶜᵉʳᵃ]\]\([^)]*\)")


@cache
def real_project() -> Bundle:
    """The coding assistant as a project on disk, with a choice, all prices and no evaluation."""
    with TemporaryDirectory() as folder:
        project = scenario_project(Path(folder) / "devagent", "e")
        project.set_settings({"shortlist.chosen": ["claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"]})
        project.decide(model="claude-sonnet-5-5", fallback="claude-opus-5-5", because="the cache keeps it cheap")
        return {file.spec.path: file.spec.content for file in project.plan_export().files}


def bundle(name: str) -> Bundle:
    return real_project() if name == REAL else scenario_texts(name)


def rows(text: str, heading: str) -> Iterator[list[str]]:
    """The cells of the tables below a heading, without marks of evidence."""
    part = re.split(r"^## ", text, flags=re.MULTILINE)
    (found,) = [one for one in part if one.startswith(f"{heading}\n")]
    for line in MARK.sub("", found).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\) \| ", line[2:].removesuffix(" |"))]


def yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)


def alerts(texts: Bundle) -> list[tuple[str, str]]:
    """Name and expression of each rule that Prometheus reads."""
    groups = yaml(texts["monitoring/alerts.yml"])["groups"]
    return [(rule["alert"], rule["expr"]) for group in groups for rule in group["rules"]]


def deployments(texts: Bundle) -> dict[str, Mapping[str, Any]]:
    """Group to the gateway's parameters."""
    return {one["model_name"]: one["litellm_params"] for one in yaml(texts["gateway/config.yaml"])["model_list"]}


def usd(text: str) -> Decimal:
    """The amount in a text: "$90,000/month" is 90000."""
    found = re.search(r"\$([\d,]+(?:\.\d+)?)", text)
    assert found is not None, text
    return Decimal(found[1].replace(",", ""))


every_bundle = pytest.mark.parametrize("name", [*STORIES, REAL])


@every_bundle
def test_every_alert_of_the_objectives_is_a_rule_of_prometheus(name: str) -> None:
    texts = bundle(name)
    stated = [
        (row[0].strip("`"), row[4].strip("`")) for row in rows(texts["docs/07-slo.md"], "Alerts") if "LLM" in row[0]
    ]
    assert stated
    assert set(stated) <= set(alerts(texts))


@every_bundle
def test_the_objectives_are_the_thresholds_of_the_rules(name: str) -> None:
    texts = bundle(name)
    wanted = {row[0]: row[2] for row in rows(texts["docs/07-slo.md"], "Indicators and objectives")}
    limits = {
        "latency": "litellm_request_total_latency_metric_bucket",
        "first token": "litellm_llm_api_time_to_first_token_metric_bucket",
    }
    seen = 0
    for objective, metric in limits.items():
        if objective in wanted:
            seconds = Decimal(wanted[objective].removesuffix(" ms").replace(",", "")) / 1000
            found = {
                Decimal(one)
                for _, query in alerts(texts)
                if metric in query
                for one in re.findall(r"\)\)\) > ([\d.]+)", query)
            }
            assert found == {seconds}
            seen += 1
    if "prefix cache" in wanted:
        (query,) = [query for alert, query in alerts(texts) if alert == "LLMCacheCollapse"]
        assert Decimal(query.rpartition("< ")[2]) == Decimal(wanted["prefix cache"].removesuffix(" %")) / 100
        seen += 1
    assert seen


@every_bundle
def test_the_ceiling_of_the_cost_model_is_that_of_the_gateway_and_of_the_alert(name: str) -> None:
    texts = bundle(name)
    ceiling = next(
        usd(row[0])
        for row in rows(f"## Ceiling\n{texts['docs/06-cost-model.md'].split('## ')[0]}", "Ceiling")
        if "$" in row[0]
    )
    limits = [Decimal(str(one["max_budget"])) for one in deployments(texts).values() if "max_budget" in one]
    assert sum(limits) in (0, ceiling)
    told = {
        row[1]
        for row in rows(texts["docs/08-threat-model.md"], "Limits on abuse and consumption")
        if "spending of" in row[0]
    }
    assert {usd(one) for one in told} == set(limits)
    soft = [query for alert, query in alerts(texts) if alert == "LLMBudgetSoft"]
    assert all(Decimal(query.rpartition("> ")[2]) == ceiling * Decimal("0.8") for query in soft)


@every_bundle
def test_the_first_month_is_the_same_in_brief_cost_model_and_record(name: str) -> None:
    texts = bundle(name)
    (brief,) = [
        row[2] for row in rows(texts["docs/00-brief.md"], "Numbers that matter") if row[0] == "cost of the first month"
    ]
    (record,) = [row[-1] for row in rows(texts["docs/adr/0001-model.md"], "Considered options") if row[1] == "chosen"]
    together = re.search(r"^Together: (\$[\d,.]*\d)", texts["docs/06-cost-model.md"], re.MULTILINE)
    if together is None:
        assert "$" not in brief + record
    else:
        assert {usd(brief), usd(record)} == {usd(together[1])}


@every_bundle
def test_the_gateway_counts_the_prices_of_the_cost_model(name: str) -> None:
    texts = bundle(name)
    if not cost_heading(texts):
        assert not prices(texts)
        return
    lines = {
        (row[6].split("`")[1], Decimal(row[4].lstrip("$")))
        for row in rows(texts["docs/06-cost-model.md"], cost_heading(texts))
        if len(row) > 6 and "`" in row[6] and ", in " not in row[0]  # a surcharge of a region is no list price
    }
    counted = {(key, Decimal(value)) for key, value in prices(texts)}
    paid = {(key, price) for key, price in lines if key in {name for name, _ in counted}}
    assert paid
    assert paid <= counted


def cost_heading(texts: Bundle) -> str:
    found = re.search(r"^## (First month of .+)$", texts["docs/06-cost-model.md"], re.MULTILINE)
    return found[1] if found else ""


def prices(texts: Bundle) -> list[tuple[str, str]]:
    """The gateway's prices as they are written: YAML would make floats of them."""
    return re.findall(r"^ +(\w+_cost_per_token|cache_\w+_cost): ([\d.]+)", texts["gateway/config.yaml"], re.MULTILINE)


@every_bundle
def test_who_receives_data_is_whom_the_gateway_calls(name: str) -> None:
    texts, inputs = bundle(name), scenario_inputs(CODING if name == REAL else name)
    flows = [row for row in rows(texts["docs/09-data-and-privacy.md"], "Data flow") if row[0] == "LiteLLM gateway"]
    receivers = {row[1]: row[4] for row in flows if row[2].startswith("prompts and answers")}
    called = [params["model"] for params in deployments(texts).values()]
    assert len(receivers) == len(called)
    for receiver, model in zip(receivers, called, strict=True):
        assert model.endswith(receiver.removeprefix("open/")), (receiver, model)
    wanted = inputs.requirements.answers.get("data.residency", "none")
    if wanted in ("eu", "us"):
        assert all(re.search(rf"\b{wanted}\b", region) for region in receivers.values())
        other = {"eu": "us.", "us": "eu."}[str(wanted)]
        assert not [model for model in called if model.rpartition("/")[2].startswith((other, "global."))]


@every_bundle
def test_the_chain_of_the_architecture_is_that_of_the_gateway(name: str) -> None:
    texts = bundle(name)
    told = dict(re.findall(r"^- The group `(\w+)` is `([^`]+)`", texts["docs/02-architecture.md"], re.MULTILINE))
    assert told == {group: params["model"] for group, params in deployments(texts).items()}
    chain = yaml(texts["gateway/config.yaml"])["router_settings"].get("fallbacks", [])
    assert chain == ([{"primary": ["fallback"]}] if "fallback" in told else [])
    asked = re.search(r"more times, then `([^`]+)` is asked", texts["docs/02-architecture.md"])
    assert (asked[1] if asked else None) == told.get("fallback")


def test_a_real_project_has_a_fallback_to_compare() -> None:
    assert list(deployments(bundle(REAL))) == ["primary", "fallback"]


def test_the_longest_sequence_of_the_plan_is_what_the_server_is_started_with() -> None:
    texts = world.texts(open_inputs())
    found = re.search(r"^\| `max_model_len` \| ([\d,]+) \|", texts["docs/05-capacity-plan.md"], re.MULTILINE)
    assert found is not None
    (service,) = yaml(texts["serving/primary.compose.yaml"])["services"].values()
    command: list[str] = service["command"]
    assert command[command.index("--max-model-len") + 1] == found[1].replace(",", "")


@every_bundle
def test_every_container_of_the_drawing_has_its_row(name: str) -> None:
    text = bundle(name)["docs/02-architecture.md"]
    drawn = (
        text.split("## Containers and why each exists")[1]
        .split("```")[1]
        .split("subgraph n_system")[1]
        .split("\n  end")[0]
    )
    names = set(re.findall(r'^    n_\w+\W+"([^"<]+)', drawn, re.MULTILINE))
    told = {row[0] for row in rows(text, "Containers and why each exists")}
    assert names
    assert names - told - {"Search index"} == set()


@every_bundle
def test_the_readme_tells_runbooks_and_records_by_their_headings(name: str) -> None:
    texts = bundle(name)
    told = {
        row[0].split("](")[1].rstrip(")"): row[1] for row in rows(texts["README.md"], "What is here") if "](" in row[0]
    }
    alike = [path for path in texts if path.startswith(("runbooks/", "docs/adr/"))]
    assert alike
    for path in alike:
        (heading,) = re.findall(r"^# (.+)$", texts[path], re.MULTILINE)[:1]
        assert heading.startswith(told[path].removesuffix(".")), path
    assert len({told[path] for path in alike}) == len(alike)


def test_brief_and_register_remove_as_many_parts() -> None:
    texts = bundle("g_hr_policy_small")
    assert "remove 7 of them" in MARK.sub("", texts["docs/00-brief.md"])
    assert "11 components for 400 requests a day: remove 7" in texts["docs/18-risk-register.md"]


def test_the_objective_of_the_cache_is_the_share_that_the_cost_model_counts_on() -> None:
    texts = bundle(CODING)
    (read,) = [
        row[1]
        for row in rows(texts["docs/06-cost-model.md"], "Assumptions")
        if row[0] == "claude-sonnet-5-5: tokens of a turn read from the cache"
    ]
    assert read == "41,400"  # of 45,000: 92 %
    assert "the design counts on 92 %" in texts["docs/07-slo.md"]
    assert "4,300,000 tokens/min" in texts["docs/05-capacity-plan.md"]  # 1,000 x (3,600 + 700)
