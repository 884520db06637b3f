"""Fit the constants of the engines to published measurements and write catalog/engines/*.yaml.

Run it as ``python -m catalog.engines.fit POINTS.csv``: it prints the tables of the cross-validations (points of one
configuration left out together, each model left out, each accelerator, each family) and rewrites the files beside it.
Numbers and names alone are taken from the points.
"""

import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from catalog.engines.drafts import with_drafts
from catalog.engines.laws import Array, Fitted, Table, fit, predicted, table_of
from catalog.engines.writing import accuracy_text, engine_text
from maquette.adapters.hardware_files import load_accelerators
from maquette.adapters.point_files import read_points
from maquette.capacity.constants import Band, band_name
from maquette.capacity.intervals import band_of
from maquette.capacity.points import Point
from maquette.capacity.setup import Engine, Metric
from maquette.catalogs import load_catalog

HERE = Path(__file__).parent
SERVERS = (Engine.VLLM, Engine.SGLANG, Engine.TENSORRT_LLM)
ROUNDS = 2
"""Batches depend on the constants where requests come at a rate: the fit is done again with what it found."""

FOLDS = 5
_FEW = 30
_WIDEST = 3.0
FILES = {
    Engine.VLLM: "vllm.yaml",
    Engine.SGLANG: "sglang.yaml",
    Engine.TENSORRT_LLM: "tensorrt-llm.yaml",
    Engine.LLAMA_CPP: "llama.cpp.yaml",
}

Label = Callable[[Point], str]
LEFT_OUT: Mapping[str, Label] = {
    "grouped": lambda point: str(zlib.crc32(point.group.encode()) % FOLDS),
    "model": lambda point: _kin(point.setup.card.id),
    "accelerator": lambda point: point.setup.accelerator.name,
    "family": lambda point: point.family,
}
"""How points are left out together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Validated:
    """A fit over all points, and log(measured / predicted) of each when it was left out, by how."""

    table: Table
    fitted: Fitted
    within: Array
    left_out: Mapping[str, Array]


def main(arguments: list[str]) -> None:
    """Fit to the points file in ``arguments``, print the tables, write the files."""
    read = read_points(Path(arguments[0]), load_catalog().cards, load_accelerators())
    points = [point for point in read if isinstance(point, Point)]
    marked = with_drafts(points, Path(arguments[0]))
    groups = [SERVERS, (Engine.LLAMA_CPP,)]
    done = [validated(_of(points, engines), _of(marked, engines), engines) for engines in groups]
    for one in done:
        for engine in one.fitted.engines:
            text = engine_text(one.fitted, engine, one.table, bands_of(one, engine), one.left_out["grouped"], _today())
            (HERE / FILES[engine]).write_text(text, encoding="utf-8")
    tables = {"within": _rows(done, lambda one: one.within)}
    for name in LEFT_OUT:
        tables[name] = _rows(done, lambda one, name=name: one.left_out[name])  # type: ignore[misc]
    (HERE / "accuracy.yaml").write_text(accuracy_text(tables, len(read), _today()), encoding="utf-8")
    for name, rows in tables.items():
        _print(name, rows)


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011  # the day on which somebody fits, wherever they are


def _kin(card: str) -> str:
    """Models of one shape are one model: what was measured of one is known of the other."""
    return "deepseek-v3" if card.startswith(("open/deepseek-v3", "open/deepseek-r1")) else card


def _of(points: Sequence[Point], engines: tuple[Engine, ...]) -> list[Point]:
    return [point for point in points if point.setup.engine in engines]


def validated(points: Sequence[Point], marked: Sequence[Point], engines: tuple[Engine, ...]) -> Validated:
    """The fit over the marked points, and what every way of leaving some out leaves unexplained of the plain ones."""
    fitted = Fitted.start(engines)
    for _ in range(ROUNDS):
        fitted = fit(table_of(marked, fitted), fitted)
    table, learnt = table_of(points, fitted), table_of(marked, fitted)
    if [point.line for point in table.points] != [point.line for point in learnt.points]:
        raise ValueError("marked points must be the same as the plain ones")
    return Validated(
        table=table,
        fitted=fitted,
        within=table.measured - predicted(fitted, table),
        left_out={name: _left_out(table, learnt, engines, label) for name, label in LEFT_OUT.items()},
    )


def _left_out(table: Table, learnt: Table, engines: tuple[Engine, ...], label: Label) -> Array:
    labels = np.array([label(point) for point in table.points])
    rest = np.full(len(labels), np.nan)
    for name in sorted(set(labels)):
        held = labels == name
        if held.all():
            continue
        part = table.where(held)
        rest[held] = part.measured - predicted(fit(learnt.where(~held), Fitted.start(engines)), part)
    return rest


def bands_of(one: Validated, engine: Engine) -> dict[str, Band]:
    """The engine's bands; where it has few measurements of a kind, those of all engines fitted with it."""
    names = np.array([band_name(point.metric, point.setup, point.load) for point in one.table.points])
    mine = np.array([point.setup.engine is engine for point in one.table.points])
    bands = {}
    for name in sorted(set(names)):
        chosen = (names == name) & mine
        bands[str(name)] = _band(one, chosen if chosen.sum() >= _FEW else names == name)
    for metric in Metric:
        chosen = np.array([name.split()[0] == metric for name in names])
        if chosen.any():
            bands[str(metric)] = _band(one, chosen)
    return bands


def _band(one: Validated, chosen: Array) -> Band:
    low, high = _quantiles(one.left_out["grouped"], chosen)
    width = high - low

    def wider(name: str) -> float:
        other_low, other_high = _quantiles(one.left_out[name], chosen)
        return float(np.clip((other_high - other_low) / width, 1.0, _WIDEST)) if width > 0 else 1.0

    return Band(
        low=low, high=high, new_model=wider("model"), new_accelerator=wider("accelerator"), points=int(chosen.sum())
    )


def _quantiles(rest: Array, chosen: Array) -> tuple[float, float]:
    known = rest[chosen]
    known = known[~np.isnan(known)]
    return band_of([float(value) for value in known]) if len(known) else (-0.6, 0.6)


def _rows(done: Sequence[Validated], rest_of: Callable[[Validated], Array]) -> list[dict[str, str | int | float]]:
    """Median error and the share within 25 %, by family and metric."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in done:
        for point, rest in zip(one.table.points, rest_of(one), strict=True):
            if not np.isnan(rest):
                groups[point.family, point.metric].append(float(rest))
    return [_row(family, metric, np.array(rests)) for (family, metric), rests in sorted(groups.items())]


def _row(family: str, metric: str, rests: Array) -> dict[str, str | int | float]:
    apes = np.abs(np.expm1(-rests))
    return {
        "family": family,
        "metric": metric,
        "points": len(rests),
        "median_ape": float(np.median(apes)),
        "within_25": float(np.mean(apes <= 0.25)),
    }


def _print(name: str, rows: Sequence[Mapping[str, str | int | float]]) -> None:
    sys.stdout.write(f"\n{name}\n")
    for row in rows:
        words = f"  {row['family']!s:50} {row['metric']!s:20} {row['points']:5}"
        sys.stdout.write(f"{words}  median {row['median_ape']:.3f}  within 25 % {row['within_25']:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
