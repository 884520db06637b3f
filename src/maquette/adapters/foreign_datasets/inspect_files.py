"""Samples of Inspect (JSONL, JSON and CSV files, and the samples inside eval logs), and of OpenAI's Evals.

The formats are those of ``src/inspect_ai/dataset`` (repository UKGovernmentBEIS/inspect_ai), of its eval log files, and
of ``docs/build-eval.md`` (repository openai/evals).
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from maquette.adapters.foreign_datasets.eval_logs import EvalLog, output_of, with_attachments
from maquette.adapters.foreign_datasets.imported import CHOOSE, Gathering, Imported, tags_of
from maquette.evals.calls import Message
from maquette.evals.dataset import Example, ImageSource
from maquette.evals.raw_rows import Rows, csv_rows, json_rows
from maquette.evals.turns import read_messages
from maquette.foundation.problems import InvalidInput, Place

_NOT_TAKEN = {
    "sandbox": "a sample's sandbox: nothing is run for an example",
    "files": "a sample's files: nothing is run for an example",
    "setup": "a sample's setup script: nothing of a file is run",
}
_LOG_ONLY = frozenset(
    {"epoch", "uuid", "messages", "output", "scores", "store", "events", "attachments", "model_usage", "role_usage"}
    | {"total_time", "working_time", "started_at", "completed_at", "timelines", "error", "error_retries", "limit"}
)
_KNOWN = frozenset({"id", "input", "target", "choices", "metadata", "ideal"})
_SCORERS: Mapping[str, Mapping[str, Any]] = {
    "exact": {"kind": "exact_match", "normalise": True},
    "choice": {"kind": "exact_match", "normalise": True},
    "includes": {"kind": "contains", "ignore_case": True},
}

_AGREES = "Pass when the answer says what the expected answer says, in whatever words; fail when it does not."
_GRADED: Mapping[str, Mapping[str, Any]] = {
    name: {"kind": "rubric_judge", "model": CHOOSE, "rubric": _AGREES}
    for name in ("model_graded_qa", "model_graded_fact")
}

FindImage = Callable[[str], ImageSource]


def read_inspect(path: Path, content: bytes, *, name: str, find_image: FindImage) -> Imported:
    """The samples of a file.

    Raises:
        InvalidInput: It is none of Inspect's formats, or a line is broken.
    """
    found = Gathering("inspect", name)
    if path.suffix.lower() == ".eval":
        log = EvalLog(content, name=name)
        metrics = _log(log.header(), log.samples(), found, find_image)
    elif path.suffix.lower() == ".json":
        metrics = _json_file(content, name, found, find_image)
    elif path.suffix.lower() in (".jsonl", ".csv"):
        metrics = []
        for line, row in _rows(path, name):
            _sample(row, line, found, find_image)
    else:
        raise InvalidInput(
            f"{path.suffix or 'a file without an ending'!r} is no kind of Inspect's files that is read here",
            place=Place(file=name),
            fix="Give samples as .jsonl, .json or .csv, or a log as .eval or .json.",
        )
    return found.imported(metrics)


def read_openai_evals(path: Path, _content: bytes, *, name: str, find_image: FindImage) -> Imported:
    """The samples of a JSONL file with ``input`` and ``ideal``; which class scores them stands in another file.

    Raises:
        InvalidInput: A line is broken.
    """
    found = Gathering("openai-evals", name)
    for line, row in _rows(path, name):
        _sample({**row, "target": row.get("ideal")}, line, found, find_image)
    return found.imported([])


def _rows(path: Path, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open("rb") as file:
        rows: Rows = csv_rows(file) if path.suffix.lower() == ".csv" else json_rows(file)
        for line, row in rows:
            if isinstance(row, str):
                raise InvalidInput(row, place=Place(file=name, line=line), fix="Correct the row, or take it out.")
            # A CSV row has its variables apart; a sample has none.
            apart = row.get("inputs") if path.suffix.lower() == ".csv" else None
            yield line, {key: row[key] for key in row if key != "inputs"} | apart if isinstance(apart, dict) else row


def _json_file(content: bytes, name: str, found: Gathering, find_image: FindImage) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}", place=Place(file=name), fix="Correct the file.") from error
    is_log = isinstance(data, Mapping) and "eval" in data
    samples = data.get("samples") if is_log else data
    if not isinstance(samples, list):
        what = "the log holds no samples" if is_log else "there is no list of samples in it"
        raise InvalidInput(
            what, place=Place(file=name), fix="Give a list of samples, or a log that was written with them."
        )
    named = ((f"samples.{place}", sample) for place, sample in enumerate(samples))
    if is_log:
        return _log(data, named, found, find_image)
    for field, sample in named:
        if isinstance(sample, Mapping):
            _sample(sample, None, found, find_image, field=field)
        else:
            found.leave("a sample that is no object", field=field)
    return []


def _log(
    log: Mapping[str, Any], samples: Iterable[tuple[str, object]], found: Gathering, find_image: FindImage
) -> list[Mapping[str, Any]]:
    """The samples of a log, each once however often it was asked, with the first answer; the metrics of its scorers."""
    spec = log.get("eval")
    model = str(spec.get("model") or "") if isinstance(spec, Mapping) else ""
    for field, sample in samples:
        if not isinstance(sample, Mapping):
            found.leave("a sample that is no object", field=field)
        elif sample.get("epoch", 1) == 1:
            whole = {**sample, "input": with_attachments(sample.get("input"), sample.get("attachments"))}
            before = len(found.examples)
            _sample(whole, None, found, find_image, field=field, in_log=True)
            if len(found.examples) > before and (output := output_of(sample)) is not None:
                found.answered(model, output)
    return _metrics(log, found)


def _metrics(log: Mapping[str, Any], found: Gathering) -> list[Mapping[str, Any]]:
    """The metrics that stand for the log's scorers."""
    results = log.get("results")
    scores = results.get("scores") if isinstance(results, Mapping) else None
    metrics: list[Mapping[str, Any]] = []
    for place, score in enumerate(scores if isinstance(scores, list) else []):
        scorer = str(score.get("scorer")) if isinstance(score, Mapping) else ""
        if scorer in _SCORERS:
            metrics.append(_SCORERS[scorer])
            found.assertions[scorer] = len(found.examples)
        elif scorer in _GRADED:
            found.suggested.append(_GRADED[scorer])
            found.assertions[scorer] = len(found.examples)
        else:
            found.leave(f"the scorer {scorer}: no metric does the same", field=f"results.scores.{place}")
    return metrics


