"""A project's capacity factors on its disk."""

from datetime import date
from pathlib import Path

import pytest

from maquette.adapters.factor_files import read_factors, write_factors
from maquette.capacity.setup import Engine, Metric
from maquette.capacity.shrinking import Factor, ProjectFactors
from maquette.foundation.problems import InvalidInput

FACTORS = ProjectFactors(
    factors={
        (Engine.VLLM, "H100-SXM 80GB", Metric.TPOT): Factor(value=1.1, raw=1.2, measurements=3, narrowed=0.6),
        (Engine.LLAMA_CPP, "L40S", Metric.DECODE_RATE): Factor(value=0.9, raw=0.8, measurements=1, narrowed=1.0),
    },
    measured_on=date(2026, 11, 20),
    sources=("bench.json",),
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert write_factors(tmp_path, FACTORS) == tmp_path / "capacity.json"
    assert read_factors(tmp_path) == FACTORS
    before = (tmp_path / "capacity.json").read_bytes()
    write_factors(tmp_path, read_factors(tmp_path))
    assert (tmp_path / "capacity.json").read_bytes() == before


def test_without_the_file_there_are_no_factors(tmp_path: Path) -> None:
    assert read_factors(tmp_path) == ProjectFactors()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Invalid JSON"),
        ('{"format": 2, "factors": []}', "format: Input should be 1"),
        (
            (
                '{"format": 1, "factors": [{"engine": "vLLM", "accelerator": "A", "metric": "tpot", "factor": 0,'
                ' "raw": 1, "measurements": 1, "narrowed": 1}]}'
            ),
            "factors.0.factor: Input should be greater than 0",
        ),
    ],
)
def test_a_broken_file_says_where_and_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "capacity.json").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=says) as found:
        read_factors(tmp_path)
    assert "maquette capacity calibrate" in found.value.fix


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="its folder is not there"):
        write_factors(tmp_path / "gone", FACTORS)
