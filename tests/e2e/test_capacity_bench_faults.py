"""`maquette capacity bench` where something is wrong: with the server, the command line, or the patience of a user."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from maquette.cli.capacity.bench_plan import is_near
from maquette.foundation.problems import ExitStatus
from tests.capacity_bench_world import TINY, measured, wait_for_calls
from tests.loopback_models import Server, model, serving
from tests.refresh_world import Run


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.mark.parametrize(
    ("behaviour", "status", "says"),
    [
        ({"fault": "drop"}, ExitStatus.UNAVAILABLE, "broke off"),
        ({"fault": "hang"}, ExitStatus.UNAVAILABLE, "no answer in 0.3 s"),
        ({"fault": "hang_midway"}, ExitStatus.UNAVAILABLE, "cut off after 0.3 s"),
        ({"body": "\x1b[31mrubbish", "content_type": "text/event-stream"}, ExitStatus.UNAVAILABLE, "without an answer"),
        ({"body": '{"choices": 3}'}, ExitStatus.UNAVAILABLE, "no chat completion"),
        ({"status": 500, "message": "out of memory"}, ExitStatus.UNAVAILABLE, "out of memory"),
        ({"status": 401, "message": "who are you"}, ExitStatus.UNAVAILABLE, "who are you"),
        ({"status": 404, "message": "no such model"}, ExitStatus.INVALID_INPUT, "no such model"),
        ({"status": 400, "message": "maximum context length is 5"}, ExitStatus.INVALID_INPUT, "maximum context"),
    ],
)
def test_a_server_that_answers_nothing_is_one_clear_problem(
    behaviour: dict[str, Any], status: int, says: str, maquette: Run, server: Server
) -> None:
    where = ("--server", server.base_url, "--model", model(**behaviour), "--timeout", "0.3")
    found, out, said = maquette("capacity", "bench", *where)
    assert (found, out) == (status, "")
    assert says in said
    assert "does not answer a first request" in said
    assert "\x1b" not in said


def test_calls_that_fail_are_counted_and_told_in_the_status(maquette: Run, server: Server) -> None:
    name = model(failing=0.34)
    data, said = measured(
        *(maquette, "--server", server.base_url, "--model", name, "--concurrency", "4"), status=ExitStatus.CALLS_FAILED
    )
    (level,) = data["levels"]
    assert data["state"] == "finished"
    assert level["completed"] + level["failed"] == 16
    assert level["failed"] in {5, 6}
    assert "calls failed: server" in said


def test_a_server_that_dies_leaves_what_was_measured(maquette: Run) -> None:
    with serving() as dying:

        def kill() -> None:
            wait_for_calls(dying, 15)
            dying.process.kill()

        killer = Thread(target=kill)
        killer.start()
        data, said = measured(
            *(maquette, "--server", dying.base_url, "--model", model(delay_s=0.02), "--concurrency", "1,2"),
            *("--requests", "500"),
            status=ExitStatus.CALLS_FAILED,
        )
        killer.join()
    assert data["state"] == "broken"
    (level,) = data["levels"]
    assert level["completed"] >= 10
    assert level["failed"] == 3
    assert "3 calls in a row failed with 1 at once" in said


def test_a_stop_keeps_what_was_measured(server: Server) -> None:
    command = [sys.executable, "-c", "from maquette.cli.main import main; main()", "capacity", "bench", "--json"]
    asked = ["--server", server.base_url, "--model", model(delay_s=0.02), "--concurrency", "1", "--requests", "1000"]
    server.seen()
    with subprocess.Popen([*command, *asked], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        while "1000 requests, about" not in (line := running.stderr.readline()):
            assert line, "it ended before it began"
        wait_for_calls(server, 10)  # the probes, the warm-up, and some that count
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=10)
    assert running.returncode == ExitStatus.INTERRUPTED
    data = json.loads(out)
    assert data["state"] == "interrupted"
    assert 0 < data["levels"][0]["completed"] < 1000


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), ExitStatus.USAGE, "Name a GGUF file, or a server"),
        ((str(TINY), "--server", "http://127.0.0.1:9"), ExitStatus.USAGE, "Name a GGUF file, or a server"),
        (("open/qwen3-8b",), ExitStatus.INVALID_INPUT, "is no GGUF file"),
        (("gone.gguf",), ExitStatus.NOT_FOUND, "there is no file"),
        ((str(TINY), "--input", "250"), ExitStatus.INVALID_INPUT, "250 + 32 tokens are more than the 256"),
        ((str(TINY), "--concurrency", "65"), ExitStatus.INVALID_INPUT, "from 1 to 64"),
        (("--server", "http://127.0.0.1:9", "--concurrency", "4,x"), ExitStatus.INVALID_INPUT, "--concurrency"),
        (("--server", "http://127.0.0.1:9", "--model", "m"), ExitStatus.UNAVAILABLE, "no server answers"),
        (("--server", "http://127.0.0.1:9"), ExitStatus.UNAVAILABLE, "does not answer"),
        (("--server", "http://me:word@127.0.0.1:9"), ExitStatus.INVALID_INPUT, "holds a name or a password"),
        (("--server", "http://127.0.0.1:9", "--model", "m", "--on", "Z9"), ExitStatus.INVALID_INPUT, "Z9"),
        (("--server", "http://127.0.0.1:9", "--model", "m", "--calibrate"), ExitStatus.NOT_FOUND, "no project"),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_is_sent(
    arguments: tuple[str, ...], status: int, says: str, maquette: Run
) -> None:
    found, out, said = maquette("capacity", "bench", *arguments)
    assert (found, out) == (status, ""), said
    assert says in said


def test_a_file_that_only_looks_like_a_model_is_told(maquette: Run) -> None:
    Path("broken.gguf").write_bytes(b"GGUF, as it says")
    status, out, said = maquette("capacity", "bench", "broken.gguf")
    assert (status, out) == (ExitStatus.INVALID_INPUT, "")
    assert "broken.gguf" in said


def test_a_server_elsewhere_costs_money_that_somebody_must_agree_to(maquette: Run) -> None:
    where = ("--server", "https://api.example.com/v1", "--concurrency", "1")
    unpriced = maquette("capacity", "bench", *where, "--model", "acme-1")
    assert unpriced[0] == ExitStatus.INVALID_INPUT
    assert "nobody knows what 10 calls cost" in unpriced[2]
    priced = maquette("capacity", "bench", *where, "--model", "gpt-6-luna")
    assert priced[0] == ExitStatus.SPENDING_STOPPED
    assert "10 calls, at most $" in priced[2]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://localhost:8000/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://192.168.0.7:8000/v1", True),
        ("http://gpu-box:8000/v1", True),
        ("http://llm.internal/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("https://localhost.example.com/v1", False),
        ("https://10.1.2.3.example.com/v1", False),
    ],
)
def test_a_server_is_near_by_the_form_of_its_address(address: str, near: bool) -> None:
    assert is_near(address) is near
