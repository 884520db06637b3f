"""Judges every rule under the known facts and fills the architecture's slots with what the fired rules propose.

Three-valued: a rule that the known facts do not settle is unknown and says what it needs. No rule is code here.
"""

from collections.abc import Iterable, Mapping

from maquette.foundation.expression import ExpressionError, Facts, Unknown
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, Place
from maquette.rules.report import Finding, Rule, RuleBook, RuleReport, Slot, SlotValue, Status, Strength

STRONGEST_FIRST = (Strength.MUST, Strength.STRONG, Strength.CONSIDER, Strength.AVOID, Strength.INFO)
"""Which proposal wins a slot."""


def judge(book: RuleBook, facts: Facts) -> RuleReport:
    """What becomes of every rule of ``book`` under ``facts``; an absent fact is unknown.

    Raises:
        InvalidInput: A fact is of another kind than the rules compare it with.
    """
    findings = tuple(_finding(rule, facts) for rule in book.rules.values())
    overriders = _overriders(findings)
    findings = tuple(
        Finding(rule=finding.rule, status=finding.status, overridden_by=overriders[finding.rule.id])
        if finding.status is Status.FIRED and finding.rule.id in overriders
        else finding
        for finding in findings
    )
    return RuleReport(
        findings=findings,
        slots=_slots(findings, book.multi_slots),
        fingerprint=_fingerprint(book, facts),
        as_of=book.as_of,
        fact_questions=book.fact_questions,
    )


def _finding(rule: Rule, facts: Facts) -> Finding:
    try:
        result = rule.when.evaluate(facts)
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


def _overriders(findings: Iterable[Finding]) -> dict[str, str]:
    """Rule id to the first fired rule that takes its proposals away."""
    overriders: dict[str, str] = {}
    for finding in findings:
        if finding.status is Status.FIRED:
            for loser in finding.rule.overrides:
                overriders.setdefault(loser, finding.rule.id)
    return overriders


def _slots(findings: tuple[Finding, ...], multi_slots: frozenset[str]) -> dict[str, Slot]:
    proposers: dict[str, list[Rule]] = {}
    for finding in findings:
        if finding.status is Status.FIRED and finding.overridden_by is None:
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


def _fingerprint(book: RuleBook, facts: Facts) -> str:
    """Over what decides the report: the rules' conditions and effects, and the facts that they name."""
    rules = [
        (rule.id, rule.when.text, rule.recommend, rule.strength, rule.proposes, rule.overrides)
        for rule in book.rules.values()
    ]
    named = frozenset[str]().union(*(rule.when.names for rule in book.rules.values()))
    used: Mapping[str, object] = {name: facts[name] for name in named if name in facts}
    return fingerprint(rules, sorted(book.multi_slots), used)
