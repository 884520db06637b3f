"""The generated gateway/config.yaml in a real LiteLLM proxy, with real llama.cpp servers behind it, on this machine.

The proxy has an environment of its own, because its releases and those of the terminal interface exclude each other.
It is made once, in the folder that MAQUETTE_TOOL_ENVS names or in `.venv-gateway`, and reused.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.loopback_server import loopback_server
from maquette.evals.calls import TargetSpec
from tests import bundle_world as world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "catalog" / "demo_models" / "triage-tiny.gguf"
KEY = "sk-only-for-this-test"
BOOT_TIMEOUT_S = 180.0
# What the proxy needs beside litellm; its own extra pins a release of rich that no current Textual can live with.
BESIDE_LITELLM = [
    "fastapi",
    "uvicorn",
    "orjson",
    "apscheduler",
    "backoff",
    "fastapi-sso",
    "pyjwt",
    "python-multipart",
    "cryptography",
    "websockets",
    "mcp",
    "httpx2",
    "prometheus-client",
    "prisma",
    "redis",
    "expression",
    "soundfile",
    "uvloop",
]


@dataclass(frozen=True)
class Answer:
    """What the gateway said: status, headers in lower case, JSON body or text."""

    status: int
    headers: dict[str, str]
    body: Any


class Gateway:
    """A running gateway."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def chat(self, model: str, *, key: str | None = KEY, **more: Any) -> Answer:
        """One chat call to a model group."""
        messages = [{"role": "user", "content": "I was charged twice this month"}]
        return self.call("/v1/chat/completions", key=key, body={"model": model, "messages": messages, **more})

    def call(self, path: str, *, key: str | None = KEY, body: dict[str, Any] | None = None) -> Answer:
        """A POST with a body, a GET without."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return _answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    text = content.decode()
    is_json = "json" in headers.get("Content-Type", "")
    return Answer(
        status=status,
        headers={name.lower(): value for name, value in headers.items()},
        body=json.loads(text) if is_json else text,
    )


@pytest.fixture(scope="session")
def litellm_command() -> Path:
    """The proxy in an environment of its own, of the very version that the configuration is made for."""
    version = world.templates().artifact("gateway").tools["litellm"]
    folder = Path(os.environ["MAQUETTE_TOOL_ENVS"]) / "gateway" if "MAQUETTE_TOOL_ENVS" in os.environ else None
    folder = folder or ROOT / ".venv-gateway"
    if not (folder / "bin" / "litellm").exists():
        _install(folder, [f"litellm=={version}", *BESIDE_LITELLM])
    return folder / "bin" / "litellm"


def _install(folder: Path, packages: list[str]) -> None:
    beside = str(Path(sys.executable).parent)
    uv = shutil.which("uv") or shutil.which("uv", path=beside)
    if uv is None:
        pytest.skip(f"there is no gateway in {folder}, and no uv to install one")
    for arguments in (
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", str(folder / "bin" / "python"), *packages],
    ):
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"the gateway cannot be installed: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def model_servers() -> Iterator[dict[str, str]]:
    """Two real servers of the demo model under different names."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(loopback_server(MODEL, alias=name)) for name in ("first", "second")}


