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

from maquette.project.stages import Progress, Stage
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


def model_list(texts: Bundle) -> list[Mapping[str, Any]]:
    """The gateway's entries that call a model: all but the router's."""
    found = yaml(texts["gateway/config.yaml"])["model_list"]
    return [one for one in found if not one["litellm_params"]["model"].startswith("auto_router/")]


def deployments(texts: Bundle) -> dict[str, Mapping[str, Any]]:
    """Group to the parameters of its first deployment, whose role the group's name is."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in model_list(texts):
        found.setdefault(one["model_name"], one["litellm_params"])
    return found


def spending_limits(texts: Bundle) -> list[Decimal]:
    """The ceilings of thirty days, on deployments or on providers."""
    by_provider = yaml(texts["gateway/config.yaml"])["router_settings"].get("provider_budget_config", {})
    limits = [one["litellm_params"]["max_budget"] for one in model_list(texts) if "max_budget" in one["litellm_params"]]
    return [Decimal(str(one)) for one in (*limits, *(one["budget_limit"] for one in by_provider.values()))]


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
    limits = spending_limits(texts)
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
        if len(row) > 6 and "`" in row[6]
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
    called = list(dict.fromkeys(one["litellm_params"]["model"] for one in model_list(texts)))
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
    assert told == {group: params["model"] for group, params in deployments(texts).items() if group in told}
    settings = yaml(texts["gateway/config.yaml"])["router_settings"]
    chain = settings.get("fallbacks", [])
    assert chain[:1] == ([{"primary": ["fallback"]}] if "fallback" in told else [])
    named = deployments(texts).keys() | settings.get("model_group_alias", {}).keys()
    assert {group for one in chain for group in one} <= named
    asked = re.search(r"more times, then `([^`]+)` is asked", texts["docs/02-architecture.md"])
    assert (asked[1] if asked else None) == told.get("fallback")


def test_a_real_project_has_a_fallback_to_compare() -> None:
    assert list(deployments(bundle(REAL))) == [
        "primary",
        "fallback",
        "small",
    ]  # and a tier for an agent's reading steps


def test_the_longest_sequence_of_the_plan_is_what_the_server_is_started_with() -> None:
    texts = world.texts(open_inputs())
    found = re.search(r"^\| `max_model_len` \| ([\d,]+) \|", texts["docs/05-capacity-plan.md"], re.MULTILINE)
    assert found is not None
    for service in yaml(texts["serving/primary.compose.yaml"])["services"].values():
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


@every_bundle
def test_the_limits_of_threat_model_and_drawing_are_those_of_the_gateway(name: str) -> None:
    texts = bundle(name)
    told = {row[0]: row[1] for row in rows(texts["docs/08-threat-model.md"], "Limits on abuse and consumption")}
    names = {"rpm": "requests a minute of ", "tpm": "tokens a minute of ", "max_tokens": "tokens of one answer, "}
    account = "tokens a minute of the account"  # the provider's, told beside what the gateway holds to
    first = [one["litellm_params"] for one in model_list(texts) if one["model_name"] == "primary"]
    for key, begins in names.items():
        wanted = {one[key] for one in first if key in one}
        shown = {
            int(value.replace(",", "")) for what, value in told.items() if what.startswith(begins) and what != account
        }
        assert shown == wanted, key
    drawn = re.search(r"at most ([\d,]+) requests/min", texts["docs/02-architecture.md"])
    bound = re.search(r"# ([\d,]+) average requests a minute", texts["gateway/config.yaml"])
    assert (drawn and drawn[1]) == (bound and bound[1])
    if drawn:
        assert int(drawn[1].replace(",", "")) <= first[0]["rpm"]  # the limit on tokens may bind before


@every_bundle
def test_an_attempt_has_the_same_seconds_in_failure_view_threat_model_runbook_and_gateway(name: str) -> None:
    texts = bundle(name)
    (seconds,) = {one["litellm_params"]["timeout"] for one in model_list(texts)}
    patterns = {
        "docs/02-architecture.md": r"has ([\d.]+) s for an attempt",
        "docs/08-threat-model.md": r"^\| time of one attempt \| ([\d.]+) s",
        "runbooks/latency.md": r"An attempt is cut off after ([\d.]+) s",
    }
    for path, pattern in patterns.items():
        found = re.findall(pattern, MARK.sub("", texts.get(path, "")), re.MULTILINE)
        assert path not in texts or found, path
        assert {float(one) for one in found} <= {float(seconds)}, path


@every_bundle
def test_what_the_gateway_counts_and_keeps_in_is_deployed_beside_it(name: str) -> None:
    texts = bundle(name)
    config, services = yaml(texts["gateway/config.yaml"]), yaml(texts["compose.yaml"])["services"]
    assert ("redis" in services) == ("redis_host" in config["router_settings"])
    assert ("postgres" in services) == ("database_url" in config["general_settings"])
    assert ("gateway/keys.yaml" in texts) <= ("postgres" in services)
    containers = {row[0] for row in rows(texts["docs/02-architecture.md"], "Containers and why each exists")}
    assert ("Redis" in containers) == ("redis" in services)
    assert ("PostgreSQL" in containers) == ("postgres" in services)
    asked = config["router_settings"]["num_retries"]
    repeated = re.search(r"is tried (\d+) more times", texts["docs/02-architecture.md"])
    assert repeated is not None
    assert int(repeated[1]) == asked


@cache
def two_providers() -> Bundle:
    """Triage of five million requests a day at 99.9 %, chosen with a fallback of another provider."""
    with TemporaryDirectory() as folder:
        project = scenario_project(Path(folder) / "triage", "b")
        project.set_settings({"shortlist.chosen": ["gpt-6-luna", "claude-haiku-5-5"]})
        project.accept_cost()
        project.decide(model="gpt-6-luna", fallback="claude-haiku-5-5", because="two providers at one price")
        # Whoever looked at the cost and then chose has seen it, though the choice itself shares requests out.
        assert {one.stage: one.progress for one in project.statuses}[Stage.COST] is Progress.DONE
        return {file.spec.path: file.spec.content for file in project.plan_export().files}


def test_the_bill_has_the_share_of_the_second_provider_that_the_gateway_sends_there() -> None:
    texts = two_providers()
    weights = {True: Decimal(0), False: Decimal(0)}
    for one in model_list(texts):
        if one["model_name"] == "primary":
            asked = one["litellm_params"]
            weights["claude-haiku-5-5" in asked["model"]] += Decimal(str(asked["weight"]))
    cost = texts["docs/06-cost-model.md"]
    quantities: dict[bool, Decimal] = {}
    for line in MARK.sub("", cost).splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if len(cells) > 2 and cells[0].removesuffix(", in us").endswith("output") and "/" not in cells[1]:
            amount = re.match(r"[\d,.]+", cells[1])
            if amount is not None:
                quantities[cells[0].startswith("second provider, claude-haiku-5-5")] = Decimal(
                    amount[0].replace(",", "")
                )
    assert weights == {True: Decimal(5), False: Decimal(95)}
    assert quantities[True] / (quantities[True] + quantities[False]) == weights[True] / sum(weights.values())
    assert "gpt-6-luna: requests that claude-haiku-5-5 answers" in cost
