"""The decision of a view: every stage's value weighed together, with what its unknown facts do to the cost."""

from dataclasses import replace
from typing import TYPE_CHECKING

from maquette.decision.swinging import CostSwing, cost_swings
from maquette.decision.tuned_bases import asks_for_tuning
from maquette.decision.weighing import Beside, weigh
from maquette.foundation.problems import Problem
from maquette.project.laddering import ladder_of

if TYPE_CHECKING:
    from maquette.bundle.inputs import PairedModels
    from maquette.catalog.tuning import TuningStatement
    from maquette.cost.levers import LeverTable
    from maquette.cost.projection import CostProjection
    from maquette.decision.decision import Decision
    from maquette.project.ports import Ports
    from maquette.project.view import View


def weighed(view: "View", ports: "Ports") -> "Decision":
    """The choice or the recommendation, with reasons, options, open questions and what would overturn it."""
    return weigh(
        requirements=view.document.requirements,
        questions=view.questions,
        facts=view.rule_facts,
        run=view.current_run,
        projection=_of_models(view),
        report=view.report,
        shortlist=view.shortlist,
        choice=view.document.choice,
        today=view.today,
        beside=Beside(
            uptimes=ports.uptimes(),
            swings=tuple(view.cost_swings),
            roles=view.published_roles,
            ladder=ladder_of(view),
            tuning=_tuning(view, ports),
            conflicts=view.fact_conflicts,
            levers=_levers(view),
            paired=_paired(view),
            served={model: plan.sized for model, plan in view.serving.items()},
        ),
    )


def _of_models(view: "View") -> "CostProjection | None":
    """The projection without an ensemble: that is priced beside the models, and no evaluation asks it."""
    if not view.cost_options:
        return None
    names, found = {one.name for one in view.cost_options}, view.projection
    models = tuple(one for one in found.options if one.option in names)
    return found if len(models) == len(found.options) else replace(found, options=models)


def _tuning(view: "View", ports: "Ports") -> "tuple[TuningStatement, ...]":
    """What providers state of fine-tuning, read only where a tuned model is asked for."""
    if not asks_for_tuning(view.report, view.rule_facts):
        return ()
    from maquette.catalog.providers import tuning_of

    return tuple(map(tuning_of, ports.providers()))


def _levers(view: "View") -> "LeverTable | None":
    """What the levers do to the first month of the option in question; None where no option has a price."""
    from maquette.project.cost_levers import Wanted, lever_table

    choice, run = view.document.choice, view.current_run

    def tried() -> "LeverTable | None":
        try:
            return lever_table(view, view.questions, Wanted(taken={}))
        except Problem:
            return None

    if not view.cost_options:
        return None
    return view.once(("levers", view.cost_basis, choice and choice.model, run and run.id), tried)


def _paired(view: "View") -> "tuple[PairedModels, ...]":
    """The evaluated models on the same examples of the current run, best first."""
    from maquette.project.paired_models import paired_models

    if view.current_run is None:
        return ()
    return view.once(("paired", view.run_is_current and view.manifest), lambda: paired_models(view))


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
