"""Metrics and targets by name, through entry points: the built-ins come through the same door as a stranger's.

Listing names imports none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from maquette.evals.calls import Target, TargetSpec
from maquette.evals.metrics.protocol import AnyMetric
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import InvalidInput, Place, Unavailable

METRICS = "maquette.metrics"
TARGETS = "maquette.targets"


def names(group: str) -> tuple[str, ...]:
    """What is registered under a group, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=group)}))


def open_metric(spec: MetricSpec) -> AnyMetric:
    """The metric of that kind with those settings.

    Raises:
        InvalidInput: Nothing is registered under the name, or a setting is wrong.
        Unavailable: The plug-in that brings the metric cannot be imported.
    """
    place = Place(field=f"evaluation.metrics.{spec.kind}")
    build = _loaded(_found(METRICS, spec.kind, place), place)
    try:
        return _built(build, spec.settings)
    except (TypeError, ValueError) as error:
        field, why = _first_mistake(error)
        raise InvalidInput(
            f"the metric {spec.kind!r} does not take these settings: {why}",
            place=Place(field=".".join((f"evaluation.metrics.{spec.kind}", *field))),
            fix="Correct evaluation.metrics in maquette.yaml.",
        ) from error


def _built(build: Any, settings: Mapping[str, object]) -> AnyMetric:
    """A dataclass's settings are checked against its types; a stranger's callable checks its own."""
    metric: AnyMetric
    if not is_dataclass(build):
        metric = build(**settings)
        return metric
    from pydantic import TypeAdapter

    known = [field.name for field in fields(build)]
    if unknown := sorted(set(settings) - set(known)):
        raise ValueError(f"there is no setting {unknown[0]!r}; there are {', '.join(known)}")
    metric = TypeAdapter(build).validate_python(dict(settings))
    return metric


def _first_mistake(error: Exception) -> tuple[tuple[str, ...], str]:
    """The setting that is wrong, if it is known, and why."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return tuple(str(part) for part in first["loc"]), first["msg"].removeprefix("Value error, ")
    return (), str(error)


def open_target(spec: TargetSpec, *, folder: Path) -> Target:
    """The target that a spec describes; nothing is loaded or connected yet.

    Raises:
        InvalidInput: No adapter of that name, or a setting is wrong.
    """
    place = Place(field=f"models.targets.{spec.id}.adapter")
    build: Callable[..., Any] = _loaded(_found(TARGETS, spec.adapter, place), place)
    target: Target = build(spec, folder=folder)
    return target


def _found(group: str, name: str, place: Place) -> EntryPoint:
    for point in entry_points(group=group):
        if point.name == name:
            return point
    raise InvalidInput(
        f"nothing is registered under the name {name!r}", place=place, fix=f"Use one of: {', '.join(names(group))}."
    )


def _loaded(point: EntryPoint, place: Place) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise Unavailable(
            f"{point.name!r} is registered by {point.value!r}, which cannot be imported: {error}",
            place=place,
            fix="Install that plug-in again, or take it out.",
        ) from error
