"""Which break-evens the cost document shows: those that a project could meet."""

from decimal import Decimal

import pytest

from maquette.adapters.question_files import load_questions
from maquette.bundle.documents.cost_model import plausible
from maquette.bundle.figures import FactSheet
from maquette.cost.crossings import Crossing
from maquette.requirements.answers import Requirements


@pytest.mark.parametrize(
    ("fact", "now", "value", "shown"),
    [
        # A prompt is not shorter than the prefix that opens it, nor an answer longer than its cap.
        ("tokens.input_avg", "1450", "1023", False),
        ("tokens.input_avg", "1450", "1200", True),
        ("tokens.output_avg", "60", "121", False),
        ("tokens.output_avg", "60", "120", True),
        # Ten times today's volume may come within the horizon; more is nothing to plan for.
        ("scale.requests_per_day", "400", "4000", True),
        ("scale.requests_per_day", "400", "4001", False),
        # Of nothing there is no multiple.
        ("scale.async_share", "0", "1", True),
        ("scale.async_share", "0.5", "0", False),
    ],
)
def test_a_break_even_is_shown_where_it_can_be_met(fact: str, now: str, value: str, shown: bool) -> None:
    answers = {"tokens.shared_prefix": 1200, "tokens.output_max": 120}
    facts = FactSheet(Requirements(answers=answers), load_questions())
    crossing = Crossing(
        fact=fact,
        name=fact,
        now=Decimal(now),
        value=Decimal(value),
        beside=Decimal(value),
        shown=value,
        from_option="a",
        to_option="b",
    )
    assert plausible(crossing, facts) is shown
