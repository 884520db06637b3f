"""The fields of the cost card: a value tried shows what it changes, and the project stays as it is."""

from html import escape
from pathlib import Path

from maquette.foundation.units import readable_usd
from maquette_widgets import cards
from tests.project_world import scenario_project


def test_a_value_tried_in_the_card_shows_the_difference(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings(
        {
            "shortlist.chosen": ["gpt-6-luna"],
            "cost.logging.service": "none",  # so that the model's own lines are what changes
            "cost.evaluation.runs_per_month": 0,
        }
    )
    before = (project.folder / "maquette.yaml").read_bytes()
    box = cards(project).cost.live
    assert box.fields["tokens.output_avg"].placeholder == "60 now"
    box.fields["tokens.output_avg"].value = "120"
    # 60 tokens more at half a dollar a million: 4,560 dollars in month 1, 14.192 times that in a year of 3 % a month.
    # The classifier passes 12 % of them on, and answers that stay in the US cost 1.1 times as much: 64,716 * 0.132.
    # 200 examples * 30 requests of the first evaluation have them too: 6,000 * 0.00003.
    found = "gpt-6-luna: $40,229 -&gt; $48,772, +$8,543: output, in us +$8,542, evaluate gpt-6-luna +$0.180"
    assert found in box.tried.value
    assert "project.what_if({&#x27;tokens.output_avg&#x27;: &#x27;120&#x27;})" in box.frame.code.value
    box.fields["tokens.output_avg"].value = "many"
    assert "is not a number" in box.frame.message.value
    box.fields["tokens.output_avg"].value = ""
    assert box.tried.value == ""
    assert (project.folder / "maquette.yaml").read_bytes() == before


def test_the_card_draws_the_band_and_the_drivers_on_this_machine(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": ["gpt-6-luna", "gpt-6.1-terra"]})
    drawn = cards(project).cost.live.chart.value
    assert drawn.count("<svg") == 2
    assert "p50 in its p10 to p90" in drawn
    assert "What drives gpt-6-luna" in drawn
    assert "budget $15,000" in drawn


def test_what_stays_in_the_notebook_has_bands_drivers_and_what_is_left_out(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": ["gpt-6-luna"]})
    twin = cards(project).cost.twin()
    (option,) = project.view.drawn_costs.options
    total = " - ".join(readable_usd(one) for one in (option.total.p10, option.total.p50, option.total.p90))
    assert f">{total}</td>" in twin
    assert "what drives gpt-6-luna" in twin
    for driver in option.drivers:
        assert f">{escape(driver.input.removeprefix('gpt-6-luna: '))}</td>" in twin
    for left_out in project.view.projection.left_out:
        assert f"<li>left out: {escape(left_out)}</li>" in twin


def test_without_a_price_the_card_has_no_chart_and_says_why(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    assert "no model is chosen to project" in cards(project).cost.twin()
    assert cards(project).cost.live.chart.value == ""
    project.set_settings({"shortlist.chosen": ["gpt-6-luna"], "requirements.scale.requests_per_day": "unknown"})
    card = cards(project).cost
    assert "scale.requests_per_day is not answered" in card.twin()
    assert card.live.chart.value == ""
