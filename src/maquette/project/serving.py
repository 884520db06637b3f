"""From a project's sizing to how its bundle serves the open models."""

from collections.abc import Mapping

from maquette.bundle.inputs import ServingPlan
from maquette.project.sizing import ModelSizing, ProjectSizing
from maquette.project.sizing_words import load_words


def serving_plans(found: ProjectSizing) -> Mapping[str, ServingPlan]:
    """A plan for each model that some machine bears, by its card's id: of the chosen models alone."""
    plans = {one.card.id: _plan(found, one) for one in found.models} if found.chosen else {}
    return {name: plan for name, plan in plans.items() if plan is not None}


def serving_basis(plan: ServingPlan) -> tuple[object, ...]:
    """What of a plan stands in a bundle, as plain data for a fingerprint."""
    sized = plan.sized
    return (
        plan.load,
        plan.owned,
        sized.setup.accelerator.name,
        sized.setup.gpus,
        sized.setup.engine,
        sized.replicas,
        sized.spare,
        sized.settings,
    )


def serving_words(plan: ServingPlan) -> str:
    """The machines in a line."""
    sized = plan.sized
    owned = f" of your {plan.owned}" if plan.owned else ""
    rate = plan.load.partition(",")[0]
    return (
        f"{sized.gpus} x {sized.setup.accelerator.name}{owned}, {sized.replicas} + {sized.spare} replicas at {rate}, "
        f"{sized.in_flight} requests at once, {sized.binds} binds"
    )


def _plan(found: ProjectSizing, model: ModelSizing) -> ServingPlan | None:
    best = model.best
    if best is None:
        return None
    owned = model.own.machines.owned if model.own is not None and best is model.own.sized else None
    name = best.setup.accelerator.name
    rented = next((one for one in model.rented.options if one.setup.accelerator.name == name and one.rented), None)
    return ServingPlan(sized=best, load=load_words(found.load), owned=owned, demand=found.load, rented=rented)
