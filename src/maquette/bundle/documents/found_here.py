"""What a rule found in this project: the facts that its condition reads, with their values, what was observed first."""

from collections.abc import Iterator

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, estimated
from maquette.foundation.units import readable_usd
from maquette.rules.report import Finding

MOST_FACTS = 3
_OBSERVED = ("design.", "eval.", "cost.", "cat.", "ops.")


def found_here(finding: Finding, seen: Seen) -> Sentence:
    """The facts as a person reads them: "Does a person approve irreversible actions? no; agency.tools irreversible"."""
    facts = list(_told(finding, seen))[:MOST_FACTS]
    return [part for index, fact in enumerate(facts) for part in (*([] if index == 0 else ["; "]), *fact)]


def _told(finding: Finding, seen: Seen) -> Iterator[Sentence]:
    rule, text = finding.rule, finding.rule.when.text
    for name in sorted(rule.when.names, key=lambda one: (not one.startswith(_OBSERVED), text.find(one))):
        if finding.adopted and name.startswith("design."):
            continue
        value, figure = seen.facts.values.get(name), seen.facts.figure(name) or _projected(name, seen)
        ask = _asked(name, seen)
        if figure is None:
            value = _settled(finding, name, seen)
        if isinstance(value, bool) and ask:
            yield [f"{ask} ", figure if figure is not None else ("yes" if value else "no")]
        elif figure is not None:
            yield [f"{name} ", figure]


def _projected(name: str, seen: Seen) -> Figure | None:
    """The first month of the model in question, which no answer states."""
    cost = seen.roles[0].cost if seen.roles else None
    if name != "cost.monthly_usd" or cost is None or cost.first_month_usd is None:
        return None
    return estimated(readable_usd(cost.first_month_usd.base), f"cost of {cost.option}, first month")


def _asked(name: str, seen: Seen) -> str:
    decision = seen.inputs.decision
    return decision.rules.fact_questions.get(name, "") if decision else ""


def _settled(finding: Finding, name: str, seen: Seen) -> bool | None:
    """The yes or no that the condition needs where the project knows it by itself; None of every other fact."""
    decision = seen.inputs.decision
    if decision is None or decision.rules.fact_kinds.get(name) != "bool":
        return None
    facts = seen.facts.values
    holds = [value for value in (False, True) if finding.rule.when.holds({**facts, name: value}) is True]
    return holds[0] if len(holds) == 1 else None
