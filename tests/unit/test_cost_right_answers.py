"""What one right answer costs: wrong answers are paid for as well."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.cli.text import right_answer_words
from maquette.cost.projection import CostProjection
from maquette.evals.run import Interval, TargetResult
from tests.cost_world import api, measured, project
from tests.unit.test_cost_projection import warm


def scored(name: str, score: float, low: float, high: float) -> TargetResult:
    return replace(measured(name), score=score, interval=Interval(low=low, high=high))


def projected(*of: tuple[str, str, TargetResult | None]) -> CostProjection:
    """Models at so many dollars for a million tokens of an answer."""
    return project(warm(0), *(api(name, result, output=usd) for name, usd, result in of))


def test_a_right_answer_costs_a_request_over_the_share_of_right_ones() -> None:
    found = projected(("m", "4", scored("m", 0.8, 0.5, 1.0))).options[0]
    assert found.usd_per_request is not None
    assert found.usd_per_right_answer is not None
    assert found.usd_per_right_answer.low == found.usd_per_request
    assert found.usd_per_right_answer.base == pytest.approx(found.usd_per_request / Decimal("0.8"))
    assert found.usd_per_right_answer.high == pytest.approx(2 * found.usd_per_request)


@pytest.mark.parametrize("result", [None, scored("m", 0.0, 0.0, 0.04), scored("m", 0.1, 0.0, 0.3)])
def test_without_a_sure_right_answer_it_has_no_price(result: TargetResult | None) -> None:
    assert projected(("m", "4", result)).options[0].usd_per_right_answer is None


def test_the_cheapest_request_is_not_always_the_cheapest_right_answer() -> None:
    cheap_but_wrong, dear_but_right = scored("cheap", 0.2, 0.15, 0.26), scored("dear", 0.95, 0.9, 0.98)
    words = list(right_answer_words(projected(("cheap", "4", cheap_but_wrong), ("dear", "6", dear_but_right))))
    assert words[-1] == "By right answers dear is cheapest, not cheap."
    assert len(words) == 3
    agreed = right_answer_words(projected(("cheap", "4", dear_but_right), ("dear", "6", dear_but_right)))
    assert not any("not" in sentence for sentence in agreed)
