"""Whether a model is trained: the verdict with its reasons, the ladder so far, the plan where it is yes, a way out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.computed import turning
from maquette.bundle.documents.finetune_bases import bases_view
from maquette.bundle.documents.finetune_ladder import ladder_rows, out_of_order
from maquette.bundle.documents.finetune_plan import exit_rows, plan_rows, trigger_rows
from maquette.bundle.documents.finetune_ways import way_notes, way_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.slots import decided
from maquette.evals.run import Verdict
from maquette.foundation.sources import Source, SourceKind
from maquette.rules.report import Finding, Status

FLOOR, USUAL = 500, 1000
"""Examples below which instruction tuning does not begin, and with which it usually does: rule R-ADAPT-06."""

LABELLED = "data.labelled_examples"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What is trained: "encoder", "model", "compare" (both arms are tried), or "none"."""

    trains: str
    reasons: tuple[Sentence, ...]


def finetune_view(seen: Seen) -> Mapping[str, Any]:
    """The verdict in a word and its reasons; the ladder; plan, triggers and exit where something is trained."""
    found = judgement(seen)
    return {
        "verdict": _WORDS[found.trains],
        "reasons": list(found.reasons),
        "ladder": list(ladder_rows(seen)),
        "out_of_order": out_of_order(seen),
        "arms": _arms(seen) if found.trains == "compare" else None,
        "bases": bases_view(seen),
        "ways": list(way_rows(seen, found.trains)),
        "way_notes": way_notes(seen),
        "plan": list(plan_rows(seen, found.trains)),
        "triggers": list(trigger_rows(seen, found.trains)),
        "exit": list(exit_rows(seen, found.trains)),
        "change": list(_would_change(seen, found.trains)),
    }


_WORDS = {
    "encoder": "Yes: a small encoder is trained first, no language model",
    "model": "Yes: the design trains a model",
    "compare": "Not decided: retrieval and training are both tried on the same examples",
    "upgrade": "Not yet: one tier larger is tried first",
    "none": "No: nothing is trained",
}


def judgement(seen: Seen) -> Judgement:
    """From what binding rules decided, the design under review, the data and the evaluation."""
    slots = decided(seen.inputs.decision)
    if slots.get("adaptation_first") == "encoder_classifier":
        return Judgement(trains="encoder", reasons=tuple(_for_encoder(seen)))
    against = tuple(_against(seen))
    if seen.facts.text("design.adaptation") == "fine_tune" and not _blocked(seen):
        return Judgement(trains="model", reasons=tuple(_for_model(seen)))
    if _fired(seen, "R-ADAPT-05") is not None:
        return Judgement(trains="upgrade", reasons=(_ruled(seen, "R-ADAPT-05"), *against))
    if _fired(seen, "R-ADAPT-04") is not None and not _blocked(seen):
        return Judgement(trains="compare", reasons=(_ruled(seen, "R-ADAPT-04"), *against))
    return Judgement(trains="none", reasons=against)


def _blocked(seen: Seen) -> bool:
    return any(_fired(seen, rule) is not None for rule in ("R-ADAPT-06", "R-ADAPT-08", "R-ADAPT-09"))


def _for_encoder(seen: Seen) -> Iterator[Sentence]:
    facts = seen.facts
    yield _ruled(seen, "R-ADAPT-07")
    labels, held = clause(facts.figure("quality.label_space_fixed")), clause(facts.figure(LABELLED))
    daily = clause(facts.figure("scale.requests_per_day"))
    if labels and held and daily:
        yield [
            "The labels are fixed (",
            *labels,
            "), there are ",
            *held,
            " with a known answer and ",
            *daily,
            " to classify.",
        ]
    cost, budget = seen.roles[0].cost if seen.roles else None, facts.figure("budget.monthly_usd")
    if cost is not None and cost.flip and budget is not None:
        dear = next((flip for flip in cost.flip if flip.startswith("without prefix caching")), None)
        if dear is not None:
            yield [f"{cost.option} for all traffic: ", *turning(dear, seen), "."]


