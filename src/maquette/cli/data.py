"""Stage values as the plain data of `contracts`. One function a stage; no arithmetic, no wording."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from maquette.bundle.plan import BundlePlan, FileState
from maquette.cli import contracts as c
from maquette.cli.contract_parts import FORMAT, RangeData, interval_data, percentiles_data
from maquette.cli.cost.currency import currency_data
from maquette.cli.deciding.data import conflict_data, more_data, release_data, stale_data
from maquette.cost.projection import ByCase, CostProjection
from maquette.decision.basis import Stale
from maquette.decision.decision import Choice, Decision
from maquette.decision.precedence import FactConflict
from maquette.evals.run import Estimate, EvalRun, TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.units import Range
from maquette.project.stages import Progress, StageStatus
from maquette.rules.report import Slot, Status

if TYPE_CHECKING:
    from maquette.project.releasing import ReleaseItem

Number = TypeVar("Number", int, float, Decimal)


def status_data(
    name: str,
    statuses: tuple[StageStatus, ...],
    stale: Iterable[Stale] = (),
    conflicts: Iterable[FactConflict] = (),
    release: "Iterable[ReleaseItem]" = (),
) -> c.StatusData:
    """The six stages, the decision's stale records, facts with two values, and what has to be so before a release."""
    return {
        "format": FORMAT,
        "name": name,
        "stages": [
            {
                "stage": status.stage.value,
                "progress": status.progress.value,
                "summary": status.summary,
                "because": status.because,
                "next_command": status.next_command,
            }
            for status in statuses
        ],
        "stale": [status.stage.value for status in statuses if status.progress is Progress.STALE],
        "stale_records": stale_data(stale),
        "conflicts": [conflict_data(one) for one in conflicts],
        "checklist": release_data(release),
    }


def estimate_data(estimate: Estimate, cap_usd: Decimal | None) -> c.EstimateData:
    """What a run would take."""
    return {
        "format": FORMAT,
        "calls": estimate.calls,
        "cached": estimate.cached,
        "examples": estimate.examples,
        "input_tok": estimate.input_tok,
        "output_tok": _figures(estimate.output_tok),
        "usd": range_data(estimate.usd),
        "unpriced": list(estimate.unpriced),
        "needed_for_margin": estimate.needed_for_margin,
        "scoring_calls": estimate.scoring_calls,
        "scoring_tok": None if estimate.scoring_tok is None else _figures(estimate.scoring_tok),
        "scoring_usd": range_data(estimate.scoring_usd),
        "minutes": None if estimate.minutes is None else _figures(estimate.minutes),
        "cap_usd": _text(cap_usd),
    }


def run_data(run: EvalRun, *, current: bool) -> c.RunData:
    """One run with its results."""
    return {
        "format": FORMAT,
        "run": run.id,
        "state": run.state.value,
        "current": current,
        "dataset": run.dataset,
        "prompt": run.prompt,
        "primary_metric": run.primary_metric,
        "threshold": run.threshold,
        "spent_usd": str(run.spent_usd),
        "results": [target_result_data(result) for result in run.results],
    }


def target_result_data(result: TargetResult) -> c.TargetResultData:
    """One target's results."""
    return {
        "target": result.target_id,
        "planned": result.planned,
        "done": result.done,
        "scored": result.scored,
        "correct": result.correct,
        "score": result.score,
        "interval": interval_data(result.interval) if result.interval else None,
        "verdict": result.verdict.value,
        "mean_scores": dict(result.mean_scores),
        "by_stratum": {
            name: {"scored": scored, "correct": correct} for name, (scored, correct) in result.by_stratum.items()
        },
        "failures": {kind.value: count for kind, count in result.failures.items()},
        "retried": result.retried,
        "from_cache": result.from_cache,
        "calls_made": result.calls_made,
        "latency_s": percentiles_data(result.latency),
        "ttft_p50_s": result.ttft_p50_s,
        "mean_input_tok": result.mean_input_tok,
        "mean_output_tok": result.mean_output_tok,
        "spent_usd": _text(result.spent_usd),
        "throughput_per_s": result.throughput_per_s,
        "answered_at_once": result.answered_at_once,
        "retries": result.retries,
        "first_latency_s": percentiles_data(result.first_latency),
        "ttft_s": percentiles_data(result.ttft),
        "tpot_s": percentiles_data(result.tpot),
        "itl_p50_s": percentiles_data(result.itl_p50),
        "itl_p95_s": percentiles_data(result.itl_p95),
        "loop_lag_s": percentiles_data(result.loop_lag),
        "clients": list(result.clients),
        "mean_reasoning_tok": result.mean_reasoning_tok,
        "left_out": list(result.left_out),
        "reused_usd": _text(result.reused_usd),
        "warning": result.warning,
        **_counted_apart(result),
    }


def _counted_apart(result: TargetResult) -> c.CountedApartData:
    return {
        "weighted_score": result.weighted_score,
        "clusters": result.clusters,
        "must_pass": result.must_pass,
        "must_pass_missed": list(result.must_pass_missed),
        "scoring_usd": _text(result.scoring_usd),
        "tokens_per_correct": result.tokens_per_correct,
    }


