"""Reads what was fitted of each engine, and how right it was, from catalog/engines."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from maquette.capacity.constants import (
    Band,
    Calibration,
    EngineCalibration,
    EngineConstants,
    GenerationFactors,
)
from maquette.capacity.setup import Engine
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml

_FILES = {
    Engine.VLLM: "vllm.yaml",
    Engine.SGLANG: "sglang.yaml",
    Engine.TENSORRT_LLM: "tensorrt-llm.yaml",
    Engine.LLAMA_CPP: "llama.cpp.yaml",
}


@cache
def load_calibration() -> Calibration:
    """The constants of every engine of the catalog.

    Raises:
        InvalidInput: A file cannot be read.
        KeyError: A file lacks a constant.
    """
    return {
        engine: calibration_from_data(read_yaml(shipped("catalog", "engines", name))) for engine, name in _FILES.items()
    }


@cache
def load_accuracy() -> Mapping[str, Any]:
    """The tables of the cross-validations: by which points were left out, then by family and metric."""
    return dict(read_yaml(shipped("catalog", "engines", "accuracy.yaml")))


def calibration_from_data(data: Mapping[str, Any]) -> EngineCalibration:
    """An engine's calibration from its file's data.

    Raises:
        KeyError: A constant is missing.
    """
    said = data["constants"]
    constants = EngineConstants(**{field.name: float(said[field.name]["value"]) for field in fields(EngineConstants)})
    return EngineCalibration(
        engine=Engine(data["engine"]),
        constants=constants,
        generations={name: GenerationFactors(**_floats(factors)) for name, factors in data["generations"].items()},
        bands={name: _band(band) for name, band in data["bands"].items()},
        models=frozenset(data["models"]),
        accelerators=frozenset(data["accelerators"]),
    )


def _band(data: Mapping[str, Any]) -> Band:
    values = _floats(data)
    return Band(
        low=values["low"],
        high=values["high"],
        new_model=values["new_model"],
        new_accelerator=values["new_accelerator"],
        points=int(values["points"]),
    )


def _floats(data: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in data.items()}
