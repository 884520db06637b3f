"""Which fired rules stand against release.

Every fired `avoid` does. A fired `must` does when its condition names an observed fact: something measured,
projected, catalogued or stated about the design, so that mending it clears the rule. A `must` over answers alone is a
duty: it fills a slot, and the bundle carries it out. The exception are duties which say that the requirement itself
cannot be met or must not be built (slots `feasibility` and `scope`). What another fired rule overrides never blocks,
nor what the project deviates from with a written reason: that stands in the risk register; nor what an accepted
decision adopts.
"""

from maquette.rules.report import Finding, Rule, RuleReport, Status, Strength

_OBSERVED = ("eval.", "cost.", "cat.", "design.", "ops.")
_CHOICES = frozenset({"design.hosting", "design.adaptation", "design.cache"})
"""What the design is, not what it lacks: a rule that names nothing else is a duty of that choice."""
_STOPS = frozenset({"feasibility", "scope"})


def blocking(report: RuleReport) -> tuple[str, ...]:
    """The ids of the rules that stand against release, in the order of the rule base."""
    return tuple(finding.rule.id for finding in report.with_status(Status.FIRED) if _blocks(finding))


def accepted_risks(report: RuleReport) -> tuple[str, ...]:
    """The ids of the fired `must` and `avoid` rules that the project deviates from with a reason that still counts."""
    binding = (Strength.MUST, Strength.AVOID)
    return tuple(
        finding.rule.id
        for finding in report.with_status(Status.FIRED)
        if finding.overruled is not None and finding.rule.strength in binding
    )


def _blocks(finding: Finding) -> bool:
    if not finding.counts or finding.adopted:
        return False
    match finding.rule.strength:
        case Strength.AVOID:
            return True
        case Strength.MUST:
            return _observes(finding.rule) or bool(_STOPS & finding.rule.proposes.keys())
    return False


def _observes(rule: Rule) -> bool:
    return any(name.startswith(_OBSERVED) for name in rule.when.names - _CHOICES)
