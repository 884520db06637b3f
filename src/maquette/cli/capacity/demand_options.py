"""The load that options and a project's answers describe together."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from maquette.capacity.sizing import Demand
from maquette.foundation.problems import InvalidInput, Place
from maquette.project.demand import LONGEST_OF_MEAN, asked_load
from maquette.project_document import PROJECT_FILE

_NEEDED = {"rate_per_s": "--rate", "input_tok": "--input", "output_tok": "--output"}
_TARGETS = {"ttft_ms": "ttft_s", "tpot_ms": "tpot_s", "p95_ms": "p95_s"}


def demand_from(folder: Path, said: Mapping[str, float | None]) -> tuple[Demand, tuple[str, ...]]:
    """The load, and what is assumed of it, a sentence each.

    Args:
        folder: A project's folder; where there is none, the options say everything.
        said: What the options say: the fields of `Demand`, the targets in milliseconds as ``ttft_ms``, ``tpot_ms`` and
            ``p95_ms``; None where one is not given.

    Raises:
        InvalidInput: Without a project a needed option is missing; with one an answer is.
    """
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not None and name not in _TARGETS}
    given |= {field: value / 1000 for name, field in _TARGETS.items() if (value := said.get(name)) is not None}
    if all(name in given for name in _NEEDED) or not (folder / PROJECT_FILE).is_file():
        return _alone(given)
    from maquette.wiring import Project

    load = asked_load(_facts(Project.open(folder).view.facts, given))
    return replace(load.demand, **given), load.assumed


def _alone(given: dict[str, Any]) -> tuple[Demand, tuple[str, ...]]:
    missing = [option for name, option in _NEEDED.items() if name not in given]
    if missing:
        raise InvalidInput(
            f"the load is not known: {', '.join(missing)} is missing",
            place=Place(field=missing[0]),
            fix="Give it, or name a project that answers it: --project DIR.",
        )
    assumed = []
    if "longest_tok" not in given:
        given["longest_tok"] = round(LONGEST_OF_MEAN * (given["input_tok"] + given["output_tok"]))
        assumed.append(f"the context to serve is {LONGEST_OF_MEAN} times the mean request (--longest)")
    demand = Demand(**given)
    if "utilisation" not in given:
        assumed.append(f"the peak takes at most {demand.utilisation:.0%} of what the replicas bear (--utilisation)")
    return demand, tuple(assumed)


def _facts(facts: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The project's facts with what the options say in the place of what would otherwise be asked."""
    names = {"rate_per_s": "derived.rps_peak", "input_tok": "tokens.input_avg", "output_tok": "tokens.output_avg"}
    return {**facts, **{fact: given[name] for name, fact in names.items() if name in given}}
