"""What the bands and a what-if cost, in CPU: twenty designs over three years, and one answer changed."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import process_time

from maquette.cost.drawing import DRAWS, draw_costs
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase
from maquette.foundation.expression import FactValue
from maquette.project.costing import crossings
from tests.cost_world import api, facts, machine, measured, model, prices
from tests.project_world import scenario_project

BUDGET_MS = 1000
WHAT_IF_BUDGET_MS = 50
DESIGNS = 20
MODELS = ["gpt-6-luna", "gpt-6.1-terra", "claude-haiku-5-5", "claude-sonnet-5-5"]

Report = Callable[[str, float, float, str], None]


def designs() -> list[CostOption]:
    """Models by the request, machines by the hour, and cascades."""
    by_request = [
        api(f"api {number}", measured(calls_made=100 + number), fresh="1", cached="0.1", written="1.25", output="4")
        for number in range(12)
    ]
    machines = [machine(f"own {number}", throughput_per_s=1 + number) for number in range(4)]
    share = ByCase(low=Decimal("0.05"), base=Decimal("0.12"), high=Decimal("0.3"))
    cascades = [
        CostOption(
            name=f"cascade {number}",
            card=model("small", prices(fresh="0.1", output="0.5")),
            escalates_to=model("large", prices(fresh="2", output="10")),
            escalation=share,
        )
        for number in range(4)
    ]
    return [*by_request, *machines, *cascades]


def workload() -> dict[str, FactValue]:
    return facts(
        unknown=frozenset({"scale.growth_pct_month"}),
        scale__requests_per_day=86_400,
        tokens__shared_prefix=1500,
        tokens__output_max=400,
        budget__monthly_usd=4000,
        lifecycle__horizon_months=36,
    )


def test_cpu_of_drawing_twenty_designs_over_three_years(report_ratio: Report) -> None:
    given, options = workload(), designs()
    draw_costs(facts=given, options=options[:1], count=1000)  # loads numpy

    started = process_time()
    drawn = draw_costs(facts=given, options=options)
    spent = 1000 * (process_time() - started)

    assert (len(drawn.options), len(drawn.options[0].months), drawn.count) == (DESIGNS, 36, DRAWS)
    report_ratio(f"{DESIGNS} designs, 36 months, {DRAWS:,} draws", spent, BUDGET_MS, "ms of CPU")


def test_cpu_of_one_answer_changed(tmp_path: Path, report_ratio: Report) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": MODELS})
    project.what_if({"tokens.output_avg": 50})

    started = process_time()
    for length in range(100, 120):
        project.what_if({"tokens.output_avg": length, "lifecycle.horizon_months": 36})
    spent = 1000 * (process_time() - started) / 20

    report_ratio(f"what-if over {len(MODELS)} models, 36 months", spent, WHAT_IF_BUDGET_MS, "ms of CPU")


def test_cpu_of_finding_flips(tmp_path: Path, report_ratio: Report) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": MODELS})

    started = process_time()
    found = crossings(project.view, project.questions)

    report_ratio(f"{len(found)} flips of {len(MODELS)} models", 1000 * (process_time() - started), 2000, "ms of CPU")
