"""The cards of a project. A card shows itself live and leaves its static twin in the notebook."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maquette.project import Project
from maquette_widgets import twins


class Card:
    """One stage in a notebook.

    Attributes:
        code: The line of Python that does the same.
    """

    def __init__(
        self, project: Project, twin: Callable[[Project], str], build: Callable[["Card"], Any] | None, code: str
    ) -> None:
        self.project = project
        self.code = code
        self._twin = twin
        self._build = build
        self._box: Any = None

    def twin(self) -> str:
        """The card as HTML, as the project is now."""
        return self._twin(self.project)

    @property
    def live(self) -> Any:
        """The card's widget, made when it is first asked for; None for a card that only shows."""
        if self._box is None and self._build is not None:
            self._box = self._build(self)
        return self._box

    def _repr_html_(self) -> str:
        return self.twin()

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        if self.live is not None:
            display(self.live)
        display(HTML(self.twin()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cards:
    """All cards of one project."""

    status: Card
    requirements: Card
    shortlist: Card
    evaluation: Card
    cost: Card
    capacity: Card
    decision: Card
    export: Card


def cards(project: Project) -> Cards:
    """The cards of ``project``, which they share: a change in one is seen by all."""
    from maquette_widgets import (
        capacity_card,
        cost_card,
        decision_card,
        evaluation_card,
        evaluation_html,
        export_card,
        live,
        shortlist_card,
    )

    return Cards(
        status=Card(project, twins.status_twin, None, "project.statuses"),
        requirements=Card(
            project, twins.requirements_twin, live.requirements, 'project.set_answers({"latency.p95_ms": 800})'
        ),
        shortlist=Card(project, twins.shortlist_twin, shortlist_card.shortlist, 'project.choose(["MODEL"])'),
        evaluation=Card(
            project, evaluation_html.evaluation_twin, evaluation_card.evaluation, "project.start_evaluation()"
        ),
        cost=Card(project, cost_card.cost_twin, cost_card.cost, "project.view.projection"),
        capacity=Card(project, capacity_card.capacity_twin, capacity_card.capacity, "project.view.sizing"),
        decision=Card(
            project, decision_card.decision_twin, decision_card.decision, 'project.decide(model="MODEL", because="WHY")'
        ),
        export=Card(
            project, export_card.export_twin, export_card.export, "project.write_export(project.plan_export(), {})"
        ),
    )
