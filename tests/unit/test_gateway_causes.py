"""What the gateway really does with a request, held against LiteLLM itself where that can be tried offline."""

import asyncio
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.gateway.deployments import deployment
from maquette.bundle.gateway.swapping import CONFIG, swap_command
from maquette.bundle.inputs import BundleInputs, role_models
from maquette.catalog.prices import PriceTable
from maquette.evals.run import Percentiles, Verdict
from tests import bundle_world as world
from tests.document_world import scenario_inputs
from tests.gateway_world import binding, entries, policy_of, read, routed, stating, text_of, two_providers
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


@pytest.fixture(autouse=True)
def shipped_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM takes the prices that come with it: nothing leaves this machine."""
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def parameters(values: BundleInputs, group: str) -> dict[str, Any]:
    return entries(values, group)[0]


def reasons(values: BundleInputs, key: str) -> list[str]:
    """The comments behind a parameter, in the file's order."""
    lines = [one.strip() for one in text_of(values).splitlines()]
    return [one.partition(" # ")[2] for one in lines if one.startswith(f"{key}: ")]


def offline_router(values: BundleInputs, text: str | None = None) -> Any:
    """LiteLLM's router over the file's groups, other names and chains; every model fails."""
    from litellm.router import Router

    found = YAML(typ="safe").load(text) if text is not None else read(values)
    settings = found["router_settings"]
    models = [
        {
            "model_name": one["model_name"],
            "litellm_params": {
                "model": one["litellm_params"]["model"], "api_key": "none", "mock_response": Exception("down"),
            },
        }
        for one in found["model_list"]
    ]  # fmt: skip
    return Router(
        model_list=models, fallbacks=settings.get("fallbacks", []), num_retries=0, allowed_fails=1000,
        model_group_alias=settings.get("model_group_alias", {}),
    )  # fmt: skip


def asked(router: Any, group: str) -> list[str]:
    """The models that are asked for one request while all of them fail, in order."""
    from litellm.exceptions import InternalServerError

    seen: list[str] = []
    picked = router.async_get_available_deployment

    async def noted(*args: Any, **kwargs: Any) -> Any:
        found = await picked(*args, **kwargs)
        seen.append(found["litellm_params"]["model"])
        return found

    async def ask() -> None:
        router.async_get_available_deployment = noted
        with pytest.raises(InternalServerError, match="down"):
            await router.acompletion(model=group, messages=[{"role": "user", "content": "ping"}])

    asyncio.run(ask())
    return seen


def test_an_attempt_lasts_as_long_as_the_longest_answer_at_the_required_pace() -> None:
    # 2.5 s and 8,000 tokens at (15 - 2.5) s for 700 of them: 145.4 s; twice the P95 would end it after 30
    values = scenario_inputs(CODER)
    first = parameters(values, "primary")
    assert (first["timeout"], first["stream_timeout"]) == (146, 5)
    assert reasons(values, "timeout")[0].startswith("latency.ttft_ms + tokens.output_max x (latency.p95_ms - ")
    # answers of twice the average length fit into twice the P95
    assert parameters(scenario_inputs(TRIAGE), "primary")["timeout"] == 1.6


def test_a_measured_pace_comes_before_the_required_one() -> None:
    run = world.run(
        *(
            replace(
                world.result(name, 107, low=0.8, high=0.9, verdict=Verdict.PASSES),
                ttft=Percentiles(p50_s=0.3, p95_s=0.5, p99_s=0.7),
                tpot=Percentiles(p50_s=0.01, p95_s=0.02, p99_s=0.03),
            )
            for name in ("beta-flash", "alpha-mini")
        )
    )
    values = stating(two_providers({"tokens.output_max": 400}, run=run))
    assert policy_of(values).timeout_s == 9  # 0.5 s + 400 x 20 ms = 8.5 s; twice the P95 is 2 s
    reason = policy_of(values).timeout_reason
    assert reason is not None
    assert reason["ref"] == "measured P95 of TTFT + tokens.output_max x P95 of TPOT"


def test_without_a_required_latency_no_attempt_ends() -> None:
    said = {name: value for name, value in world.ANSWERS.items() if name != "latency.p95_ms"}
    assert policy_of(world.inputs(said)).timeout_s is None


_HAIKU = {"": "0.0000001", "_above_100k_tokens": "0.0000005"}


