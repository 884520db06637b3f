"""Named sets of changed answers side by side: the projection and its draws of each, and what they differ from today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.cost.drawing import DRAWS, SEED
from maquette.cost.drawn import DrawnOption
from maquette.cost.inputs import CostInputs
from maquette.cost.projection import OptionCost
from maquette.cost.uncertain import VOLUME_WITHIN
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import Usd
from maquette.foundation.wording import shown
from maquette.project.costing import drawn_costs, option_to_check, what_if
from maquette.requirements.questions import QuestionBook

if TYPE_CHECKING:
    from maquette.project.view import View

TODAY = "today"
MOST_SCENARIOS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """How the draws are made; as `maquette.cost.drawing.draw_costs` takes it."""

    count: int = DRAWS
    seed: int = SEED
    volume_within: Decimal = VOLUME_WITHIN


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioCost:
    """One option in one scenario.

    Attributes:
        changes: Question to the answer tried; None takes one back. Empty today.
        horizon_months: Of this scenario, which may change it.
        cost: The exact projection; unpriced where a price or an answer is missing.
        drawn: Its draws; None where it is unpriced.
    """

    scenario: str
    changes: Mapping[str, object]
    horizon_months: int
    budget_usd_month: Usd | None
    cost: OptionCost
    drawn: DrawnOption | None

    @property
    def p90_usd(self) -> Usd | None:
        """The total that nine draws in ten do not pass."""
        return None if self.drawn is None else self.drawn.total.p90


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """A scenario less today, base case and the draws' p90; None where one of the two is unpriced."""

    first_month_usd: Usd | None
    last_month_usd: Usd | None
    total_usd: Usd | None
    p90_usd: Usd | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """All scenarios of one option, today first."""

    option: str
    drawing: Drawing
    rows: tuple[ScenarioCost, ...]

    def difference(self, row: ScenarioCost) -> Differences:
        """What ``row`` costs more than today."""
        today = self.rows[0]
        return Differences(
            first_month_usd=_less(_base(row, "first_month_usd"), _base(today, "first_month_usd")),
            last_month_usd=_less(_base(row, "last_month_usd"), _base(today, "last_month_usd")),
            total_usd=_less(_base(row, "total_usd"), _base(today, "total_usd")),
            p90_usd=_less(row.p90_usd, today.p90_usd),
        )


def side_by_side(
    view: "View",
    book: QuestionBook,
    scenarios: Mapping[str, Mapping[str, object]],
    *,
    option: str | None = None,
    drawing: Drawing | None = None,
) -> SideBySide:
    """``scenarios`` beside today, for one option.

    Args:
        view: The project, which stays as it is.
        book: Its questions.
        scenarios: Name to question to answer; texts are read as a person types them, None takes an answer back.
        option: Without it the one decided for, or the cheapest.
        drawing: How the draws are made.

    Raises:
        NotFound: There is no such option, or none has a price.
        InvalidInput: A name is taken or empty, an id or a value is wrong; the scenario is named.
    """
    _refuse_names(scenarios)
    name, how = option_to_check(view, option), drawing or Drawing()
    rows = [_row(TODAY, {}, view.cost_inputs, name, how)]
    for scenario, changes in scenarios.items():
        found = _tried(view, book, scenario, changes)
        rows.append(_row(scenario, found[0], found[1], name, how))
    return SideBySide(option=name, drawing=how, rows=tuple(rows))


def _refuse_names(scenarios: Mapping[str, Mapping[str, object]]) -> None:
    if len(scenarios) > MOST_SCENARIOS:
        raise InvalidInput(f"{len(scenarios)} scenarios", fix=f"Compare at most {MOST_SCENARIOS} at once.")
    for name, changes in scenarios.items():
        if not name.strip() or name == TODAY:
            raise InvalidInput(
                f"a scenario cannot be called {shown(name)}", place=Place(field="scenario"), fix="Give it another name."
            )
        if not changes:
            raise InvalidInput(
                f"the scenario {shown(name)} changes nothing",
                place=Place(field="scenario"),
                fix="Name what it changes: peak=scale.requests_per_day=9000000.",
            )


def _tried(
    view: "View", book: QuestionBook, scenario: str, changes: Mapping[str, object]
) -> tuple[Mapping[str, object], CostInputs]:
    try:
        found = what_if(view, book, changes)
    except InvalidInput as problem:
        raise InvalidInput(
            f"scenario {shown(scenario)}: {problem.what}", place=problem.place, fix=problem.fix
        ) from problem
    return found.changes, found.inputs


def _row(scenario: str, changes: Mapping[str, object], inputs: CostInputs, name: str, drawing: Drawing) -> ScenarioCost:
    own = replace(inputs, options=tuple(one for one in inputs.options if one.name == name))
    projection = own.projection()
    (cost,) = projection.options
    drawn = None
    if cost.total_usd is not None:
        draws = drawn_costs(own, count=drawing.count, seed=drawing.seed, volume_within=drawing.volume_within)
        drawn = draws.option(name)
    return ScenarioCost(
        scenario=scenario,
        changes=changes,
        horizon_months=projection.horizon_months,
        budget_usd_month=projection.budget_usd_month,
        cost=cost,
        drawn=drawn,
    )


def _base(row: ScenarioCost, which: str) -> Usd | None:
    amounts = {
        "first_month_usd": row.cost.first_month_usd,
        "last_month_usd": row.cost.last_month_usd,
        "total_usd": row.cost.total_usd,
    }[which]
    return None if amounts is None else amounts.base


def _less(one: Usd | None, other: Usd | None) -> Usd | None:
    return None if one is None or other is None else one - other


def scenarios_of(data: object, file: str) -> Mapping[str, Mapping[str, object]]:
    """Scenarios as a file has them: name to question to answer, alone or below ``scenarios``; null takes one back.

    Raises:
        InvalidInput: It is something else.
    """
    found = data.get("scenarios", data) if isinstance(data, dict) else data
    if not isinstance(found, dict) or not found:
        raise InvalidInput(
            "it names no scenarios",
            place=Place(file=file),
            fix="Write a name, and below it a question and its answer: peak: {scale.requests_per_day: 9000000}.",
        )
    scenarios: dict[str, dict[str, object]] = {}
    for name, changes in found.items():
        if not isinstance(changes, dict):
            raise InvalidInput(
                "a scenario is answers by the names of their questions",
                place=Place(file=file, field=str(name)),
                fix="For example: {scale.requests_per_day: 9000000}.",
            )
        scenarios[str(name)] = {key: _plain(value) for key, value in _dotted(changes)}
    return scenarios


def _dotted(changes: Mapping[str, object]) -> Sequence[tuple[str, object]]:
    """The answers, whether their names are written with a point or as a section and a field."""
    found: list[tuple[str, object]] = []
    for name, value in changes.items():
        if isinstance(value, dict):
            found += [(f"{name}.{field}", one) for field, one in value.items()]
        else:
            found.append((str(name), value))
    return found


def _plain(value: object) -> object:
    """Exact numbers as a person types them; answers of several values as they are."""
    return f"{value:f}" if isinstance(value, Decimal) else value
