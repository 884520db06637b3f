"""The work that comes again: what is done when and why, counted from the launch or the day of the prices; last days."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from maquette.bundle.documents.calendar_improving import improving
from maquette.bundle.documents.capacity_demand import peak_tpm
from maquette.bundle.documents.migration import prices_day, retirement_of
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause, figure
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.bundle.runbooks.writing import runbook_files
from maquette.bundle.slots import slot_views
from maquette.foundation.sources import Source, SourceKind

PERIODS: Mapping[str, int] = {"weekly": 7, "monthly": 30, "quarterly": 91, "half-yearly": 182, "yearly": 365}
"""Words to days; ``frozen`` has none."""

_SPANS: Mapping[str, str] = {
    "weekly": "a week", "monthly": "a month", "quarterly": "a quarter", "half-yearly": "half a year", "yearly": "a year"
}  # fmt: skip

BEFORE_RETIREMENT = 90
SATURDAY = 5
_FEASTS = ((12, 25), (1, 1))


def calendar_view(seen: Seen) -> Mapping[str, Any]:
    """Recurring tasks with their first day, and days that are fixed; empty while no model is chosen."""
    if not seen.roles:
        return {"tasks": [], "fixed": [], "drills": [], "counted": []}
    base = seen.inputs.launch or prices_day(seen)
    tasks = sorted(_tasks(seen), key=lambda row: (PERIODS[row["every"]], row["task"]))
    return {
        "tasks": [{**row, "first": _first(base, row["every"])} for row in tasks],
        "fixed": list(_fixed(seen)),
        "drills": list(_drills(seen, base)),
        "counted": _counted(seen),
    }


def _counted(seen: Seen) -> Sentence:
    """From which day the calendar counts."""
    launch, prices = seen.inputs.launch, prices_day(seen)
    if launch is not None:
        said = figure(launch.isoformat(), Source(kind=SourceKind.REQUIRED, ref="cost.launch of maquette.yaml"))
        return [f"{seen.inputs.document} is launched on ", said, "; days are counted from there."]
    if prices is not None:
        shown = figure(prices.isoformat(), Source(kind=SourceKind.CLAIMED, ref="the price list's own date"))
        return [f"No launch of {seen.inputs.document} is planned yet: days are counted from the prices of ", shown, "."]
    return []


def _first(base: date | None, every: str) -> str:
    """The day of the first time; in words while no day is known to count from."""
    return workday(base + timedelta(days=PERIODS[every])).isoformat() if base else f"{_SPANS[every]} after the start"


def workday(day: date) -> date:
    """That day, or the next one on which people work: no Saturday or Sunday, not Christmas or New Year's Day."""
    while day.weekday() >= SATURDAY or (day.month, day.day) in _FEASTS:
        day += timedelta(days=1)
    return day


