"""The section ``cost:`` of maquette.yaml: what it says as values, and one clear problem for each mistake."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters.project_files import YamlProjectFile
from maquette.cost.side_settings import (
    CommitmentSetting,
    CostSettings,
    CurrencySetting,
    EvaluationCostSettings,
    FineTuningSettings,
    GuardrailSettings,
    LoggingSettings,
    PeopleSettings,
    PriceChangeSetting,
    PriceTrendSetting,
    ProvisionedSetting,
    RetrievalSettings,
)
from maquette.foundation.problems import Problem, each_problem
from tests.fixtures.vocabulary import fact_kinds, question_book

FULL = """\
maquette: 1
cost:
  launch: 2027-03-01  # after the audit
  season:
    december: 1.8     # the sale
    january: 0.7
  currency: {code: EUR, usd_per_unit: 1.08, as_of: 2026-11-20}
  price_changes:
    - {since: 2027-06-01, percent: -20, of: openai}
  price_trend: {low: -40, expected: -20, high: 0.5}
  commitments:
    - {share: 0.5, discount: 0.3, months: 12}
    - {share: 0.2, usd_per_hour: 2.5, months: 6}
  provisioned: {model: a, usd_per_unit_hour: 1.5, tok_per_min_per_unit: 2500, min_units: 15}
  retrieval:
    embedding_model: text-embedding-3-large
    chunk_tok: 400
    overlap: 0.1
    vector_store: pinecone-standard
    rerank: none
    candidates: 50
    churn_share_month: 0.05
  guardrails: {input: bedrock-guardrails, output: none}
  logging: {service: cloudwatch-logs, gib_per_million_requests: 9.5}
  evaluation: {examples: 300, runs_per_month: 0.5, judge_model: gpt-5}
  fine_tuning: {service: ori-lora-10b, training_tok: 2000000, epochs: 3, runs: 2}
  people:
    build_hours: 0    # it is there already
    upkeep_hours_month: 8
