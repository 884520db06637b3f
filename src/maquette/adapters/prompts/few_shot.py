"""The few-shot examples of a prompt: which file, how many, and which of its rows."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from maquette.evals.dataset import Example, ImageSource
from maquette.evals.raw_rows import is_utf16, reader_for
from maquette.evals.reading import read_examples
from maquette.foundation.lineage import canonical_json
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.yaml_reading import parse_yaml

PICKS = ("first", "seeded", "by_label")
FORMS = ("turns", "text")

FindImage = Callable[[Path, str], ImageSource]
"""From the project's folder and a path or data URL to the picture; raises a ValueError."""

_MOST = 200
_KEYS = ("file", "count", "pick", "seed", "as")


@dataclass(frozen=True, kw_only=True, slots=True)
class FewShot:
    """The front matter's ``few_shot``.

    Attributes:
        file: Below the project's folder; its rows with ``split: fewshot`` where it has any, else all of them.
        pick: "first", "seeded" (a draw that the seed fixes), or "by_label" (each expected answer in turn).
        form: "turns" or "text".
    """

    file: str
    count: int
    pick: str = "first"
    seed: int = 7
    form: str = "turns"


def read_setting(text: str, *, name: str, line: int) -> FewShot:
    """The setting from its YAML.

    Raises:
        InvalidInput: It is no YAML, or a key or value is wrong.
    """
    place = Place(file=name, line=line, field="few_shot")
    try:
        found = parse_yaml(text.encode(), name).data
    except InvalidInput as error:
        raise InvalidInput(error.what, place=place, fix="Write it like {file: evals/shots.jsonl, count: 4}.") from error
    if isinstance(found, str):
        found = {"file": found}
    wrong = _wrong(found)
    if wrong:
        raise InvalidInput(wrong, place=place, fix="Write it like {file: evals/shots.jsonl, count: 4, pick: first}.")
    return FewShot(
        file=found["file"],
        count=found.get("count", 4),
        pick=found.get("pick", "first"),
        seed=found.get("seed", 7),
        form=found.get("as", "turns"),
    )


def _wrong(found: Any) -> str | None:
    if not isinstance(found, Mapping) or not isinstance(found.get("file"), str) or not found["file"]:
        return "there is no file of few-shot examples"
    if unknown := sorted(set(found) - set(_KEYS)):
        return f"{unknown[0]!r} is none of {', '.join(_KEYS)}"
    count, seed = found.get("count", 4), found.get("seed", 7)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST:
        return f"count is no whole number from 1 to {_MOST}"
    if not isinstance(seed, int) or isinstance(seed, bool):
        return "seed is no whole number"
    if found.get("pick", "first") not in PICKS:
        return f"pick is none of {', '.join(PICKS)}"
    if found.get("as", "turns") not in FORMS:
        return f"as is none of {', '.join(FORMS)}"
    return None


def picked(setting: FewShot, *, root: Path, name: str, find_image: FindImage) -> tuple[Example, ...]:
    """The examples that the setting picks, with their pictures where they are shown as turns.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is outside of the project, wrong, has too few rows, or one has no expected answer.
    """
    place = Place(file=name, field="few_shot")
    rows = _rows(setting.file, root, place, find_image)
    if any(example.expected is None or example.messages for example in rows):
        raise InvalidInput(
            f"an example of {setting.file!r} has no expected answer, or turns of its own",
            place=place,
            fix="Few-shot examples have inputs and an expected answer.",
        )
    if setting.form == "text" and any(example.images for example in rows):
        raise InvalidInput(
            f"an example of {setting.file!r} has pictures, which the text of a prompt cannot show",
            place=place,
            fix="Show the examples as turns: as: turns.",
        )
    if len(rows) < setting.count:
        raise InvalidInput(
            f"{setting.count} few-shot examples are asked for, and {setting.file!r} has {len(rows)}",
            place=place,
            fix="Add rows, or lower count.",
        )
    return tuple(_pick(rows, setting))


def _pick(rows: Sequence[Example], setting: FewShot) -> Sequence[Example]:
    if setting.pick == "first":
        return rows[: setting.count]
    drawn = random.Random(setting.seed).sample(rows, k=len(rows))  # noqa: S311  # a draw to repeat, no secret
    if setting.pick == "seeded":
        return drawn[: setting.count]
    by_label: dict[str, list[Example]] = {}
    for example in drawn:
        by_label.setdefault(canonical_json(example.expected), []).append(example)
    chosen: list[Example] = []
    while len(chosen) < setting.count:
        chosen += [by_label[label].pop(0) for label in sorted(by_label) if by_label[label]]
    return chosen[: setting.count]


def _rows(file: str, root: Path, place: Place, find_image: FindImage) -> tuple[Example, ...]:
    path = (root / file).resolve()
    read_rows = reader_for(path.suffix)
    if read_rows is None or not path.is_relative_to(root.resolve()):
        raise InvalidInput(
            f"{file!r} is no JSONL or CSV file below the project's folder", place=place, fix="Move it there."
        )
    try:
        with path.open("rb") as content:
            if is_utf16(content.peek(64)[:64]):
                raise InvalidInput("the file is UTF-16", place=Place(file=file), fix="Save it as UTF-8.")
            dataset = read_examples(
                read_rows(content), name=file, find_image=partial(find_image, root), for_prompt=True
            )
    except OSError as error:
        raise NotFound(
            f"the few-shot examples {file!r} cannot be read: {error.strerror}",
            place=place,
            fix="Correct few_shot.file.",
        ) from error
    return dataset.few_shot or dataset.examples
