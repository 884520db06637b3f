"""The cost card: the bands of the draws, what drives them, and fields in which other answers are tried."""

from typing import TYPE_CHECKING, Any

from maquette.cost.drawn import DrawnOption
from maquette.cost.projection import CostProjection, OptionCost
from maquette.cost.wording import band_usd, base_sentence, difference_sentences, request_usd
from maquette.foundation.units import readable_usd
from maquette.project import Project
from maquette.project.costing import option_to_check
from maquette_widgets.live import Frame
from maquette_widgets.twins import card_html, list_html, table_html

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card


def cost_twin(project: Project) -> str:
    """Each option with the band of its draws; what drives the first, what is left out, and where the cases lie."""
    view = project.view
    if not view.cost_options:
        return card_html("Cost", "", "no model is chosen to project")
    projection, drawn = view.projection, view.drawn_costs
    rows = [_row(option, drawn.option(option.option)) for option in projection.options]
    limit = "" if drawn.budget_usd_month is None else f", budget {readable_usd(drawn.budget_usd_month)} a month"
    lead = f"{projection.horizon_months} months, prices read {projection.prices_as_of}{limit}"
    headings = ("option", "$/request", "month 1", "last month", "in all", "over budget", "what would change it")
    first = drawn.option(_foremost(project)) if drawn.options else None
    told = [*(text for one in drawn.options if (text := base_sentence(one))), *_left_out(projection)]
    body = table_html(headings, rows) + (_drivers(first) if first else "") + (list_html(told) if told else "")
    return card_html("Cost, p10 - p50 - p90", body, lead)


def charts_html(project: Project) -> str:
    """The band of every option over the months, and what drives the foremost one, as SVGs; empty without a price.

    Raises:
        Unavailable: The libraries for charts are not installed.
    """
    view = project.view
    if not view.cost_options or not view.drawn_costs.options:
        return ""
    from maquette.adapters.cost_charts import band_and_drivers

    return "".join(band_and_drivers(view.projection, view.drawn_costs, option=_foremost(project)).values())


def _foremost(project: Project) -> str:
    """The option that was decided for, or the cheapest with a price."""
    return option_to_check(project.view, None)


def _row(option: OptionCost, drawn: DrawnOption | None) -> tuple[str, ...]:
    bands = (drawn.months[0].usd, drawn.months[-1].usd, drawn.total) if drawn else ()
    over = "" if drawn is None or drawn.ever_over_budget is None else f"{drawn.ever_over_budget * 100:.0f} %"
    return (
        option.option,
        request_usd(option),
        *(map(band_usd, bands) if bands else ("unpriced",) * 3),
        over,
        "; ".join((*option.unpriced, *option.flip)),
    )


def _drivers(option: DrawnOption) -> str:
    rows = [
        (
            one.input.removeprefix(f"{option.option}: "),
            f"{one.low} .. {one.high}",
            f"{readable_usd(one.low_usd)} .. {readable_usd(one.high_usd)}",
            "" if one.share is None else f"{one.share * 100:.0f} %",
        )
        for one in option.drivers
    ]
    headings = (f"what drives {option.option}", "p10 .. p90", "USD of the average month", "of the variance")
    return table_html(headings, rows) if rows else ""


def _left_out(projection: CostProjection) -> list[str]:
    return [f"left out: {one}" for one in projection.left_out]


def cost(card: "Card") -> Any:
    """The projection with its band and its drivers as charts, and fields to try other answers."""
    import ipywidgets as w

    frame = Frame(card)
    chart = w.HTML()

    def draw() -> None:
        chart.value = charts_html(card.project)

    frame.attempt(draw)
    accept = frame.button("Accept", card.project.accept_cost)
    trying, fields, tried = _what_if(frame)
    box = frame.box(w.HBox([frame.button("Charts", draw), accept]), trying, chart)
    box.chart, box.fields, box.tried = chart, fields, tried
    return box


TRIED = (
    "scale.requests_per_day",
    "scale.growth_pct_month",
    "tokens.input_avg",
    "tokens.output_avg",
    "tokens.shared_prefix",
)
"""The answers that the cost card lets one try."""


def _what_if(frame: Frame) -> tuple[Any, dict[str, Any], Any]:
    """A field for each of `TRIED`, and what the values in them change; the project stays as it is."""
    import ipywidgets as w

    project, tried = frame.card.project, w.HTML()
    style = {"style": {"description_width": "14em"}, "layout": {"width": "24em"}}
    fields = {
        name: w.Text(description=f"what if {name}", placeholder=_now(project, name), continuous_update=False, **style)
        for name in TRIED
    }

    def show(_: object) -> None:
        changes: dict[str, object] = {name: field.value for name, field in fields.items() if field.value.strip()}
        if not changes:
            tried.value = ""
            return
        found = project.what_if(changes)
        tried.value = list_html(difference_sentences(found.differences))
        frame.show_code(f"project.what_if({changes!r})")

    for field in fields.values():
        field.observe(lambda change: frame.attempt(lambda: show(change)), names="value")
    return w.VBox([*fields.values(), tried]), fields, tried


def _now(project: Project, name: str) -> str:
    value = project.view.facts.get(name)
    return "not answered" if value is None else f"{value} now"
