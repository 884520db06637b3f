"""How many layers of a model file go onto an accelerator: exact arithmetic, what a file says, and what is free."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maquette import wiring
from maquette.adapters import machine
from maquette.adapters.gguf_files import FileSizes, read_sizes
from maquette.adapters.llama_cpp import LlamaCppTarget, _client
from maquette.catalog.offload import RESERVED_BYTES, gpu_layers
from maquette.evals.calls import TargetSpec
from maquette.foundation.problems import InvalidInput
from tests.gguf_bytes import F32, gguf, model

LAYERS = [100, 200, 300]
"""The last layer goes first; each has 10 bytes of cache."""


@pytest.mark.parametrize(
    ("room", "layers"),
    [(0, 0), (359, 0), (360, 1), (569, 1), (570, 2), (679, 2), (680, 4), (10**12, 4)],
)
def test_layers_go_from_the_last_one_on_while_there_is_room_for_them_and_the_output(room: int, layers: int) -> None:
    assert gpu_layers(LAYERS, 50, 30, [RESERVED_BYTES + room]) == layers


def test_without_an_accelerator_or_without_layers_nothing_goes() -> None:
    assert gpu_layers(LAYERS, 50, 30, []) == 0
    assert gpu_layers([], 50, 30, [10**12]) == 0


def test_a_second_accelerator_adds_its_room_without_its_reserve_and_a_layers_waste() -> None:
    one = RESERVED_BYTES + 360
    assert gpu_layers(LAYERS, 50, 30, [one, one]) == 1
    assert gpu_layers(LAYERS, 50, 30, [one, RESERVED_BYTES + 320 + 310]) == 4
    assert gpu_layers(LAYERS, 50, 30, [one, RESERVED_BYTES // 2]) == 0


def test_a_cache_that_does_not_share_out_evenly_is_rounded_up() -> None:
    assert gpu_layers([100, 100], 0, 3, [RESERVED_BYTES + 203]) == 1
    assert gpu_layers([100, 100], 0, 3, [RESERVED_BYTES + 204]) == 3


METADATA = model("llama", block_count=2, embedding_length=8, context_length=512) | {
    "llama.attention.head_count": 2,
    "llama.attention.head_count_kv": 1,
}
TENSORS = {
    "token_embd.weight": ([8, 10], F32),
    "blk.0.attn_q.weight": ([8, 8], F32),
    "blk.1.attn_q.weight": ([8, 8], F32),
    "blk.1.ffn_up.weight": ([8, 4], F32),
    "output_norm.weight": ([8], F32),
}


def written(folder: Path, **tensors: Any) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(gguf(METADATA, {**TENSORS, **tensors}))
    return path


def test_a_file_tells_the_bytes_of_each_layer_of_the_output_and_of_the_cache(tmp_path: Path) -> None:
    # Two layers keep a key and a value of 4 numbers of 16 bits for each of 100 tokens.
    tied = FileSizes(layer_bytes=(256, 384), output_bytes=320, kv_bytes=2 * 2 * 4 * 2 * 100)
    assert read_sizes(written(tmp_path), context_tok=100) == tied
    untied = written(tmp_path, **{"output.weight": ([8, 20], F32)})
    assert read_sizes(untied, context_tok=100).output_bytes == 640


def spec(path: Path, **options: Any) -> TargetSpec:
    return TargetSpec(id="t", card="t", adapter="llama_cpp", model=str(path), options={"context_tok": 100, **options})


def layers_of(path: Path, **options: Any) -> int:
    target = wiring.opened_target(spec(path, **options), folder=Path())
    assert isinstance(target, LlamaCppTarget)
    layers: int = target._options["gpu_layers"]
    return layers


def test_a_model_file_is_opened_with_the_layers_that_fit_unless_the_option_says_how_many(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = written(tmp_path)
    room = 320 + 384 + 1600
    monkeypatch.setattr(machine, "free_accelerator_bytes", lambda: (RESERVED_BYTES + room,))
    assert layers_of(path) == 1
    assert layers_of(path, gpu_layers="auto") == 1
    assert layers_of(path, gpu_layers=0) == 0
    assert layers_of(path, gpu_layers=-1) == -1
    path.write_bytes(b"no model")
    assert layers_of(path) == 0
    monkeypatch.setattr(machine, "free_accelerator_bytes", tuple)
    assert layers_of(written(tmp_path)) == 0


@pytest.mark.parametrize("layers", [-2, 1.5, True, "many"])
def test_a_number_of_layers_that_cannot_be_is_told(layers: object) -> None:
    with pytest.raises(InvalidInput, match="gpu_layers is"):
        wiring.opened_target(spec(Path("m.gguf"), gpu_layers=layers), folder=Path())


def driver(*free: int) -> Any:
    """Stands in for NVIDIA's driver, which no machine of the tests has."""
    return SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: len(free),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetMemoryInfo=lambda index: SimpleNamespace(free=free[index], total=99),
    )


@pytest.mark.parametrize(("visible", "found"), [(None, (10, 20)), ("1", (20,)), ("0, 1", (10, 20)), ("", ())])
def test_the_free_memory_is_that_of_the_devices_which_the_environment_leaves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, visible: str | None, found: tuple[int, ...]
) -> None:
    monkeypatch.setattr(machine, "import_module", lambda _: driver(10, 20))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert machine.free_accelerator_bytes(tmp_path) == found


def test_an_amd_device_has_free_what_it_has_without_what_is_used(tmp_path: Path) -> None:
    for card, total, used in (("card0", "1000", "300"), ("card1", "1000", ""), ("card0-DP-1", "5", "1")):
        folder = tmp_path / "sys/class/drm" / card / "device"
        folder.mkdir(parents=True)
        (folder / "mem_info_vram_total").write_text(total)
        (folder / "mem_info_vram_used").write_text(used)
    assert machine.free_accelerator_bytes(tmp_path) == (700,)


@pytest.mark.parametrize(
    ("layers", "words"),
    [(0, "llama.cpp"), (20, "llama.cpp, 20 layers offloaded"), (-1, "llama.cpp, all layers offloaded")],
)
def test_an_answer_tells_how_much_of_its_model_was_on_an_accelerator(layers: int, words: str) -> None:
    assert _client(layers) == words
