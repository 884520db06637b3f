"""Judges every rule under the known facts and fills the architecture's slots with what the fired rules propose.

Three-valued: a rule that the known facts do not settle is unknown and says what it needs. No rule is code here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from maquette.foundation.expression import Expression, ExpressionError, Facts, FactValue, Result, Unknown
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, Place
from maquette.rules.of_project import NOTHING_SAID, ProjectRules
from maquette.rules.report import Finding, Rule, RuleBook, RuleReport, Slot, SlotValue, Status, Strength

STRONGEST_FIRST = (Strength.MUST, Strength.STRONG, Strength.CONSIDER, Strength.AVOID, Strength.INFO)
"""Which proposal wins a slot."""

_NO_PLAN: Mapping[str, Facts] = {}

_CONDITIONS_KEPT = 1 << 15
"""Results of conditions that are remembered: a change of one fact asks most of them again."""


def judge(
    book: RuleBook,
    facts: Facts,
    *,
    said: ProjectRules = NOTHING_SAID,
    today: date | None = None,
    plan: Mapping[str, Facts] = _NO_PLAN,
) -> RuleReport:
    """What becomes of every rule of ``book`` under ``facts``; an absent fact is unknown.

    Args:
        book: The rules, a project's own among them.
        facts: What is known.
        said: Which rules the project mutes and overrides, with its reasons.
        today: For the last day of a reason.
        plan: Rule id to the facts as a plan stated them, for rules that ask for what was adopted since.

    Raises:
        InvalidInput: A fact is of another kind than the rules compare it with.
    """
    findings = tuple(_finding(rule, facts, said, today, plan.get(rule.id)) for rule in book.rules.values())
    overriders = _overriders(findings)
    findings = tuple(
        replace(finding, overridden_by=overriders[finding.rule.id])
        if finding.status is Status.FIRED and finding.rule.id in overriders
        else finding
        for finding in findings
    )
    return RuleReport(
        findings=findings,
        slots=slots_of(findings, book.multi_slots),
        fingerprint=_fingerprint(book, facts, said, today, plan),
        as_of=book.as_of,
        fact_questions=book.fact_questions,
        multi_slots=book.multi_slots,
        fact_kinds=book.fact_kinds,
    )


def _finding(rule: Rule, facts: Facts, said: ProjectRules, today: date | None, plan: Facts | None = None) -> Finding:
    muted = said.muted.get(rule.id)
    if muted is not None:
        return Finding(rule=rule, status=Status.MUTED, muted_because=muted)
    found = judged(rule, facts if plan is None else {**facts, **plan})
    found = replace(found, adopted=plan is not None and found.status is Status.FIRED)
    reason = said.overruled.get(rule.id)
    if reason is None:
        return found
    return replace(found, overruled=reason) if reason.counts_on(today) else replace(found, lapsed=reason)


def judged(rule: Rule, facts: Facts) -> Finding:
    """What becomes of one rule by itself; raises as `judge`."""
    try:
        result = _result(rule.when, tuple(_named(rule.when, facts)))
    except ExpressionError as error:
        named = ", ".join(f"{name} is {facts[name]!r}" for name in sorted(rule.when.names) if name in facts)
        raise InvalidInput(
            f"rule {rule.id} cannot be judged: {error}",
            place=Place(field=next((name for name in sorted(rule.when.names) if name in facts), None)),
            fix=f"Give these facts values of the kind that the rule compares: {named}.",
        ) from error
    if isinstance(result, Unknown):
        return Finding(rule=rule, status=Status.UNKNOWN, needs=tuple(sorted(result.needs)))
    return Finding(rule=rule, status=Status.FIRED if result.value else Status.NOT_FIRED)


def _named(when: Expression, facts: Facts) -> Iterator[tuple[str, type, FactValue]]:
    """The known facts that a condition names; with their kinds, as a yes is not the number one."""
    for name in when.names:
        if name in facts:
            value = facts[name]
            yield name, type(value), value


@lru_cache(maxsize=_CONDITIONS_KEPT)
def _result(when: Expression, named: tuple[tuple[str, type, FactValue], ...]) -> Result:
    """A condition over the facts that it names, evaluated once for each set of their values."""
    return when.evaluate({name: value for name, _, value in named})


def _overriders(findings: Iterable[Finding]) -> dict[str, str]:
    """Rule id to the first fired rule that takes its proposals away."""
    overriders: dict[str, str] = {}
    for finding in findings:
        if finding.status is Status.FIRED and finding.overruled is None:
            for loser in finding.rule.overrides:
                overriders.setdefault(loser, finding.rule.id)
    return overriders


def slots_of(findings: Iterable[Finding], multi_slots: frozenset[str]) -> dict[str, Slot]:
    """The slots that the findings which count fill."""
    proposers: dict[str, list[Rule]] = {}
    for finding in findings:
        if finding.counts:
            for name in finding.rule.proposes:
                proposers.setdefault(name, []).append(finding.rule)
    return {name: _slot(name, rules, multi=name in multi_slots) for name, rules in proposers.items()}


def _slot(name: str, rules: list[Rule], *, multi: bool) -> Slot:
    rules = sorted(rules, key=lambda rule: STRONGEST_FIRST.index(rule.strength))
    proposals: dict[SlotValue, tuple[str, ...]] = {}
    for rule in rules:
        value = rule.proposes[name]
        proposals[value] = (*proposals.get(value, ()), rule.id)
    if multi:
        return Slot(name=name, value=tuple(proposals), proposals=proposals, conflict=False)
    strongest = {rule.proposes[name] for rule in rules if rule.strength is rules[0].strength}
    conflict = len(strongest) > 1
    winner = None if conflict else rules[0].proposes[name]
    return Slot(name=name, value=winner, proposals=proposals, conflict=conflict)


def _fingerprint(
    book: RuleBook, facts: Facts, said: ProjectRules, today: date | None, plan: Mapping[str, Facts] = _NO_PLAN
) -> str:
    """Over what decides the report: the rules' conditions and effects, the facts that they name, what is overruled."""
    rules = [
        (rule.id, rule.when.text, rule.recommend, rule.strength, rule.proposes, rule.overrides)
        for rule in book.rules.values()
    ]
    named = frozenset[str]().union(*(rule.when.names for rule in book.rules.values()))
    used: Mapping[str, object] = {name: facts[name] for name in named if name in facts}
    return fingerprint(rules, sorted(book.multi_slots), used, *said.counting_on(today), *sorted(plan))
