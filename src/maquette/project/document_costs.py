"""What the documents say about cost beside the projection: the findings of the cost report, with the same draws."""

from typing import TYPE_CHECKING

from maquette.cost.reporting import CostFindings
from maquette.cost.side.index_plan import IndexPlan, index_plan
from maquette.cost.side.training import considers_training, examples_of, only_encoder
from maquette.cost.side.training_ways import WayCost, training_ways
from maquette.foundation.problems import Problem
from maquette.project.cost_reporting import drawn_findings, project_costs
from maquette.project.ports import Ports
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.catalog.cards import ModelCard
    from maquette.project.view import View


def document_costs(view: "View", book: QuestionBook) -> CostFindings | None:
    """Drivers, levers and flips; None where no option has a price."""
    if not view.cost_options:
        return None
    try:
        return project_costs(view, book, volumes=False).findings
    except Problem:
        return None


def document_draws(view: "View") -> CostFindings | None:
    """The same without flips and levers, for those who ask how likely a month is alone."""
    if not view.cost_options:
        return None
    try:
        return drawn_findings(view, None, view.drawn_costs)
    except Problem:
        return None


def document_training(view: "View", ports: Ports) -> tuple[WayCost, ...]:
    """What training would take where the design considers it: of the named base, else of the chosen model's weights.

    Nobody can train the weights of a model behind an API: then the catalog's first open model stands in, and so it does
    where the named one has no weights.
    """
    basis = view.side_basis
    if not considers_training(basis):
        return ()
    examples, base = examples_of(basis), _base(view)
    if examples is None or base is None:
        return ()
    return training_ways(base, examples, ports.capacity().accelerators, encoder=only_encoder(basis))


def _base(view: "View") -> "ModelCard | None":
    said, choice = view.document.cost.fine_tuning, view.document.choice
    named = [said.model if said else None, choice.model if choice else None, *view.published_roles.get("self_host", ())]
    cards = (view.cards_by_option.get(name) or view.catalog.cards.get(name) for name in named if name is not None)
    return next((card for card in cards if card is not None and card.weights and card.weights.params_b), None)


def document_index(view: "View") -> IndexPlan | None:
    """The index of the project's knowledge; None where there is none to search."""
    try:
        return index_plan(view.side_basis)
    except Problem:
        return None