def test_long_prompts_are_counted_at_their_own_prices() -> None:
    import litellm
    from litellm.router import Router

    listed = {f"input_cost_per_token{step}": Decimal(usd) for step, usd in _HAIKU.items()}
    card = world.card("claude-haiku-5-5", provider="anthropic", price=PriceTable(usd_per_unit=listed, source=world.MAP))
    role = replace(role_models(two_providers({}))[1], card=card, target=None)
    haiku = deployment(role, world.templates().artifact("gateway").constants, None)
    assert haiku.model == "anthropic/claude-haiku-5-5"
    given = {key: float(value) for key, value in haiku.prices.items()}
    router = Router(model_list=[{
        "model_name": "fallback",
        "litellm_params": {"model": haiku.model, "api_key": "none", "mock_response": "yes", **given},
    }])  # fmt: skip
    answer: Any = router.completion(model="fallback", messages=[{"role": "user", "content": "ping"}])
    named = router.model_list[0]["model_info"]["id"]
    costs = []
    for tokens in (50_000, 140_000):
        answer.usage = litellm.Usage(prompt_tokens=tokens, completion_tokens=0, total_tokens=tokens)
        cost = litellm.completion_cost(answer, model=haiku.model, custom_pricing=True, router_model_id=named)
        costs.append(round(cost, 6))
    assert costs == [0.005, 0.07]  # 50,000 x $0.0000001, and 140,000 x $0.0000005


def test_a_step_that_litellm_does_not_know_is_the_price_where_the_usual_prompt_lies_above_it() -> None:
    listed = {
        "input_cost_per_token": Decimal("0.000001"),
        "input_cost_per_token_above_32k_tokens": Decimal("0.000003"),
    }
    card = world.card("beta-flash", price=PriceTable(usd_per_unit=listed, source=world.MAP))
    role = replace(role_models(two_providers({}))[0], card=card)
    known = world.templates().artifact("gateway").constants
    assert dict(deployment(role, known, None, least_tok=Decimal(40_000)).prices) == {
        "input_cost_per_token": Decimal("0.000003")
    }
    assert dict(deployment(role, known, None, least_tok=Decimal(20_000)).prices) == {
        "input_cost_per_token": Decimal("0.000001")
    }


def test_the_shared_prefix_is_marked_where_the_provider_caches_only_what_is_marked() -> None:
    from litellm.integrations.anthropic_cache_control_hook import AnthropicCacheControlHook

    points = parameters(scenario_inputs(HANDBOOK), "fallback")["cache_control_injection_points"]
    assert points == [{"location": "message", "role": "system"}]
    assert "cache_control_injection_points" not in parameters(scenario_inputs(HANDBOOK), "primary")  # openai's
    sent = [{"role": "system", "content": "the handbook"}, {"role": "user", "content": "a question"}]
    _, messages, _ = AnthropicCacheControlHook().get_chat_completion_prompt(
        model="claude-haiku-5-5", messages=sent, non_default_params={"cache_control_injection_points": points},  # type: ignore[arg-type]
        prompt_id=None, prompt_variables=None, dynamic_callback_params={},
    )  # fmt: skip
    assert [("cache_control" in str(one)) for one in messages] == [True, False]


def test_each_account_has_its_own_stated_limit_and_a_share_of_another_group_is_taken_off_it() -> None:
    values = scenario_inputs(TRIAGE)
    arm = 8_790 * 1_510 * 5 // 100  # 5 % of the busiest minute, of which a classifier passes on 30 % at most
    assert [one["tpm"] for one in entries(values, "primary")] == [10_000_000, arm]
    assert parameters(values, "fallback")["tpm"] == 10_000_000 - arm
    said = "cat.rate_limit_tpm: 6,622 average requests; the peak wants 13,272,900, the rest "
    assert reasons(values, "tpm")[0] == f"{said}goes to the group fallback at once"
    bound = policy_of(values).first_limits.bound
    assert bound is not None
    assert bound.value == 6_622  # tokens bind before the 8,790 requests


def test_a_spent_budget_refuses_only_where_every_group_has_a_ceiling() -> None:
    assert policy_of(scenario_inputs(TRIAGE)).refuses_by_budget is True  # hard: 80 % and 20 %
    assert policy_of(scenario_inputs(CODER)).refuses_by_budget is False  # soft: the fallback goes on


def steps_of_an_agent() -> BundleInputs:
    """The dear model answers first and is the large tier; the cheap one is fallback and the small tier."""
    rules = (world.MONITORING, binding("R-AGENT-04", subagents="fast_tier"))
    return routed(decision=world.decision(model="beta-flash", fallback="alpha-mini", rules=rules))


def test_other_names_of_a_group_have_its_chain_and_no_step_goes_to_the_model_that_failed() -> None:
    values = steps_of_an_agent()
    settings = read(values)["router_settings"]
    assert "step-escalate" not in settings["model_group_alias"]
    assert "# no step-escalate: " in text_of(values)
    router, primary, fallback = offline_router(values), *(one.model for one in policy_of(values).deployments)
    assert asked(router, "primary") == [primary, fallback]
    assert asked(router, "step-edit")[:2] == [primary, fallback]
    assert asked(router, "step-search")[:2] == [fallback, primary]
    assert asked(router, "fallback") == [fallback, primary]


