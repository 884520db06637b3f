"""Rules, comparisons and what is said of a decision as the plain data of `contracts`. No arithmetic, no wording."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from maquette.cli.contract_parts import FORMAT, RangeData, exact, interval_data
from maquette.cli.deciding import contracts as c
from maquette.decision.adapting import Adaptation
from maquette.decision.basis import Stale
from maquette.decision.bindings import Binding
from maquette.decision.comparing import Side
from maquette.decision.decision import Decision, Deviation
from maquette.decision.swinging import CostSwing
from maquette.foundation.expression import FactValue
from maquette.foundation.units import Range
from maquette.rules.explaining import Explanation
from maquette.rules.report import Finding, Overruling, RuleReport, Status
from maquette.rules.why_not import Change, WhyNot


def rules_data(report: RuleReport) -> c.RulesListData:
    """Every rule."""
    return {"format": FORMAT, "rules": [state_data(finding) for finding in report.findings]}


def state_data(finding: Finding) -> c.RuleStateData:
    """What became of one rule."""
    return {
        "id": finding.rule.id,
        "area": finding.rule.area,
        "strength": finding.rule.strength.value,
        "status": finding.status.value,
        "needs": list(finding.needs),
        "overridden_by": finding.overridden_by,
        "overruled": _overruling(finding.overruled),
        "lapsed": _overruling(finding.lapsed),
        "muted_because": finding.muted_because,
    }


def _overruling(said: Overruling | None) -> c.OverrulingData | None:
    if said is None:
        return None
    return {"because": said.because, "until": said.until.isoformat() if said.until else None}


def explain_data(told: Explanation, finding: Finding) -> c.ExplainData:
    """One rule with the facts that it saw."""
    rule = told.rule
    return {
        **state_data(finding),
        "format": FORMAT,
        "when": rule.when.text,
        "recommend": rule.recommend,
        "rationale": rule.rationale,
        "proposes": dict(rule.proposes),
        "facts": _facts(told.facts),
        "asks": [{"fact": name, "ask": ask} for name, ask in told.needs],
        "sources": dict(told.sources),
        "guidance": list(rule.guidance),
        "conflict": rule.conflict,
        "overturn": rule.overturn,
    }


def _facts(facts: Iterable[tuple[str, FactValue | None]]) -> list[c.FactData]:
    return [{"fact": name, "value": value} for name, value in facts]


def why_not_data(told: WhyNot) -> c.WhyNotData:
    """What stands between a rule and its firing."""
    return {
        "format": FORMAT,
        "id": told.rule.id,
        "status": told.status.value,
        "when": told.rule.when.text,
        "parts": [
            {"text": part.text, "holds": part.holds, "facts": _facts(part.facts), "either": part.either}
            for part in told.parts
        ],
        "changes": [_change(one) for one in told.changes],
        "together": [_change(one) for one in told.together],
        "needs": list(told.needs),
        "effects": [{"fact": one.fact, "answer": one.answer, "status": one.status.value} for one in told.effects],
        "muted_because": told.muted_because,
    }


def _change(one: Change) -> c.ChangeData:
    return {"fact": one.fact, "now": one.now, "how": one.how, "to": one.to}


def compare_data(sides: Sequence[Side], parts: Sequence[Binding]) -> c.CompareData:
    """The options side by side, and who plays which part."""
    return {
        "format": FORMAT,
        "options": [_side(side) for side in sides],
        "parts": [
            {
                "part": one.part.value,
                "place": one.place,
                "model": one.model,
                "because": one.because,
                "measured": one.measured,
            }
            for one in parts
        ],
    }


def _side(side: Side) -> c.SideData:
    speed, machines = side.speed, side.machines
    return {
        "model": side.model,
        "standing": side.standing,
        "score": side.score,
        "interval": interval_data(side.interval) if side.interval else None,
        "scored": side.scored,
        "verdict": side.verdict,
        "first_month_usd": _range(side.usd_first_month),
        "total_usd": _range(side.usd_total),
        "speed": {"p95_s": speed.p95_s, "measured": speed.measured} if speed else None,
        "machines": {"words": machines.words, "requests_per_s": machines.requests_per_s} if machines else None,
        "retires_on": side.retires_on.isoformat() if side.retires_on else None,
        "terms": side.terms,
        "risks": list(side.risks),
    }


def _range(span: Range[Decimal] | None) -> RangeData | None:
    return None if span is None else {"low": exact(span.low), "base": exact(span.base), "high": exact(span.high)}


def more_data(decision: Decision) -> c.DecisionMoreData:
    """Refusals, experiments, deviations and what the project accepts or mutes."""
    return {
        "refusals": [
            {
                "kind": one.kind.value,
                "rule": one.rule,
                "what": one.what,
                "arithmetic": list(one.arithmetic),
                "change": list(one.change),
                "facts": list(one.facts),
            }
            for one in decision.refusals
        ],
        "experiments": [
            {
                "what": one.what,
                "because": one.because,
                "examples": one.examples,
                "settles": list(one.settles),
                "command": one.command,
            }
            for one in decision.experiments
        ],
        "deviations": [_deviation(one) for one in decision.deviations],
        "accepted_risks": list(decision.accepted_risks),
        "muted": {finding.rule.id: finding.muted_because or "" for finding in decision.rules.with_status(Status.MUTED)},
        "cost_swings": [_swing(one) for one in decision.cost_swings],
        "adaptation": _adaptation(decision.adaptation),
        "roles": [
            {"role": one.role, "rules": list(one.rules), "models": list(one.models), "gone": list(one.gone)}
            for one in decision.roles
        ],
    }


def _deviation(one: Deviation) -> c.DeviationData:
    return {
        "slot": one.slot,
        "proposed": one.proposed,
        "stated": one.stated,
        "fact": one.fact,
        "rules": list(one.rules),
        "strength": one.strength,
        "because": one.because,
    }


def _swing(one: CostSwing) -> c.CostSwingData:
    low, high = ({"answer": end.answer, "usd": exact(end.usd)} if end else None for end in (one.low, one.high))
    return {
        "fact": one.fact,
        "option": one.option,
        "low": low,
        "high": high,
        "expected_usd": exact(one.expected_usd) if one.expected_usd is not None else None,
        "case": "dear" if one.dear else "expected",
        "weight": one.weight,
    }


def _adaptation(found: Adaptation | None) -> c.AdaptationData | None:
    if found is None:
        return None
    return {
        "steps": [
            {
                "question": step.question,
                "yes": step.yes,
                "rule": step.rule,
                "leads_to": step.leads_to,
                "needs": list(step.needs),
            }
            for step in found.steps
        ],
        "leads_to": list(found.leads_to),
        "fine_tune": found.fine_tune,
        "because": found.because,
    }


def stale_data(stale: Iterable[Stale]) -> list[c.StaleRecordData]:
    """The records that a later change made stale."""
    return [
        {
            "record": one.record,
            "slug": one.slug,
            "moved": [{"name": line.name, "before": line.before, "now": line.now} for line in one.moved],
        }
        for one in stale
    ]
