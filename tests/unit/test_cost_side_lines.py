"""Guardrails, logs, evaluations, training, migration and people as lines. Every sum is done by hand here."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette.catalog.cards import Hosting
from maquette.cost.side.all import design_costs
from maquette.cost.side.basis import Asked
from maquette.cost.side.evaluation import evaluation_costs
from maquette.cost.side.guardrails import guardrail_costs
from maquette.cost.side.logging import logging_costs
from maquette.cost.side.migration import migration_costs
from maquette.cost.side.people import people_costs
from maquette.cost.side.training import considers_training, training_costs
from maquette.cost.side_lines import LineGroup
from maquette.cost.side_settings import (
    CostSettings,
    EvaluationCostSettings,
    FineTuningSettings,
    GuardrailSettings,
    LoggingSettings,
    PeopleSettings,
)
from maquette.foundation.sources import SourceKind
from tests.side_world import CHAT, always, basis, figures, line, names

ASKED = (Asked(name="chat", card=CHAT),)


# Guardrails.


def test_a_guardrail_reads_started_units_of_text_of_each_request_and_answer() -> None:
    # Requests: 2,000 tokens * 4 / 1,000 = 8 units, and 9 at most, since the last one is only started. Answers: 100
    # tokens are 0.4 of a unit, which counts as one, and 1.4 at most.
    settings = CostSettings(guardrails=GuardrailSettings(input="guard", output="guard"))
    found = guardrail_costs(basis(settings=settings))
    assert line(found, "guard requests").per_request == figures("8", "8", "9")
    assert line(found, "guard answers").per_request == figures("1", "1", "1.4")
    assert line(found, "guard requests").usd_per_unit == Decimal("0.0002")


def test_what_all_requests_share_need_not_be_guarded_in_the_cheap_case() -> None:
    settings = CostSettings(guardrails=GuardrailSettings(input="guard"))
    found = guardrail_costs(basis(settings=settings, tokens__shared_prefix=1500))
    assert line(found, "guard requests").per_request == figures("2", "8", "9")
    assert names(found) == ["guard requests"]


@pytest.mark.parametrize(
    ("slots", "facts", "expected"),
    [
        ({}, {}, []),
        ({}, {"design__guardrail_output": True}, ["answers"]),
        ({"guardrails": "both"}, {}, ["requests", "answers"]),
        ({"guardrails": "both"}, {"design__guardrail_input": False}, ["answers"]),
    ],
)
def test_guardrails_are_there_where_the_design_or_the_rules_have_them(
    slots: dict[str, object], facts: dict[str, Any], expected: list[str]
) -> None:
    told = guardrail_costs(basis(slots=slots, **facts)).left_out
    assert [one.partition(":")[0] for one in told] == [f"guarding {what}" for what in expected]


def test_a_guardrail_that_nobody_names_is_left_out_with_what_the_usual_one_would_take() -> None:
    # 8 units of 0.0002 USD.
    found = guardrail_costs(basis(slots={"guardrails": "input"}))
    assert found.lines == ()
    (told,) = found.left_out
    assert told.startswith("guarding requests: nobody names what filters them; guard would take $0.0016 for each")
    assert "cost.guardrails.input" in told


def test_a_model_can_be_the_guardrail_and_none_takes_it_out() -> None:
    settings = CostSettings(guardrails=GuardrailSettings(input="judge", output="none"))
    found = guardrail_costs(basis(settings=settings, slots={"guardrails": "both"}))
    assert names(found) == ["guard requests", "guard requests, verdict"]
    assert line(found, "guard requests").per_request == always("2000")
    assert line(found, "guard requests, verdict").per_request == figures("2", "5", "20")


def test_an_unknown_guardrail_is_left_out_by_name() -> None:
    settings = CostSettings(guardrails=GuardrailSettings(input="nonesuch"))
    found = guardrail_costs(basis(settings=settings))
    assert found.lines == ()
    assert found.left_out == ("guarding requests: the catalog has no price of nonesuch (cost.guardrails.input: guard)",)


# Logs.


def test_a_request_logs_its_texts_and_what_stands_beside_them() -> None:
    # (2,000 + 100) tokens * 4 bytes = 8,400; with 1,024 beside them 9,424 bytes of 2^30.
    found = line(logging_costs(basis()), "logs, ingestion")
    assert found.per_request.base == Decimal(9424) / 2**30
    assert (found.per_request.low, found.per_request.high) == (Decimal(8912) / 2**30, Decimal(10448) / 2**30)
    assert found.usd_per_unit == Decimal("0.5")


def test_logs_without_texts_are_their_metadata() -> None:
    found = line(logging_costs(basis(logging__content_allowed=False)), "logs, ingestion")
    assert found.per_request.base == Decimal(1024) / 2**30


def test_the_storage_of_a_log_counts_for_as_long_as_it_is_kept() -> None:
    # 76 days are 2.5 months of 30.4 days.
    settings = CostSettings(logging=LoggingSettings(gib_per_million_requests=Decimal(10)))
    found = logging_costs(basis(settings=settings, logging__retention_days=76))
    assert line(found, "logs, ingestion").per_request == always("0.00001")
    assert line(found, "logs, storage").per_request == always("0.000025")


def test_days_that_the_ingestion_pays_for_cost_nothing_more() -> None:
    free = tuple(replace(one, included_days=30) for one in basis().services)
    found = logging_costs(basis(services=free, logging__retention_days=30))
    assert names(found) == ["logs, ingestion"]


def test_unknown_retention_and_permission_widen_the_band() -> None:
    found = logging_costs(basis(unknown=frozenset({"logging.retention_days", "logging.content_allowed"})))
    stored = line(found, "logs, storage").per_request
    assert stored.low == Decimal(512) / 2**30 * (Decimal(30) / Decimal("30.4"))
    assert stored.high > stored.base > stored.low
    noted = {one.name: (one.low, one.value, one.high) for one in found.assumptions}
    assert noted["days that logs are kept"] == ("30", "90", "365")
    assert noted["bytes of the texts in a log"] == ("0", "8,400", "8,400")


def test_nobody_logs_where_the_user_says_none() -> None:
    found = logging_costs(basis(settings=CostSettings(logging=LoggingSettings(service="none"))))
    assert (found.lines, found.left_out) == ((), ())


def test_logs_stay_out_where_no_service_may_have_the_data() -> None:
    found = logging_costs(basis(data__external_processing_allowed=False))
    assert found.lines == ()
    assert found.left_out == ("logs: nobody names a service that may be used (cost.logging.service: logs)",)


# Evaluations.


def test_every_model_is_evaluated_before_the_launch_and_every_month_from_then_on() -> None:
    # A request: 2,000 * 0.000001 + 100 * 0.000004 = 0.0024 USD, for 200 examples.
    found = evaluation_costs(basis(asked=ASKED))
    first, again = line(found, "evaluate chat"), line(found, "evaluate chat again")
    assert (first.fixed, first.usd_per_unit) == (always("200"), Decimal("0.0024"))
    assert (first.from_month, first.to_month, again.from_month, again.to_month) == (1, 1, 2, None)
    assert again.fixed == always("200")


def test_what_an_example_cost_in_the_newest_run_goes_before_the_price_of_a_request() -> None:
    measured = Asked(name="chat", card=CHAT, usd_per_example=Decimal("0.003"), measured_in="run-7")
    found = line(evaluation_costs(basis(asked=(measured,))), "evaluate chat")
    assert (found.usd_per_unit, found.source.kind, found.source.ref) == (
        Decimal("0.003"),
        SourceKind.MEASURED,
        "run-7",
    )


@pytest.mark.parametrize(
    ("cadence", "low", "base", "high"),
    [("quarterly", 1 / Decimal(3), 1, 1), ("frozen", 0, 1, 1), ("weekly", *[Decimal("30.4") / 7] * 3)],
)
def test_the_cadence_says_how_often_it_is_evaluated_again(cadence: str, low: Decimal, base: Any, high: Any) -> None:
    found = line(evaluation_costs(basis(asked=ASKED, lifecycle__change_cadence=cadence)), "evaluate chat again").fixed
    assert (found.low, found.base, found.high) == (200 * low, 200 * base, 200 * high)


def test_the_settings_say_examples_and_runs_and_zero_runs_are_none() -> None:
    settings = CostSettings(evaluation=EvaluationCostSettings(examples=50, runs_per_month=Decimal(0)))
    found = evaluation_costs(basis(settings=settings, asked=ASKED))
    assert names(found) == ["evaluate chat"]
    assert line(found, "evaluate chat").fixed == always("50")


def test_unknown_examples_are_a_band() -> None:
    found = evaluation_costs(basis(asked=ASKED, unknown=frozenset({"data.eval_examples"})))
    assert line(found, "evaluate chat").fixed == figures("100", "200", "500")


def test_a_model_on_machines_of_ones_own_costs_no_money_an_example() -> None:
    own = Asked(name="own", card=replace(CHAT, hosting=Hosting.LOCAL_FILE))
    assert evaluation_costs(basis(asked=(own,))).lines == ()
    assert evaluation_costs(basis()).lines == ()


def test_a_judge_reads_every_answer_of_every_model_with_its_rubric() -> None:
    # 200 examples of 2 models: 400 answers of 2,000 + 100 + (100, 300, 1,000) tokens, and a verdict of 50, 200, 500.
    settings = CostSettings(evaluation=EvaluationCostSettings(judge_model="judge"))
    found = evaluation_costs(basis(settings=settings, asked=(*ASKED, Asked(name="other", card=CHAT))))
    assert line(found, "judge reads").fixed == figures("880000", "960000", "1240000")
    assert line(found, "judge writes").fixed == figures("20000", "80000", "200000")
    assert line(found, "judge writes").usd_per_unit == Decimal("0.00001")


def test_a_matter_of_judgement_without_a_judge_is_told() -> None:
    found = evaluation_costs(basis(asked=ASKED, quality__subjective=True))
    assert any("cost.evaluation.judge_model" in one for one in found.left_out)
    judged = Asked(name="chat", card=CHAT, usd_per_example=Decimal("0.01"), measured_in="run-7", scored_by_calls=True)
    assert evaluation_costs(basis(asked=(judged,), quality__subjective=True)).left_out == ()


# Training.


def test_training_is_a_line_when_a_fine_tuning_option_is_considered() -> None:
    # 3 M tokens * 3 epochs * 2 trainings = 18 million tokens.
    settings = CostSettings(fine_tuning=FineTuningSettings(service="tuning", training_tok=3_000_000, epochs=3, runs=2))
    found = line(training_costs(basis(settings=settings)), "training")
    assert (found.fixed, found.usd_per_unit, found.group) == (always("18"), Decimal("0.5"), LineGroup.TRAINING)
    assert (found.from_month, found.to_month) == (1, 1)


@pytest.mark.parametrize(
    ("slots", "facts", "considered"),
    [
        ({}, {}, False),
        ({"adaptation_first": "prompt"}, {}, False),
        ({}, {"design__adaptation": "fine_tune"}, True),
        ({"adaptation_next": "fine_tune"}, {}, True),
        ({"adaptation_next": "fine_tune_or_upgrade"}, {}, True),
    ],
)
def test_training_follows_the_design_and_the_rules(
    slots: dict[str, object], facts: dict[str, Any], considered: bool
) -> None:
    made = basis(slots=slots, **facts)
    assert considers_training(made) is considered
    assert ("training" in names(training_costs(made))) is considered


def test_the_tokens_of_a_training_are_those_of_the_labelled_examples() -> None:
    # 1,000 examples of 2,100 tokens; 2, 3 and 4 epochs of 1, 3 and 5 trainings: 2.1 M times 2, 9 and 20.
    made = basis(design__adaptation="fine_tune", data__labelled_examples=1000)
    found = line(training_costs(made), "training")
    assert found.fixed == figures("4.2", "18.9", "42")


def test_a_training_of_ones_own_is_hours_of_accelerators() -> None:
    tuning = FineTuningSettings(gpu_hours=Decimal(40), usd_per_gpu_hour=Decimal(3), runs=2)
    found = line(training_costs(basis(settings=CostSettings(fine_tuning=tuning))), "training")
    assert (found.fixed, found.usd_per_unit, found.unit) == (always("80"), Decimal(3), "GPU hour")


def test_an_encoder_that_the_rules_propose_is_told_and_has_no_price_of_a_large_model() -> None:
    made = basis(slots={"adaptation_first": "encoder_classifier"})
    found = training_costs(made)
    assert (considers_training(made), found.lines) == (True, ())
    assert any("cost.fine_tuning.gpu_hours" in one for one in found.left_out)
    both = basis(slots={"adaptation_first": "encoder_classifier"}, design__adaptation="fine_tune")
    assert names(training_costs(both)) == ["training"]


def test_an_unknown_training_service_is_left_out_by_name() -> None:
    found = training_costs(basis(settings=CostSettings(fine_tuning=FineTuningSettings(service="nonesuch"))))
    assert found.lines == ()
    assert any("nonesuch" in one and "tuning" in one for one in found.left_out)


# People, and moving away.


def test_engineering_is_hours_times_the_rate() -> None:
    people = PeopleSettings(build_hours=Decimal(120), upkeep_hours_month=Decimal("7.5"))
    found = people_costs(basis(settings=CostSettings(people=people)))
    build, upkeep = line(found, "engineering, build"), line(found, "engineering, upkeep")
    assert (build.fixed, build.usd_per_unit, build.from_month, build.to_month) == (always("120"), Decimal(100), 1, 1)
    assert (upkeep.fixed, upkeep.usd_per_unit, upkeep.to_month) == (always("7.5"), Decimal(100), None)
    assert not build.group.in_ceiling
    assert (found.left_out, people.engineering_included) == ((), True)


def test_no_engineering_has_to_be_said() -> None:
    said = PeopleSettings(build_hours=Decimal(0), upkeep_hours_month=Decimal(0))
    found = people_costs(basis(settings=CostSettings(people=said)))
    assert [one.fixed for one in found.lines] == [always("0"), always("0")]
    silent = people_costs(basis())
    assert silent.lines == ()
    assert silent.left_out == (
        "engineering: nobody says how many hours (cost.people.build_hours and cost.people.upkeep_hours_month)",
    )
    assert not PeopleSettings(build_hours=Decimal(5)).engineering_included


def test_a_default_rate_is_told_and_an_unknown_one_makes_no_line() -> None:
    settings = CostSettings(people=PeopleSettings(build_hours=Decimal(1), upkeep_hours_month=Decimal(1)))
    taken = people_costs(basis(settings=settings, defaulted=frozenset({"team.hourly_rate_usd"})))
    assert [one.name for one in taken.assumptions] == ["team.hourly_rate_usd"]
    unknown = people_costs(basis(settings=settings, unknown=frozenset({"team.hourly_rate_usd"})))
    assert unknown.lines == ()
    assert len(unknown.left_out) == 2


RETIRING = Asked(name="old", card=replace(CHAT, retires_on=date(2027, 3, 31)))


def test_a_model_that_retires_within_the_horizon_is_moved_away_from() -> None:
    # From a launch in January, the end of March is month 3.
    settings = CostSettings(launch=date(2027, 1, 1), people=PeopleSettings(migration_hours=Decimal(40)))
    found = migration_costs(basis(settings=settings), RETIRING)
    hours, run = line(found, "migration"), line(found, "evaluate a successor")
    assert (hours.fixed, hours.usd_per_unit, hours.group) == (always("40"), Decimal(100), LineGroup.PEOPLE)
    assert (hours.from_month, hours.to_month, run.from_month, run.to_month) == (3, 3, 3, 3)
    assert (run.fixed, run.usd_per_unit, run.group) == (always("200"), Decimal("0.0024"), LineGroup.MIGRATION)


def test_an_unsaid_effort_of_a_migration_is_told() -> None:
    found = migration_costs(basis(), RETIRING)
    assert found.left_out == (
        "migration: old retires on 2027-03-31, and nobody says what the move takes (cost.people.migration_hours)",
    )


@pytest.mark.parametrize("day", [date(2027, 12, 1), date(2026, 10, 31), None])
def test_no_model_is_moved_away_from_that_does_not_retire_within_the_horizon(day: date | None) -> None:
    found = migration_costs(basis(), Asked(name="m", card=replace(CHAT, retires_on=day)))
    assert (found.lines, found.left_out) == ((), ())


def test_a_design_without_anything_special_pays_logs_and_evaluations() -> None:
    found = design_costs(basis(asked=ASKED))
    assert names(found) == ["logs, ingestion", "logs, storage", "evaluate chat", "evaluate chat again"]
    assert [one.group for one in found.lines] == sorted((one.group for one in found.lines), key=list(LineGroup).index)