@pytest.mark.parametrize("group", ["primary", "large", "small", "step-search", "step-edit"])
def test_after_the_swap_every_name_leads_to_the_fallback_s_model_first(group: str, tmp_path: Path) -> None:
    values = steps_of_an_agent()
    (tmp_path / "gateway").mkdir()
    (tmp_path / CONFIG).write_text(text_of(values))
    subprocess.run(swap_command(policy_of(values)), shell=True, cwd=tmp_path, check=True)
    swapped = (tmp_path / CONFIG).read_text()
    primary, fallback = (one.model for one in policy_of(values).deployments)
    assert asked(offline_router(values, swapped), group)[:2] == [fallback, primary]


def test_many_named_users_have_a_key_and_a_budget_each() -> None:
    decided = binding("R-BUDGET-01", budget_limits=True)
    values = two_providers({"users.count": 300, "users.audience": "internal"}, decided)
    team, key = read(values, "gateway/keys.yaml.j2")["requests"]
    assert (team["path"], team["body"]["max_budget"], team["body"]["models"]) == (
        "/team/new",
        600,
        ["primary", "fallback"],
    )
    assert key["body"] == {
        "key_alias": "user-NAME", "user_id": "user-NAME", "team_id": "team-NAME", "models": ["primary", "fallback"],
        "max_budget": 2, "soft_budget": 1.6, "budget_duration": "30d",
    }  # fmt: skip
    assert policy_of(values).database is True
    assert policy_of(two_providers({"users.count": 50, "users.audience": "internal"}, decided)).keys == ()
    assert policy_of(two_providers({"users.count": 300, "users.audience": "consumer"}, decided)).keys == ()


def test_personal_data_is_logged_only_where_somebody_allowed_it() -> None:
    def logged(**answers: Any) -> bool:
        said = {name.replace("__", "."): value for name, value in answers.items()}
        return policy_of(two_providers(said)).log_content

    assert logged(data__sensitivity="internal") is True  # by the question's own default
    assert logged(data__sensitivity="pii") is False
    assert logged(data__sensitivity="pii", logging__content_allowed=True) is True


def test_each_replica_of_an_own_server_has_its_address_its_port_and_its_accelerators() -> None:
    from tests.serving_world import open_inputs

    values = open_inputs()
    found = [one["litellm_params"]["api_base"] for one in read(values)["model_list"]]
    names = ["PRIMARY_API_BASE", *(f"PRIMARY_API_BASE_{one}" for one in (2, 3, 4))]
    assert found == [f"os.environ/{name}" for name in names]
    texts = world.texts(values)
    assert all(f"\n{name}=" in texts[".env.example"] for name in names)
    services = YAML(typ="safe").load(texts["serving/primary.compose.yaml"])["services"]
    assert [one["ports"] for one in services.values()] == [[f"{port}:8000"] for port in (8000, 8001, 8002, 8003)]
    given = [one["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"] for one in services.values()]
    assert given == [["0"], ["1"], ["2"], ["3"]]
    kept = services["primary-model-1"]["environment"]
    assert (kept["VLLM_NO_USAGE_STATS"], kept["DO_NOT_TRACK"], kept["HF_HUB_OFFLINE"]) == ("1", "1", "1")


def test_replicas_beyond_a_host_have_the_next_host_s_profile() -> None:
    from maquette.bundle.inputs import ServingPlan
    from tests.serving_world import LOAD, open_card, open_inputs, sized

    one = sized(open_card())
    wide = replace(one, setup=replace(one.setup, gpus=4, tensor_parallel=4), replicas=2, spare=1)
    texts = world.texts(open_inputs(serving={"open/note-27b": ServingPlan(sized=wide, load=LOAD)}))
    services = YAML(typ="safe").load(texts["serving/primary.compose.yaml"])["services"].values()
    assert [one["profiles"] for one in services] == [["host-1"], ["host-1"], ["host-2"]]


def test_the_pinned_region_is_not_to_be_pinned_and_no_region_is_where_none_is_required() -> None:
    from maquette.bundle.diagrams.providers import region
    from tests.table_world import whole_seen

    triage, handbook = whole_seen(TRIAGE), whole_seen(HANDBOOK)
    assert region(triage, triage.roles[1]) == "offered in us; pinned in the gateway"
    assert region(handbook, handbook.roles[1]) == "offered in us"
    assert region(whole_seen(CLINIC), whole_seen(CLINIC).roles[0]) == "your own premises"
