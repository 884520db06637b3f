"""The examples one by one: which of them a report shows, and each as plain data, input, expectation and answers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maquette.evals.dataset import Example
from maquette.evals.reporting.visible import visible
from maquette.evals.run_scores import RunScores
from maquette.evals.trials import Trial
from maquette.foundation.units import readable_usd

MOST = 10_000
"""Examples that a page shows unless it is told otherwise: a browser still opens it at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """Which examples a report shows.

    Attributes:
        shown: Their ids, in the order of the dataset, or in which they were first answered.
        of: How many the run has.
        note: What is left out, in a sentence; empty when nothing is.
        unknown: Why inputs and expected answers are not known, in words; empty when they are.
    """

    shown: tuple[str, ...]
    of: int
    note: str
    unknown: str


def choose(scores: RunScores, examples: Mapping[str, Example], *, which: str | int | None, unknown: str = "") -> Drill:
    """The examples to show: "all", "wrong" (some model was, or failed), or the first so many, the wrong ones first."""
    asked = list(dict.fromkeys(item for own in scores.scores.values() for item in own))
    if examples:
        places = {name: at for at, name in enumerate(examples)}
        asked.sort(key=lambda item: places.get(item, len(places)))
    if which == "all":
        return Drill(shown=tuple(asked), of=len(asked), note="", unknown=unknown)
    wrong = {item for own in scores.scores.values() for item, value in own.items() if value is None or value < 1.0}
    if which == "wrong":
        kept = [item for item in asked if item in wrong]
        note = f"{len(kept):,} of {len(asked):,} examples are here: those that a model got wrong or failed on."
        return Drill(shown=tuple(kept), of=len(asked), note=note, unknown=unknown)
    most = which if isinstance(which, int) else MOST
    if len(asked) <= most:
        return Drill(shown=tuple(asked), of=len(asked), note="", unknown=unknown)
    first = set(sorted(asked, key=lambda item: item not in wrong)[:most])
    note = f"{most:,} of {len(asked):,} examples are here, those that a model got wrong first; --examples all has all."
    return Drill(shown=tuple(item for item in asked if item in first), of=len(asked), note=note, unknown=unknown)


def example_rows(drill: Drill, scores: RunScores, examples: Mapping[str, Example]) -> Iterator[dict[str, Any]]:
    """Each shown example: id, strata, input and expected answer; those two are None where they are not known."""
    for item in drill.shown:
        example = examples.get(item)
        row: dict[str, Any] = {
            "id": visible(item),
            "strata": [visible(name) for name in scores.strata.get(item, ())],
            "input": None if example is None else visible(asked_text(example)),
            "expected": None if example is None else visible(expected_text(example)),
        }
        if item in scores.must_pass:
            row["must"] = True
        if item in scores.clusters:
            row["cluster"] = visible(scores.clusters[item])
        yield row


def answer_rows(trials: Iterable[Trial], drill: Drill, targets: Sequence[str], metric: str) -> Iterator[dict[str, Any]]:
    """Each trial of a shown example as it comes: places of example and target, the answer, scores, what it took."""
    items = {item: at for at, item in enumerate(drill.shown)}
    places = {target: at for at, target in enumerate(targets)}
    for trial in trials:
        if trial.example_id in items and trial.target_id in places:
            yield {"e": items[trial.example_id], "t": places[trial.target_id], **_answer(trial, metric)}


def _answer(trial: Trial, metric: str) -> dict[str, Any]:
    value = next((score.value for score in trial.scores if score.metric == metric), None)
    row: dict[str, Any] = {"v": value, "out": None if trial.output is None else visible(trial.output)}
    if trial.failure is not None:
        row["fail"] = f"{trial.failure.kind.value}: {visible(trial.failure.detail)}"
    if trial.tool_calls:
        row["calls"] = visible("\n".join(f"{call.name}({call.arguments})" for call in trial.tool_calls))
    row["scores"] = [
        [visible(score.metric), "unscored" if score.value is None else f"{score.value:g}", visible(score.detail)]
        for score in trial.scores
    ]
    row["took"] = _took(trial)
    if trial.latency_s is not None:
        row["ms"] = round(1000 * trial.latency_s, 2)
    return row


def _took(trial: Trial) -> str:
    parts = []
    if trial.latency_s is not None:
        parts.append(f"{1000 * trial.latency_s:,.0f} ms")
    if trial.ttft_s is not None:
        parts.append(f"TTFT {1000 * trial.ttft_s:,.0f} ms")
    if trial.input_tok is not None and trial.output_tok is not None:
        parts.append(f"{trial.input_tok:,} + {trial.output_tok:,} tok")
    if trial.cost_usd is not None or trial.failure is None:
        parts.append(readable_usd(trial.cost_usd))
    if trial.attempts > 1:
        parts.append(f"{trial.attempts} attempts")
    if trial.from_cache:
        parts.append("from record")
    if trial.finish_reason not in (None, "stop"):
        parts.append(f"ended by {visible(str(trial.finish_reason))}")
    return ", ".join(parts)


def asked_text(example: Example) -> str:
    """What an example asks, as text: its only input as it is, several by name, then its turns and pictures."""
    values = list(example.inputs.values())
    parts = [_text(values[0])] if len(values) == 1 else [f"{k}: {_text(v)}" for k, v in example.inputs.items()]
    parts += [f"{message.role}: {message.content}" for message in example.messages]
    parts += [f"[picture {image.written[:200]}]" for image in example.images]
    return "\n".join(parts)


def expected_text(example: Example) -> str:
    """The expected answer as text."""
    return "none: no answer is expected" if example.expected is None else _text(example.expected)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
