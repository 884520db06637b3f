"""What is not known yet: the facts that unknown rules wait for, ranked by how much their answers could change.

For each fact the rules that wait for it are judged with each answer that it could have. What then differs counts: rules
that fire with one answer and not with another by their strength, and slots that would be filled otherwise.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.decision.decision import OpenQuestion
from maquette.decision.deviating import STATED_BY
from maquette.decision.swinging import CostSwing
from maquette.foundation.expression import Facts, Unknown
from maquette.foundation.problems import Problem
from maquette.requirements.questions import QuestionBook
from maquette.rules.explaining import readable_fact
from maquette.rules.judging import STRONGEST_FIRST, judged, slots_of
from maquette.rules.probing import Vocabulary, answers, with_fact
from maquette.rules.report import Finding, RuleReport, Slot, SlotValue, Status, Strength

WEIGHTS: Mapping[Strength, int] = {
    Strength.MUST: 8,
    Strength.AVOID: 8,
    Strength.STRONG: 4,
    Strength.CONSIDER: 1,
    Strength.INFO: 0,
}
"""What a rule counts for that fires with one answer and not with another: this product's own weighting."""

SLOT_WEIGHT = 4
"""What a slot counts for that is filled otherwise."""

_HOW = {"eval": "evaluate", "cost": "price"}

_OF_A_PROVIDER = frozenset({"cat.rate_limit_tpm", "cat.deprecation_days", "cat.prompt_cache_min_tokens"})
"""What a provider sets: nobody does for weights on machines of one's own."""

_PRICED = frozenset({"cost.monthly_usd", "cost.per_request_usd"})
_CONFIGURED = frozenset({"design.monitoring"})
"""What the bundle of a chosen model brings with it."""


def needless(report: RuleReport, facts: Facts, *, priced: bool, chosen: bool) -> frozenset[str]:
    """Facts that nobody is asked for: decided by a slot, computed, brought by the bundle, or of no provider here.

    Args:
        report: With its slots.
        facts: What is known.
        priced: Whether a projection has the first month of the model in question.
        chosen: Whether a model is chosen.
    """
    decided = (fact for slot, fact in STATED_BY.items() if slot in report.slots and not report.slots[slot].conflict)
    own = _OF_A_PROVIDER if facts.get("cat.self_served") is True else frozenset[str]()
    return frozenset({*decided, *own, *(_PRICED if priced else ()), *(_CONFIGURED if chosen else ())})


def open_questions(
    report: RuleReport,
    questions: QuestionBook,
    facts: Facts,
    *,
    swings: Iterable[CostSwing] = (),
    without: frozenset[str] = frozenset(),
) -> tuple[OpenQuestion, ...]:
    """The missing facts, those first whose answers could change most, then by how many rules wait, then by name.

    What answers could change is the sum of what rules and slots count for and of what the swing of the first month
    counts for (`CostSwing.weight`). A fact that only the projection reads is asked for too.

    A derived fact is replaced by the facts that its formula lacks. ``how`` is "answer" for a question, "evaluate"
    for ``eval.*``, "price" for ``cost.*`` and "review" for what must be read from the design, the provider's pages or
    the running system. Facts of ``without`` are not asked for.
    """
    waiting: dict[str, list[Finding]] = {}
    for finding in report.with_status(Status.UNKNOWN):
        for fact in sorted(missing_facts(finding.needs, questions, facts)):
            waiting.setdefault(fact, []).append(finding)
    known = Vocabulary(questions=questions, kinds=report.fact_kinds)
    probe = _Probe(report=report, facts=facts, known=known, proposing=_proposing(report))
    costs = {swing.fact: swing.weight for swing in swings}
    names = [name for name in dict.fromkeys([*waiting, *costs]) if name not in without]
    found = [_question(fact, waiting.get(fact, []), probe, costs.get(fact, 0)) for fact in names]
    return tuple(sorted(found, key=lambda one: (-one.weight, -len(one.rules), one.fact)))


