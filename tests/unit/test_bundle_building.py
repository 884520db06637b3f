"""What stands in the bundle: only what the project knows, each figure with its source, and what is missing said."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.checking import check_bundle
from maquette.bundle.inputs import role_models
from maquette.catalog.cards import Hosting
from maquette.cost.projection import OptionCost
from maquette.decision.decision import DecisionStatus
from maquette.evals.calls import TargetSpec
from maquette.evals.run import Verdict
from maquette.foundation.problems import InvalidInput
from maquette.rules.report import Strength
from tests import bundle_world as world


def config(values: Any) -> Any:
    return YAML(typ="safe").load(world.texts(values)["gateway/config.yaml"])


def params(values: Any, group: str) -> Any:
    return next(one["litellm_params"] for one in config(values)["model_list"] if one["model_name"] == group)


DOCUMENTS = {
    "docs/00-brief.md", "docs/01-requirements.md", "docs/02-architecture.md",
    "docs/04-evaluation-plan.md", "docs/06-cost-model.md", "docs/19-traceability.md",
}  # fmt: skip


def test_a_project_without_anything_exports_documents_that_say_so() -> None:
    texts = world.texts(world.empty_inputs())
    assert texts.keys() >= {"README.md", "maquette.lock", *DOCUMENTS}
    assert "No evaluation has been run" in texts["docs/04-evaluation-plan.md"]
    assert "No cost has been projected" in texts["docs/06-cost-model.md"]
    assert "No model is chosen or recommended" in texts["docs/02-architecture.md"]
    assert not any(path.startswith(("gateway/", "runbooks/", "docs/adr/")) for path in texts)


def test_a_whole_project_exports_every_artifact() -> None:
    assert world.texts(world.inputs()).keys() >= {
        ".env.example", "README.md", "compose.yaml", "docs/03-model-selection.md", "docs/adr/0001-model.md",
        "gateway/config.yaml", "maquette.lock",
        "monitoring/prometheus.yml", "runbooks/cost-spike.md", "runbooks/latency.md", "runbooks/model-down.md",
        "runbooks/model-retirement.md", *DOCUMENTS,
    }  # fmt: skip


def test_the_readme_lists_every_other_file() -> None:
    texts = world.texts(world.inputs())
    linked = set(re.findall(r"\]\(([^)]+)\)", texts["README.md"]))
    assert linked == texts.keys() - {"README.md", "maquette.lock"}


def test_an_accepted_choice_without_blocking_rules_is_no_draft() -> None:
    assert not any("DRAFT" in text for text in world.texts(world.inputs()).values())


@pytest.mark.parametrize(
    ("decision", "because"),
    [
        (world.decision(status=DecisionStatus.DRAFT), "the choice of beta-flash is a draft"),
        (world.decision(blocking=("R-FALL-02",)), "against release: R-FALL-02"),
        (world.decision(model=None), "no model has been chosen"),
        (None, "nothing has been weighed yet"),
    ],
)
def test_a_draft_says_so_in_every_document_and_why(decision: Any, because: str) -> None:
    texts = world.texts(world.inputs(decision=decision))
    documents = [text for path, text in texts.items() if path.endswith(".md")]
    assert all(f"**DRAFT**: {because}." in text for text in documents)


def test_a_recommendation_fills_the_primary_role_while_nothing_is_chosen() -> None:
    roles = role_models(world.inputs(decision=world.decision(model=None)))
    assert [(role.role, role.model) for role in roles] == [("primary", "beta-flash")]


def test_a_model_without_a_target_is_reached_by_its_providers_route_and_key() -> None:
    assert params(world.inputs(), "fallback")["model"] == "mistral/alpha-mini"
    assert params(world.inputs(), "fallback")["api_key"] == "os.environ/MISTRAL_API_KEY"


@pytest.mark.parametrize(
    ("provider", "model", "parameters"),
    [
        ("vertex_ai-language-models", "vertex_ai/alpha", {"vertex_project", "vertex_location", "vertex_credentials"}),
        (
            "bedrock_converse",
            "bedrock/converse/alpha",
            {"aws_access_key_id", "aws_secret_access_key", "aws_region_name"},
        ),
        ("azure", "azure/alpha", {"api_key", "api_base", "api_version"}),
        ("somebody_new", "somebody_new/alpha", set()),
    ],
)
def test_a_provider_gives_the_route_and_what_it_reads(provider: str, model: str, parameters: set[str]) -> None:
    card = world.card("alpha", provider=provider, input_usd=None)
    values = world.inputs(
        decision=world.decision(model="alpha", fallback=None), shortlist=world.shortlist(card), targets=()
    )
    found = params(values, "primary")
    assert found["model"] == model
    assert found.keys() - {"model", "timeout", "rpm", "tpm"} == parameters


def test_a_provider_whose_key_nobody_knows_is_named() -> None:
    values = world.inputs(shortlist=world.shortlist(world.card("alpha-mini", provider="somebody_new")))
    assert "Which key opens somebody_new/alpha-mini (fallback) is not known" in world.texts(values)["README.md"]


def test_an_attempt_may_take_twice_the_required_p95() -> None:
    assert params(world.inputs(), "primary")["timeout"] == 2.0
    assert params(world.inputs({**world.ANSWERS, "latency.p95_ms": 300}), "primary")["timeout"] == 1.0


def test_without_a_required_latency_there_is_no_timeout() -> None:
    answers = {name: value for name, value in world.ANSWERS.items() if name != "latency.p95_ms"}
    assert "timeout" not in params(world.inputs(answers), "primary")


def budgets(values: Any) -> dict[str, Any]:
    return {one["model_name"]: one["litellm_params"].get("max_budget") for one in config(values)["model_list"]}


@pytest.mark.parametrize(
    ("hardness", "fallback", "expected"),
    [
        ("hard", "alpha-mini", {"primary": 480.0, "fallback": 120.0}),
        ("soft", "alpha-mini", {"primary": 600, "fallback": None}),
        ("hard", None, {"primary": 600}),
        ("soft", None, {"primary": None}),
    ],
)
def test_budgets_never_pass_the_ceiling_where_it_is_hard(hardness: str, fallback: str | None, expected: Any) -> None:
    answers = {**world.ANSWERS, "budget.hardness": hardness}
    assert budgets(world.inputs(answers, decision=world.decision(fallback=fallback))) == expected


def test_a_model_without_a_price_has_no_budget_and_the_readme_says_so() -> None:
    values = world.inputs(shortlist=world.shortlist(world.card("beta-flash", input_usd=None)))
    assert budgets(values)["primary"] is None
    readme = world.texts(values)["README.md"]
    assert "beta-flash (primary) has no price in the catalog, so the gateway cannot limit its spend." in readme


def test_the_fallback_is_a_group_that_exists_only_when_one_is_chosen() -> None:
    assert config(world.inputs())["router_settings"]["fallbacks"] == [{"primary": ["fallback"]}]
    alone = config(world.inputs(decision=world.decision(fallback=None)))
    assert "fallbacks" not in alone["router_settings"]


def test_only_a_fallback_with_a_larger_context_takes_inputs_that_are_too_long() -> None:
    assert "context_window_fallbacks" in config(world.inputs())["router_settings"]
    small = world.shortlist(world.card("beta-flash"), world.card("alpha-mini", context_tok=8000))
    assert "context_window_fallbacks" not in config(world.inputs(shortlist=small))["router_settings"]


def test_the_cache_is_off_until_a_binding_rule_decides_it() -> None:
    assert "cache" not in config(world.inputs())["litellm_settings"]
    offered = replace(world.EXACT_CACHE, strength=Strength.CONSIDER)
    assert "cache" not in config(world.inputs(decision=world.decision(rules=(offered,))))["litellm_settings"]
    decided = config(world.inputs(decision=world.decision(rules=(world.EXACT_CACHE,))))
    assert decided["litellm_settings"]["cache_params"]["type"] == "redis"


def test_a_cache_that_tenants_may_not_share_is_not_made() -> None:
    scope = world.rule("R-CACHE-05", Strength.MUST, "No shared cache", cache_scope="tenant")
    values = world.inputs(decision=world.decision(rules=(world.EXACT_CACHE, scope)))
    assert "cache" not in config(values)["litellm_settings"]
    assert "redis" not in YAML(typ="safe").load(world.texts(values)["compose.yaml"])["services"]


def test_message_text_stays_out_of_the_logs_unless_it_is_allowed() -> None:
    assert config(world.inputs())["litellm_settings"]["turn_off_message_logging"] is False
    forbidden = world.inputs({**world.ANSWERS, "logging.content_allowed": False})
    assert config(forbidden)["litellm_settings"]["turn_off_message_logging"] is True


def test_a_local_model_brings_its_own_server_and_costs_nothing_in_the_gateway() -> None:
    values = world.inputs(targets=(world.local_target("beta-flash", "models/triage small.gguf"),))
    assert params(values, "primary") == {
        "model": "openai/triage-small", "api_base": "http://primary-model:8080/v1",
        "api_key": "os.environ/LLAMA_API_KEY", "timeout": 2.0, "rpm": 129, "tpm": 55_986,
    }  # fmt: skip
    service = YAML(typ="safe").load(world.texts(values)["compose.yaml"])["services"]["primary-model"]
    assert service["command"][:4] == ["--model", "/models/triage small.gguf", "--alias", "triage-small"]


def test_open_weights_that_nobody_serves_yet_leave_their_address_to_the_environment() -> None:
    card = world.card("qwen", provider="qwen", hosting=Hosting.OPEN_WEIGHTS, input_usd=None)
    values = world.inputs(decision=world.decision(model="qwen", fallback=None), shortlist=world.shortlist(card))
    assert params(values, "primary")["api_base"] == "os.environ/PRIMARY_API_BASE"
    assert "PRIMARY_API_BASE=" in world.texts(values)[".env.example"]


@pytest.mark.parametrize("model", ["a b", "a\nb: c", "os.environ/SECRET x", "{{ 7 }}"])
def test_a_model_name_that_no_configuration_may_hold_is_refused(model: str) -> None:
    target = TargetSpec(id="beta-flash", card="beta-flash", adapter="litellm", model=model)
    with pytest.raises(InvalidInput, match=r"targets\.beta-flash\.model"):
        world.render(world.inputs(targets=(target,)))


def test_a_key_in_the_place_of_its_name_is_refused_and_not_repeated() -> None:
    target = TargetSpec(id="b", card="beta-flash", adapter="litellm", model="openai/b", api_key_env="sk-123 456")
    with pytest.raises(InvalidInput, match=r"targets\.b\.api_key_env") as caught:
        world.render(world.inputs(targets=(target,)))
    assert "sk-123" not in str(caught.value)


def test_the_architecture_shows_what_is_decided_and_nothing_else() -> None:
    document = world.texts(world.inputs())["docs/02-architecture.md"]
    table = document.partition("| Container | What it does")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([\w-]+[\w -]*) \|", table, re.MULTILINE) == [
        "Application", "LiteLLM gateway", "beta-flash", "alpha-mini", "Prometheus",
    ]  # fmt: skip


def test_a_model_that_did_not_pass_is_named_as_such() -> None:
    readme = world.texts(world.inputs())["README.md"]
    assert "alpha-mini (fallback) has not passed run r-014. Its verdict: fails" in readme


def test_a_retired_model_is_named_as_such() -> None:
    retired = replace(world.inputs(), today=world.TODAY.replace(year=2028))
    assert "beta-flash (primary) was retired on 2027-06-30" in world.texts(retired)["README.md"]


def test_the_cost_lines_are_the_first_month_of_the_chosen_model() -> None:
    document = world.texts(world.inputs())["docs/06-cost-model.md"]
    assert "input, fresh | API | 510,720,000 | tokens | $0.0000003 | $153 | `input_cost_per_token`" in document


def test_the_lock_says_what_everything_was_computed_from() -> None:
    lock = json.loads(world.texts(world.inputs())["maquette.lock"])
    assert lock["computed_from"] == "5d1c0de000000006"
    assert lock["stages"].keys() == {"requirements", "shortlist", "evaluation", "cost", "decision"}
    assert lock["prices_as_of"] == "2026-11-20"
    assert lock["files"].keys() == world.texts(world.inputs()).keys() - {"maquette.lock"}


def test_runbooks_and_records_stay_readable() -> None:
    for path, text in world.texts(world.inputs()).items():
        limit = 120 if path.startswith("runbooks/") else 90 if path.startswith("docs/adr/") else None
        assert limit is None or len(text.splitlines()) <= limit, path


UNPRICED = OptionCost(
    option="beta-flash",
    usd_per_request=None,
    first_month_usd=None,
    last_month_usd=None,
    total_usd=None,
    over_budget_from=None,
    unpriced=("output tokens",),
)
UNMEASURED = replace(
    world.result("beta-flash", 0, low=0.0, high=0.1, verdict=Verdict.NO_THRESHOLD),
    done=0,
    scored=0,
    score=None,
    interval=None,
    by_stratum={"normal": (0, 0)},
    latency=None,
    mean_input_tok=None,
    mean_output_tok=None,
    spent_usd=None,
)
VARIANTS = {
    "whole": world.inputs(),
    "empty": world.empty_inputs(),
    "draft": world.inputs(decision=world.decision(model=None)),
    "nothing recommended": world.inputs(decision=world.decision(model=None, recommended=None)),
    "no run": world.inputs(run=None),
    "nothing priced": world.inputs(projection=world.projection(UNPRICED)),
    "nothing measured": world.inputs(run=replace(world.run(UNMEASURED), threshold=None)),
    "no cost": world.inputs(projection=None),
    "no volume": world.inputs({"task.type": "classification"}),
    "local with cache": world.inputs(
        targets=(world.local_target("beta-flash", "m.gguf"),),
        decision=world.decision(rules=(world.MONITORING, world.EXACT_CACHE)),
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_bundle_passes_its_own_checks(name: str) -> None:
    assert check_bundle(world.render(VARIANTS[name])) == ()


@pytest.mark.parametrize("name", VARIANTS)
def test_every_yaml_of_every_bundle_parses_without_duplicate_keys(name: str) -> None:
    for path, text in world.texts(VARIANTS[name]).items():
        if path.endswith((".yaml", ".yml")):
            assert YAML(typ="safe").load(text), path
