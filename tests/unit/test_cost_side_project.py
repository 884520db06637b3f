"""A project's side costs: what its answers, its rules and its settings bring into the projection."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from maquette import wiring
from maquette.cost.projection import CostProjection
from maquette.cost.side_settings import CostSettings, CurrencySetting, PriceChangeSetting
from maquette.project.side_costs import calendar_of, currency_of, side_costs
from maquette.project.view import View
from tests.project_world import TODAY, opened
from tests.side_world import always, line, names

MODEL = "gpt-4.1-mini"
ANSWERS: Mapping[str, Any] = {
    "scale": {"requests_per_day": 1000, "growth_pct_month": 0},
    "tokens": {"input_avg": 2000, "output_avg": 100, "output_max": 100, "input_p99": 2000},
    "data": {"eval_examples": 200},
    "lifecycle": {"horizon_months": 12, "change_cadence": "monthly"},
    "logging": {"content_allowed": True, "retention_days": 90},
    "team": {"hourly_rate_usd": 120},
}
RAG = {"knowledge": {"need": "changing", "corpus_tokens": 10_000_000, "change_freq": "yearly"}}


def project(folder: Path, *, cost: Mapping[str, Any] | None = None, **answers: Any) -> wiring.Project:
    """A project with one API model chosen."""
    extra: dict[str, Any] = {"shortlist": {"chosen": [MODEL]}}
    if cost is not None:
        extra["cost"] = dict(cost)
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "answers.yaml"
    source.write_text(json.dumps({"requirements": {**ANSWERS, **answers}}), encoding="utf-8")
    wiring.new_project(folder / "p", source=source, extra=extra)
    return opened(folder / "p")


def view_of(folder: Path, **said: Any) -> View:
    return project(folder, **said).view


def first_month(projection: CostProjection) -> Decimal:
    found = projection.options[0].first_month_usd
    assert found is not None
    return found.base


def test_a_plain_project_pays_logs_and_evaluations_and_is_told_what_is_missing(tmp_path: Path) -> None:
    found = side_costs(view_of(tmp_path))
    assert names(found) == [
        "logs, ingestion",
        "logs, storage",
        f"evaluate {MODEL}",
        f"evaluate {MODEL} again",
    ]
    assert line(found, f"evaluate {MODEL}").fixed == always("200")
    assert any("engineering" in one for one in found.left_out)


def test_side_lines_are_in_the_projection(tmp_path: Path) -> None:
    # Without logs and evaluations the first month is 8 hours of 120 USD dearer with people than without.
    quiet = {"logging": {"service": "none"}, "evaluation": {"runs_per_month": 0}}
    people = {"build_hours": 8, "upkeep_hours_month": 0}
    without = view_of(tmp_path / "a", cost=quiet)
    with_them = view_of(tmp_path / "b", cost={**quiet, "people": people})
    assert first_month(with_them.projection) - first_month(without.projection) == 960
    assert with_them.cost_basis != without.cost_basis


def test_a_corpus_beyond_any_window_brings_retrieval_by_the_rules(tmp_path: Path) -> None:
    found = side_costs(view_of(tmp_path, **RAG))
    assert {"embed the knowledge", "embed what changes", "vector store, storage", "embed searches"} <= set(names(found))


def test_a_small_corpus_goes_into_the_prompt_and_brings_none(tmp_path: Path) -> None:
    small = {"knowledge": {"need": "changing", "corpus_tokens": 20_000}}
    assert "embed the knowledge" not in names(side_costs(view_of(tmp_path, **small)))


def test_what_would_change_with_an_answer_holds_for_side_lines_too(tmp_path: Path) -> None:
    # Twice the examples: 200 more at 2,000 * 0.4 and 100 * 1.6 dollars a million, which is 0.00096 USD each.
    made = project(tmp_path, cost={"logging": {"service": "none"}})
    found = made.what_if({"data.eval_examples": "400"})
    assert first_month(found.projection) - first_month(found.before) == Decimal("0.192")


def test_hours_that_are_said_make_the_rule_about_engineering_hold(tmp_path: Path) -> None:
    people = {"build_hours": 0, "upkeep_hours_month": 0}
    looked_at = {"computed_from": "something"}
    said = view_of(tmp_path / "a", cost={**looked_at, "people": people})
    silent = view_of(tmp_path / "b", cost=looked_at)
    assert said.rule_facts["cost.engineering_included"] is True
    assert silent.rule_facts.get("cost.engineering_included") is not True


def test_a_model_that_retires_is_moved_away_from_in_its_own_option(tmp_path: Path) -> None:
    view = view_of(tmp_path, cost={"launch": date(2027, 1, 1), "people": {"migration_hours": 10}})
    card = view.catalog.cards[MODEL]
    moved = {name: replace(one, retires_on=date(2027, 2, 1)) for name, one in {MODEL: card}.items()}
    view.__dict__["cards_by_option"] = moved
    (option,) = view.cost_options
    assert names(option.side) == ["evaluate a successor", "migration"]
    assert line(option.side, "migration").from_month == 2


def test_the_calendar_and_the_currency_are_what_the_section_says() -> None:
    settings = CostSettings(
        launch=date(2027, 3, 1),
        price_changes=(PriceChangeSetting(since=date(2027, 6, 15), percent=Decimal(-20), of="openai"),),
        currency=CurrencySetting(code="EUR", usd_per_unit=Decimal("1.08"), as_of=TODAY),
    )
    calendar, currency = calendar_of(settings, TODAY), currency_of(settings)
    assert [(one.match, one.from_month, one.factor) for one in calendar.price_changes] == [
        ("openai", 4, Decimal("0.8"))
    ]
    assert calendar.launch == date(2027, 3, 1)
    assert currency is not None
    assert (currency.code, currency.usd_per_unit) == ("EUR", Decimal("1.08"))
    assert currency_of(CostSettings()) is None
