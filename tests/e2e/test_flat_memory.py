"""A long run takes no more memory at its end than near its beginning."""

from pathlib import Path

import pytest

from tests.bench.test_evaluation import TRIALS, Forgetful, Instant, measured
from tests.evals_world import World, plan_of


@pytest.mark.slow
def test_memory_stays_flat_over_a_hundred_thousand_trials(tmp_path: Path) -> None:
    world = World(folder=tmp_path, seen=Forgetful())
    _, grown_mib = measured(world, plan_of(TRIALS, concurrency=16), Instant())
    assert grown_mib < 40
