"""`maquette catalog hardware`: what it prints for people, for screen readers and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus, InvalidInput


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["catalog", "hardware", *arguments]) == 0
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    said = json.loads(told(capsys, *arguments, "--json"))
    assert said["format"] == 1
    return said


def test_the_table_has_figures_the_cheapest_price_its_cloud_and_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = (line for line in told(capsys).splitlines() if line.startswith("H200-SXM 141GB"))
    assert line.split()[:6] == ["H200-SXM", "141GB", "141", "4800", "989", "1978"]
    assert "$4.50  Nebius" in line
    assert "2026-06-01, old" in line


@pytest.mark.parametrize(("order", "first"), [("price", "RTX 3090"), ("memory", "B300-SXM"), ("bandwidth", "GB200")])
def test_the_best_come_first_and_the_unknown_last(order: str, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    accelerators = data(capsys, "--sort", order)["accelerators"]
    assert accelerators[0]["name"] == first
    assert (accelerators[-1]["cheapest_on_demand"] is None) or order == "bandwidth"


def test_plain_lines_name_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "--plain").splitlines()
    assert lines[0].startswith("accelerator: T4; memory GB: 16; GB/s: 320; bf16 TFLOPS: 65; ")


def test_one_accelerator_has_all_offers_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "mi300x")
    assert "bf16, dense: 1307.4 TFLOPS" in text
    assert "fp4, dense: unknown" in text
    assert "ND96isr MI300X v5" in text
    offer = next(offer for offer in data(capsys, "mi300x")["offers"] if offer["region"] == "eastus2")
    assert (offer["usd_per_hour"], offer["usd_per_gpu_hour"], offer["as_of"]) == ("48", "6", "2026-08-01")
    assert "Azure Retail Prices API" in offer["source"]


def test_an_imagined_machine_has_totals_and_a_price_for_an_hour_and_a_month(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--as-if", "8xH200 + 64 cores 1 TB")
    assert text.startswith("8x H200-SXM 141GB + 64 cores 1024 GiB (imagined)")
    assert "together: 8 accelerators, 1,128 GB of memory" in text
    said = data(capsys, "--as-if", "8xH200 + 64 cores 1 TB")
    assert (said["usd_per_hour"], said["usd_per_month"]) == ("36.00", "26280.00")
    assert said["machine"]["simulated"] is True


def test_a_machine_that_nobody_rents_out_has_no_price(capsys: pytest.CaptureFixture[str]) -> None:
    said = data(capsys, "--as-if", "M4 Max 64GB")
    assert (said["usd_per_hour"], said["usd_per_month"], said["unpriced"]) == (None, None, ["Apple M4 Max"])


def test_this_machine_is_shown_with_why_there_is_not_more(capsys: pytest.CaptureFixture[str]) -> None:
    said = data(capsys, "--this-machine")
    assert said["machine"]["simulated"] is False
    assert said["machine"]["cores"] >= 1
    assert {"machine", "container limits", "NVIDIA GPUs"} <= {finding["what"] for finding in said["findings"]}
    assert "container limits" in told(capsys, "--this-machine", "--plain")


def test_a_users_own_accelerator_is_added_or_replaces_one_of_the_catalog(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "catalog.yaml").write_text(
        """schema: 1
source: our rack
as_of: 2026-11-01
gpus:
- name: T4
  memory_gb: 16
  prices:
  - {provider: ours, instance: rack, gpus_per_instance: 4, usd_per_gpu_hour: "0.10"}
- name: Homemade 1
  memory_gb: 99
  bandwidth_gb_per_s: 2000
hosts:
- {name: desk, vcpus: 500, memory_gib: 64, usd_per_hour: "0.01"}
"""
    )
    here = ("--project", str(tmp_path))
    t4 = data(capsys, "T4", *here)
    assert [(offer["provider"], offer["usd_per_hour"], offer["source"]) for offer in t4["offers"]] == [
        ("ours", "0.40", "our rack")
    ]
    assert data(capsys, "--as-if", "2x homemade 1", *here)["machine"]["accelerator_memory_gib"] == "198"
    assert data(capsys, "--as-if", "500 cores", *here)["usd_per_hour"] == "0.01"


def test_the_ways_to_name_a_machine_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "hardware", "T4", "--this-machine"]) == ExitStatus.USAGE
    assert "exclude each other" in capsys.readouterr().err


def test_a_near_miss_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "hardware", "H1000"]) == InvalidInput.exit_status
    assert "Did you mean H100?" in capsys.readouterr().err
