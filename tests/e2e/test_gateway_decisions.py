"""The generated gateways of the scenarios in the real proxy: limits, shares, budgets and chains act on real requests.

The providers are a server on this machine that speaks OpenAI's and Anthropic's interfaces.
"""

import json
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.document_world import scenario_inputs
from tests.e2e.test_gateway_boots import Gateway, litellm_command, running
from tests.gateway_world import entries, read, routed, text_of, two_providers

pytestmark = pytest.mark.slow

__all__ = ["litellm_command"]

TRIAGE, CODING, HANDBOOK = "b_ecommerce_triage_5m", "e_coding_assistant_agent", "g_hr_policy_small"
HARD = (
    "Think step by step and reason through this: design a distributed consensus algorithm for a multi-region database, "
    "prove its safety, analyse the complexity of its recovery, and refactor the attached architecture for concurrency, "
    "fault tolerance and encryption; compare the trade-offs of each approach and explain why."
)


@dataclass
class Providers:
    """What the providers saw; ``failing`` are the models that answer with 500."""

    port: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    @property
    def models(self) -> Counter[str]:
        """How often each model was asked."""
        return Counter(str(body["model"]) for body in self.bodies)


@contextmanager
def providers() -> Iterator[Providers]:
    """Both providers on this machine."""
    seen = Providers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.bodies.append(body)
            if body["model"] in seen.failing:
                return self._say(500, {"error": {"type": "api_error", "message": "down"}})
            return self._say(200, _anthropic(body) if self.path.endswith("/messages") else _openai(body))

        def _say(self, status: int, body: Mapping[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        seen.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield seen
        server.shutdown()


def _openai(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "billing"}}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }  # fmt: skip


def _anthropic(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "m", "type": "message", "role": "assistant", "model": body["model"],
        "content": [{"type": "text", "text": "billing"}], "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 1000, "output_tokens": 100, "inference_geo": body.get("inference_geo", "global")},
    }  # fmt: skip


def here(text: str, port: int, **changes: Any) -> str:
    """The configuration with this machine for the providers, and without the servers that stand beside the gateway.

    Args:
        changes: Parameters of every deployment that are changed.
    """
    config = YAML(typ="safe").load(text)
    for entry in config["model_list"]:
        if entry["model_name"] == "auto":
            continue
        route = entry["litellm_params"]["model"].partition("/")[0]
        entry["litellm_params"]["api_base"] = f"http://127.0.0.1:{port}" + ("" if route == "anthropic" else "/v1")
        entry["litellm_params"] |= {"api_key": "any", **changes}
    for key in ("redis_host", "redis_port"):
        config["router_settings"].pop(key, None)
    config["litellm_settings"].pop("s3_callback_params", None)
    config["litellm_settings"]["callbacks"] = ["prometheus"]
    config["general_settings"].pop("background_health_checks", None)
    out = StringIO()
    YAML().dump(config, out)
    return out.getvalue()


@contextmanager
def gateway_of(command: Path, folder: Path, text: str, **changes: Any) -> Iterator[tuple[Gateway, Providers]]:
    """The proxy over a configuration, and what the providers see."""
    with providers() as seen, running(command, here(text, seen.port, **changes), folder) as gateway:
        yield gateway, seen


def config_of(name: str) -> str:
    return text_of(scenario_inputs(name))


def test_the_triage_gateway_keeps_a_twentieth_on_the_second_provider_in_the_region(
    litellm_command: Path, tmp_path: Path
) -> None:
    with gateway_of(litellm_command, tmp_path, config_of(TRIAGE)) as (gateway, seen):
        for _ in range(200):
            assert gateway.chat("primary").status == 200
        assert set(seen.models) == {"gpt-6-luna", "claude-haiku-5-5"}
        assert 1 <= seen.models["claude-haiku-5-5"] <= 30  # of 200, 10 expected
        for body in seen.bodies:
            assert body.get("max_tokens", body.get("max_completion_tokens")) == 120
            assert body.get("inference_geo") == ("us" if body["model"].startswith("claude") else None)
        assert {one["id"] for one in gateway.call("/v1/models").body["data"]} == {"primary", "fallback"}


