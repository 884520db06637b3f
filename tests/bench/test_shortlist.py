"""What the shortlist costs: the whole catalog filtered, sorted and eased, and the command that shows it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from maquette.adapters.question_files import load_questions
from maquette.catalog.filter_terms import parse
from maquette.catalog.filtering import apply
from maquette.catalog.nearly import nearly
from maquette.catalog.shortlisting import shortlist
from maquette.catalogs import load_catalog
from maquette.requirements.answers import Requirements, known_facts
from tests.bench.test_startup import RUNS, cpu_ms
from tests.project_world import SCENARIOS, TODAY, scenario_project

Report = Callable[[str, float, float, str], None]

EVERYTHING = load_catalog()
SAID: dict[str, Any] = {
    "tokens.input_avg": 900,
    "tokens.output_avg": 60,
    "tokens.input_p99": 24_000,
    "tokens.shared_prefix": 500,
    "scale.requests_per_day": 10_000,
    "budget.monthly_usd": 600,
    "io.output_format": "json",
}
FACTS = known_facts(Requirements(answers=SAID), load_questions())


def milliseconds(work: Callable[[], object]) -> float:
    """CPU of one call, the median of some; the first fills the memory of quotes and is left out."""
    work()
    taken = []
    for _ in range(RUNS):
        started = process_time()
        work()
        taken.append(1000 * (process_time() - started))
    return median(taken)


def test_cpu_of_the_shortlist_over_the_whole_catalog(report_ratio: Report) -> None:
    models = len(EVERYTHING.cards)
    taken = milliseconds(lambda: shortlist(EVERYTHING, FACTS, today=TODAY))
    report_ratio(f"shortlist of {models} models, quotes remembered", taken, 30, "ms of CPU")


def test_cpu_of_the_shortlist_with_prices_that_nobody_asked_for_before(report_ratio: Report) -> None:
    day = 10_000
    taken = []
    for _ in range(RUNS):
        day += 1
        started = process_time()
        shortlist(EVERYTHING, {**FACTS, "tokens.input_avg": day}, today=TODAY)
        taken.append(1000 * (process_time() - started))
    report_ratio("shortlist, every request priced anew", median(taken), 65, "ms of CPU")


def test_cpu_of_what_would_let_more_models_in(report_ratio: Report) -> None:
    taken = milliseconds(lambda: nearly(EVERYTHING, FACTS, TODAY))
    report_ratio("nearly, over the whole catalog", taken, 100, "ms of CPU")


def test_cpu_of_a_filter_line_over_all_entries(report_ratio: Report) -> None:
    candidates = shortlist(EVERYTHING, {}, today=TODAY).candidates
    line = parse("?eu ?json ctx>=8k out$<50 !haiku by:cost top:200")
    taken = milliseconds(lambda: apply(line, candidates))
    report_ratio(f"a filter of six terms over {len(candidates)} candidates", taken, 20, "ms of CPU")


def test_cpu_of_the_command(tmp_path: Path, report_ratio: Report) -> None:
    scenario = sorted(SCENARIOS.glob("*.yaml"))[0].stem
    scenario_project(tmp_path / "p", scenario)
    maquette = Path(sys.executable).with_name("maquette")
    command: list[str | Path] = [maquette, "shortlist", "--project", str(tmp_path / "p")]
    cpu_ms(command)  # fills the caches of the file system and of parsed files
    report_ratio("maquette shortlist", median(cpu_ms(command) for _ in range(RUNS)), 600, "ms of CPU")


def test_cpu_of_the_command_on_the_bare_catalog(tmp_path: Path, report_ratio: Report) -> None:
    maquette = Path(sys.executable).with_name("maquette")
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        taken = median(cpu_ms([maquette, "shortlist", "eu json"]) for _ in range(RUNS))
    finally:
        os.chdir(here)
    report_ratio("maquette shortlist 'eu json' without a project", taken, 600, "ms of CPU")
