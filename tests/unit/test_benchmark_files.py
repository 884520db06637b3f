"""Result files of benchmark tools on a disk: their forms, and everything that can be wrong with them."""

import json
from pathlib import Path

import pytest

from maquette.adapters import benchmark_files
from maquette.adapters.benchmark_files import read_results
from maquette.capacity.measured import measured_runs
from maquette.capacity.setup import Metric
from maquette.foundation.problems import InvalidInput, NotFound

TESTS = [
    {"model_type": "qwen3 8B Q4_K - Medium", "n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ts": 6900.5},
    {"model_type": "qwen3 8B Q4_K - Medium", "n_prompt": 0, "n_gen": 128, "n_depth": 4096, "avg_ts": 127.7},
]
CSV = """build_commit,model_filename,model_type,gpu_info,n_gpu_layers,n_prompt,n_gen,n_depth,avg_ts,stddev_ts
"abc","m/Qwen3-8B-Q4_K_M.gguf","qwen3 8B Q4_K - Medium","NVIDIA L40S","99","512","0","0","6900.5","1.5"
"abc","m/Qwen3-8B-Q4_K_M.gguf","qwen3 8B Q4_K - Medium","NVIDIA L40S","99","0","128","4096","127.7","0.1"
"""
MARKDOWN = """| model                  |     size | params | backend | ngl |            test |              t/s |
| ---------------------- | -------: | -----: | ------- | --: | --------------: | ---------------: |
| qwen3 8B Q4_K - Medium | 4.68 GiB | 8.19 B | CUDA    |  99 |           pp512 | 6900.50 ± 101.00 |
| qwen3 8B Q4_K - Medium | 4.68 GiB | 8.19 B | CUDA    |  99 |   tg128 @ d4096 |    127.70 ± 0.10 |
| qwen3 8B Q4_K - Medium | 4.68 GiB | 8.19 B | CUDA    |  99 |     pp512+tg128 |    900.00 ± 0.10 |

build: abc (1234)
"""


def written(folder: Path, content: str | bytes, name: str = "result.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(TESTS, indent=2),
        "\n".join(map(json.dumps, TESTS)) + "\n\n",
        "\ufeff" + json.dumps(TESTS),
        CSV,
        CSV.replace("\n", "\r\n"),
        MARKDOWN,
    ],
    ids=["json", "jsonl", "bom", "csv", "windows", "markdown"],
)
def test_every_form_of_llama_bench_says_the_same(tmp_path: Path, content: str) -> None:
    file = read_results(written(tmp_path, content), name="r")
    prefill, decode = measured_runs(file.data, file="r", lines=file.lines)
    assert (prefill.metrics, prefill.load.input_tok) == ({Metric.PREFILL_RATE: 6900.5}, 512)
    assert (decode.metrics, decode.load.input_tok, decode.load.output_tok) == ({Metric.DECODE_RATE: 127.7}, 4096, 128)
    assert prefill.numbers == "Q4_K_M"


def test_the_file_of_the_model_says_more_than_its_kind(tmp_path: Path) -> None:
    file = read_results(written(tmp_path, CSV), name="r")
    (prefill, _) = measured_runs(file.data, file="r", lines=file.lines)
    assert (prefill.model, prefill.accelerator, prefill.where) == ("Qwen3-8B-Q4_K_M", "NVIDIA L40S", "line 2")


def test_layers_that_stayed_on_the_processors_name_no_accelerator(tmp_path: Path) -> None:
    file = read_results(written(tmp_path, CSV.replace('"99"', '"0"')), name="r")
    assert {run.accelerator for run in measured_runs(file.data, file="r")} == {None}


def test_the_content_names_the_file_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    sources = [read_results(written(folder, CSV), name="r").source for folder in (tmp_path, tmp_path / "other")]
    assert sources[0] == sources[1]
    assert sources[0].startswith("result.txt ")
    assert str(tmp_path) not in sources[0]
    assert read_results(written(tmp_path, CSV + "\n"), name="r").source != sources[0]


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("", 1, "neither JSON nor a table"),
        ("\n\n", 1, "neither JSON nor a table"),
        ("hello, world\n", 1, "neither JSON nor a table"),
        (b"\x00\x01\xff\xfe", 1, "not UTF-8"),
        (b'{"a": 1,\n "b": "\xff"}', 2, "not UTF-8"),
        ('{"a": 1,\n"b": }', 2, "not JSON"),
        ('{"a": 1}\n{"b": 2\n', 2, "not JSON"),
        ('{"a": 1}\n\n{"b": 2} {"c": 3}\n', 3, "not JSON"),
        ('{"a": 1}\n' + "[" * 200_000, 2, "nested too deeply"),
        ("[" * 200_000, None, "nested too deeply"),
        ('{"completed": ' + "9" * 5000 + "}", None, "an endless number"),
        ("model,avg_ts\na,1,2\n", 2, "not as many cells"),
        ("model,avg_ts\na\n", 2, "not as many cells"),
        ('model,avg_ts\n"a,1\n', 2, "the table is broken"),
        ("| model | test | t/s |\n| --- | --- | --- |\n", 1, "holds no results"),
    ],
)
def test_a_broken_file_is_one_clear_problem_with_its_line(
    tmp_path: Path, content: str | bytes, line: int | None, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as found:
        read_results(written(tmp_path, content), name="mine.json")
    assert (found.value.place.file, found.value.place.line) == ("mine.json", line)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("| model | test | t/s |\n| a | pp | fast |\n", 2, "line 2 lacks n_prompt|line 2 lacks avg_ts"),
        ("| model | test | t/s |\n| a | pp512 | fast |\n", 2, "line 2 lacks avg_ts"),
        ("n_prompt,n_gen,avg_ts\n512,0,nan\n", 2, "line 2 lacks avg_ts"),
        ("n_prompt,n_gen,avg_ts\n512,0,1e300\n", 2, "line 2 lacks avg_ts"),
        ('{"n_prompt": 1, "n_gen": 0, "avg_ts": 5}\n{"n_prompt": 1, "avg_ts": 5}\n', 2, "line 2 lacks n_gen"),
        ('{"n_prompt": 1, "n_gen": 0, "avg_ts": ' + "9" * 4000 + "}", None, "lacks avg_ts"),
    ],
)
def test_a_figure_that_is_none_is_told_with_its_line(tmp_path: Path, content: str, line: int | None, says: str) -> None:
    file = read_results(written(tmp_path, content), name="mine.json")
    with pytest.raises(InvalidInput, match=says) as found:
        measured_runs(file.data, file="mine.json", lines=file.lines)
    assert found.value.place.line == line


def test_a_file_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.json", tmp_path):
        with pytest.raises(NotFound):
            read_results(path, name="gone.json")


def test_a_file_beyond_the_limit_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_files, "MOST_BYTES", 2**20)
    with pytest.raises(InvalidInput, match="more than 1 MB"):
        read_results(written(tmp_path, b" " * (2**20 + 1)), name="r")
