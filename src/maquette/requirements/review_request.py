"""A review request of four keys (providers, expected_rps, latency_sla_ms, monthly_budget) as answers to the questions.

The keys are those that reviewers of a design send; each becomes one answer, checked by the question that it answers.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from maquette.foundation.problems import InvalidInput, Place, Problem, raise_all
from maquette.foundation.units import SECONDS_PER_DAY
from maquette.foundation.wording import listed, shown, suggestion

ANSWERS: Mapping[str, str] = {
    "providers": "providers.allowed",
    "expected_rps": "scale.requests_per_day",
    "latency_sla_ms": "latency.p95_ms",
    "monthly_budget": "budget.monthly_usd",
}
"""Key of the request to the question that it answers."""


def is_review_request(data: Mapping[str, Any]) -> bool:
    """Whether the file is such a request: it has one of its keys and no section of a project's file."""
    return "requirements" not in data and bool(ANSWERS.keys() & data.keys())


def requirements_of(data: Mapping[str, Any], *, file: str) -> dict[str, dict[str, Any]]:
    """The raw answers: section to field to value. Requests a second, on average over the day, become requests a day.

    Raises:
        InvalidInput, SeveralProblems: A key is not one of the four or is missing, or the rate is no number.
    """
    problems: list[Problem] = []
    for key in data:
        if key not in ANSWERS:
            fix = suggestion(str(key), ANSWERS) or f"The keys are {listed(ANSWERS)}."
            problems.append(InvalidInput(f"{shown(key)} is no key of a review request", fix=fix, place=_at(file, key)))
    for key in ANSWERS:
        if key not in data:
            fix = f"Give it, or null while nobody knows. The keys are {listed(ANSWERS)}."
            problems.append(InvalidInput(f"{key} is missing", fix=fix, place=_at(file, key)))
    raise_all(problems)
    found: dict[str, dict[str, Any]] = {}
    for key, question in ANSWERS.items():
        section, _, field = question.partition(".")
        value = _a_day(data[key], _at(file, key)) if key == "expected_rps" else data[key]
        if value is not None:
            found.setdefault(section, {})[field] = value
    return found


def _at(file: str, key: object) -> Place:
    return Place(file=file, field=str(key))


def _a_day(rate: Any, place: Place) -> int | float | None:
    """Requests a day at that rate around the clock, exactly."""
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < float("inf"):
        raise InvalidInput(f"{shown(rate)} is no rate", fix="Write requests a second as a number.", place=place)
    daily = Decimal(str(rate)) * SECONDS_PER_DAY
    return int(daily) if daily == daily.to_integral_value() else float(daily)