"""


def project(folder: Path, text: str) -> YamlProjectFile:
    path = folder / "maquette.yaml"
    path.write_text(text, encoding="utf-8")
    return YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())


def problems(folder: Path, text: str) -> list[tuple[int | None, str | None, str, str]]:
    with pytest.raises(Problem) as caught:
        project(folder, text).read()
    return [(one.place.line, one.place.field, one.what, one.fix) for one in each_problem(caught.value)]


def test_everything_that_the_section_can_say_is_read_exactly(tmp_path: Path) -> None:
    season = [Decimal(1)] * 12
    season[0], season[11] = Decimal("0.7"), Decimal("1.8")
    assert project(tmp_path, FULL).read().cost == CostSettings(
        launch=date(2027, 3, 1),
        season=tuple(season),
        currency=CurrencySetting(code="EUR", usd_per_unit=Decimal("1.08"), as_of=date(2026, 11, 20)),
        price_changes=(PriceChangeSetting(since=date(2027, 6, 1), percent=Decimal(-20), of="openai"),),
        price_trend=PriceTrendSetting(low=Decimal(-40), expected=Decimal(-20), high=Decimal("0.5")),
        commitments=(
            CommitmentSetting(share=Decimal("0.5"), discount=Decimal("0.3"), months=12),
            CommitmentSetting(share=Decimal("0.2"), usd_per_hour=Decimal("2.5"), months=6),
        ),
        provisioned=ProvisionedSetting(
            model="a", usd_per_unit_hour=Decimal("1.5"), tok_per_min_per_unit=Decimal(2500), min_units=15
        ),
        retrieval=RetrievalSettings(
            embedding_model="text-embedding-3-large",
            chunk_tok=400,
            overlap=Decimal("0.1"),
            vector_store="pinecone-standard",
            rerank="none",
            candidates=50,
            churn_share_month=Decimal("0.05"),
        ),
        guardrails=GuardrailSettings(input="bedrock-guardrails", output="none"),
        logging=LoggingSettings(service="cloudwatch-logs", gib_per_million_requests=Decimal("9.5")),
        evaluation=EvaluationCostSettings(examples=300, runs_per_month=Decimal("0.5"), judge_model="gpt-5"),
        fine_tuning=FineTuningSettings(service="ori-lora-10b", training_tok=2_000_000, epochs=3, runs=2),
        people=PeopleSettings(build_hours=Decimal(0), upkeep_hours_month=Decimal(8)),
    )


@pytest.mark.parametrize(
    "text", ["maquette: 1\n", "maquette: 1\ncost: {}\n", "maquette: 1\ncost: {computed_from: a}\n"]
)
def test_what_nobody_says_stays_unsaid(tmp_path: Path, text: str) -> None:
    assert project(tmp_path, text).read().cost == CostSettings()


def test_comments_survive_a_change(tmp_path: Path) -> None:
    file = project(tmp_path, FULL)
    after = file.update({"cost.people.build_hours": 40, "cost.season.december": 2.0}, seen=file.read())
    assert (after.cost.people.build_hours, after.cost.season[11]) == (Decimal(40), Decimal(2))
    written = file.path.read_text(encoding="utf-8")
    assert written.count("#") == FULL.count("#")
    assert "# it is there already" in written


@pytest.mark.parametrize(
    ("lines", "line", "field", "what", "fix"),
    [
        ("  launch: soon", 3, "cost.launch", "this is not a date", "Write a day as 2026-11-20."),
        ("  lunch: 2027-01-01", 3, "cost.lunch", "cost has no key 'lunch'", "launch"),
        ("  season: {december: 2}", 3, "cost.season", "a season needs a launch", "Add cost.launch"),
        (
            "  launch: 2027-01-01\n  season: {decembre: 2}",
            4,
            "cost.season.decembre",
            "cost.season has no key 'decembre'",
            "december",
        ),
        ("  currency: {code: EUR, as_of: 2026-11-20}", 3, "cost.currency.usd_per_unit", "usd_per_unit is missing", ""),
        (
            "  currency: {code: eur, usd_per_unit: 1, as_of: 2026-11-20}",
            3,
            "cost.currency.code",
            "'eur' is not possible here",
            "",
        ),
        (
            "  commitments:\n    - {share: 0.5, months: 12}",
            4,
            "cost.commitments.0",
            "a commitment has either a discount or a price an hour",
            "Give one of discount and usd_per_hour.",
        ),
        (
            "  commitments:\n    - {share: 1.5, discount: 0.1, months: 12}",
            4,
            "cost.commitments.0.share",
            "1.5 is not possible here",
            "",
        ),
        (
            "  commitments:\n    - {share: 0.7, discount: 0.1, months: 12}\n    - {share: 0.4, discount: 0, months: 1}",
            3,
            "cost.commitments",
            "110 % is reserved",
            "add up to 1",
        ),
        (
            "  provisioned: {model: a, usd_per_unit_hour: 1}",
            3,
            "cost.provisioned",
            "a provisioned unit serves either tokens a minute or requests a second",
            "Give one of",
        ),
        (
            "  currency: {code: EUR, usd_per_unit: 0, as_of: 2026-11-20}",
            3,
            "cost.currency.usd_per_unit",
            "0 is not possible here",
            "",
        ),
        (
            "  currency: {code: EUR, usd_per_unit: 1.0e-300, as_of: 2026-11-20}",
            3,
            "cost.currency.usd_per_unit",
            "1e-300 is not possible here",
            "",
        ),
        (
            "  provisioned: {model: a, usd_per_unit_hour: .inf, requests_per_s_per_unit: 1}",
            3,
            "cost.provisioned.usd_per_unit_hour",
            "inf is not possible here",
            "",
        ),
        (
            "  people: {build_hours: 1.0e+300}",
            3,
            "cost.people.build_hours",
            "1e+300 is not possible here",
            "",
        ),
        ("  retrieval: {chunk_tok: many}", 3, "cost.retrieval.chunk_tok", "'many' is not a whole number", "without"),
        ("  retrieval: {overlap: 1}", 3, "cost.retrieval.overlap", "1 is not possible here", ""),
        ("  guardrails: [a]", 3, "cost.guardrails", "is not a section of keys", "Put its keys below it."),
        ("  fine_tuning: {gpu_hours: 4}", 3, "cost.fine_tuning", "lacks usd_per_gpu_hour", "usd_per_gpu_hour"),
        ("  price_trend: {low: -5, expected: -9, high: 0}", 3, "cost.price_trend", "not in order", "in order"),
        ("  price_trend: {low: -100, expected: 0, high: 0}", 3, "cost.price_trend.low", "not possible here", ""),
        ("  people: {build_hours: -1}", 3, "cost.people.build_hours", "-1 is not possible here", ""),
        ("  people: {hours: 4}", 3, "cost.people.hours", "cost.people has no key 'hours'", "build_hours"),
    ],
)
def test_each_thing_that_can_be_wrong_is_one_problem_with_its_line_and_what_to_do(
    tmp_path: Path, lines: str, line: int, field: str, what: str, fix: str
) -> None:
    ((found_line, found_field, found_what, found_fix),) = problems(tmp_path, f"maquette: 1\ncost:\n{lines}\n")
    assert (found_line, found_field) == (line, field)
    assert what in found_what
    assert found_fix
    assert fix in found_fix
