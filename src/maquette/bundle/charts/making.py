"""Which charts a bundle has: each from what is known, none where it would show nothing."""

from collections.abc import Callable, Mapping

from maquette.bundle.charts import capacity, cost, quality
from maquette.bundle.charts.canvas import Chart, svg
from maquette.bundle.documents.seen import Seen
from maquette.bundle.plan import FileSpec

FOLDER = "docs/charts"

CHARTS: tuple[Callable[[Seen], Chart | None], ...] = (
    quality.pareto,
    quality.scores,
    capacity.account_limit,
    capacity.machine_limit,
    cost.month_band,
    cost.groups_by_month,
    cost.drivers,
    cost.levers,
)


def charts(seen: Seen) -> tuple[Chart, ...]:
    """Every chart that there is something for."""
    return tuple(chart for make in CHARTS if (chart := make(seen)) is not None)


def charts_view(made: tuple[Chart, ...]) -> dict[str, Mapping[str, str]]:
    """By name: the file as a document beside the folder names it, and the key figures in words."""
    return {chart.name: {"beside": path_of(chart).removeprefix("docs/"), "alt": chart.alt} for chart in made}


def chart_files(made: tuple[Chart, ...]) -> list[tuple[FileSpec, str]]:
    """The SVG files, each with what it is for."""
    return [(FileSpec(path=path_of(chart), content=svg(chart), template=""), chart.about) for chart in made]


def path_of(chart: Chart) -> str:
    """Where the chart lies in the bundle."""
    return f"{FOLDER}/{chart.name}.svg"
