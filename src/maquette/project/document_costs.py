"""What the documents say about cost beside the projection: the findings of the cost report, with the same draws."""

from typing import TYPE_CHECKING

from maquette.cost.reporting import CostFindings
from maquette.cost.side.index_plan import IndexPlan, index_plan
from maquette.foundation.problems import Problem
from maquette.project.cost_reporting import project_costs
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.project.view import View


def document_costs(view: "View", book: QuestionBook) -> CostFindings | None:
    """Drivers, levers and flips; None where no option has a price."""
    if not view.cost_options:
        return None
    try:
        return project_costs(view, book).findings
    except Problem:
        return None


def document_index(view: "View") -> IndexPlan | None:
    """The index of the project's knowledge; None where there is none to search."""
    try:
        return index_plan(view.side_basis)
    except Problem:
        return None
