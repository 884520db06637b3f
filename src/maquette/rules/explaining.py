"""Why a rule fired, did not, or cannot be judged yet: its condition beside the value of each fact that it names."""

import re
from dataclasses import dataclass
from decimal import Decimal

from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.problems import NotFound
from maquette.foundation.wording import suggestion
from maquette.rules.effect import NOTHING_SAID, PERFORMANCE, Axis, RuleEffect
from maquette.rules.report import Finding, Overruling, Rule, RuleBook, RuleReport, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One rule and what became of it.

    Attributes:
        facts: Each fact that the condition names, sorted, to its value; None when unknown.
        needs: The facts that would settle it, to how a person is asked for them (empty when a question asks).
        sources: The rule's sources, to what they are.
    """

    rule: Rule
    status: Status
    facts: tuple[tuple[str, FactValue | None], ...]
    needs: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    overridden_by: str | None
    overruled: Overruling | None = None
    lapsed: Overruling | None = None
    muted_because: str | None = None

    def as_text(self) -> str:
        """The explanation for a person, in lines, without markup."""
        rule = self.rule
        lines = [
            f"{rule.id}  {_STATUS_WORDS[self.status]}  ({rule.area}, {rule.strength})",
            f"  {rule.recommend}",
            f"  because    {rule.rationale}",
            f"  when       {rule.when.text}",
        ]
        lines += [f"             {name} = {readable_fact(value)}" for name, value in self.facts]
        lines += [f"  needs      {name}" + f": {ask}" * bool(ask) for name, ask in self.needs]
        lines += [f"  proposes   {slot} = {readable_fact(value)}" for slot, value in rule.proposes.items()]
        lines += _effect_lines(rule.effect)
        if self.overridden_by:
            lines.append(f"  overridden by {self.overridden_by}: its proposals do not count")
        lines += self._what_the_project_says()
        lines += [f"  source     {key}: {text}" for key, text in self.sources]
        lines += [f"  guidance   {text}" for text in rule.guidance]
        if rule.conflict:
            lines.append(f"  disagreement  {rule.conflict}")
        lines.append(f"  overturned by  {'nothing' if rule.overturn == 'none' else rule.overturn}")
        return "\n".join(lines)

    def _what_the_project_says(self) -> list[str]:
        until = f" until {self.overruled.until.isoformat()}" if self.overruled and self.overruled.until else ""
        said = [f"  muted here     because {self.muted_because}"] if self.muted_because else []
        said += [f"  overridden here{until}, because {self.overruled.because}"] if self.overruled else []
        if self.lapsed is not None and self.lapsed.until is not None:
            day = self.lapsed.until.isoformat()
            said.append(f"  no longer overridden: that counted until {day} ({self.lapsed.because})")
        return said


def _effect_lines(effect: RuleEffect) -> list[str]:
    """The three axes, and what is given up; nothing of an effect that nobody stated."""
    if effect == NOTHING_SAID:
        return []
    parts = [f"{axis.value} {found.value}" for axis in PERFORMANCE if (found := effect.of(axis)) is not None]
    axes = [f"{axis.value} {found.value}" for axis in (Axis.COST, Axis.SAFETY) if (found := effect.of(axis))]
    performance = f"performance {effect.performance.value} ({', '.join(parts)})" if effect.performance else ""
    lines = [f"  effect     {', '.join([performance, *axes] if performance else axes)}"]
    return [*lines, f"  gives up   {effect.gives_up}"] if effect.gives_up else lines


_NUMBER = re.compile(r"\d+$")
"""A rule's number, which has two digits: R-ADAPT-7 means R-ADAPT-07 and not R-ADAPT-17."""

_DIGITS = 12
"""A figure with more digits is the tail of a division."""

_STATUS_WORDS = {
    Status.MUTED: "muted",
    Status.FIRED: "fired",
    Status.UNKNOWN: "unknown yet",
    Status.NOT_FIRED: "does not apply",
}


def explain(book: RuleBook, report: RuleReport, rule_id: str, facts: Facts) -> Explanation:
    """What became of that rule, and why.

    Args:
        book: The rule base.
        report: Of `judge` over the same ``facts``.
        rule_id: The rule's id, in any letter case.
        facts: What was known.

    Raises:
        NotFound: There is no such rule; the message proposes the closest.
    """
    finding = finding_named(report, rule_id)
    rule = finding.rule
    return Explanation(
        rule=rule,
        status=finding.status,
        facts=tuple((name, facts.get(name)) for name in sorted(rule.when.names)),
        needs=tuple((name, book.fact_questions.get(name, "")) for name in finding.needs),
        sources=tuple((key, book.sources.get(key, "this project")) for key in rule.sources),
        overridden_by=finding.overridden_by,
        overruled=finding.overruled,
        lapsed=finding.lapsed,
        muted_because=finding.muted_because,
    )


def finding_named(report: RuleReport, rule_id: str) -> Finding:
    """What became of the rule of that id, in any letter case.

    Raises:
        NotFound: There is no such rule; the message proposes the closest.
    """
    found = report.finding(rule_id) or report.finding(rule_id.upper())
    if found is None:
        known = [each.rule.id for each in report.findings]
        close = suggestion(_NUMBER.sub(lambda digits: digits[0].zfill(2), rule_id), known)
        raise NotFound(f"there is no rule {rule_id!r}", fix=close or "List them: maquette rules list.")
    return found


def readable_fact(value: FactValue | None) -> str:
    """A fact's or slot's value for a person: yes and no, several values with commas, unknown for None."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or "none"
        case Decimal() if len(value.as_tuple().digits) > _DIGITS:
            return f"{Decimal(f'{value:.6g}').normalize():f}"
    return str(value)