def missing_facts(needs: Iterable[str], questions: QuestionBook, facts: Facts) -> frozenset[str]:
    """``needs`` with every derived fact replaced by what its formula lacks."""
    formulas = {derived.id: derived.formula for derived in questions.derived}
    missing: set[str] = set()
    for name in needs:
        result = formulas[name].evaluate(facts) if name in formulas else None
        if isinstance(result, Unknown):
            missing |= missing_facts(result.needs, questions, facts)
        else:
            missing.add(name)
    return frozenset(missing)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Probe:
    """What every question is weighed against; ``proposing`` are the rules that may fill each slot."""

    report: RuleReport
    facts: Facts
    known: Vocabulary
    proposing: Mapping[str, tuple[Finding, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """What one answer leads to."""

    words: str
    fires: frozenset[str]
    slots: Mapping[str, SlotValue | tuple[SlotValue, ...] | None]


def _question(fact: str, waiting: list[Finding], probe: _Probe, cost: int) -> OpenQuestion:
    asked = probe.known.question(fact)
    how = "answer" if asked else _HOW.get(fact.partition(".")[0], "review")
    outcomes = _outcomes(fact, waiting, probe)
    strongest = sorted(waiting, key=lambda finding: STRONGEST_FIRST.index(finding.rule.strength))
    return OpenQuestion(
        fact=fact,
        how=how,
        ask=asked.ask if asked else probe.report.fact_questions.get(fact, fact),
        rules=tuple(finding.rule.id for finding in strongest),
        weight=_weight(outcomes, waiting) + cost,
        could_change=_could_change(outcomes),
    )


def _outcomes(fact: str, waiting: Sequence[Finding], probe: _Probe) -> list[_Outcome]:
    """Each answer with the waiting rules that it fires, and the slots that are then filled."""
    found: list[_Outcome] = []
    for answer in answers(fact, [finding.rule for finding in waiting], probe.facts, probe.known):
        changed = with_fact(probe.facts, fact, answer.value, probe.known.questions)
        try:
            after = {finding.rule.id: _again(finding, changed) for finding in waiting}
        except Problem:
            continue
        fires = frozenset(name for name, finding in after.items() if finding.status is Status.FIRED)
        found.append(_Outcome(words=answer.words, fires=fires, slots=_slots(after, probe)))
    return found


def _again(finding: Finding, facts: Facts) -> Finding:
    return replace(finding, status=judged(finding.rule, facts).status, needs=())


def _proposing(report: RuleReport) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        for slot in finding.rule.proposes:
            found.setdefault(slot, []).append(finding)
    return {slot: tuple(findings) for slot, findings in found.items()}


def _slots(after: Mapping[str, Finding], probe: _Probe) -> dict[str, SlotValue | tuple[SlotValue, ...] | None]:
    """The slots that the changed findings could fill, with their values then; empty text where nothing does."""
    touched = {slot for finding in after.values() for slot in finding.rule.proposes}
    lost = {name for one in after.values() if one.counts for name in one.rule.overrides}
    values: dict[str, SlotValue | tuple[SlotValue, ...] | None] = {}
    for name in touched:
        findings = [after.get(each.rule.id, each) for each in probe.proposing[name] if each.rule.id not in lost]
        filled: Mapping[str, Slot] = slots_of(findings, probe.report.multi_slots)
        values[name] = filled[name].value if name in filled else ""
    return values


def _weight(outcomes: Sequence[_Outcome], waiting: Sequence[Finding]) -> int:
    """Over the rules and slots that are not the same with every answer."""
    if len(outcomes) < 2:
        return 0
    rules = sum(
        WEIGHTS[finding.rule.strength]
        for finding in waiting
        if len({finding.rule.id in outcome.fires for outcome in outcomes}) > 1
    )
    names = {name for outcome in outcomes for name in outcome.slots}
    slots = sum(len({outcome.slots.get(name) for outcome in outcomes}) > 1 for name in names)
    return rules + SLOT_WEIGHT * slots


def _could_change(outcomes: Sequence[_Outcome]) -> tuple[str, ...]:
    """Each answer that fires or fills something, where answers lead to different things."""
    if len({(outcome.fires, tuple(sorted(outcome.slots.items(), key=str))) for outcome in outcomes}) < 2:
        return ()
    told: dict[str, list[str]] = {}
    for outcome in outcomes:
        filled = [
            f"{name}: {_shown(value)}" for name, value in sorted(outcome.slots.items()) if value not in ("", None)
        ]
        parts = [*sorted(outcome.fires), *filled]
        if parts:
            told.setdefault(", ".join(parts), []).append(outcome.words)
    return tuple(f"{' or '.join(_joined(words))}: {what}" for what, words in told.items())


def _joined(words: Iterable[str]) -> list[str]:
    """Neighbouring stretches as one clause each: "12 or above", "0.5 or below", "above 800, up to 1600"."""
    found: list[str] = []
    for one in dict.fromkeys(_rounded(each) for each in words):
        before = found[-1] if found else ""
        kind, _, figure = one.partition(" ")
        if before == f"exactly {figure}" and kind == "above":
            found[-1] = f"{figure} or above"
        elif kind == "exactly" and before == f"below {figure}":
            found[-1] = f"{figure} or below"
        elif kind == "exactly" and before.endswith(f" to {figure}"):
            found[-1] = f"above {before.partition(' ')[0]}, up to {figure}"
        else:
            found.append(one)
    return found


def _rounded(words: str) -> str:
    """Long figures to three digits: nobody answers to the twelfth."""
    return _LONG.sub(lambda found: f"{Decimal(found[0]):.3g}", words)


_LONG = re.compile(r"\d*\.\d{5,}")


def _shown(value: SlotValue | tuple[SlotValue, ...] | None) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(readable_fact(one) for one in values)
