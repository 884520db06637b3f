"""The charts of the documents: where their marks lie, what they say in words, that their labels stay apart."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, pairwise
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.markdown_documents import make_book, make_page
from maquette.bundle.charts import capacity, cost, quality
from maquette.bundle.charts.canvas import WIDTH, Chart, compact, dollars, spaced, svg
from maquette.bundle.charts.making import charts
from maquette.bundle.charts.points import Point, front, pareto_chart
from maquette.bundle.charts.rows import Interval, Span, interval_chart, span_chart
from maquette.bundle.charts.scales import linear, spread
from maquette.bundle.diagrams.measuring import text_width
from maquette.bundle.inputs import ServingPlan
from maquette.bundle.plan import FileSpec
from maquette.bundle.site.model import site_of
from maquette.capacity.sizing import Demand
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption, Driver
from maquette.cost.levers import LeverKind, LeverTable, Step
from maquette.cost.projection import LineGroup
from maquette.cost.reporting import CostFindings
from tests import bundle_world as world
from tests.document_view_world import seen_of
from tests.document_world import scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, TRIAGE
from tests.serving_world import open_card, sized

MODEL = "beta-flash"


def usd(*amounts: int) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def months(*bands: tuple[int, int, int]) -> tuple[DrawnMonth, ...]:
    return tuple(
        DrawnMonth(
            month=place,
            usd=Band(p10=Decimal(p10), p50=Decimal(p50), p90=Decimal(p90), error_usd=Decimal(0)),
            over_budget=Decimal(0),
        )
        for place, (p10, p50, p90) in enumerate(bands, start=1)
    )


def findings(
    *, budget: int | None = 600, drivers: tuple[Driver, ...] = (), steps: tuple[Step, ...] = ()
) -> CostFindings:
    """Draws of two months, and levers on a first month of $500."""
    drawn = DrawnOption(
        option=MODEL, months=months((100, 200, 500), (200, 400, 800)), total=months((300, 600, 1300))[0].usd,
        ever_over_budget=None, drivers=drivers,
    )  # fmt: skip
    ceiling = None if budget is None else Decimal(budget)
    levers = LeverTable(
        option=MODEL, today_usd=Decimal(500), requests_month=Decimal(1000), budget_usd_month=ceiling, levers=(),
        steps=steps,
    )  # fmt: skip
    projection = replace(world.projection(world.option_cost(MODEL, "500")), budget_usd_month=ceiling, horizon_months=2)
    return CostFindings(
        name="demo", option=MODEL, decided=True, projection=projection,
        drawn=Drawn(
            options=(drawn,), inputs=(), horizon_months=2, budget_usd_month=ceiling, count=10_000, seed=1
        ),
        crossings=(), assumed=(), levers=levers,
    )  # fmt: skip


def with_costs(found: CostFindings) -> Chart | None:
    return cost.month_band(seen_of(world.inputs(projection=found.projection, costs=found)))


def elements(chart: Chart | None, role: str) -> list[Xml.Element]:
    assert chart is not None
    return [one for one in Xml.fromstring(svg(chart)).iter() if one.get("class") == role]


def numbers(element: Xml.Element) -> list[float]:
    return [float(one) for one in re.findall(r"-?[\d.]+", element.get("d", ""))]


# -- scales -------------------------------------------------------------------------------------------------------


def test_an_axis_has_round_ticks_from_nothing_to_beyond_the_highest() -> None:
    scale = linear([Decimal(37), Decimal(1290)], start=210, end=0)
    assert scale.ticks == usd(0, 500, 1000, 1500)
    assert (scale.at(Decimal(0)), scale.at(Decimal(750)), scale.at(Decimal(1500))) == (210, 105, 0)
    shares = linear([Decimal("0.93"), Decimal("0.995")], start=0, end=100, zero=False, cap=Decimal(1))
    assert shares.ticks[0] == Decimal("0.92")
    assert shares.ticks[-1] == 1


def test_prices_that_lie_far_apart_stand_on_a_logarithmic_axis_and_near_ones_do_not() -> None:
    far = spread([Decimal("0.4"), Decimal(30)], start=0, end=100)
    assert (far.log, far.ticks) == (True, tuple(map(Decimal, ("0.2", "0.5", "1", "2", "5", "10", "20", "50"))))
    assert far.at(Decimal("0.2")) == 0
    assert far.at(Decimal("3.1622776601683793")) == pytest.approx(50)  # the middle between 0.2 and 50
    assert not spread([Decimal(2), Decimal(30)], start=0, end=100).log


@given(st.lists(st.decimals("0", "1e9", places=2), min_size=1, max_size=8), st.booleans())
def test_every_value_lies_within_few_rising_ticks(values: list[Decimal], zero: bool) -> None:
    scale = linear(values, start=0, end=100, zero=zero)
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert 2 <= len(scale.ticks) <= 8
    assert scale.low <= min(values) <= max(values) <= scale.high


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8).map(sorted))
def test_labels_beside_a_chart_are_pushed_apart_and_stay_in_order(places: list[float]) -> None:
    found = list(spaced(places, 20, 0, 200))
    assert all(after - before >= 20 - 1e-9 for before, after in pairwise(found))
    assert found[-1] <= 200


def test_numbers_of_an_axis_are_short() -> None:
    assert [compact(Decimal(one)) for one in ("0", "2.5", "950", "1250", "40000", "58000000")] == [
        "0", "2.5", "950", "1.25k", "40k", "58M",
    ]  # fmt: skip
    assert dollars(Decimal("-1500")) == "-$1.5k"


# -- cost ---------------------------------------------------------------------------------------------------------


def test_the_band_of_a_month_lies_where_its_draws_do_and_the_ceiling_across() -> None:
    chart = with_costs(findings())
    area, middle, ceiling = (elements(chart, f"chart-{one}")[-1] for one in ("band", "line", "limit"))
    x1, y1, x2, y2, x3, y3, x4, y4 = numbers(area)
    assert (x1, x2) == (x4, x3)
    bottom, top = y4 + (y4 - y1) / 4, y1 - (y4 - y1) * 3 / 4  # $100 to $500 is half of $0 to $800
    assert bottom - top == pytest.approx(210, abs=0.3)
    assert [y2, y3] == pytest.approx([top, bottom - 210 / 4], abs=0.2)
    _, p50, _, later = numbers(middle)
    assert [p50, later] == pytest.approx([bottom - 210 / 4, bottom - 210 / 2], abs=0.2)
    assert numbers(ceiling)[1] == pytest.approx(bottom - 210 * 3 / 4, abs=0.2)
    assert chart is not None
    assert chart.alt == (
        "A month of beta-flash, p10 / p50 / p90: month 1 $100 / $200 / $500, month 2 $200 / $400 / $800;"
        " ceiling $600: p90 passes it from month 2 on"
    )


def test_a_ceiling_far_above_every_month_is_told_and_not_drawn() -> None:
    chart = with_costs(findings(budget=25_000))
    assert [one.text for one in Xml.fromstring(svg(chart)).iter() if one.text and "far above" in one.text] == [  # type: ignore[arg-type]  # there is one
        "ceiling $25,000 lies far above"
    ]
    assert len(elements(chart, "chart-limit")) == 1  # its sign in the legend
    assert "p90 never passes it" in (chart.alt if chart else "")


def test_nothing_drawn_or_nothing_to_pay_makes_no_chart() -> None:
    assert cost.month_band(seen_of(world.inputs())) is None
    assert charts(seen_of(world.empty_inputs())) == ()


def test_the_months_are_stacked_by_what_they_pay_for() -> None:
    projection = world.projection(world.option_cost(MODEL, "500"))
    line = replace(projection.lines[0], amount_usd=replace(projection.lines[0].amount_usd, base=Decimal(300)))
    logs = replace(line, group=LineGroup.LOGGING, amount_usd=replace(line.amount_usd, base=Decimal(100)))
    later = [replace(one, month=2) for one in (line, logs, logs)]
    found = replace(projection, lines=(line, logs, *later), horizon_months=2)
    chart = cost.groups_by_month(seen_of(world.inputs(projection=found)))
    api, logging = (elements(chart, f"chart-{place}")[1:] for place in (0, 1))  # behind the legend's swatch
    heights = [float(one.get("height", "")) for one in (*api, *logging)]
    assert heights == pytest.approx([210 * share for share in (0.6, 0.6, 0.2, 0.4)], abs=0.2)  # of $500
    assert float(api[0].get("y", "")) == pytest.approx(float(logging[0].get("y", "")) + heights[2], abs=0.2)
    assert chart is not None
    assert chart.alt.endswith("month 1 API $300, logging $100; month 2 API $300, logging $200")
    assert cost.groups_by_month(seen_of(world.inputs(projection=replace(found, lines=(line,))))) is None


def test_a_driver_reaches_from_its_low_to_its_high_month_around_the_expected_one() -> None:
    driver = Driver(
        input="beta-flash: output tokens", low="200", high="900", low_usd=Decimal(400), high_usd=Decimal(1000),
        share=Decimal("0.8"), base_usd=Decimal(600),
    )  # fmt: skip
    found = findings(drivers=(driver,))
    chart = cost.drivers(seen_of(world.inputs(projection=found.projection, costs=found)))
    (less,), (more,) = elements(chart, "chart-less")[1:], elements(chart, "chart-more")[1:]
    assert float(more.get("width", "")) == pytest.approx(2 * float(less.get("width", "")), abs=0.3)
    assert float(less.get("x", "")) + float(less.get("width", "")) == pytest.approx(float(more.get("x", "")), abs=0.2)
    assert chart is not None
    assert chart.alt.endswith("most: output tokens $400 at 200, $1,000 at 900")


def test_levers_take_off_the_first_month_one_behind_the_other() -> None:
    taken = Step(kind=LeverKind.BATCH, before_usd=Decimal(500), after_usd=Decimal(300))
    left_out = Step(kind=LeverKind.ROUTING, before_usd=Decimal(300), after_usd=Decimal(300), skipped="no easy share")
    found = findings(steps=(taken, left_out))
    chart = cost.levers(seen_of(world.inputs(projection=found.projection, costs=found)))
    (saved,) = elements(chart, "chart-less")
    today, rest = elements(chart, "chart-whole")
    assert float(saved.get("width", "")) / float(today.get("width", "")) == pytest.approx(0.4, abs=0.002)
    assert float(rest.get("width", "")) / float(today.get("width", "")) == pytest.approx(0.6, abs=0.002)
    assert chart is not None
    assert chart.alt == (
        "The first month of beta-flash: $500 today, batch -$200, then $300, within the ceiling of $600"
    )
    nothing = findings(steps=(left_out,))
    assert cost.levers(seen_of(world.inputs(projection=nothing.projection, costs=nothing))) is None


# -- quality and capacity -----------------------------------------------------------------------------------------


def test_scores_stand_with_their_intervals_and_only_what_passes_is_filled() -> None:
    chart = quality.scores(seen_of(scenario_inputs(CLINIC)))
    assert chart is not None
    assert chart.alt == (
        "rubric_judge of run r-021, threshold 95 %: open/gpt-oss-120b 98 % (96.1 % to 99 %);"
        " open/gemma-4-31b-it 95.2 % (92.7 % to 96.9 %)"
    )
    assert (len(elements(chart, "chart-dot")), len(elements(chart, "chart-open"))) == (1, 1)


def test_the_front_of_quality_over_cost_leaves_out_what_is_beaten() -> None:
    def point(name: str, price: str, score: str) -> Point:
        return Point(name=name, cost=Decimal(price), score=Decimal(score), low=None, high=None, said="")

    made = [
        point("dear", "3", "0.9"),
        point("cheap", "1", "0.8"),
        point("worse", "2", "0.8"),
        point("best", "4", "0.95"),
    ]
    assert [one.name for one in front(made)] == ["cheap", "dear", "best"]
    chart = quality.pareto(seen_of(scenario_inputs(TRIAGE)))
    assert chart is not None
    assert (
        "gpt-6-luna 94.4 % at $0.00884; claude-haiku-5-5 94.1 % at $0.00884; gpt-6-luna: none beats it on both"
        in chart.alt
    )
    assert quality.pareto(seen_of(scenario_inputs(CLINIC))) is None  # no price of a request on one's own machines


def test_the_demand_grows_past_the_limit_of_the_account_in_the_month_that_the_plan_names() -> None:
    chart, behind = (capacity.account_limit(seen_of(scenario_inputs(name))) for name in (CODER, TRIAGE))
    assert chart is not None
    assert chart.alt.endswith("limit 40,000,000 is passed in month 1; ask from 32,000,000 is passed in month 1")
    assert "45,700,000 tokens/min in month 1" in chart.alt
    assert "5,030,000 tokens/min in month 1" in getattr(behind, "alt", "")  # a classifier passes on 12 % of 41,900,000
    assert capacity.account_limit(seen_of(world.inputs())) is None
    assert capacity.machine_limit(seen_of(world.inputs())) is None


def test_the_demand_grows_past_what_the_replicas_bear() -> None:
    clinic = scenario_inputs(CLINIC)
    model = clinic.decision.choice.model if clinic.decision and clinic.decision.choice else ""
    demand = Demand(rate_per_s=1.75, input_tok=6000, output_tok=700, longest_tok=25_200)
    plan = ServingPlan(sized=sized(open_card()), load="", demand=demand)
    chart = capacity.machine_limit(seen_of(replace(clinic, serving={model: plan})))
    assert chart is not None
    # 3 replicas of 0.686; 1.75 x 1.02^8 = 2.05 passes 2.058 in month 10: 1.75 x 1.02^9 = 2.09
    assert chart.alt == (
        "Requests of the busiest minute against the machines of open/gpt-oss-120b: 1.75 requests/s in month 1,"
        " 2.18 in month 12; 3 replicas: 2.06 is passed in month 10"
    )
    (limit,), (line,) = elements(chart, "chart-limit"), elements(chart, "chart-line")[1:]
    assert numbers(line)[-1] < numbers(limit)[1] < numbers(line)[1]  # it starts below the limit and ends above


# -- every chart --------------------------------------------------------------------------------------------------


def boxes(body: tuple[str, ...]) -> Iterator[tuple[float, float, float, float]]:
    """Where each text stands, as wide as it is at the most."""
    for one in Xml.fromstring(f"<g>{''.join(body)}</g>").iter("text"):
        width, x, y = text_width(one.text or "", 12), float(one.get("x", "")), float(one.get("y", ""))
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[one.get("text-anchor", "start")]
        yield left, y - 10, left + width, y + 2


def overlapping(body: tuple[str, ...]) -> bool:
    return any(
        min(one[2], other[2]) - max(one[0], other[0]) > 0.5 and min(one[3], other[3]) - max(one[1], other[1]) > 0.5
        for one, other in combinations(boxes(body), 2)
    )


NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=70)
SHARES = st.decimals("0", "1", places=3)
PRICES = st.decimals("0.001", "90000", places=3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NAMES, PRICES, SHARES), min_size=1, max_size=9), SHARES)
def test_no_label_of_quality_over_cost_covers_another_or_leaves_the_page(
    found: list[tuple[str, Decimal, Decimal]], limit: Decimal
) -> None:
    made = [
        Point(name=f"{at} {n}", cost=p, score=s, low=None, high=None, said="94.4 %, $1")
        for at, (n, p, s) in enumerate(found)
    ]
    body, height = pareto_chart(
        made,
        cost=dollars,
        share=lambda one: f"{one * 100:f} %",
        names=("score", "USD"),
        limit=(limit, "threshold 93 %"),
    )
    assert not overlapping(body)
    assert all(left >= 0 and right <= WIDTH + 1 and bottom <= height for left, _, right, bottom in boxes(body))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NAMES, PRICES, PRICES), min_size=1, max_size=9), PRICES)
def test_no_label_of_a_row_covers_another_or_leaves_the_page(
    found: list[tuple[str, Decimal, Decimal]], limit: Decimal
) -> None:
    spans = [
        Span(
            name=name,
            start=low,
            end=high,
            role="chart-whole",
            start_words="$90,000",
            end_words="$12",
            split=low,
            note="1 to 2",
        )
        for name, low, high in found
    ]
    body, height = span_chart(spans, shown=dollars, limit=(limit, "ceiling $15,000"), zero=False)
    assert not overlapping(body)
    assert all(left >= 0 and right <= WIDTH + 1 and bottom <= height for left, _, right, bottom in boxes(body))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NAMES, SHARES), min_size=1, max_size=9), SHARES)
def test_no_label_of_a_score_covers_another_or_leaves_the_page(
    found: list[tuple[str, Decimal]], limit: Decimal
) -> None:
    rows = [Interval(name=n, value=s, low=s / 2, high=s, said="94.4 % (93.8 % to 95 %)", passes=True) for n, s in found]
    body, _ = interval_chart(rows, limit=(limit, "threshold 93 %"))
    assert not overlapping(body)
    assert all(left >= 0 and right <= WIDTH + 1 for left, _, right, _ in boxes(body))


def test_a_name_in_a_chart_is_text_and_never_markup() -> None:
    hostile = '</text><script>alert(1)</script>"&'
    chart = Chart(name="x", title=hostile, alt=hostile, about="", height=100, body=())
    tree = Xml.fromstring(svg(chart))
    assert {one.tag.rpartition("}")[2] for one in tree.iter()} == {"svg", "title", "desc", "style", "rect", "text"}
    assert [one.text for one in tree.iter() if one.tag.endswith("}desc")] == [hostile]


@pytest.mark.parametrize(
    ("document", "heading", "name"),
    [
        ("docs/03-model-selection.md", "## Results side by side", "selection-pareto"),
        ("docs/04-evaluation-plan.md", "## Results to date", "evaluation-scores"),
        ("docs/05-capacity-plan.md", "## Limits of the providers' accounts", "capacity-account"),
    ],
)
def test_a_chart_stands_in_the_section_of_its_figures(document: str, heading: str, name: str) -> None:
    texts = scenario_texts(TRIAGE)
    section = next(
        part for part in re.split(r"^(?=## )", texts[document], flags=re.MULTILINE) if part.startswith(heading)
    )
    shown = re.search(rf"^!\[(.+)\]\(charts/{name}\.svg\)$", section, re.MULTILINE)
    assert shown is not None
    assert Xml.fromstring(texts[f"docs/charts/{name}.svg"]).get("role") == "img"
    assert re.search(r"\[[ᵐᶜᵉʳᵃ]\]\(", section)  # the table of the same figures, each with its source


def test_every_chart_file_is_shown_in_exactly_one_document_and_listed_in_the_readme() -> None:
    for name in (TRIAGE, CLINIC):
        texts = scenario_texts(name)
        files = {path for path in texts if path.startswith("docs/charts/")}
        documents = "\n".join(text for path, text in texts.items() if path.startswith("docs/") and path.endswith(".md"))
        shown = re.findall(r"!\[[^\n]*\]\((charts/[a-z-]+\.svg)\)", documents)
        assert sorted(f"docs/{one}" for one in shown) == sorted(files)
        assert files
        assert all(f"[{path}]({path})" in texts["README.md"] for path in files)


def test_the_page_and_the_book_draw_each_chart_where_its_document_shows_it() -> None:
    wanted_files = re.compile(r"docs/(0[345]-|charts/|diagrams/context)")
    texts = {path: text for path, text in scenario_texts(TRIAGE).items() if wanted_files.match(path)}
    files = [FileSpec(path=path, content=text, template="") for path, text in texts.items()]
    site = site_of(scenario_inputs(TRIAGE), files)
    page, book = make_page(site), make_book(site)
    for one in (one for one in site.drawings if one.path.startswith("docs/charts/")):
        assert page.count(f'<figure class="drawing" id="{one.id}">') == 1
        assert book.count(f'#label("{one.id}")') == 1
    scores = page.index('id="docs-charts-evaluation-scores"')
    assert page.index("Results to date</h2>") < scores < page.index('id="docs-05-capacity-plan"')
    assert "<p><figure" not in page
    assert all(name in page.split("</style>")[0] for name in (".chart-band", ".box"))  # charts' beside diagrams'
