"""Compliance: each regime's duties with what meets them, the AI Act's class with reasons, the risks of NIST 600-1."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from maquette.bundle.assurance import Obligation, Regime
from maquette.bundle.documents.contrasts import law_notes
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats import applying, threat_row
from maquette.bundle.documents.threats_sayings import filled, first_said, known, said, unknown_in, unsettled
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.foundation.sources import Source, SourceKind

AI_ACT = "eu_ai_act"
MADE_ALWAYS = (
    "docs/01-requirements.md",
    "docs/02-architecture.md",
    "docs/04-evaluation-plan.md",
    "docs/08-threat-model.md",
    "docs/09-data-and-privacy.md",
    "docs/10-compliance.md",
    "docs/17-system-card.md",
    "docs/18-risk-register.md",
)


MADE_WITH_A_MODEL = ("docs/13-observability.md", "docs/14-rollout.md", "docs/20-ops-calendar.md")
"""Documents that stand in the bundle once a model is chosen."""


def compliance_view(seen: Seen) -> Mapping[str, Any]:
    """Regimes with their rows, the class under the AI Act, and the generative risks that apply."""
    regimes = _regimes(seen)
    return {
        "regimes": [{"name": one.name, "rows": list(_rows(one, seen))} for one in regimes],
        "notes": law_notes(seen),
        "steps": list(_steps(seen)),
        "open": _unmet(regimes, seen),
        "risks": list(_risks(seen)),
    }


def incident_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """The deadlines after an incident under the project's regimes."""
    return [
        {
            "regime": one.name,
            "article": _article(one, duty),
            "duty": duty.duty,
            "repeat": duty.repeat,
            "owner": duty.owner,
        }
        for one in _regimes(seen)
        for duty in _applying(one, seen)
        if duty.incident
    ]


def _regimes(seen: Seen) -> list[Regime]:
    named = seen.facts.values.get("compliance.regimes")
    book = seen.inputs.assurance.regimes
    return [book[name] for name in named if name in book] if isinstance(named, tuple) else []


def _applying(regime: Regime, seen: Seen) -> list[Obligation]:
    """The duties that are not known to be out of place: one that depends on an unknown fact stands as open."""
    facts = known(seen)
    return [one for one in regime.obligations if one.applies.holds(facts) is not False]


def _rows(regime: Regime, seen: Seen) -> Iterator[Mapping[str, Any]]:
    for duty in _applying(regime, seen):
        controls = said(duty.controls, seen)
        counted, met = _measured(duty, seen)
        gap = _gap(duty, seen)
        yield {
            "article": _article(regime, duty),
            "duty": duty.duty,
            "controls": controls,
            "counted": counted,
            "gap": gap if not controls and not met else [],
            "evidence": [
                {"name": one.rpartition("/")[2], "link": _link(one)} for one in duty.evidence if _made(one, seen)
            ],
            "owner": duty.owner,
            "due": _due(duty, regime.as_of, seen),
        }


def _gap(duty: Obligation, seen: Seen) -> Sentence:
    """Why nothing meets the duty, or what must be known first."""
    if duty.applies.holds(known(seen)) is None:
        return [f"whether it applies depends on {', '.join(unsettled(duty.applies, seen))}"]
    return filled(duty.gap, seen) or [f"not known yet: {', '.join(unknown_in(duty.gap, seen))}"]


def _article(regime: Regime, duty: Obligation) -> Figure:
    return figure(duty.article, Source(kind=SourceKind.CLAIMED, ref=regime.source, as_of=regime.as_of))


def _measured(duty: Obligation, seen: Seen) -> tuple[Sentence, bool]:
    """The fact against what the duty asks for; and whether it reaches it."""
    if duty.fact is None or duty.least is None:
        return [], False
    value, shown = seen.facts.number(duty.fact), seen.facts.figure(duty.fact)
    if value is None or shown is None:
        return [], False
    least = estimated(f"{duty.least:,} days", f"least value of {duty.article}")
    met = value >= duty.least
    return ["kept ", shown, ", asked for ", least, *([] if met else [": not enough"])], met


def _due(duty: Obligation, as_of: date, seen: Seen) -> Sentence:
    """A day that was still to come on ``as_of`` is named first; what binds already is due as the duty repeats."""
    repeat = filled(duty.repeat, seen) or [duty.repeat.partition(",")[0]]
    if duty.since is None:
        return repeat
    day = duty.since.isoformat()
    return [f"{day}; ", *repeat] if duty.since > as_of else [*repeat, f" (binds since {day})"]


def _made(path: str, seen: Seen) -> bool:
    if path.startswith(("gateway/", "runbooks/")):
        return seen.policy is not None
    if path in MADE_WITH_A_MODEL:
        return seen.policy is not None
    if path == "docs/16-dr.md":
        return _recovers(seen)
    return path in MADE_ALWAYS or (path == "docs/03-model-selection.md" and seen.inputs.shortlist is not None)


def _recovers(seen: Seen) -> bool:
    """As the condition of docs/16-dr.md in template.toml."""
    minutes, regions = seen.facts.number("availability.rto_min"), known(seen).get("decisions.regions")
    soon = minutes is not None and minutes < 120
    return seen.policy is not None and (soon or (isinstance(regions, int) and regions >= 2))


def _link(path: str) -> str:
    return path.removeprefix("docs/") if path.startswith("docs/") else f"../{path}"


def _unmet(regimes: list[Regime], seen: Seen) -> Sentence:
    """How many duties have no control yet."""
    rows = [row for one in regimes for row in _rows(one, seen)]
    open_rows = [row for row in rows if row["gap"]]
    if not rows:
        return []
    count = estimated(f"{len(open_rows)} of {len(rows)}", "duties without a control in the tables below")
    return ["Duties without a control so far: ", count, f", under {', '.join(one.name for one in regimes)}."]


def _steps(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The class under the AI Act; only where the Act is named, the data stays in the Union, or a class is stated."""
    regime = seen.inputs.assurance.regimes.get(AI_ACT)
    facts = seen.facts
    regimes = facts.values.get("compliance.regimes")
    named = isinstance(regimes, tuple) and AI_ACT in regimes
    stated = facts.text("risk.ai_act_class") not in (None, "unassessed", "not_in_scope")
    if regime is None or not (named or stated or facts.text("data.residency") == "eu"):
        return
    for step in regime.steps:
        answer = first_said(step.answers, seen)
        if answer:
            yield {"question": step.question, "answer": answer}


def _risks(seen: Seen) -> Iterator[Mapping[str, Any]]:
    book = seen.inputs.assurance.nist
    for one in applying(book, seen) if book else []:
        yield threat_row(one, seen, book) if book else {}
