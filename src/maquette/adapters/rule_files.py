"""Reads the shipped rule base from its YAML files. What makes a rule valid is in `maquette.rules.loading`.

Rules are loaded without positions, which is quick; a file is read again with positions only to say where a mistake is.
"""

from pathlib import Path
from typing import Any

from maquette.foundation.shipped import shipped
from maquette.requirements.questions import QuestionBook
from maquette.rules.loading import rule_book_from_data
from maquette.rules.report import RuleBook
from maquette.yaml_reading import line_of, read_yaml

_HEADER = "rules.yaml"


def load_rules(questions: QuestionBook, folder: Path | None = None) -> RuleBook:
    """The rule base, every name in it checked.

    Args:
        questions: What is asked and derived; rules may name these facts.
        folder: Holds rules.yaml and the files that it lists; None takes the shipped one.

    Raises:
        InvalidInput: A file is not YAML, or a rule is wrong; SeveralProblems when there are more mistakes than one.
    """
    folder = folder or shipped("catalog", "rules")
    header = _read(folder / _HEADER)
    return rule_book_from_data(
        header,
        {name: _read(folder / name) for name in header["files"]},
        asked=(*questions.questions, *(derived.id for derived in questions.derived)),
        line_of=lambda file, area, index, key: _line(folder / file, area, index, key),
    )


def load_fact_kinds() -> dict[str, str]:
    """The facts beyond the questions that rules may name, by dotted name: "str", "bool", "int" or "float"."""
    groups: dict[str, dict[str, list[str]]] = _read(shipped("catalog", "rules", _HEADER))["facts"]
    return {f"{group}.{name}": kind for group, names in groups.items() for name, (kind, _) in names.items()}


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(path)
    return data


def _line(path: Path, area: str, index: int, key: str) -> int | None:
    """The line of that key of that rule, or of the rule where the key is missing."""
    return line_of(path, (area, index, key))
