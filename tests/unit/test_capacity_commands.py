"""The commands of `maquette capacity` as a user types them."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from tests.project_world import demo_project

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "tests" / "golden" / "capacity" / "accuracy.svg"
SIZE = ["size", "llama-3.1-70b", "--rate", "5", "--input", "1500", "--output", "300"]
EIGHT_B = ["llama-3.1-8b", "--on", "H100-SXM 80GB"]
HEADER = "family,run,engine,gpu,n_gpus,tp,model,precision,input_len,output_len,load,metric,value,unit,date,url\n"
ROW = (
    "a blog,,vllm 0.19.0,h100_sxm,1,1,meta-llama/Llama-3.1-8B-Instruct,fp8,1000,200,concurrency=16,tpot,9.1,ms,2026,x\n"
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def capacity(*arguments: str) -> int:
    return run(["capacity", *arguments])


def data_of(name: str, capsys: pytest.CaptureFixture[str]) -> Any:
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema(f"capacity-{name}")).validate(data)
    return data


def test_sizing_names_the_cheapest_way_first_and_says_what_is_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert capacity(*SIZE, "--tpot-ms", "50", "--json") == 0
    found = data_of("size", capsys)
    prices = [float(one["usd_per_month"]) for one in found["options"] if one["usd_per_month"] is not None]
    assert prices == sorted(prices)
    assert all(one["tpot_s"]["value"] <= 0.05 for one in found["options"])
    assert {"does not fit"} <= {one["reason"] for one in found["unsuited"]}
    best = found["options"][0]
    assert best["gpus"] == (best["replicas"] + best["spare"]) * best["setup"]["gpus"]
    assert best["settings"]["max_num_seqs"] == best["in_flight"]
    assert best["rented"]["source"]


def test_targets_take_requests_off_a_replica(capsys: pytest.CaptureFixture[str]) -> None:
    def in_flight(*targets: str) -> int:
        assert capacity(*SIZE, "--on", "H200-SXM 141GB", "--precision", "fp8", *targets, "--json") == 0
        return int(data_of("size", capsys)["options"][0]["in_flight"])

    assert in_flight("--tpot-ms", "30") < in_flight("--tpot-ms", "60") <= in_flight()


def test_a_project_answers_for_the_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo_project(tmp_path / "p")
    assert capacity("size", "qwen3-8b", "--on", "L40S", "--project", "p", "--json") == 0
    found = data_of("size", capsys)
    assert found["demand"]["rate_per_s"] == pytest.approx(20000 / (14 * 3600) * 4)
    assert capacity("size", "qwen3-8b", "--on", "L40S", "--project", "p", "--rate", "50", "--json") == 0
    assert data_of("size", capsys)["demand"]["rate_per_s"] == 50


def test_a_model_that_does_not_fit_ends_with_1_and_names_what_would_make_it_fit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert capacity("fits", "llama-3.1-70b", "--on", "H100-SXM 80GB", "--json") == 1
    found = data_of("fits", capsys)
    assert (found["fits"], found["binds"], found["sequences"]) == (False, "weights", 0)
    assert found["bytes"]["weights"] == 141_107_412_992  # 70,553,706,496 parameters of two bytes
    assert next(one["setup"]["precision"] for one in found["changes"]) == "fp8"
    assert capacity("fits", "llama-3.1-70b", "--on", "H100-SXM 80GB", "--precision", "fp8", "--context", "4096") == 0
    assert "It fits: one sequence of 4,096 tokens needs" in capsys.readouterr().out


def test_a_chip_that_shares_the_machines_memory_takes_the_part_that_a_model_may_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert capacity("fits", "qwen3-8b", "--on", "M4 Max 64GB", "--json") == 0
    found = data_of("fits", capsys)
    assert (found["setup"]["engine"], found["bytes"]["total"]) == ("llama.cpp", 48 * 2**30)  # three quarters
    load = ("--rate", "0.1", "--input", "500", "--output", "100")
    assert capacity("size", "qwen3-8b", *load, "--on", "M4 Max 64GB", "--json") == 0
    assert data_of("size", capsys)["options"][0]["rented"] is None
    assert capacity("explain", "qwen3-8b", "--on", "M4 Max") == 3
    assert "M4 Max" in capsys.readouterr().err


def test_a_prediction_is_explained_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert capacity("explain", *EIGHT_B, "--precision", "fp8", "--concurrency", "16", "--json") == 0
    found = data_of("explain", capsys)
    for band in found["metrics"].values():
        assert band["low"] <= band["value"] <= band["high"]
    assert any(one["binds"] for one in found["terms"])
    assert all(one["formula"] for one in found["terms"])
    assert capacity("explain", *EIGHT_B, "--precision", "fp8", "--concurrency", "16", "--plain") == 0
    assert "figure: TPOT; value: " in capsys.readouterr().out


def test_the_points_of_a_file_are_predicted_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unknown = ROW.replace("meta-llama/Llama-3.1-8B-Instruct", "nobody/Unheard-7B")
    (tmp_path / "points.csv").write_text(HEADER + ROW + unknown, encoding="utf-8")
    assert capacity("validate", "points.csv", "--json") == 0
    (row,) = data_of("validate", capsys)["rows"]
    assert (row["family"], row["metric"], row["points"], row["covered"]) == ("a blog", "tpot", 2, 0.5)
    assert list(row["refused"].values()) == [1]
    assert capacity("validate", "points.csv", "--worst", "1") == 0
    assert "1 not predicted: " in capsys.readouterr().err


def test_without_a_file_the_shipped_fit_tells_how_it_does_on_what_it_had_not_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert capacity("validate", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema("capacity-accuracy")).validate(data)
    errors = {row["metric"]: row["median_ape"] for row in data["tables"]["model"] if row["family"] == "silicon_sample"}
    assert errors["tpot"] <= 0.15  # on models that the fit had not seen
    assert capacity("validate") == 0
    printed = capsys.readouterr()
    assert "configurations" in printed.out
    assert "4,032 published measurements" in printed.err


def test_predicted_against_measured_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "points.csv").write_text(HEADER + ROW, encoding="utf-8")
    assert capacity("validate", "points.csv", "--chart", "accuracy.svg") == 0
    assert (tmp_path / "accuracy.svg").read_text(encoding="utf-8").startswith("<svg")
    capsys.readouterr()
    assert capacity("validate", "points.csv", "--chart", "accuracy.svg") == 7
    assert "Add --yes" in capsys.readouterr().err
    assert capacity("validate", "points.csv", "--chart", "accuracy.svg", "--yes") == 0


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["explain", "no-such-model", "--on", "H100-SXM 80GB"], 4, "no model 'no-such-model'"),
        (["explain", "llama-3.1-8b", "--on", "2x H100-SXM 80GB + 1x L4"], 3, "accelerators of one kind"),
        (["explain", "llama-3.1-8b", "--on", "8 cores 64 GiB"], 3, "accelerators of one kind"),
        (["explain", "llama-3.1-8b", "--on", "H900"], 3, "H900"),
        (["explain", "llama-3.1-8b", "--on", "3x H100-SXM 80GB", "--tp", "2"], 3, "2 does not divide 3"),
        (["explain", *EIGHT_B, "--input", "0", "--output", "0"], 3, "without tokens"),
        (["explain", *EIGHT_B, "--input", "500000"], 3, "more than the 131072"),
        (["explain", *EIGHT_B, "--rate", "1", "--offline"], 2, "exclude each other"),
        (["explain", "kimi-k2-instruct", "--on", "RTX 4090"], 3, "which has 24 GB to give"),
        (["size", "llama-3.1-8b"], 3, "--rate, --input, --output is missing"),
        (["size", "--rate", "1", "--input", "10", "--output", "10"], 3, "no model is named"),
        (["size", "gpt-6-luna", "--rate", "1", "--input", "10", "--output", "10"], 4, "nobody publishes its shape"),
        (["fits", "llama-3.1-8b", "--on", "H100-SXM 80GB", "--context", "0"], 2, "--context"),
        (["validate", "none.csv"], 4, "none.csv"),
    ],
)
def test_a_wrong_word_is_one_clear_message(
    arguments: list[str], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert capacity(*arguments) == status
    assert says in capsys.readouterr().err


def test_a_broken_points_file_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "points.csv").write_text(HEADER + ROW + ROW.replace(",9.1,", ",fast,"), encoding="utf-8")
    assert capacity("validate", "points.csv") == 3
    assert "points.csv:3" in capsys.readouterr().err


def test_a_project_that_measured_is_predicted_by_its_measurements(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tpot() -> float:
        assert capacity("explain", *EIGHT_B, "--json") == 0
        return float(data_of("explain", capsys)["metrics"]["tpot"]["value"])

    before = tpot()
    factor = {"engine": "vLLM", "accelerator": "H100-SXM 80GB", "metric": "tpot", "factor": 1.5, "raw": 1.6}
    file = {"format": 1, "factors": [{**factor, "measurements": 4, "narrowed": 0.5}]}
    (tmp_path / "capacity.json").write_text(json.dumps(file), encoding="utf-8")
    assert tpot() == pytest.approx(1.5 * before)


def test_the_readmes_picture_is_what_the_command_draws(tmp_path: Path) -> None:
    points = str(ROOT / "tests" / "fixtures" / "capacity_points.csv")
    assert capacity("validate", points, "--chart", "accuracy.svg") == 0
    drawn = (tmp_path / "accuracy.svg").read_text(encoding="utf-8")
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        PICTURE.write_text(drawn, encoding="utf-8")
    # What another version of the renderer draws differs in its last digits, not in what is drawn.
    assert _marks(drawn) == _marks(PICTURE.read_text(encoding="utf-8"))


def _marks(svg: str) -> list[tuple[int, int]]:
    places = re.findall(r'transform="translate\((-?[\d.]+),(-?[\d.]+)\)"', svg)
    return [(round(float(x)), round(float(y))) for x, y in places]
