"""What the command line costs before it does anything."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

import pytest

from tests.network_guard.loopback_guard import LOG_VARIABLE

RUNS = 5
# Without the tests' own start-up file, which is not what is measured, and with compiled files kept, as for users.
LEFT_OUT = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", LOG_VARIABLE}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}


def cpu_ms(command: list[str | Path]) -> float:
    """User and system time of one child process in milliseconds; it must succeed."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


@pytest.mark.parametrize(
    ("arguments", "budget_ms"),
    [(["--help"], 150), (["--version"], 150), (["status", "--help"], 250)],
    ids=["help", "version", "help of one command"],
)
def test_cpu_of_the_command_line(
    arguments: list[str], budget_ms: float, report_ratio: Callable[[str, float, float, str], None]
) -> None:
    maquette = Path(sys.executable).with_name("maquette")
    cpu_ms([maquette, *arguments])  # fills the caches of the file system and of Python

    measured = median(cpu_ms([maquette, *arguments]) for _ in range(RUNS))

    report_ratio(f"maquette {' '.join(arguments)}", measured, budget_ms, "ms of CPU")


def test_cpu_of_python_alone(report_ratio: Callable[[str, float, float, str], None]) -> None:
    measured = median(cpu_ms([sys.executable, "-c", "pass"]) for _ in range(RUNS))

    report_ratio("python -c pass, for comparison", measured, 150, "ms of CPU")
