"""Intervals of a rate against SciPy's own, which the program does not load: an export would take a third longer."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from maquette.evals.statistics.proportions import clopper_pearson, highest_rate, wilson

COUNTS = st.integers(1, 5000).flatmap(lambda scored: st.tuples(st.integers(0, scored), st.just(scored)))


@given(COUNTS)
def test_intervals_of_a_rate_are_those_of_scipy(counts: tuple[int, int]) -> None:
    right, scored = counts
    theirs = binomtest(right, scored).proportion_ci(0.95, method="wilson")
    ours = wilson(right, scored)
    assert (ours.low, ours.high) == (float(theirs.low), float(theirs.high))
    exact = binomtest(right, scored).proportion_ci(0.95, method="exact")
    found = clopper_pearson(right, scored)
    assert [found.low, found.high] == pytest.approx([exact.low, exact.high], abs=1e-9)
    one_sided = binomtest(right, scored, alternative="less").proportion_ci(0.95)
    assert highest_rate(right, scored) == pytest.approx(one_sided.high, abs=1e-9)


@pytest.mark.parametrize("counts", [(1, 0), (-1, 5), (6, 5)])
def test_a_share_that_is_none_is_refused(counts: tuple[int, int]) -> None:
    for interval in (wilson, clopper_pearson, highest_rate):
        with pytest.raises(ValueError, match="no share"):
            interval(*counts)


def test_no_hits_need_no_scipy_at_all() -> None:
    said = "from maquette.evals.statistics.proportions import highest_rate, wilson\nimport sys\n"
    said += "print(round(highest_rate(0, 60), 4), round(wilson(57, 60).low, 3), 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0.0487", "0.863", "False"]
