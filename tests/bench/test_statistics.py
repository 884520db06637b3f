"""What a comparison costs, in CPU: two models over ten thousand items, right or wrong, graded, and in clusters."""

from collections.abc import Callable
from time import process_time

import numpy as np
import pytest

from maquette.evals.comparing import Scores, compare

ITEMS = 10_000
BUDGET_MS = 500
IDS = [f"e{number}" for number in range(ITEMS)]
STRATA = {id_: f"s{number % 6}" for number, id_ in enumerate(IDS)}
DOCUMENTS = {id_: f"d{number // 7}" for number, id_ in enumerate(IDS)}

Report = Callable[[str, float, float, str], None]


def graded(targets: int) -> dict[str, Scores]:
    random = np.random.default_rng(1)
    ease = random.random(ITEMS)
    rows = (np.clip(ease + random.normal(0, 0.1, ITEMS), 0, 1).tolist() for _ in range(targets))
    return {f"m{target}": dict(zip(IDS, row, strict=True)) for target, row in enumerate(rows)}


def binary(targets: int) -> dict[str, Scores]:
    random = np.random.default_rng(2)
    return {
        f"m{target}": dict(zip(IDS, (random.random(ITEMS) < 0.9).astype(float).tolist(), strict=True))
        for target in range(targets)
    }


@pytest.mark.parametrize(
    ("name", "scores", "clusters"),
    [
        ("right or wrong", binary(2), {}),
        ("graded", graded(2), {}),
        ("graded, in documents", graded(2), DOCUMENTS),
    ],
    ids=["binary", "graded", "clusters"],
)
def test_cpu_of_comparing_two_models_over_ten_thousand_items(
    name: str, scores: dict[str, Scores], clusters: dict[str, str], report_ratio: Report
) -> None:
    compare({target: dict(list(own.items())[:200]) for target, own in scores.items()})  # loads numpy and scipy

    started = process_time()
    compare(scores, strata=STRATA, clusters=clusters)

    report_ratio(f"two models, {name}, 6 slices", 1000 * (process_time() - started), BUDGET_MS, "ms of CPU")


def test_cpu_of_comparing_eight_models_with_a_baseline(report_ratio: Report) -> None:
    scores = binary(8)
    started = process_time()
    compare(scores, baseline="m0", strata=STRATA)

    report_ratio("eight models beside a baseline", 1000 * (process_time() - started), BUDGET_MS, "ms of CPU")