def _for_model(seen: Seen) -> Iterator[Sentence]:
    yield ["The design under review trains a model (", *clause(seen.facts.figure("design.adaptation")), ")."]
    if (floor := _data(seen)) is not None:
        yield floor
    for rule in ("R-ADAPT-10", "R-ADAPT-11"):
        if _fired(seen, rule) is not None:
            yield _ruled(seen, rule)


def _against(seen: Seen) -> Iterator[Sentence]:
    """Reasons not to train, the measured one first."""
    result = seen.roles[0].result if seen.roles else None
    run, threshold = seen.inputs.run, clause(seen.facts.figure("quality.threshold"))
    if run is not None and result is not None and result.score is not None and threshold:
        score = measured(f"{result.score * 100:.1f} %", run)
        passes, fails = result.verdict is Verdict.PASSES, result.verdict is Verdict.FAILS
        means = "holds" if passes else "misses" if fails else "is not yet shown to hold"
        end = ": training has nothing to gain" if passes else ""
        yield [f"{seen.roles[0].model} reaches ", score, f" without training and {means} ", *threshold, f"{end}."]
    if (floor := _data(seen)) is not None:
        yield floor
    for rule in ("R-ADAPT-06", "R-ADAPT-08", "R-ADAPT-09", "R-ADAPT-03", "R-ADAPT-01"):
        if _fired(seen, rule) is not None:
            yield _ruled(seen, rule)


def _data(seen: Seen) -> Sentence | None:
    """The labelled examples against the floor."""
    count, held = seen.facts.number(LABELLED), clause(seen.facts.figure(LABELLED))
    if count is None or not held:
        return None
    floor = figure(f"{FLOOR}", Source(kind=SourceKind.CLAIMED, ref="rule R-ADAPT-06"))
    left = count - (seen.facts.number("data.eval_examples") or Decimal(0))
    if count < FLOOR:
        rest = "; the evaluation needs all of them" if count and left <= 0 else ""
        return [*held, " are fewer than the ", floor, f" with which tuning begins{rest}."]
    if left < FLOOR:
        return [*held, " less those kept for the evaluation leave fewer than the ", floor, " with which tuning begins."]
    side = "more than" if count > USUAL else "within"
    return [*held, f" are {side} the ", floor, f" to {USUAL:,} with which tuning begins."]


def _arms(seen: Seen) -> Mapping[str, Any] | None:
    """The arms that are to be compared, each with its run or what to type for it; None where none are."""
    decision = seen.inputs.decision
    found = next((one for one in decision.experiments if one.arms), None) if decision else None
    if found is None or found.examples is None:
        return None
    formula = "Connor 1987: 5 points apart, one answer in five right in one arm only, 5 % level, power 80 %"
    return {
        "examples": estimated(f"{found.examples:,} examples", formula),
        "command": found.command,
        "rows": [{"step": one.step.words, "run": one.run, "command": one.command} for one in found.arms],
    }


def _would_change(seen: Seen, trains: str) -> Iterator[Sentence]:
    """What overturns the verdict: the words of the rules behind it."""
    rules = {
        "encoder": ("R-ADAPT-07",),
        "model": ("R-ADAPT-11", "R-ADAPT-10"),
        "compare": ("R-ADAPT-04",),
        "upgrade": ("R-ADAPT-05",),
        "none": ("R-ADAPT-01", "R-ADAPT-03", "R-ADAPT-06"),
    }[trains]
    for rule in rules:
        found = _fired(seen, rule)
        if found is not None and found.rule.overturn != "none":
            yield [f"{found.rule.overturn} ", _by(rule), "."]


def _ruled(seen: Seen, name: str) -> Sentence:
    found = _fired(seen, name)
    return [] if found is None else [f"{found.rule.recommend} ", _by(name), "."]


def _fired(seen: Seen, name: str) -> Finding | None:
    decision = seen.inputs.decision
    found = decision.rules.finding(name) if decision else None
    return found if found is not None and found.status is Status.FIRED else None


def _by(name: str) -> Figure:
    return figure(f"({name})", Source(kind=SourceKind.CLAIMED, ref=f"rule {name}"))
