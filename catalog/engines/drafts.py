"""Which published series were run with speculative decoding, where their source lost the column that says so."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from maquette.capacity.points import Point
from maquette.capacity.setup import Engine

_DAYS = frozenset({"2026-01-14", "2026-01-28", "2026-02-05", "2026-02-06"})
"""On these the DeepSeek models were served by TensorRT-LLM with multi-token prediction: the same settings and version
are 1.9 times as quick at four requests and 1.3 times at 128 as on the days between, and nothing else differs so."""

_HYBRID = "open/qwen3.5-397b-a17b"
_SPLIT = "tp4 adp1 pp1 ep1"
"""The same is seen of this model with SGLang: with its experts split over four accelerators, never with them spread."""


def with_drafts(points: Sequence[Point], path: Path) -> list[Point]:
    """The points, those of such series marked; for the fit alone, since whoever asks cannot know it from a row."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = dict(enumerate(csv.DictReader(file), start=2))
    return [
        replace(point, setup=replace(point.setup, speculative=True)) if _drafted(point, rows[point.line]) else point
        for point in points
    ]


def _drafted(point: Point, row: Mapping[str, str]) -> bool:
    engine, model = point.setup.engine, point.setup.card.id
    if engine is Engine.TENSORRT_LLM:
        return model.startswith(("open/deepseek-r1", "open/deepseek-v3")) and row.get("date") in _DAYS
    return engine is Engine.SGLANG and model == _HYBRID and row["tp"] == _SPLIT and row["precision"] == "fp8"
