"""The promised features and their proofs: reads features.csv, finds each proof, and prints how many are proven.

A proof is a test, `tests/unit/test_x.py::test_name`, or a command to try, `command: maquette cost --json`; several are
separated by `;`. Tests are found by parsing, never by importing, so that `make features` answers at once.
"""

import ast
import csv
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
FEATURES = ROOT / "tests" / "features.csv"
COLUMNS = ("id", "brief", "text", "stage", "verification", "proof")
COMMAND = "command:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """One promised thing, the check that would show it, and the proofs there are."""

    id: str
    brief: str
    text: str
    stage: str
    verification: str
    proofs: tuple[str, ...]

    @property
    def first_stage(self) -> str:
        """`bundle` of `bundle:litellm,docs`, `eval` of `eval+gateway`."""
        return re.split(r"[:+]", self.stage)[0]


def read_features(path: Path = FEATURES) -> tuple[Feature, ...]:
    """The features of a file.

    Raises:
        ValueError: The columns are others, or a row has too many or too few; the message names the line.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file, strict=True)
        header = tuple(next(rows))
        if header != COLUMNS:
            raise ValueError(f"{path.name}: the columns are {', '.join(header)}; write {', '.join(COLUMNS)}")
        return tuple(_feature(row, f"{path.name}:{rows.line_num}") for row in rows)


def lacking(proof: str, root: Path = ROOT) -> str | None:
    """Why a proof does not exist, or None when it does."""
    if proof.startswith(COMMAND):
        return _lacking_command(shlex.split(proof.removeprefix(COMMAND)))
    file, *names = proof.partition("[")[0].split("::")
    if not re.fullmatch(r"tests/[\w/]*test_\w+\.py", file) or not names:
        return "write tests/.../test_x.py::test_name, or command: maquette ..."
    if not (root / file).is_file():
        return f"there is no {file}"
    return None if "::".join(names) in _tests_of(root / file) else f"{file} has no {'::'.join(names)}"


def main() -> None:
    """Print proven of all, stage by stage, and the proofs that do not exist."""
    features = read_features()
    stages = Counter(feature.first_stage for feature in features)
    proven = Counter(feature.first_stage for feature in features if _is_proven(feature))
    for stage, count in stages.most_common():
        print(f"{stage:13} {proven[stage]:4} of {count:4}")
    print(f"{'together':13} {proven.total():4} of {len(features):4}")
    for feature in features:
        for proof in feature.proofs:
            if reason := lacking(proof):
                print(f"{feature.id}: {proof}: {reason}")


def _feature(row: list[str], line: str) -> Feature:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{line}: {len(row)} columns instead of {len(COLUMNS)}")
    *words, proofs = (cell.strip() for cell in row)
    return Feature(
        **dict(zip(COLUMNS[:-1], words, strict=True)),
        proofs=tuple(stripped for proof in proofs.split(";") if (stripped := proof.strip())),
    )


def _is_proven(feature: Feature) -> bool:
    return bool(feature.proofs) and all(lacking(proof) is None for proof in feature.proofs)


def _lacking_command(words: list[str]) -> str | None:
    from maquette.cli.main import maquette

    if words[:1] != ["maquette"] or len(words) < 2:
        return "a command starts with maquette and names what it does"
    group: click.Command | None = maquette
    context = click.Context(maquette)
    for word in words[1:]:
        if not isinstance(group, click.Group) or word.startswith("-"):
            break
        group = group.get_command(context, word)
    if group is None:
        return f"maquette has no such command: {' '.join(words[1:])}"
    return _lacking_option(group, [word.partition("=")[0] for word in words[2:] if word.startswith("-")])


def _lacking_option(command: click.Command, options: list[str]) -> str | None:
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [option for option in options if option not in known]
    return f"{command.name} has no option {', '.join(unknown)}" if unknown else None


@cache
def _tests_of(file: Path) -> frozenset[str]:
    return frozenset(_test_names(ast.parse(file.read_text(encoding="utf-8")).body, ""))


def _test_names(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield from _test_names(node.body, f"{prefix}{node.name}::")


if __name__ == "__main__":
    main()
