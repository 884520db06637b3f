"""What an accepted decision of a project puts in the place of the stated plan, for cost, rules and documents alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maquette.decision.adopting import Adopted, adopted, carried_out
from maquette.decision.decision import DecisionStatus
from maquette.decision.evidence import evidence_facts
from maquette.foundation.expression import Facts
from maquette.rules.judging import judge
from maquette.rules.report import RuleReport

if TYPE_CHECKING:
    from maquette.project.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Adoption:
    """The stated facts of a design that the accepted decision settles.

    Attributes:
        found: Each with the slot behind it.
        plan: Rule id to the stated plan, for rules that ask for what is adopted.
    """

    found: tuple[Adopted, ...] = ()
    plan: Mapping[str, Facts] = field(default_factory=dict)

    def over(self, facts: Facts) -> Facts:
        """The facts with what is adopted in the place of what was stated: the cost rests on these."""
        return {**facts, **{one.fact: one.value for one in self.found}}


def adoption_of(view: "View") -> Adoption:
    """What the accepted decision settles; nothing for a draft, and where nothing is stated.

    The rules are judged without the projection, which itself rests on what is adopted.
    """
    choice, stated = view.document.choice, view.document.requirements.design_facts
    if choice is None or choice.status is not DecisionStatus.ACCEPTED or not stated:
        return Adoption()
    evidence = evidence_facts(
        view.current_run,
        None,
        view.cards_by_option.get(choice.model),
        today=view.today,
        prices_as_of=view.catalog.prices_as_of,
        name=choice.model,
        cards=view.cards_by_option,
    )
    report = judge(view.rule_book, {**evidence, **view.facts}, said=view.document.rules, today=view.today)
    found = adopted(report, stated, models=len({choice.model, choice.fallback} - {None}))
    before = {one.fact: stated[one.fact] for one in found}
    return Adoption(found=found, plan=dict.fromkeys(carried_out(found, view.rule_book.rules.values()), before))


def report_of(view: "View") -> RuleReport:
    """What became of every rule over what the view knows; duties that the decision adopts are judged over the plan."""
    said, plan = view.document.rules, view.adoption.plan
    return judge(view.rule_book, view.rule_facts, said=said, today=view.today, plan=plan)
