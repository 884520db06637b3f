"""What the gateway's configuration carries of requirements, catalog and decisions: one behaviour a test, by value."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.bundle.diagrams.parts import parts_of
from maquette.bundle.documents.rollout import needed_requests
from maquette.bundle.figures import FactSheet
from maquette.bundle.inputs import BundleInputs
from maquette.requirements.answers import Requirements
from tests import bundle_world as world
from tests.document_view_world import seen_of
from tests.document_world import scenario_inputs
from tests.gateway_world import binding, entries, policy_of, read, routed, stating, text_of, two_providers

CLINIC, TRIAGE, CODING, HANDBOOK = (
    "a_hipaa_clinical_summary",
    "b_ecommerce_triage_5m",
    "e_coding_assistant_agent",
    "g_hr_policy_small",
)
MINIMAL = binding("R-SCOPE-03", complexity_budget="minimal")
CONFIG = "gateway/config.yaml.j2"


def weights(values: BundleInputs) -> dict[str, int]:
    """Model to its weight in the primary group."""
    return {one["model"]: one["weight"] for one in entries(values, "primary")}


def reasons(values: BundleInputs, key: str) -> list[str]:
    """The comments behind a key, in their order."""
    lines = [line.strip() for line in text_of(values).splitlines()]
    return [line.partition(" # ")[2] for line in lines if line.startswith(f"{key}: ")]


def three_tiers() -> BundleInputs:
    options = [world.option_cost(*one) for one in (("alpha-mini", "60"), ("gamma-mid", "240"), ("beta-flash", "600"))]
    return routed(projection=world.projection(*options))


def test_a_group_has_a_second_provider_with_a_twentieth_where_availability_needs_one() -> None:
    values = two_providers({"availability.target": 0.9995})
    assert weights(values) == {"openai/beta-flash": 95, "mistral/alpha-mini": 5}
    assert [one["rpm"] for one in entries(values, "primary")] == [129, 129]  # 83.3 + 5 x 9.13
    assert "weight" not in entries(two_providers({"availability.target": 0.995}), "primary")[0]


def test_a_stated_ceiling_on_one_provider_is_the_weights() -> None:
    values = stating(two_providers({"availability.target": 0.9995}), top_provider_share=0.6)
    assert weights(values) == {"openai/beta-flash": 60, "mistral/alpha-mini": 40}
    assert max(weights(values).values()) / sum(weights(values).values()) <= 0.6
    assert "not held to 60 %" not in text_of(values)


def test_where_one_provider_has_more_than_60_percent_the_conflict_is_told() -> None:
    note = (
        "  # not held to 60 % a provider (R-FALL-04): more on the second one costs prefix-cache hits and even answers"
    )
    assert note in text_of(two_providers({"availability.target": 0.9995})).splitlines()


def test_an_ab_test_is_two_weighted_deployments_with_the_size_of_the_sample() -> None:
    values = stating(two_providers({}), ab_capability=True)
    assert weights(values) == {"openai/beta-flash": 99, "mistral/alpha-mini": 1}
    assert needed_requests() == 2316


def test_ceilings_of_money_stand_on_providers_where_a_model_answers_in_two_groups() -> None:
    config = read(two_providers({"availability.target": 0.9995}))
    assert config["router_settings"]["provider_budget_config"] == {
        "openai": {"budget_limit": 480, "time_period": "30d"},
        "mistral": {"budget_limit": 120, "time_period": "30d"},
    }
    assert not [one for one in config["model_list"] if "max_budget" in one["litellm_params"]]


def test_each_tier_of_users_has_a_team_and_a_key_with_its_models_rates_and_money() -> None:
    bodies = read(two_providers({"users.tiers": 2}), "gateway/keys.yaml.j2")["requests"]
    bounds = {"rpm_limit": 64, "tpm_limit": 27993, "max_budget": 300, "budget_duration": "30d"}
    both, cheapest = ["primary", "fallback"], ["fallback"]
    assert [one["path"] for one in bodies] == ["/team/new", "/key/generate"] * 2
    assert bodies[0]["body"] == {"team_id": "tier-1", "team_alias": "tier-1", "models": both, **bounds}
    assert bodies[1]["body"] == {
        "key_alias": "tier-1-application", "team_id": "tier-1", "models": both, **bounds, "soft_budget": 240,
        "tags": ["tier:1"],
    }  # fmt: skip
    assert [one["body"]["models"] for one in bodies[2:]] == [cheapest, cheapest]
    spent = sum(Decimal(one["body"]["max_budget"]) for one in bodies if one["path"] == "/key/generate")
    assert spent == Decimal(600)
    behind_a_router = routed(requirements=Requirements(answers={**world.ANSWERS, "users.tiers": 2}))
    assert read(behind_a_router, "gateway/keys.yaml.j2")["requests"][0]["body"]["models"] == [*both, "auto"]


def test_keys_come_with_the_database_that_they_need_and_without_a_secret() -> None:
    values = two_providers({"users.tiers": 2})
    assert read(values)["general_settings"]["database_url"] == "os.environ/DATABASE_URL"
    services = read(values, "compose/compose.yaml.j2")["services"]
    assert services["gateway"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:?set it in .env}"
    assert "database_url" not in read(two_providers({}))["general_settings"]
    assert not policy_of(two_providers({"users.tiers": 2}, MINIMAL)).keys


def test_tenants_are_told_apart_by_team_and_tag() -> None:
    team, key = read(two_providers({"users.multi_tenant": True}), "gateway/keys.yaml.j2")["requests"]
    assert team["body"]["team_id"] == key["body"]["team_id"] == "tenant-NAME"
    assert key["body"]["tags"] == ["tenant:NAME"]
    assert (key["body"]["soft_budget"], key["body"]["max_budget"], key["body"]["rpm_limit"]) == (480, 600, 129)


def test_the_limit_of_a_minute_is_enforced_and_drawn_on_the_gateway() -> None:
    values = two_providers({})
    config = read(values)
    assert config["router_settings"]["optional_pre_call_checks"] == ["enforce_model_rate_limits"]
    assert config["router_settings"]["retry_policy"]["RateLimitErrorRetries"] == 0
    limits = {(one["litellm_params"]["rpm"], one["litellm_params"]["tpm"]) for one in config["model_list"]}
    assert limits == {(129, 129 * 434)}
    (node,) = [one for one in parts_of(seen_of(values)).nodes if one.key == "gateway"]
    assert node.what.endswith(", at most 129 requests/min")


def test_the_accounts_own_limit_bounds_the_primary_where_the_peak_is_above_it() -> None:
    values = scenario_inputs(TRIAGE)
    assert [one["tpm"] for one in entries(values, "primary")] == [10_000_000, 663_645]  # and 5 % of the peak
    assert reasons(values, "tpm")[0].startswith(
        "cat.rate_limit_tpm: 6,622 average requests; the peak wants 13,272,900, "
    )


def test_a_deployment_rests_a_minute_after_a_twentieth_of_a_minutes_requests_has_failed() -> None:
    settings = read(scenario_inputs(TRIAGE))["router_settings"]
    assert (settings["allowed_fails"], settings["cooldown_time"]) == (174, 60)  # 0.05 x 57.87 x 60 = 173.6
    small = read(two_providers({}))["router_settings"]
    assert (small["allowed_fails"], small["cooldown_time"]) == (3, 60)
    alone = world.inputs(decision=world.decision(fallback=None))
    assert "allowed_fails" not in read(alone)["router_settings"]


def test_health_is_looked_at_ten_times_within_the_time_to_recover() -> None:
    general = read(scenario_inputs(TRIAGE))["general_settings"]
    assert (general["background_health_checks"], general["health_check_interval"]) == (True, 90)  # 15 min / 10
    assert "background_health_checks" not in read(scenario_inputs(HANDBOOK))["general_settings"]


def test_attempts_end_after_twice_the_required_latency_and_streams_after_twice_the_first_token() -> None:
    (first, *_) = entries(scenario_inputs(CLINIC), "primary")
    assert (first["timeout"], first["stream_timeout"]) == (40, 5)  # 2 x 20,000 ms and 2 x 2,500 ms
    assert "stream_timeout" not in entries(scenario_inputs(TRIAGE), "primary")[0]  # nobody reads along


def test_a_measured_p99_beyond_the_limit_of_an_attempt_is_told() -> None:
    told = "      # 1.31 s: measured P99 of beta-flash: more than 1 answer in 100 is cut off"
    tight = two_providers({"latency.p95_ms": 600})  # 1.2 s an attempt
    assert told in text_of(tight).splitlines()
    assert told not in text_of(two_providers({})).splitlines()


def test_the_length_of_an_answer_is_that_of_the_requirement() -> None:
    assert {one["max_tokens"] for one in entries(scenario_inputs(TRIAGE), "primary")} == {120}
    assert (
        reasons(scenario_inputs(HANDBOOK), "max_tokens")
        == ["tokens.output_max = 800 tokens; a request may ask for another number"] * 2
    )
    assert "max_tokens" not in entries(two_providers({}), "primary")[0]


def test_three_attempts_are_two_repetitions() -> None:
    values = two_providers({})
    assert read(values)["router_settings"]["num_retries"] == 2
    assert reasons(values, "num_retries") == ["repetitions: 3 attempts in all (R-FALL-05)"]


def test_parameters_that_one_provider_lacks_are_left_out() -> None:
    assert read(two_providers({}))["litellm_settings"]["drop_params"] is True


@pytest.mark.parametrize(
    ("values", "tiers"),
    [
        (routed(), {"SIMPLE": "primary", "MEDIUM": "fallback", "COMPLEX": "fallback", "REASONING": "fallback"}),
        (three_tiers(), {"SIMPLE": "primary", "MEDIUM": "medium", "COMPLEX": "fallback", "REASONING": "fallback"}),
    ],
    ids=["two tiers", "three tiers"],
)
def test_a_router_sends_by_complexity_below_03_to_07_and_above(values: BundleInputs, tiers: dict[str, str]) -> None:
    (auto,) = entries(values, "auto")
    assert auto["model"] == "auto_router/complexity_router"
    assert auto["complexity_router_config"] == {
        "tiers": tiers,
        "tier_boundaries": {"simple_medium": 0.3, "medium_complex": 0.7, "complex_reasoning": 1},
    }
    assert auto["complexity_router_default_model"] == "fallback"
    groups = {one["model_name"] for one in read(values)["model_list"]}
    assert set(tiers.values()) <= groups


def test_without_two_tiers_or_in_the_thinnest_design_there_is_no_router() -> None:
    alike = routed(projection=world.projection(*(world.option_cost(one, "60") for one in ("alpha-mini", "beta-flash"))))
    thin = routed(decision=world.decision(model="alpha-mini", fallback="beta-flash", rules=(MINIMAL,)))
    for values in (alike, thin, two_providers({})):
        assert not entries(values, "auto")


def test_the_steps_of_an_agent_have_a_group_each() -> None:
    values = routed(decision=world.decision(
        model="alpha-mini", fallback="beta-flash", rules=(binding("R-AGENT-04", subagents="fast_tier"),)
    ))  # fmt: skip
    settings = read(values)["router_settings"]
    assert settings["model_group_alias"] == {
        "small": "primary", "large": "fallback", "step-search": "primary", "step-summarise": "primary",
        "step-edit": "fallback",
    }  # fmt: skip
    assert not entries(values, "auto")  # a step is routed by what it does, not by a score


@pytest.mark.parametrize(("chosen", "strategy"), [("cost", "cost-based-routing"), ("latency", "latency-based-routing")])
def test_a_strategy_of_routing_is_there_when_it_is_chosen(chosen: str, strategy: str) -> None:
    values = two_providers({}, binding("R-OWN-01", routing_strategy=chosen))
    assert read(values)["router_settings"]["routing_strategy"] == strategy
    assert reasons(values, "routing_strategy") == [f"routing_strategy = {chosen}"]
    assert read(two_providers({}))["router_settings"]["routing_strategy"] == "simple-shuffle"


def test_a_small_model_falls_back_to_the_larger_one() -> None:
    values = scenario_inputs(HANDBOOK)
    assert read(values)["router_settings"]["fallbacks"] == [{"primary": ["fallback"]}]
    prices = [entries(values, group)[0]["input_cost_per_token"] for group in ("primary", "fallback")]
    assert prices == [0.0000001, 0.000002]


def test_a_chain_has_three_models_or_says_why_not() -> None:
    assert {"medium": ["fallback", "primary"]} in read(three_tiers())["router_settings"]["fallbacks"]
    assert "no third model" not in text_of(three_tiers())
    why = (
        "  # the decision names openai/beta-flash and mistral/alpha-mini and no third model; "
        "what fails behind the last is the application's to answer"
    )
    assert why in text_of(two_providers({})).splitlines()


def test_production_has_two_providers_and_development_one_model_on_this_machine() -> None:
    values = two_providers({})
    models = [one["litellm_params"]["model"] for one in read(values)["model_list"]]
    assert models == ["openai/beta-flash", "mistral/alpha-mini"]
    local = read(values, "gateway/config.dev.yaml.j2")["model_list"]
    assert [one["model_name"] for one in local] == ["primary", "fallback"]
    assert {one["litellm_params"]["api_base"] for one in local} == {"http://development-model:8080/v1"}
    assert not policy_of(two_providers({}, MINIMAL)).development
    assert not policy_of(scenario_inputs(CLINIC)).development  # its models run on own machines anyway


def test_one_variable_switches_between_the_stacks_of_production_and_development() -> None:
    values = two_providers({})
    production = read(values, "compose/compose.yaml.j2")
    development = read(values, "compose/compose.dev.yaml.j2")
    assert production["services"]["gateway"]["volumes"] == ["./gateway/config.yaml:/app/config.yaml:ro"]
    assert development["services"]["gateway"]["volumes"] == ["./gateway/config.dev.yaml:/app/config.yaml:ro"]
    assert set(development["services"]) == {"gateway", "development-model"}
    assert "OPENAI_API_KEY" not in development["services"]["gateway"]["environment"]
    first = text_of(values, "compose/compose.dev.yaml.j2").splitlines()[0]
    assert first.endswith("Start: COMPOSE_FILE=compose.dev.yaml docker compose up --detach")


@pytest.mark.parametrize(
    ("residency", "provider", "pinned"),
    [
        ("us", "openai", {"api_base": "https://us.api.openai.com/v1"}),
        ("eu", "openai", {"api_base": "https://eu.api.openai.com/v1"}),
        ("us", "anthropic", {"inference_geo": "us"}),
    ],
)
def test_a_provider_is_held_in_the_required_region(residency: str, provider: str, pinned: dict[str, str]) -> None:
    card = world.card("beta-flash", provider=provider)
    values = world.inputs(
        {**world.ANSWERS, "data.residency": residency},
        shortlist=world.shortlist(card), targets=(), decision=world.decision(fallback=None),
    )  # fmt: skip
    (one,) = read(values)["model_list"]
    assert one["litellm_params"].items() >= pinned.items()
    assert one["model_info"] == {"region": residency}


@pytest.mark.parametrize("case", [CLINIC, TRIAGE, CODING])
def test_no_deployment_of_a_scenario_is_outside_the_allowed_region(case: str) -> None:
    values = scenario_inputs(case)
    wanted = FactSheet(values.requirements, values.book).text("data.residency")
    policy = policy_of(values)
    assert all(one.pin.holds for one in policy.entries)
    assert {one.pin.region for one in policy.entries} == {None if wanted == "on_prem_only" else wanted}
    if wanted == "on_prem_only":
        bases = {one["litellm_params"]["api_base"] for one in read(values)["model_list"]}
        assert bases == {"os.environ/PRIMARY_API_BASE", "os.environ/FALLBACK_API_BASE"}


def test_a_provider_that_nothing_holds_in_the_region_is_told() -> None:
    card = world.card("beta-flash", provider="anthropic", regions=("us",))
    values = world.inputs(
        {**world.ANSWERS, "data.residency": "eu"},
        shortlist=world.shortlist(card), targets=(), decision=world.decision(fallback=None),
    )  # fmt: skip
    (entry,) = policy_of(values).entries
    assert not entry.pin.holds
    assert "    # data.residency = eu, and no parameter holds this provider there; its regions: us" in (
        text_of(values).splitlines()
    )


def test_a_second_region_stands_in_for_the_first_where_the_provider_names_regions() -> None:
    card = world.card("anthropic.beta-flash", provider="bedrock_converse")
    two_regions = world.inputs(
        {**world.ANSWERS, "data.residency": "us", "budget.hardness": "hard"},
        shortlist=world.shortlist(card), targets=(), run=None,
        decision=world.decision(
            model="anthropic.beta-flash", fallback=None, rules=(binding("R-REGION-01", regions=2),)
        ),
    )  # fmt: skip
    first, second = entries(two_regions, "primary")
    assert [first["order"], second["order"]] == [1, 2]
    assert first["aws_region_name"] == "os.environ/AWS_REGION_NAME"
    assert second["aws_region_name"] == "os.environ/AWS_REGION_NAME_2"
    assert read(two_regions)["router_settings"]["provider_budget_config"]["bedrock"]["budget_limit"] == 600
    assert "AWS_REGION_NAME_2=" in text_of(two_regions, "compose/env.example.j2").splitlines()


def test_several_gateways_count_together() -> None:
    settings = read(scenario_inputs(TRIAGE))["router_settings"]
    assert (settings["redis_host"], settings["redis_port"]) == ("redis", 6379)
    assert "cache" not in read(scenario_inputs(TRIAGE))["litellm_settings"]
    assert "redis" in read(scenario_inputs(TRIAGE), "compose/compose.yaml.j2")["services"]
    assert "redis_host" not in read(two_providers({}))["router_settings"]


def test_equal_requests_are_answered_from_a_redis_that_is_deployed_beside_the_gateway() -> None:
    values = two_providers({}, world.EXACT_CACHE)
    cache = {"type": "redis", "host": "redis", "port": 6379, "ttl": 604800}
    assert read(values)["litellm_settings"]["cache_params"] == cache
    services = read(values, "compose/compose.yaml.j2")["services"]
    assert set(services) == {"gateway", "redis", "prometheus", "alertmanager"}
    assert services["gateway"]["depends_on"] == {"redis": {"condition": "service_healthy"}}


def test_similar_requests_are_answered_from_a_threshold_on_where_the_rule_allows_it() -> None:
    cache = read(two_providers({}, binding("R-CACHE-04", cache="semantic")))["litellm_settings"]["cache_params"]
    assert (cache["type"], cache["similarity_threshold"]) == ("redis-semantic", 0.95)
    assert cache["redis_semantic_cache_embedding_model"] == "openai/text-embedding-3-small"
    tenants = binding("R-CACHE-05", cache="semantic", cache_scope="tenant")
    assert "cache" not in read(two_providers({}, tenants))["litellm_settings"]


def test_every_call_is_recorded_for_as_long_as_is_required() -> None:
    triage = scenario_inputs(TRIAGE)
    settings = read(triage)["litellm_settings"]
    assert settings["callbacks"] == ["prometheus", "s3_v2"]
    assert settings["s3_callback_params"]["s3_bucket_name"] == "os.environ/AUDIT_BUCKET"
    (rule,) = read(triage, "gateway/audit-lifecycle.json.j2")["Rules"]
    assert (rule["Expiration"], rule["Filter"]) == ({"Days": 90}, {"Prefix": "calls/"})
    clinic = read(scenario_inputs(CLINIC))["general_settings"]
    assert clinic["maximum_spend_logs_retention_period"] == "2190d"
    assert clinic["store_prompts_in_spend_logs"] is False
    assert read(scenario_inputs(HANDBOOK))["litellm_settings"]["callbacks"] == ["prometheus"]


def test_the_thinnest_design_has_models_a_chain_and_nothing_else() -> None:
    config = read(scenario_inputs(HANDBOOK))
    assert set(config["router_settings"]) == {"routing_strategy", "num_retries", "retry_policy", "fallbacks"}
    assert set(config["litellm_settings"]) == {"drop_params", "turn_off_message_logging", "callbacks"}
    assert set(config["general_settings"]) == {"master_key"}
    assert [one["model_name"] for one in config["model_list"]] == ["primary", "fallback"]


def test_every_number_of_the_lists_and_limits_has_its_reason() -> None:
    for line in text_of(scenario_inputs(TRIAGE)).splitlines():
        key, _, rest = line.strip().partition(": ")
        if key in ("rpm", "tpm", "weight", "timeout", "max_tokens", "allowed_fails", "cooldown_time", "budget_limit"):
            assert rest.partition(" # ")[2], line


def test_a_model_that_the_proxy_does_not_know_yet_has_its_provider_in_front() -> None:
    values = world.inputs(
        targets=(replace(world.inputs().targets[0], model="beta-flash"),), decision=world.decision(fallback=None)
    )
    assert [one["model"] for one in entries(values, "primary")] == ["openai/beta-flash"]
