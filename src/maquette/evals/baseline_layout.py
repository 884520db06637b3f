"""The layout of a baseline as data: checked when it is read, exact decimals as text, the rates beside for a reader."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from maquette.evals.baseline import Baseline, rate_of
from maquette.evals.calls import FailureKind
from maquette.evals.comparing_runs import RunRecord
from maquette.evals.run_scores import RunScores
from maquette.evals.trials import RunState

FORMAT = 1


def _amount(text: str) -> str:
    if not Decimal(text).is_finite() or Decimal(text) < 0:
        raise ValueError("this is not an amount of dollars")
    return text


Score = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True)]
Amount = Annotated[str, Field(strict=True, pattern=r"^[0-9]+(\.[0-9]+)?$"), AfterValidator(_amount)]


class _Part(BaseModel):
    """Keys of later versions are not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ExampleEntry(_Part):
    """What is known of an example; only what is not the default is written."""

    fingerprint: Text | None = None
    asked: Text | None = None
    strata: list[Text] = Field(default=["normal"], min_length=1)
    cluster: Text | None = None
    weight: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = 1.0
    must_pass: bool = Field(default=False, strict=True)


class TargetEntry(_Part):
    """One target's scores; rate and interval stand there for a reader, and are reckoned anew."""

    usd_per_answer: Amount | None
    p95_s: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] | None
    failures: dict[str, FailureKind]
    scores: dict[str, Score | None]


class BaselineEntry(_Part):
    """A baseline."""

    format: Literal[1]
    run: Text
    state: RunState
    blessed_on: date
    started_at: datetime
    metric: Text
    dataset: Text
    prompt: Text
    made_of: dict[str, Text]
    accepted: list[Text]
    targets: dict[str, TargetEntry] = Field(min_length=1)
    examples: dict[str, ExampleEntry]


def baseline_as_data(baseline: Baseline) -> dict[str, Any]:
    """A baseline as one JSON object; the inverse of `baseline_from_data`."""
    record = baseline.record
    return {
        "format": FORMAT,
        "run": record.run_id,
        "state": record.state.value,
        "blessed_on": baseline.blessed_on.isoformat(),
        "started_at": record.started_at.isoformat(),
        "metric": record.scores.metric,
        "dataset": record.dataset,
        "prompt": record.prompt,
        "made_of": dict(record.made_of),
        "accepted": list(baseline.accepted),
        "targets": {target: _target_data(record, target) for target in record.targets},
        "examples": {item: _example_data(record, item) for item in record.scores.strata},
    }


def _target_data(record: RunRecord, target: str) -> dict[str, Any]:
    found, usd = rate_of(record, target), record.scores.usd_per_answer.get(target)
    interval = found.interval if found else None
    failures = record.scores.failures.get(target, {})
    return {
        "rate": found.rate if found else None,
        "interval": {"low": interval.low, "high": interval.high, "method": interval.method} if interval else None,
        "usd_per_answer": None if usd is None else f"{usd:f}",
        "p95_s": record.p95_s.get(target),
        "failed": len(failures),
        "failures": {item: kind.value for item, kind in failures.items()},
        "scores": dict(record.scores.scores[target]),
    }


def _example_data(record: RunRecord, item: str) -> dict[str, Any]:
    scores = record.scores
    data: dict[str, Any] = {
        "fingerprint": record.fingerprints.get(item),
        "asked": record.asked.get(item),
        "cluster": scores.clusters.get(item),
        "weight": scores.weights.get(item),
        "must_pass": item in scores.must_pass or None,
    }
    strata = scores.strata[item]
    kept = {name: value for name, value in data.items() if value is not None}
    return kept if strata == ("normal",) else {**kept, "strata": list(strata)}


def baseline_from_data(data: Mapping[str, Any]) -> Baseline:
    """A baseline from its data.

    Raises:
        pydantic.ValidationError: A field is missing or wrong.
    """
    entry = BaselineEntry.model_validate(data)
    record = RunRecord(
        run_id=entry.run,
        state=entry.state,
        started_at=entry.started_at,
        dataset=entry.dataset,
        prompt=entry.prompt,
        made_of=entry.made_of,
        scores=_scores(entry),
        metrics=frozenset({entry.metric}),
        fingerprints={item: one.fingerprint for item, one in entry.examples.items() if one.fingerprint},
        asked={item: one.asked for item, one in entry.examples.items() if one.asked},
        keys={},
        p95_s={name: target.p95_s for name, target in entry.targets.items()},
    )
    return Baseline(record=record, blessed_on=entry.blessed_on, accepted=tuple(entry.accepted))


def _scores(entry: BaselineEntry) -> RunScores:
    targets, examples = entry.targets, entry.examples
    return RunScores(
        run_id=entry.run,
        metric=entry.metric,
        scores={name: target.scores for name, target in targets.items()},
        failures={name: target.failures for name, target in targets.items() if target.failures},
        strata={item: tuple(one.strata) for item, one in examples.items()},
        clusters={item: one.cluster for item, one in examples.items() if one.cluster},
        weights={item: one.weight for item, one in examples.items() if one.weight != 1.0},
        must_pass=frozenset(item for item, one in examples.items() if one.must_pass),
        usd_per_answer={
            name: None if target.usd_per_answer is None else Decimal(target.usd_per_answer)
            for name, target in targets.items()
        },
    )