def _tasks(seen: Seen) -> Iterator[dict[str, Any]]:
    slots = {view.name: view.value for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    yield from _evaluating(seen)
    yield from _paying(seen)
    yield from _tuning(seen, slots)
    yield from _reading(seen)
    yield from _proving(seen)
    yield from improving(seen)
    yield _task("quarterly", "rotate the credentials", None, [f"they open {_names(seen)}"])


def _names(seen: Seen) -> str:
    return " and ".join(role.model for role in seen.roles)


def _evaluating(seen: Seen) -> Iterator[dict[str, Any]]:
    facts, run, names = seen.facts, seen.inputs.run, _names(seen)
    cadence = facts.text("lifecycle.change_cadence")
    if cadence is not None and cadence in PERIODS:
        on = f" on {run.dataset}" if run else ""
        yield _task(
            cadence,
            f"evaluate {names}{on} again",
            "maquette eval run",
            clause("changes are allowed ", facts.figure("lifecycle.change_cadence")),
        )
    if facts.values.get("quality.subjective") is True:
        yield _task(
            "quarterly",
            "recalibrate the judge",
            "maquette eval report",
            clause("graded by experts: ", facts.figure("data.eval_human_labels")),
        )


def _paying(seen: Seen) -> Iterator[dict[str, Any]]:
    facts, own = seen.facts, any(on_own_machines(role) and not role.local for role in seen.roles)
    if not own:
        yield _task(
            "monthly",
            "refresh prices and last days",
            "maquette catalog refresh",
            clause("a month costs ", facts.figure("budget.monthly_usd"), " at most"),
        )
        yield _task(
            "monthly",
            "compare the bill with the plan",
            "maquette cost actuals",
            clause("hardness of the budget: ", facts.figure("budget.hardness")),
        )
    if own:
        yield _task(
            "quarterly",
            "size the model servers again",
            "maquette capacity size",
            clause("growth ", facts.figure("scale.growth_pct_month"), "; cards ", facts.figure("infra.gpu_available")),
        )
    elif facts.number("scale.growth_pct_month"):
        yield _task(
            "quarterly",
            "ask for higher account limits in time",
            None,
            clause(
                "peak ",
                peak_tpm(seen),
                ", growth ",
                facts.figure("scale.growth_pct_month"),
            ),
        )


def _tuning(seen: Seen, slots: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    facts = seen.facts
    if slots.get("prefix_cache") is True:
        yield _task(
            "monthly",
            "read the cached share and mend the prefix",
            None,
            clause("shared prefix ", facts.figure("tokens.shared_prefix")),
        )
    if slots.get("adaptation_first") == "encoder_classifier":
        yield _task(
            "monthly",
            "label a sample of escalated messages and fit the threshold again",
            None,
            clause("it must serve ", facts.figure("quality.languages")),
        )
    if slots.get("knowledge") not in (None, "none") and facts.text("knowledge.change_freq") in (
        "monthly",
        "weekly",
        "daily",
    ):
        yield _task(
            "monthly",
            "check that answers follow the sources of today",
            None,
            clause(
                "sources change ", facts.figure("knowledge.change_freq"), ", ", facts.figure("knowledge.corpus_tokens")
            ),
        )


def _reading(seen: Seen) -> Iterator[dict[str, Any]]:
    facts = seen.facts
    if facts.values.get("risk.untrusted_input") is True:
        yield _task(
            "quarterly",
            "run the injected cases, new ones among them",
            "maquette eval run",
            clause("outsiders write into the prompt: ", facts.figure("risk.untrusted_input")),
        )
    if facts.text("risk.human_review") not in (None, "none"):
        yield _task(
            "monthly",
            "read what reviewers changed",
            None,
            clause("a person checks: ", facts.figure("risk.human_review")),
        )


def _proving(seen: Seen) -> Iterator[dict[str, Any]]:
    facts = seen.facts
    if facts.number("logging.retention_days") is not None and facts.values.get("logging.content_allowed") is not None:
        yield _task(
            "quarterly", "prove that old logs are gone", None, clause("kept ", facts.figure("logging.retention_days"))
        )
    if facts.figure("compliance.regimes") is not None and facts.values.get("compliance.regimes") not in ((), ("none",)):
        yield _task(
            "yearly",
            "renew evidence for the auditors",
            None,
            clause("rules that bind: ", facts.figure("compliance.regimes")),
        )
    if facts.values.get("knowledge.acl") is True:
        yield _task(
            "quarterly", "review who may read what", None, clause("rights differ: ", facts.figure("knowledge.acl"))
        )


def _task(every: str, task: str, command: str | None, because: Sentence) -> dict[str, Any]:
    return {"every": every, "task": task, "command": command, "because": list(because)}


def _fixed(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Days that a provider sets, and when their work begins."""
    for role in seen.roles:
        card = role.card
        last = retirement_of(card) if card else None
        if card is None or card.retires_on is None or last is None:
            continue
        begin = card.retires_on - timedelta(days=BEFORE_RETIREMENT)
        yield {
            "day": begin.isoformat(),
            "what": [f"begin to move {role.model} ({role.role}), whose last day is ", last],
        }
        yield {"day": card.retires_on.isoformat(), "what": [f"last day of {role.model} ({role.role})"]}


def _drills(seen: Seen, base: date | None) -> Iterator[Mapping[str, Any]]:
    """Each runbook once a half year, a week apart, those that page first."""
    files = sorted(
        runbook_files(seen),
        key=lambda one: (not any(alert.page for part in one["parts"] for alert in part["fired"]), one["file"]),
    )
    for place, one in enumerate(files):
        days = 14 + 7 * place
        day = workday(base + timedelta(days=days)).isoformat() if base else f"{days} days after the start"
        yield {"day": day, "file": f"{one['file']}.md", "what": one["title"]}
