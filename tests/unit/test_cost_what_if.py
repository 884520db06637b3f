"""What-if on a project: the new projection and why it differs; the project itself is never touched."""

from decimal import Decimal
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cost.projection import CostProjection, LineGroup
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.project.costing import crossings, drawn_costs, option_to_check
from tests.project_world import opened, scenario_project

LUNA, HAIKU = "gpt-6-luna", "claude-haiku-5-5"


@pytest.fixture
def project(tmp_path: Path) -> wiring.Project:
    """Five million messages a day, two fast models chosen."""
    found = scenario_project(tmp_path / "p", "b")
    found.set_settings({"shortlist.chosen": [LUNA, HAIKU]})
    # The classifier in front passes all of them on, and no region costs more.
    found.set_answers({"traffic.easy_share": 0, "data.residency": "none"})
    return found


def month(projected: object) -> Decimal:
    assert projected is not None
    return projected.first_month_usd.base  # type: ignore[attr-defined, no-any-return]  # an option's cost


def of_models(projection: CostProjection, option: str) -> Decimal:
    """What the model alone costs in month 1, without what the design pays beside it."""
    lines = (line for line in projection.lines if (line.option, line.month) == (option, 1))
    return sum((line.amount_usd.base for line in lines if line.group is LineGroup.API), Decimal(0))


def test_a_changed_answer_gives_the_new_projection_and_leaves_the_file_alone(project: wiring.Project) -> None:
    before = (project.folder / "maquette.yaml").read_bytes()
    found = project.what_if({"tokens.output_avg": "120", "scale.requests_per_day": 1_000_000})
    # 30.4 M requests: 1,200 tokens read at a hundredth, 250 fresh at .1, 120 written at .5 dollars a million
    exact = Decimal("30400000") * (Decimal("250") / 10 + Decimal("1200") / 100 + Decimal("120") / 2) / 1_000_000
    assert of_models(found.projection, LUNA) == pytest.approx(exact, abs=Decimal("0.01"))
    assert month(found.before.option(LUNA)) == month(project.view.projection.option(LUNA))
    assert (project.folder / "maquette.yaml").read_bytes() == before
    assert found.changes == {"tokens.output_avg": 120, "scale.requests_per_day": 1_000_000}


def test_derived_facts_follow_and_so_does_what_they_decide(project: wiring.Project) -> None:
    # 500 requests a day are fewer than two in five minutes: the prefix is cold.
    found = project.what_if({"scale.requests_per_day": 500})
    (told,) = [one for one in found.projection.assumptions if one.name.startswith(LUNA) and "cache" in one.name]
    assert told.value == "0 %"


def test_the_difference_is_that_of_the_totals(project: wiring.Project) -> None:
    found = project.what_if({"tokens.output_avg": 90})
    for difference in found.differences:
        was, now = found.before.option(difference.a), found.projection.option(difference.b)
        assert was is not None
        assert now is not None
        assert was.total_usd is not None
        assert now.total_usd is not None
        assert difference.difference_usd == now.total_usd.base - was.total_usd.base
        (output,) = [line for line in difference.lines if line.name == "output"]
        assert output.quantity_usd == pytest.approx(output.difference_usd, abs=Decimal("0.0001"))
        assert sum(line.difference_usd for line in difference.lines) == difference.difference_usd


def test_unknown_and_taken_back_are_answers_too(project: wiring.Project) -> None:
    wider = project.what_if({"scale.growth_pct_month": "unknown"}).projection.option(LUNA)
    assert wider is not None
    assert wider.last_month_usd is not None
    assert wider.last_month_usd.low < wider.last_month_usd.base
    without = project.what_if({"tokens.shared_prefix": ""}).projection
    assert of_models(without, LUNA) == Decimal("26600.000000")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tokens.outputavg": "5"}, "is no question"),
        ({"tokens.output_avg": "many"}, "is not a number"),
        ({"scale.growth_pct_month": 1000}, "would bring more than"),
        ({"evaluation.dataset": "x.jsonl"}, "is no question"),
    ],
)
def test_what_is_no_answer_is_refused(project: wiring.Project, changes: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        project.what_if(changes)


def test_losing_an_answer_that_is_needed_says_so(project: wiring.Project) -> None:
    found = project.what_if({"scale.requests_per_day": None})
    assert {option.unpriced for option in found.projection.options} == {("scale.requests_per_day is not answered",)}
    assert found.differences == ()


def test_the_view_draws_and_flips_what_it_projects(project: wiring.Project) -> None:
    drawn = drawn_costs(project.view.cost_inputs, count=1000)
    assert {option.option for option in drawn.options} == {LUNA, HAIKU}
    assert drawn.budget_usd_month == 15_000
    sentences = [one.sentence for one in crossings(project.view, project.questions)]
    # 1,024 tokens are the least that the provider caches; the architect's plan breaks below.
    assert "at and below 1,023 tokens of shared prefix gpt-6-luna passes the budget of $15,000" in sentences


def test_a_check_takes_the_decision_or_the_cheapest(project: wiring.Project) -> None:
    assert option_to_check(project.view, None) == project.view.projection.options[0].option
    assert option_to_check(project.view, HAIKU) == HAIKU
    with pytest.raises(NotFound, match="is not among the options"):
        option_to_check(project.view, "nobody")
    project.decide(model=HAIKU, because="it caches sooner")
    assert option_to_check(opened(project.folder).view, None) == HAIKU
