"""What loading the whole catalog costs a fresh process, after a first one has filled the cache."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench.test_startup import ENVIRONMENT

RUNS = 5
TIMED = """
from time import process_time
started = process_time()
from maquette.catalogs import load_catalog
imported = process_time()
catalog = load_catalog()
loaded = process_time()
catalog = load_catalog()
print(1000 * (imported - started), 1000 * (loaded - imported), 1000 * (process_time() - loaded), len(catalog.cards))
"""
Report = Callable[[str, float, float, str], None]


def timed(cache: Path) -> list[float]:
    """CPU in milliseconds of the imports, of loading, and of loading again; then the number of cards."""
    environment = {**ENVIRONMENT, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run([sys.executable, "-c", TIMED], env=environment, capture_output=True, text=True, check=True)
    return [float(figure) for figure in done.stdout.split()]


def test_cpu_of_loading_the_catalog(tmp_path: Path, report_ratio: Report) -> None:
    _, first, _, cards = timed(tmp_path)
    runs = [timed(tmp_path) for _ in range(RUNS)]
    imports, load, again = (median(run[place] for run in runs) for place in range(3))

    report_ratio(f"the catalog with {cards:.0f} models", load, 150, "ms of CPU")
    report_ratio("its modules, imported before that", imports, 150, "ms of CPU")
    report_ratio("the catalog again in the same process", again, 10, "ms of CPU")
    report_ratio("the catalog for the first time, with its files parsed and checked", first, 3000, "ms of CPU")
