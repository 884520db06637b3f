"""The band on the cost screen: the plot line by line, the option under the cursor, and what Enter shows."""

from decimal import Decimal
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from maquette.cost.drawn import Band, DrawnMonth, Driver
from maquette.foundation.units import readable_usd
from maquette_tui.app import MaquetteApp
from maquette_tui.panels.cost_plot import band_plot, tornado
from maquette_tui.panels.reading import ReadingScreen
from tests.project_world import scenario_project
from tests.tui.test_app import panel_text, settled

LUNA, TERRA = "gpt-6-luna", "gpt-6.1-terra"


def month(number: int, p10: int, p50: int, p90: int) -> DrawnMonth:
    band = Band(p10=Decimal(p10), p50=Decimal(p50), p90=Decimal(p90), error_usd=Decimal(1))
    return DrawnMonth(month=number, usd=band, over_budget=None)


def driver(low: int, high: int) -> Driver:
    return Driver(
        input="x", low="1", high="2", low_usd=Decimal(low), high_usd=Decimal(high), share=None, base_usd=Decimal(50)
    )


def test_a_band_is_drawn_from_zero_with_its_median_and_the_budget() -> None:
    # Of five lines each is 20 dollars: 45 lies in the third, 60 and 85 in the fourth and fifth.
    plot = band_plot([month(1, 25, 45, 60), month(2, 45, 60, 100)], width=60, height=5, budget=Decimal(85))
    assert plot == [
        "  $100 ┤--------",
        "       ┤▒▒▒▒====",
        "$50.00 ┤====▒▒▒▒",
        "       ┤▒▒▒▒",
        " $0.00 ┤",
        "        month 1 month 2   -- budget $85.00",
    ]


def test_a_plot_keeps_its_width_and_leaves_out_months_beyond_it() -> None:
    months = [month(number, 10, 20, 30) for number in range(1, 61)]
    for width in (40, 76, 116):
        assert max(map(len, band_plot(months, width=width, height=4, budget=Decimal(40)))) <= width
    labels = [f"M{number}" for number in range(1, 61)]
    assert band_plot(months, width=40, height=4, labels=labels)[-1].split() == [
        "M1",
        "M32",
    ]  # 40 less 6 for $30.00 and 2 for the axis


def test_costs_of_nothing_and_a_budget_of_nothing_are_drawn_flat() -> None:
    plot = band_plot([month(1, 0, 0, 0)], width=40, height=3, budget=Decimal(0))
    assert plot == ["$0.00 ┤", "$0.00 ┤", "$0.00 ┤====", "       month 1"]


def test_each_input_has_its_place_on_one_scale() -> None:
    assert tornado([driver(0, 100), driver(50, 60), driver(50, 50)], 11) == [
        "▒▒▒▒▒│▒▒▒▒▒",
        "     │▒    ",
        "     │     ",
    ]
    assert tornado([driver(50, 50)], 3) == ["│  "]


async def opened(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await pilot.press("4")
    await settled(pilot)


def app_of(folder: Path, *models: str) -> MaquetteApp:
    project = scenario_project(folder / "p", "b")
    project.set_settings({"shortlist.chosen": list(models)})
    return MaquetteApp(project)


async def test_the_option_under_the_cursor_has_its_band_plot_and_drivers(tmp_path: Path) -> None:
    for size in ((80, 24), (120, 36)):
        app = app_of(tmp_path / f"{size[0]}", LUNA, TERRA)
        async with app.run_test(size=size) as pilot:
            await opened(pilot)
            told = panel_text(app.panel, ".detail")
            assert told.startswith("p10 - p50 - p90: month 1 $")
            assert " of the draws" in told.replace("\n", " ")
            assert "driven by requests" in told
            assert "month 1 " in told
            assert "budget $15,000" in told
            detail = app.panel.query_one(".detail", Static)
            assert len(told.splitlines()) <= detail.size.height
            assert max(map(len, told.splitlines())) <= detail.size.width
            await pilot.press("down")
            await settled(pilot)
            assert panel_text(app.panel, ".detail") != told


def read(app: MaquetteApp) -> str:
    assert isinstance(app.screen, ReadingScreen)
    return "\n".join(str(one.content) for one in app.screen.query(Static))


async def test_enter_reads_the_months_drivers_groups_and_what_is_left_out(tmp_path: Path) -> None:
    app = app_of(tmp_path, LUNA)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await settled(pilot)
        text = read(app)
        assert f"{LUNA}: 10,000 draws, seed 20261121" in text
        assert "less │ more" in text
        (left_out,) = (one for one in app.project.view.projection.left_out if one.startswith("engineering"))
        assert left_out in text
        # The sums of each group of lines, and of all of them.
        line = next(one for one in text.splitlines() if one.startswith("sum "))
        (cost,) = app.project.view.projection.options
        sums = [one.base for one in (cost.first_month_usd, cost.last_month_usd, cost.total_usd) if one is not None]
        assert line.split() == ["sum", *map(readable_usd, sums)]
        assert [one.split()[0] for one in text.splitlines() if one.startswith(("API ", "logging ", "evaluation "))] == [
            "API",
            "logging",
            "evaluation",
        ]
        await pilot.press("escape")
        await settled(pilot)
        assert not isinstance(app.screen, ReadingScreen)


async def test_a_model_without_a_price_says_so_in_place_of_a_band(tmp_path: Path) -> None:
    app = app_of(tmp_path, LUNA)
    app.project.set_answers({"scale.requests_per_day": "unknown"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert panel_text(app.panel, ".detail") == f"{LUNA}: unpriced, scale.requests_per_day is not answered"
        await pilot.press("enter")
        await settled(pilot)
        assert "unpriced: scale.requests_per_day is not answered" in read(app)