def targets(primary_url: str, fallback_url: str) -> tuple[TargetSpec, ...]:
    return (
        TargetSpec(id="beta-flash", card="beta-flash", adapter="litellm", model="first", base_url=primary_url),
        TargetSpec(id="alpha-mini", card="alpha-mini", adapter="litellm", model="second", base_url=fallback_url),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Path, config: str, folder: Path) -> Iterator[Gateway]:
    """The proxy over a configuration, until the block ends."""
    port = free_port()
    (folder / "config.yaml").write_text(config)
    environment = {
        **os.environ,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": KEY,
        "PRIMARY_API_KEY": "any",
        "FALLBACK_API_KEY": "any",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(command), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait_until_live(process, port, folder / "log")
        yield Gateway(port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_live(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + BOOT_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the gateway did not come up:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def gateway(
    litellm_command: Path, model_servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """The gateway of a project whose two models answer."""
    values = world.inputs(targets=targets(model_servers["first"], model_servers["second"]))
    config = world.texts(values)["gateway/config.yaml"]
    with running(litellm_command, config, tmp_path_factory.mktemp("gateway")) as up:
        yield up


def test_a_chat_call_to_the_primary_group_is_answered_by_the_primary_model(gateway: Gateway) -> None:
    answer = gateway.chat("primary", max_tokens=16)
    assert answer.status == 200
    assert answer.body["choices"][0]["message"]["content"].startswith("{")
    assert answer.headers["x-litellm-model-group"] == "primary"
    assert answer.headers["x-litellm-attempted-fallbacks"] == "0"


def test_the_gateway_counts_money_with_the_prices_of_the_cost_model(gateway: Gateway) -> None:
    answer = gateway.chat("primary", max_tokens=16)
    usage = answer.body["usage"]
    due = usage["prompt_tokens"] * Decimal("0.0000003") + usage["completion_tokens"] * Decimal("0.0000012")
    assert Decimal(answer.headers["x-litellm-response-cost"]) == due


def test_a_missing_key_is_refused(gateway: Gateway) -> None:
    assert gateway.chat("primary", key=None).status == 401


def test_a_wrong_key_is_refused_in_the_words_of_the_runbook(gateway: Gateway) -> None:
    refused = gateway.chat("primary", key="sk-another")
    assert refused.status == 400
    assert refused.body["error"]["message"] == "No connected db."
    assert '`400` and "No connected db."' in world.texts(world.inputs())["runbooks/model-down.md"]


def test_a_group_that_nobody_configured_is_refused(gateway: Gateway) -> None:
    assert gateway.chat("another").status == 400


def test_the_groups_are_those_of_the_roles(gateway: Gateway) -> None:
    assert {model["id"] for model in gateway.call("/v1/models").body["data"]} == {"primary", "fallback"}


def test_decided_monitoring_gives_metrics_to_those_who_have_the_key(gateway: Gateway) -> None:
    gateway.chat("primary", max_tokens=4)
    assert gateway.call("/metrics/", key=None).status == 401
    assert "litellm_deployment_state{" in gateway.call("/metrics/").body


def test_when_the_primary_is_dead_the_fallback_answers(
    litellm_command: Path, model_servers: dict[str, str], tmp_path: Path
) -> None:
    dead = f"http://127.0.0.1:{free_port()}/v1"
    config = world.texts(world.inputs(targets=targets(dead, model_servers["second"])))["gateway/config.yaml"]
    with running(litellm_command, config, tmp_path) as gateway:
        answer = gateway.chat("primary", max_tokens=16)
        assert answer.status == 200
        assert answer.body["choices"][0]["message"]["content"].startswith("{")
        assert answer.headers["x-litellm-attempted-fallbacks"] == "1"
        assert gateway.chat("primary", disable_fallbacks=True).status >= 500


def test_a_spent_budget_sends_requests_to_the_fallback(
    litellm_command: Path, model_servers: dict[str, str], tmp_path: Path
) -> None:
    values = world.inputs(
        {**world.ANSWERS, "budget.monthly_usd": 0.02},
        targets=targets(model_servers["first"], model_servers["second"]),
        shortlist=world.shortlist(world.card("beta-flash", input_usd="0.01"), world.card("alpha-mini")),
    )
    config = world.texts(values)["gateway/config.yaml"]
    assert "max_budget: 0.02" in config
    with running(litellm_command, config, tmp_path) as gateway:
        assert gateway.chat("primary", max_tokens=4).headers["x-litellm-attempted-fallbacks"] == "0"
        deadline = time.monotonic() + 30
        while (answer := gateway.chat("primary", max_tokens=4)).headers.get("x-litellm-attempted-fallbacks") != "1":
            assert time.monotonic() < deadline, answer
            time.sleep(0.5)
        assert answer.status == 200
        assert gateway.chat("primary", disable_fallbacks=True).status == 429
