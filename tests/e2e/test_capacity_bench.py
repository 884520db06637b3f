"""`maquette capacity bench` against a model file, a real server of it, and servers with a known pace."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette.adapters.loopback_server import loopback_server
from maquette.foundation.problems import ExitStatus
from tests.capacity_bench_world import TINY, TINY_BYTES, measured
from tests.loopback_models import Server, model, serving
from tests.refresh_world import Run


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def test_the_times_are_those_that_the_server_takes(maquette: Run, server: Server) -> None:
    name = model(delay_s=0.06, pace_s=0.01, tokens=11)
    data, _ = measured(maquette, "--server", server.base_url, "--model", name, "--output", "11", "--concurrency", "4,1")
    assert data["state"] == "finished"
    alone, four = data["levels"]
    assert [(one["concurrency"], one["planned"], one["completed"]) for one in (alone, four)] == [(1, 5, 5), (4, 16, 16)]
    for level in (alone, four):
        # The role comes first, then 11 tokens, 10 ms after each of them; TPOT has the last one's pause in it.
        assert 0.070 <= level["ttft_s"]["median"] <= 0.140
        assert 0.0110 <= level["tpot_s"]["median"] <= 0.0200
        assert (level["input_tok"], level["output_tok"], level["cached_tok"]) == (11, 11, 8)
        assert level["output_tok_per_s"] == pytest.approx(11 * level["completed"] / level["wall_s"])
        assert (level["prefill_tok_per_s"], level["decode_tok_per_s"], level["prediction"]) == (None, None, {})
    assert four["output_tok_per_s"] > 2 * alone["output_tok_per_s"]


def test_prompts_are_never_the_same_and_answers_are_asked_to_go_on(maquette: Run, server: Server) -> None:
    server.seen()
    name = model(pace_s=0.002)
    measured(maquette, "--server", server.root, "--model", name, "--concurrency", "8", "--requests", "24")
    seen = server.seen()
    assert seen["most_in_flight"] == 8
    asked = [body for body in seen["bodies"] if body["max_tokens"] == 128]
    prompts = [body["messages"][0]["content"] for body in asked]
    assert len(asked) == 24
    assert len({tuple(prompt.split()[:8]) for prompt in prompts}) == 24
    assert {len(prompt.split()) for prompt in prompts} == {512 + 10}  # it counts alike whatever comes: words as asked
    assert all(body["ignore_eos"] for body in asked)


def test_a_server_that_refuses_to_be_forced_is_asked_without(maquette: Run, server: Server) -> None:
    name = model(refuses={"ignore_eos": "Unrecognized request argument supplied: ignore_eos"}, usage=False)
    data, said = measured(maquette, "--server", server.base_url, "--model", name, "--concurrency", "2")
    (level,) = data["levels"]
    assert (level["completed"], level["input_tok"], level["tpot_s"], level["output_tok_per_s"]) == (8, None, None, None)
    assert level["ttft_s"]["count"] == 8
    assert "does not take ignore_eos" in said or any("does not take ignore_eos" in note for note in data["notes"])


def test_a_model_file_has_its_rates_by_llama_cpp(maquette: Run) -> None:
    data, said = measured(maquette, TINY, "--requests", "6", "--threads", "1")
    (level,) = data["levels"]
    assert (level["concurrency"], level["completed"], data["setup"], data["memory_bound"]) == (1, 6, None, None)
    assert level["prefill_tok_per_s"]["median"] > level["decode_tok_per_s"]["median"] > 10
    assert level["prefill_tok_per_s"]["count"] == 6
    assert level["input_tok"] == pytest.approx(128, rel=0.15)
    assert level["cached_tok"] == 0
    assert any("processors" in note for note in data["notes"])
    assert "at most 6 requests of 128 + 32 tok" in said


def test_on_processors_the_pace_of_memory_bounds_the_pace_of_tokens(
    maquette: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maquette.cli.capacity.bench_report._LEAST_BYTES", 1)
    monkeypatch.setattr("maquette.adapters.memory_pace._BYTES_A_THREAD", 2**22)
    data, _ = measured(maquette, TINY, "--requests", "1", "--threads", "1")
    bound = data["memory_bound"]
    assert bound["bandwidth_gb_per_s"] > 0.1
    assert bound["bytes_per_token"] == TINY_BYTES
    decode = bound["decode_tok_per_s"]
    assert decode["high"] == pytest.approx(bound["bandwidth_gb_per_s"] * 1e9 / TINY_BYTES)
    assert decode["low"] < decode["value"] < decode["high"]
    assert "at most" in maquette("capacity", "bench", TINY, "--requests", "1", "--threads", "1")[1]


def test_a_busy_machine_is_told(maquette: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for load, told in ((100.0, True), (0.0, False)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, 0.0, 0.0))
        data, _ = measured(maquette, TINY, "--requests", "1", "--threads", "1")
        assert any("Other programs were at work" in note for note in data["notes"]) is told


def test_a_model_file_answers_several_at_once(maquette: Run) -> None:
    data, _ = measured(maquette, TINY, "--concurrency", "1,3", "--input", "60", "--output", "8", "--threads", "1")
    assert [one["concurrency"] for one in data["levels"]] == [1, 3]
    assert data["levels"][1]["prefill_tok_per_s"] is None
    assert data["levels"][1]["output_tok_per_s"] > 0


def test_a_server_with_one_model_needs_no_name_for_it(maquette: Run) -> None:
    with loopback_server(TINY, alias="tiny") as address:
        data, _ = measured(maquette, "--server", address, "--concurrency", "1", "--input", "20", "--output", "8")
    (level,) = data["levels"]
    assert (data["model"], level["completed"]) == ("tiny", 5)
    assert level["ttft_s"]["median"] > 0
    # The server of llama-cpp-python counts no tokens of a stream.
    assert (level["input_tok"], level["tpot_s"]) == (None, None)
    assert any("tells no numbers of tokens" in note for note in data["notes"])


def test_a_table_says_what_was_sent_and_stands_beside_the_prediction(maquette: Run, server: Server) -> None:
    where = ("--server", server.base_url, "--model", model(pace_s=0.002), "--concurrency", "2")
    status, out, said = maquette("capacity", "bench", *where, "--on", "H100-SXM 80GB", "--card", "open/qwen3-8b")
    assert status == ExitStatus.OK
    assert "2 at once: 8 of 8 answered in" in out
    assert "11 + 3 tok each" in out
    assert [line.split()[1] for line in out.splitlines() if line.lstrip().startswith("2  ")][:2] == ["TTFT,", "TPOT,"]
    assert "80 % interval" in out
    assert "answers end after 3 tokens, of 128" in said
    assert "2 at once: 8 of 8 requests" in said


def test_a_project_learns_from_what_was_measured(maquette: Run, server: Server) -> None:
    assert maquette("new", "p")[0] == ExitStatus.OK
    where = ("--server", server.base_url, "--model", model(pace_s=0.005), "--concurrency", "2", "--output", "3")
    of = ("--on", "H100-SXM 80GB", "--card", "open/qwen3-8b", "--project", "p", "--calibrate", "--yes")
    data, _ = measured(maquette, *where, *of)
    assert data["written"] is True
    assert {one["metric"] for one in data["factors"]} >= {"tpot", "ttft", "output_throughput"}
    kept = json.loads(Path("p", "capacity.json").read_text(encoding="utf-8"))
    assert kept["sources"][0].startswith("maquette capacity bench 20")
    again, _ = measured(maquette, *where, *of[:-1])
    assert again["written"] is False
    before, after = (one["levels"][0]["prediction"]["tpot"]["value"] for one in (data, again))
    seen = data["levels"][0]["tpot_s"]["median"]
    assert abs(after - seen) < abs(before - seen)


def test_nothing_is_learnt_where_nothing_is_predicted(maquette: Run, server: Server) -> None:
    assert maquette("new", "p")[0] == ExitStatus.OK
    data, said = measured(
        *(maquette, "--server", server.base_url, "--model", model(), "--concurrency", "1"),
        *("--project", "p", "--calibrate", "--yes"),
    )
    assert (data["written"], data["factors"]) == (False, [])
    assert "learns nothing" in said
    assert not Path("p", "capacity.json").exists()


def test_a_level_ends_after_its_time(maquette: Run, server: Server) -> None:
    name = model(delay_s=0.02)
    data, _ = measured(
        *(maquette, "--server", server.base_url, "--model", name, "--concurrency", "1"),
        *("--requests", "1000", "--seconds", "0.4"),
    )
    (level,) = data["levels"]
    assert data["state"] == "finished"
    assert 0 < level["completed"] < 25
    assert level["wall_s"] >= 0.4
