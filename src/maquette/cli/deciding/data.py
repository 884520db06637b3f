"""Rules, comparisons and what is said of a decision as the plain data of `contracts`. No arithmetic, no wording."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.cli.contract_parts import FORMAT, RangeData, exact, interval_data
from maquette.cli.deciding import contracts as c
from maquette.decision.adapting import Adaptation
from maquette.decision.basis import Stale
from maquette.decision.bindings import Binding
from maquette.decision.comparing import Side
from maquette.decision.decision import Decision, Deviation, Experiment
from maquette.decision.effect_values import Change as AxisChange
from maquette.decision.effect_values import Effect
from maquette.decision.laddering import Ladder, Rung
from maquette.decision.lock_in import Dependence
from maquette.decision.precedence import FactConflict
from maquette.decision.swinging import CostSwing
from maquette.foundation.expression import FactValue
from maquette.foundation.units import Range
from maquette.rules.effect import PERFORMANCE, Axis, Direction, RuleEffect, together
from maquette.rules.explaining import Explanation
from maquette.rules.report import Finding, Overruling, RuleReport, Status
from maquette.rules.why_not import Change, WhyNot

if TYPE_CHECKING:
    from maquette.project.releasing import ReleaseItem


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
        "effect": _effect(finding.rule.effect.of, finding.rule.effect),
    }


def _effect(of: Callable[[Axis], Direction | None], rule: RuleEffect) -> c.RuleEffectData:
    """The axes as ``of`` tells them, and what the rule gives up."""

    def said(direction: Direction | None) -> str | None:
        return direction.value if direction is not None else None

    return {
        "performance": said(together(of(axis) for axis in PERFORMANCE)),
        "quality": said(of(Axis.QUALITY)),
        "latency": said(of(Axis.LATENCY)),
        "availability": said(of(Axis.AVAILABILITY)),
        "cost": said(of(Axis.COST)),
        "safety": said(of(Axis.SAFETY)),
        "gives_up": rule.gives_up,
    }


def _figure(one: AxisChange) -> c.AxisFigureData:
    direction = one.direction.value if one.direction is not None else None
    return {"axis": one.axis.value, "direction": direction, "text": one.text, "source": str(one.source)}


def _effect_here(one: Effect) -> c.EffectHereData:
    return {
        **_effect(one.of, one.rule.effect),
        "rule": one.rule.id,
        "proposes": dict(one.rule.proposes),
        "figures": [_figure(change) for change in one.changes],
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


def _json_fact(value: FactValue) -> bool | int | float | str | list[str]:
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else value


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
        "experiments": [_experiment(one) for one in decision.experiments],
        "deviations": [_deviation(one) for one in decision.deviations],
        "conflicts": [conflict_data(one) for one in decision.conflicts],
        "accepted_risks": list(decision.accepted_risks),
        "muted": {finding.rule.id: finding.muted_because or "" for finding in decision.rules.with_status(Status.MUTED)},
        "cost_swings": [_swing(one) for one in decision.cost_swings],
        "adaptation": _adaptation(decision.adaptation),
        "ladder": _ladder(decision.ladder),
        "roles": [
            {"role": one.role, "rules": list(one.rules), "models": list(one.models), "gone": list(one.gone)}
            for one in decision.roles
        ],
        "effects": [_effect_here(one) for one in decision.effects],
        "beside_others": [
            {"other": one.other, "figures": [_figure(change) for change in one.changes]}
            for one in decision.beside_others
        ],
        "lock_in": [_dependence(one) for one in decision.lock_in],
    }


def _experiment(one: Experiment) -> c.ExperimentData:
    return {
        "what": one.what,
        "because": one.because,
        "examples": one.examples,
        "settles": list(one.settles),
        "command": one.command,
        "arms": [{"step": arm.step.value, "run": arm.run, "command": arm.command} for arm in one.arms],
    }


def conflict_data(one: FactConflict) -> c.ConflictData:
    """Both values of a fact, each with where it comes from."""
    return {
        "fact": one.name,
        "taken": _json_fact(one.taken),
        "taken_from": one.taken_from,
        "other": _json_fact(one.other),
        "other_from": one.other_from,
    }


def release_data(items: "Iterable[ReleaseItem]") -> list[c.ReleaseItemData]:
    """What has to be so before a release."""
    return [{"what": one.what, "state": one.state.value, "evidence": one.evidence, "owner": one.owner} for one in items]


def _dependence(one: Dependence) -> c.DependenceData:
    return {
        "feature": one.feature,
        "because": one.because,
        "able": one.able,
        "unsaid": one.unsaid,
        "others": one.others,
        "companies": list(one.companies),
        "locks": one.locks,
        "effort": one.effort,
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


def _ladder(found: Ladder | None) -> c.LadderData | None:
    if found is None:
        return None
    return {"rungs": [_rung(one) for one in found.rungs], "out_of_order": list(found.out_of_order)}


def _rung(one: Rung) -> c.RungData:
    found = one.recorded
    interval = found.interval if found else None
    return {
        "step": one.step.value,
        "state": one.state.value,
        "why": one.why,
        "run": found.run if found else None,
        "model": found.model if found else None,
        "prompt": found.prompt if found else None,
        "shown": found.shown if found else None,
        "score": found.score if found else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "verdict": found.verdict.value if found else None,
        "comparable": found.comparable if found else None,
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
