"""Benchmarks: every test here prints what it measured beside its budget, and asserts nothing about time.

A clock that fails a test says more about the machine than about the code; read the ratios with `make bench`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all benchmarks, so that they run when they are asked for and not beside the tests."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.bench)


@pytest.fixture
def report_ratio() -> Callable[[str, float, float, str], None]:
    """Print what was measured, its unit, and its ratio to the budget: below 1 is within it."""

    def report(what: str, measured: float, budget: float, unit: str) -> None:
        print(f"\n{what}: {measured:.0f} {unit}, {measured / budget:.2f} of the budget of {budget:.0f} {unit}")

    return report
