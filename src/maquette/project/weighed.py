"""The decision of a view: every stage's value weighed together, with what its unknown facts do to the cost."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from maquette.decision.swinging import CostSwing, cost_swings
from maquette.decision.weighing import Beside, weigh

if TYPE_CHECKING:
    from maquette.cost.projection import CostProjection
    from maquette.decision.decision import Decision
    from maquette.decision.refusing import Uptime
    from maquette.project.view import View


def weighed(view: "View", uptimes: Mapping[str, "Uptime"]) -> "Decision":
    """The choice or the recommendation, with reasons, options, open questions and what would overturn it."""
    return weigh(
        requirements=view.document.requirements,
        questions=view.questions,
        facts=view.rule_facts,
        run=view.current_run,
        projection=view.projection if view.cost_options else None,
        report=view.report,
        shortlist=view.shortlist,
        choice=view.document.choice,
        today=view.today,
        beside=Beside(uptimes=uptimes, swings=tuple(view.cost_swings), roles=view.published_roles),
    )


def swings_of(view: "View") -> tuple[CostSwing, ...]:
    """What the unknown facts do to the first month of the option that was chosen, else of the cheapest."""
    if not view.cost_options:
        return ()
    return cost_swings(view.cost_inputs, _looked_at(view, view.projection), view.questions)


def _looked_at(view: "View", projection: "CostProjection") -> str | None:
    priced = {one.option: one.first_month_usd.base for one in projection.options if one.first_month_usd is not None}
    choice = view.document.choice
    if choice is not None and choice.model in priced:
        return choice.model
    return min(priced, key=lambda name: (priced[name], name), default=None)