def cost_data(projection: CostProjection, *, lines: bool) -> c.CostData:
    """The projection; its lines on demand."""
    return {
        "format": FORMAT,
        "horizon_months": projection.horizon_months,
        "budget_usd_month": _text(projection.budget_usd_month),
        "prices_as_of": projection.prices_as_of,
        "options": [
            {
                "option": option.option,
                "usd_per_request": _text(option.usd_per_request),
                "usd_per_right_answer": range_data(option.usd_per_right_answer),
                "first_month_usd": range_data(option.first_month_usd),
                "in_ceiling_first_month_usd": range_data(option.in_ceiling_first_month_usd),
                "last_month_usd": range_data(option.last_month_usd),
                "total_usd": range_data(option.total_usd),
                "over_budget_from": option.over_budget_from,
                "unpriced": list(option.unpriced),
                "flip": list(option.flip),
            }
            for option in projection.options
        ],
        "assumptions": [
            {"name": a.name, "value": a.value, "low": a.low, "high": a.high, "source": str(a.source)}
            for a in projection.assumptions
        ],
        "left_out": list(projection.left_out),
        "currency": currency_data(projection),
        "lines": _lines(projection) if lines else [],
    }


def _lines(projection: CostProjection) -> list[c.CostLineData]:
    return [
        {
            "option": line.option,
            "month": line.month,
            "group": line.group.value,
            "name": line.name,
            "quantity": _range(line.quantity),
            "unit": line.unit,
            "usd_per_unit": f"{line.usd_per_unit:f}",
            "amount_usd": _range(line.amount_usd),
            "price_key": line.price_key,
            "source": str(line.source),
        }
        for line in projection.lines
    ]


def decision_data(decision: Decision, facts: Facts) -> c.DecisionData:
    """Rules, slots, findings and the decision."""
    report, choice = decision.rules, decision.choice
    return {
        "format": FORMAT,
        "derived": {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in facts.items()
            if name.startswith("derived.") and not isinstance(value, tuple)
        },
        "rules": {
            "fired": [finding.rule.id for finding in report.with_status(Status.FIRED)],
            "unknown": [
                {"id": finding.rule.id, "needs": list(finding.needs)} for finding in report.with_status(Status.UNKNOWN)
            ],
            "not_fired": [finding.rule.id for finding in report.with_status(Status.NOT_FIRED)],
        },
        "slots": {name: slot_data(slot) for name, slot in report.slots.items()},
        "findings": _findings(decision),
        "choice": None if choice is None else _choice(choice),
        "recommended": decision.recommended,
        "no_recommendation": decision.no_recommendation,
        "options": [
            {"model": option.model, "for_it": list(option.for_it), "against_it": list(option.against_it)}
            for option in decision.options
        ],
        "reasons": [f"{reason.text} [{reason.source}]" for reason in decision.reasons],
        "flips": list(decision.flips),
        "open_questions": _open_questions(decision),
        "blocking": list(decision.blocking),
        **more_data(decision),
    }


def _open_questions(decision: Decision) -> list[c.OpenQuestionData]:
    return [
        {
            "fact": question.fact,
            "how": question.how,
            "ask": question.ask,
            "rules": list(question.rules),
            "weight": question.weight,
            "could_change": list(question.could_change),
        }
        for question in decision.open_questions
    ]


def slot_data(slot: Slot) -> c.SlotData:
    """One slot."""
    return {
        "value": list(slot.value) if isinstance(slot.value, tuple) else slot.value,
        "proposals": {str(value): list(rules) for value, rules in slot.proposals.items()},
        "conflict": slot.conflict,
    }


def _choice(choice: Choice) -> c.ChoiceData:
    return {
        "model": choice.model,
        "fallback": choice.fallback,
        "because": choice.because,
        "status": choice.status.value,
        "unevaluated_because": choice.unevaluated_because,
        "decided_on": choice.decided_on.isoformat(),
        "signed_by": choice.signed_by,
        "signed_on": choice.signed_on.isoformat() if choice.signed_on else None,
    }


def _findings(decision: Decision) -> list[c.FindingData]:
    return [
        {
            "id": finding.rule.id,
            "area": finding.rule.area,
            "strength": finding.rule.strength.value,
            "recommend": finding.rule.recommend,
            "rationale": finding.rule.rationale,
            "sources": list(finding.rule.sources),
            "overturn": finding.rule.overturn,
            "conflict": finding.rule.conflict,
            "overridden_by": finding.overridden_by,
        }
        for finding in decision.rules.with_status(Status.FIRED)
    ]


def export_data(plan: BundlePlan, *, written: tuple[str, ...], kept: tuple[str, ...]) -> c.ExportData:
    """What an export did, or would do."""
    return {
        "format": FORMAT,
        "out": plan.out,
        "files": [
            {"path": file.spec.path, "state": file.state.value, "template": file.spec.template} for file in plan.files
        ],
        "written": list(written),
        "kept": list(kept) or [file.spec.path for file in plan.in_state(FileState.EDITED) if not written],
    }


def range_data(span: Range[Decimal] | None) -> RangeData | None:
    """A range of money, or None."""
    return None if span is None else _range(span)


def _range(span: Range[Decimal] | ByCase) -> RangeData:
    return {"low": str(span.low), "base": str(span.base), "high": str(span.high)}


def _figures(span: Range[Number]) -> dict[str, Number]:
    return {"low": span.low, "base": span.base, "high": span.high}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
