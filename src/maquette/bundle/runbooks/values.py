"""What an alert, a step and a runbook are: words, figures and commands; files and Markdown are the templates'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maquette.bundle.figures import Sentence
from maquette.foundation.expression import Expression, parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A failure of the catalogue.

    Attributes:
        file: The runbook's file, without folder and ending.
        when: Which projects it concerns; an unknown condition makes no runbook.
        core: It keeps a runbook of its own where the complexity budget is minimal.
    """

    id: str
    file: str
    failure: str
    when: Expression
    core: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One rule of Prometheus.

    Attributes:
        entry: The failure of the catalogue that it tells of.
        expr: PromQL over metrics that the gateway, the model servers or the application export.
        hold: How long it must be true.
        page: Somebody is called at once; else it is a ticket of the next working day.
        threshold: The limit, with where it comes from.
    """

    name: str
    entry: str
    expr: str
    hold: str
    page: bool
    summary: str
    threshold: Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step: what is done or looked at, the command, the healthy answer, and what other answers mean."""

    text: Sentence
    command: str | None = None
    healthy: Sentence = ()
    branches: tuple[Sentence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The part of a runbook that is of its failure alone."""

    impact: tuple[Sentence, ...]
    diagnose: tuple[Step, ...]
    mitigate: tuple[Step, ...]
    verify: Step
    undo: tuple[Sentence, ...]
    keep: Sentence


def entries_from_data(data: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
    """The catalogue from the constants of ``templates/runbooks/template.toml``.

    Raises:
        ExpressionError: A condition does not parse.
        KeyError: A key is missing.
    """
    return tuple(
        Entry(
            id=one["id"],
            file=one["file"],
            failure=one["failure"],
            when=parse(one["when"]),
            core=bool(one.get("core", False)),
        )
        for one in data
    )