def test_requests_beyond_the_limit_of_a_minute_go_to_the_fallback_and_then_are_refused_at_once(
    litellm_command: Path, tmp_path: Path
) -> None:
    config = text_of(scenario_inputs(CODING))
    with gateway_of(litellm_command, tmp_path, config, rpm=4, weight=1) as (gateway, seen):
        begun = time.monotonic()
        answers = [gateway.chat("primary") for _ in range(30)]  # 3 deployments of 4 a minute, in two minutes at most
        assert time.monotonic() - begun < 60  # nobody waits for the next minute
        statuses = Counter(answer.status for answer in answers)
        assert set(statuses) == {200, 429}
        assert 12 <= statuses[200] <= 24
        assert statuses[200] == len(seen.bodies)  # what is refused never reaches a provider
        fallbacks = [answer.headers.get("x-litellm-attempted-fallbacks") for answer in answers if answer.status == 200]
        assert "1" in fallbacks


def test_a_providers_spent_budget_leaves_the_whole_group_to_the_other_provider(
    litellm_command: Path, tmp_path: Path
) -> None:
    values = two_providers({"availability.target": 0.9995, "budget.monthly_usd": 0.01})
    assert entries(values, "primary")[0]["weight"] == 95
    with gateway_of(litellm_command, tmp_path, text_of(values)) as (gateway, seen):
        deadline = time.monotonic() + 40  # 0.00042 USD a call of 0.008 USD: 20 calls, counted some seconds later
        last: list[str] = []
        while last != ["alpha-mini"] * 12:
            assert time.monotonic() < deadline, seen.models
            assert gateway.chat("primary").status == 200
            last = [str(body["model"]) for body in seen.bodies[-12:]]
        assert seen.models["beta-flash"] >= 19


def test_the_router_sends_an_easy_request_to_the_small_model_and_a_hard_one_to_the_large(
    litellm_command: Path, tmp_path: Path
) -> None:
    with gateway_of(litellm_command, tmp_path, text_of(routed())) as (gateway, seen):
        assert gateway.chat("auto").status == 200
        assert gateway.chat("auto", messages=[{"role": "user", "content": HARD}]).status == 200
        assert gateway.chat("large").status == 200
        assert [body["model"] for body in seen.bodies] == ["alpha-mini", "beta-flash", "beta-flash"]


def test_a_failing_primary_of_the_handbook_is_answered_by_the_larger_model(
    litellm_command: Path, tmp_path: Path
) -> None:
    with gateway_of(litellm_command, tmp_path, config_of(HANDBOOK)) as (gateway, seen):
        seen.failing.add("gpt-6-luna")
        answer = gateway.chat("primary")
        assert answer.status == 200
        assert answer.headers["x-litellm-attempted-fallbacks"] == "1"
        assert seen.models == {"gpt-6-luna": 3, "claude-sonnet-5-5": 1}  # three attempts, then the chain


CHECK = """
import json, sys
from litellm.proxy._types import GenerateKeyRequest, NewTeamRequest
kinds = {"/key/generate": GenerateKeyRequest, "/team/new": NewTeamRequest}
for one in json.load(sys.stdin):
    made = kinds[one["path"]](**one["body"])
    unknown = set(one["body"]) - set(kinds[one["path"]].model_fields)
    print(one["path"], sorted(unknown), getattr(made, "soft_budget", None), made.max_budget, made.rpm_limit)
"""


def test_the_bodies_that_make_teams_and_keys_are_those_of_the_proxy(litellm_command: Path) -> None:
    values = two_providers({"users.tiers": 2, "users.multi_tenant": True})
    bodies = read(values, "gateway/keys.yaml.j2")["requests"]
    command = [str(litellm_command.parent / "python"), "-c", CHECK]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        command, input=json.dumps(bodies), capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    team, key = "/team/new [] None 300.0 64", "/key/generate [] 240.0 300.0 64"
    whole = ["/team/new [] None 600.0 129", "/key/generate [] 480.0 600.0 129"]
    assert done.stdout.splitlines() == [team, key, team, key, *whole]
