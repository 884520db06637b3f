"""The cost report of a project: its view, drawn with a seed, so that the same project gives the same report."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.cost.drawing import DRAWS, SEED
from maquette.cost.reporting import CostFindings
from maquette.cost.uncertain import VOLUME_WITHIN
from maquette.project.costing import crossings, drawn_costs, option_to_check
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.project.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectCosts:
    """What a report and its charts show.

    Attributes:
        scores: Option to its score; empty while no evaluation is current.
        metric: What the score is.
    """

    findings: CostFindings
    scores: Mapping[str, float]
    metric: str


def project_costs(
    view: "View",
    book: QuestionBook,
    *,
    count: int = DRAWS,
    seed: int = SEED,
    volume_within: Decimal = VOLUME_WITHIN,
) -> ProjectCosts:
    """What the project's cost report shows.

    Raises:
        NotFound: No option has a price.
        InvalidInput: An answer, the count, the seed or the factor is wrong.
    """
    name = option_to_check(view, None)
    run = view.current_run
    findings = CostFindings(
        name=view.name,
        option=name,
        decided=view.document.choice is not None and view.document.choice.model == name,
        projection=view.projection,
        drawn=drawn_costs(view.cost_inputs, count=count, seed=seed, volume_within=volume_within),
        crossings=crossings(view, book),
        assumed=tuple((one.question.id, str(one.value)) for one in view.assumptions),
    )
    scores = {one.target_id: one.score for one in run.results if one.score is not None} if run else {}
    return ProjectCosts(findings=findings, scores=scores, metric=run.primary_metric if run else "")
