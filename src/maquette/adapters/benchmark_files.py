"""Reads result files of benchmark tools: JSON, JSON lines, and llama-bench's CSV and Markdown table.

What the results mean is `capacity.measured`'s; a table's row becomes the object that llama-bench writes as JSON.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path

from maquette.foundation.problems import InvalidInput, NotFound, Place

MOST_BYTES = 256 * 2**20
"""GuideLLM keeps every request; what is larger is taken for a mistake."""
_DIGEST_CHARS = 12
_FIX = "Give the tool's own result file, unchanged."
_WHOLE_NUMBERS = ("n_prompt", "n_gen", "n_depth", "n_gpu_layers")
_TEST = re.compile(r"(?:pp(\d{1,9}))?\+?(?:tg(\d{1,9}))?(?: @ d(\d{1,9}))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultFile:
    """What a file holds, as data that nobody has checked further.

    Attributes:
        data: One result, or a list of them.
        lines: The line of each where they were read line by line; else empty.
        source: The file's own name with the digest of its content, which stands for the file wherever it lies.
    """

    data: object
    lines: tuple[int, ...]
    source: str


def read_results(path: Path, *, name: str) -> ResultFile:
    """The results in a file.

    Args:
        path: The file.
        name: What the user calls it.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is too large, no text, or neither JSON nor one of the tables; the place has the line.
    """
    content = _content(path, name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput("the file is not UTF-8", place=Place(file=name, line=line), fix=_FIX) from error
    data, lines = _read(text, name)
    return ResultFile(data=data, lines=lines, source=f"{path.name} {sha256(content).hexdigest()[:_DIGEST_CHARS]}")


def _content(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            what = "is a folder or a device" if path.exists() else "is not there"
            raise NotFound(f"the file {what}", place=Place(file=name), fix="Name a benchmark's result file.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        what = f"the file cannot be read: {error.strerror or error}"
        raise NotFound(what, place=Place(file=name), fix="Correct its name or its permissions.") from error
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"the file has more than {MOST_BYTES // 2**20} MB", place=Place(file=name), fix=_FIX)
    return content


def _read(text: str, name: str) -> tuple[object, tuple[int, ...]]:
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        return _json(text, name)
    rows = list(_markdown(text) if start == "|" else _csv(text, name))
    if not rows:
        raise InvalidInput("the file holds no results", place=Place(file=name, line=1), fix=_FIX)
    return [row for _, row in rows], tuple(line for line, _ in rows)


def _json(text: str, name: str) -> tuple[object, tuple[int, ...]]:
    """One value, or one a line: SGLang, llama-bench -o jsonl and vLLM's --append-result write lines."""
    try:
        return json.loads(text), ()
    except json.JSONDecodeError as error:
        first = next(line for line in text.splitlines() if line.strip())
        if error.msg != "Extra data" or not _is_object(first):
            raise _no_json(error, name, error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise _no_json(error, name, None) from error
    found: dict[int, object] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found[number] = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _no_json(error, name, number) from error
    return list(found.values()), tuple(found)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _no_json(error: Exception, name: str, line: int | None) -> InvalidInput:
    why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply or has an endless number"
    return InvalidInput(f"not JSON: {why}", place=Place(file=name, line=line), fix=_FIX)


def _csv(text: str, name: str) -> Iterator[tuple[int, dict[str, object]]]:
    """llama-bench -o csv."""
    reader = csv.DictReader(StringIO(text, newline=""), strict=True)
    try:
        if "avg_ts" not in (reader.fieldnames or ()):
            raise InvalidInput("neither JSON nor a table of llama-bench", place=Place(file=name, line=1), fix=_FIX)
        for row in reader:
            if None in row or None in row.values():
                raise InvalidInput(
                    "the row has not as many cells as the head", place=Place(file=name, line=reader.line_num), fix=_FIX
                )
            numbers = {key: _number(row[key]) for key in (*_WHOLE_NUMBERS, "avg_ts") if key in row}
            yield reader.line_num, {**row, **numbers}
    except csv.Error as error:
        raise InvalidInput(
            f"the table is broken: {error}", place=Place(file=name, line=reader.line_num + 1), fix=_FIX
        ) from error


def _markdown(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    """llama-bench's own table, whose test is a word such as "pp512" or "tg128 @ d4096"."""
    head: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|") or all(set(cell) <= set("-:") for cell in cells):
            continue
        if not head:
            head = cells
            continue
        row = dict(zip(head, cells, strict=False))
        prompt, answer, depth = _test(row)
        entry: dict[str, object] = {
            "model_type": row.get("model"),
            "n_prompt": prompt,
            "n_gen": answer,
            "n_depth": depth,
            "avg_ts": _number(row.get("t/s", "").partition("±")[0]),
        }
        if "ngl" in row:
            entry["n_gpu_layers"] = _number(row["ngl"])
        yield number, entry


def _test(row: dict[str, str]) -> tuple[int | None, int | None, int]:
    """Tokens of the prompt, of the answer, and those before them; None where the test is none."""
    found = _TEST.fullmatch(row.get("test", ""))
    if found is None:
        return None, None, 0
    return int(found[1] or 0), int(found[2] or 0), int(found[3] or 0)


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").strip().replace(",", ""))
    except ValueError:
        return None
