"""The cost report of a project: its view, drawn with a seed, so that the same project gives the same report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.cost.drawing import DRAWS, SEED
from maquette.cost.levers import LeverTable
from maquette.cost.reporting import CostFindings
from maquette.cost.uncertain import VOLUME_WITHIN
from maquette.cost.volumes import AtVolume, at_volumes
from maquette.evals.run import EvalRun
from maquette.foundation.expression import Facts
from maquette.foundation.problems import NotFound
from maquette.project.cost_levers import Wanted, lever_table
from maquette.project.costing import crossings, drawn_costs, option_to_check, what_if
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.cost.drawn import Drawn
    from maquette.project.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectCosts:
    """What a report and its charts show.

    Attributes:
        scores: Option to its score; empty while no evaluation is current.
        metric: What the score is.
        intervals: Of the scores, at 95 %.
    """

    findings: CostFindings
    scores: Mapping[str, float]
    metric: str
    intervals: Mapping[str, tuple[float, float]]


def project_costs(
    view: "View",
    book: QuestionBook,
    *,
    option: str | None = None,
    count: int = DRAWS,
    seed: int = SEED,
    volume_within: Decimal = VOLUME_WITHIN,
    volumes: bool = True,
) -> ProjectCosts:
    """What the project's cost report shows.

    Args:
        view: The project.
        book: Its questions.
        option: Whose lines, drivers and levers; the one decided for, or the cheapest, when None.
        count: Draws an option.
        seed: Which draws.
        volume_within: How sure the volume is; see `maquette.cost.drawing.draw_costs`.
        volumes: Whether the first month at other volumes is computed too, which a chart of the report shows.

    Raises:
        NotFound: No option has a price, or there is no such option.
        InvalidInput: An answer, the count, the seed or the factor is wrong.
    """
    drawn = drawn_findings(view, option, _drawn(view, count, seed, volume_within))
    findings = replace(
        drawn,
        crossings=crossings(view, book),
        levers=_levers(view, book, drawn.option),
        volumes=_volumes(view, book) if volumes else (),
    )
    return _with_scores(findings, view.current_run)


def drawn_findings(view: "View", option: str | None, drawn: "Drawn") -> CostFindings:
    """The findings with the draws alone: nothing is solved and no lever tried, which take most of the time.

    Raises:
        NotFound: No option has a price, or there is no such option.
    """
    name = option_to_check(view, option)
    return CostFindings(
        name=view.name,
        option=name,
        decided=view.document.choice is not None and view.document.choice.model == name,
        projection=view.projection,
        drawn=drawn,
        crossings=(),
        assumed=tuple((one.question.id, str(one.value)) for one in view.assumptions),
        chosen=option is not None,
    )


def _drawn(view: "View", count: int, seed: int, volume_within: Decimal) -> "Drawn":
    """The view's own draws where they are the usual ones."""
    if (count, seed, volume_within) == (DRAWS, SEED, VOLUME_WITHIN):
        return view.drawn_costs
    return drawn_costs(view.cost_inputs, count=count, seed=seed, volume_within=volume_within)


def _with_scores(findings: CostFindings, run: EvalRun | None) -> ProjectCosts:
    results = [one for one in run.results if one.score is not None] if run else []
    return ProjectCosts(
        findings=findings,
        scores={one.target_id: one.score for one in results if one.score is not None},
        metric=run.primary_metric if run else "",
        intervals={one.target_id: (one.interval.low, one.interval.high) for one in results if one.interval is not None},
    )


def _levers(view: "View", book: QuestionBook, name: str) -> LeverTable | None:
    """The levers on the option's month; None where it has none."""
    try:
        return lever_table(view, book, Wanted(option=name, taken={}))
    except NotFound:
        return None


def _volumes(view: "View", book: QuestionBook) -> tuple[AtVolume, ...]:
    daily = view.facts.get("scale.requests_per_day")
    if isinstance(daily, bool) or not isinstance(daily, int | float):
        return ()

    def with_daily(volume: Decimal) -> Facts:
        return what_if(view, book, {"scale.requests_per_day": f"{volume:f}"}).inputs.facts

    return at_volumes(view.cost_inputs, Decimal(str(daily)), with_daily)
