"""The rules that fired, for the traceability matrix: what each read, what it recommends, where it comes from."""

from collections.abc import Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.rules.report import Rule, Status


def rule_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """A row a fired rule, in the order of the rule base; empty while nothing is weighed."""
    decision = seen.inputs.decision
    if decision is None:
        return []
    return [
        {**rule_row(one.rule, seen), "overridden_by": one.overridden_by}
        for one in decision.rules.with_status(Status.FIRED)
    ]


def rule_row(rule: Rule, seen: Seen) -> dict[str, Any]:
    """What the rule says, and the facts of its condition with their values here."""
    here = registered(seen)
    return {
        "id": rule.id,
        "area": rule.area,
        "strength": rule.strength.value,
        "recommend": rule.recommend,
        "rationale": rule.rationale,
        "overturn": None if rule.overturn == "none" else rule.overturn,
        "facts": [
            {"name": name, "here": name in here, "value": seen.facts.readable(name)} for name in sorted(rule.when.names)
        ],
        "sources": list(rule.sources),
    }


def registered(seen: Seen) -> frozenset[str]:
    """The facts that have a row in the register of requirements, which links may lead to."""
    inputs = seen.inputs
    derived = {one.id for one in inputs.book.derived}
    return frozenset({*inputs.book.questions, *derived, *inputs.requirements.design_facts})
