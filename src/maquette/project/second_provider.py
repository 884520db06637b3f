"""The second provider that the gateway keeps warm: whose model it is, and which share of the requests it answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from maquette.cost.options import WarmSecond
from maquette.foundation.expression import Facts
from maquette.foundation.problems import Problem
from maquette.rules.judging import judge
from maquette.rules.report import RuleReport, Status

if TYPE_CHECKING:
    from maquette.bundle.gateway.routing import SharedOut
    from maquette.bundle.inputs import RoleModel
    from maquette.project.view import View

_SLOT = "complexity_budget"


def warm_second(view: "View", facts: Facts, known: Callable[[], Mapping[str, Any]]) -> WarmSecond | None:
    """What the fallback's model answers of the chosen model's requests; None where the gateway shares nothing out.

    Args:
        view: The project.
        facts: The view's own, or those that somebody tries.
        known: The constants of the gateway's template; asked only where requests may be shared out.
    """
    found = _shared(view, facts)
    if found is None:
        return None
    from maquette.bundle.gateway.deployments import deployment
    from maquette.bundle.gateway.routing import apart

    roles = _roles(view)
    if roles is None:
        return None
    try:
        first, second = (deployment(role, known(), None) for role in roles)
    except Problem:
        return None
    card = roles[1].card
    if card is None or not apart(first, second):
        return None
    return WarmSecond(name=roles[1].model, card=card, share=1 - found.share, why=found.why)


def _shared(view: "View", facts: Facts) -> "SharedOut | None":
    """The primary's share and why, as the rules settle it without a projection, which this is a part of."""
    choice = view.document.choice
    if choice is None or choice.fallback is None or choice.fallback == choice.model:
        return None
    from maquette.bundle.gateway.routing import PLANNED_TEST, shared_out

    book = view.rule_book
    rules = {
        name: rule
        for name, rule in book.rules.items()
        if name == PLANNED_TEST or _SLOT in rule.proposes or rule.overrides
    }
    report = judge(replace(book, rules=rules), facts, said=view.document.rules, today=view.today)
    slot = report.slots.get(_SLOT)
    minimal = slot is not None and slot.value == "minimal"
    return None if minimal else shared_out(facts, test_is_planned=_fires(report, PLANNED_TEST))


def _fires(report: RuleReport, rule: str) -> bool:
    return any(one.rule.id == rule and one.status is Status.FIRED for one in report.findings)


def _roles(view: "View") -> "tuple[RoleModel, RoleModel] | None":
    """The chosen model and its fallback, with how each is reached."""
    choice = view.document.choice
    if choice is None or choice.fallback is None:
        return None
    from maquette.bundle.inputs import RoleModel, target_of

    made = []
    for role, model in (("primary", choice.model), ("fallback", choice.fallback)):
        card = view.cards_by_option.get(model) or view.catalog.cards.get(model)
        target = target_of(view.targets, model)
        made.append(RoleModel(role=role, model=model, target=target, card=card, result=None, cost=None))
    return made[0], made[1]