def _sample(
    sample: Mapping[str, Any],
    line: int | None,
    found: Gathering,
    find_image: FindImage,
    *,
    field: str = "",
    in_log: bool = False,
) -> None:
    def leave(what: str) -> None:
        found.leave(what, line=line, field=field or None)

    for key in sorted(sample.keys() - _KNOWN):
        if sample[key] and not (in_log and key in _LOG_ONLY):
            leave(_NOT_TAKEN.get(key, f"a sample's {key}"))
    inputs, messages, images = _asked(sample.get("input"), leave, find_image)
    if not inputs and not messages:
        leave("a sample without an input that can be taken over")
        return
    if (choices := _choices(sample.get("choices"))) is not None:
        inputs["choices"] = choices
    sample_id = sample.get("id")
    found.add(
        Example(
            id=str(sample_id) if isinstance(sample_id, str | int) and sample_id != "" else _next_id(found, line),
            inputs=inputs,
            expected=_target(sample.get("target"), leave),
            messages=messages,
            images=images,
            tags=tags_of(_metadata(sample.get("metadata"), leave)),
        )
    )


def _next_id(found: Gathering, line: int | None) -> str:
    return f"sample-{line or len(found.examples) + 1}"


def _asked(
    value: object, leave: Callable[[str], None], find_image: FindImage
) -> tuple[dict[str, Any], tuple[Message, ...], tuple[ImageSource, ...]]:
    """Text is a variable; a list of messages are turns, with their pictures apart."""
    if isinstance(value, str):
        return ({"input": value} if value.strip() else {}), (), ()
    if not isinstance(value, list):
        return {}, (), ()
    images: list[ImageSource] = []
    turns = [_turn(turn, images, leave, find_image) for turn in value]
    mistakes: list[str] = []
    messages = read_messages(turns, lambda field, what: mistakes.append(f"a turn ({field.rpartition('.')[2]}): {what}"))
    for mistake in mistakes:
        leave(mistake)
    return {}, () if mistakes else messages, tuple(images)


def _turn(turn: object, images: list[ImageSource], leave: Callable[[str], None], find_image: FindImage) -> object:
    """A turn whose content is text; pictures of the content go to ``images``."""
    if not isinstance(turn, Mapping) or not isinstance(turn.get("content"), list):
        return turn
    texts = []
    for part in turn["content"]:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind == "text":
            texts.append(str(part.get("text", "")))
        elif kind == "image" and isinstance(part.get("image"), str):
            try:
                images.append(find_image(part["image"]))
            except ValueError as error:
                leave(f"a picture: {error}")
        else:
            leave(f"a part of a message of the kind {str(kind)[:40]}")
    return {**turn, "content": "\n".join(texts)}


def _target(value: object, leave: Callable[[str], None]) -> Any:
    if isinstance(value, list):
        if len(value) > 1:
            leave("further right answers of a sample: an example has one expected answer")
        return str(value[0]) if value else None
    return None if value in (None, "") else str(value) if isinstance(value, int | float) else value


def _choices(value: object) -> list[str] | None:
    if isinstance(value, str):
        parts = value.split(",")
        return [part.strip() for part in (parts if len(parts) > 1 else value.split())] or None
    return [str(choice) for choice in value] if isinstance(value, list) and value else None


def _metadata(value: object, leave: Callable[[str], None]) -> Mapping[str, Any]:
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            leave("a sample's metadata that is not JSON")
    if not isinstance(value, Mapping):
        return {}
    if len(tags_of(value)) < len(value):
        leave("metadata that is no short word or number")
    return value
