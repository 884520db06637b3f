"""A project's own capacity factors: ``capacity.json`` beside maquette.yaml, which people and git can read."""

import json
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from maquette.capacity.setup import Banded, Engine, Metric
from maquette.capacity.shrinking import Compared, Factor, ProjectFactors
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.whole_files import write_whole

FACTORS_FILE = "capacity.json"


class _FactorEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Engine
    accelerator: str = Field(min_length=1)
    metric: Metric
    factor: float = Field(gt=0, allow_inf_nan=False)
    raw: float = Field(gt=0, allow_inf_nan=False)
    measurements: int = Field(ge=1)
    narrowed: float = Field(gt=0, le=1)


class _MeasurementEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    model: str
    engine: Engine
    accelerator: str = Field(min_length=1)
    metric: Metric
    measured: float = Field(gt=0, allow_inf_nan=False)
    predicted: float = Field(gt=0, allow_inf_nan=False)
    low: float = Field(gt=0, allow_inf_nan=False)
    high: float = Field(gt=0, allow_inf_nan=False)


class _FactorFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    measured_on: date | None = None
    sources: tuple[str, ...] = ()
    factors: tuple[_FactorEntry, ...]
    measurements: tuple[_MeasurementEntry, ...] = ()


def read_factors(folder: Path) -> ProjectFactors:
    """The project's factors; without the file, none.

    Raises:
        InvalidInput: The file is not of this form.
    """
    path = folder / FACTORS_FILE
    try:
        file = _FactorFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return ProjectFactors()
    except (OSError, ValidationError) as error:
        raise InvalidInput(
            f"not a project's capacity factors: {_first(error)}",
            place=Place(file=FACTORS_FILE),
            fix="Correct it, or delete it and run maquette capacity calibrate again.",
        ) from error
    factors = {
        (one.engine, one.accelerator, one.metric): Factor(
            value=one.factor, raw=one.raw, measurements=one.measurements, narrowed=one.narrowed
        )
        for one in file.factors
    }
    return ProjectFactors(
        factors=factors,
        measured_on=file.measured_on,
        sources=file.sources,
        measurements=tuple(_compared(one) for one in file.measurements),
    )


def write_factors(folder: Path, factors: ProjectFactors) -> Path:
    """Put the factors in the file's place; returns its path.

    Raises:
        Unavailable: It cannot be written; an old file is intact.
    """
    entries = tuple(
        _FactorEntry(
            engine=engine,
            accelerator=accelerator,
            metric=metric,
            factor=one.value,
            raw=one.raw,
            measurements=one.measurements,
            narrowed=one.narrowed,
        )
        for (engine, accelerator, metric), one in sorted(factors.factors.items())
    )
    file = _FactorFile(
        format=1,
        measured_on=factors.measured_on,
        sources=factors.sources,
        factors=entries,
        measurements=tuple(_entry(one) for one in factors.measurements),
    )
    path = folder / FACTORS_FILE
    write_whole(path, json.dumps(file.model_dump(mode="json"), indent=2) + "\n")
    return path


def _compared(one: _MeasurementEntry) -> Compared:
    return Compared(
        engine=one.engine,
        accelerator=one.accelerator,
        metric=one.metric,
        measured=one.measured,
        predicted=Banded(value=one.predicted, low=one.low, high=one.high),
        source=one.source,
        model=one.model,
    )


def _entry(one: Compared) -> _MeasurementEntry:
    return _MeasurementEntry(
        source=one.source,
        model=one.model,
        engine=one.engine,
        accelerator=one.accelerator,
        metric=one.metric,
        measured=one.measured,
        predicted=one.predicted.value,
        low=one.predicted.low,
        high=one.predicted.high,
    )


def _first(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return str(error.strerror)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"
