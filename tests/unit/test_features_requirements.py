"""Choices in words, and answers that come in other forms: review requests, ceilings, schemas, the usual latency."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.bundle.figures import FactSheet
from maquette.cli.main import run
from maquette.cost.feasibility import USUAL_DECODE_TOK_S
from maquette.decision.refusing import refusals
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import Place, SeveralProblems, each_problem
from maquette.foundation.sources import SourceKind
from maquette.requirements.answers import Requirements, converted, known_facts
from maquette.requirements.answers import open_questions as unanswered
from maquette.requirements.review_request import requirements_of
from maquette.rules.judging import judge
from maquette.rules.report import Status
from tests.document_world import STORIES, inputs_of
from tests.project_world import opened, scenario_project
from tests.rule_world import HANDBOOK, question_book, rule_book, scenario

BOOK = question_book()


# -- choices in words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "choice", "words"),
    [
        ("data.sensitivity", "pii", "personal data"),
        ("task.type", "rag_qa", "answers from documents"),
        ("compliance.regimes", "soc2", "SOC 2"),
        ("io.output_format", "free_text", "free text"),
    ],
)
def test_a_choice_is_said_in_words_and_shown_as_it_is_typed(question: str, choice: str, words: str) -> None:
    value: FactValue = (choice,) if question == "compliance.regimes" else choice
    sheet = FactSheet(Requirements(answers={question: value}), BOOK)
    spoken = sheet.figure(question)
    assert spoken is not None
    assert (spoken["text"], sheet.readable(question), sheet.typed(question)) == (words, words, choice)


def test_words_are_given_to_choices_that_exist() -> None:
    for question in BOOK.questions.values():
        assert {choice for choice, _ in question.words} <= set(question.choices)
        assert all(question.in_words(choice).strip() for choice in question.choices)


# -- answers that come in other forms ---------------------------------------------------------------------------------


def test_a_review_request_of_four_keys_becomes_four_answers(tmp_path: Path) -> None:
    source = tmp_path / "request.json"
    request = {
        "providers": ["openai", "anthropic"],
        "expected_rps": 2.5,
        "latency_sla_ms": 1500,
        "monthly_budget": 4000,
    }
    source.write_text(json.dumps(request), encoding="utf-8")
    assert run(["new", str(tmp_path / "p"), "--from", str(source)]) == 0
    answers = dict(opened(tmp_path / "p").view.document.requirements.answers)
    assert answers == {
        "project.name": "p",
        "providers.allowed": ("openai", "anthropic"),
        "scale.requests_per_day": 216_000,
        "latency.p95_ms": 1500,
        "budget.monthly_usd": 4000,
    }


def test_a_review_request_with_other_keys_is_refused_key_by_key() -> None:
    with pytest.raises(SeveralProblems) as caught:
        requirements_of({"providers": [], "expected_rps": 1, "latency_sla": 5, "monthly_budget": 1}, file="r.json")
    found = [(one.place, one.what) for one in each_problem(caught.value)]
    assert found == [
        (Place(file="r.json", field="latency_sla"), "'latency_sla' is no key of a review request"),
        (Place(file="r.json", field="latency_sla_ms"), "latency_sla_ms is missing"),
    ]


def test_a_wrong_value_of_a_review_request_is_told_with_its_line(tmp_path: Path) -> None:
    source = tmp_path / "request.json"
    source.write_text(
        '{"providers": ["openaii"],\n "expected_rps": 1,\n "latency_sla_ms": 0, "monthly_budget": 1}', encoding="utf-8"
    )
    from maquette import wiring

    with pytest.raises(SeveralProblems) as caught:
        wiring.new_project(tmp_path / "p", source=source)
    lines = {one.place.field: one.place.line for one in each_problem(caught.value)}
    assert lines == {"providers": 1, "latency_sla_ms": 3}
    assert not (tmp_path / "p").exists()


def test_a_ceiling_of_a_request_or_of_a_month_is_accepted_and_converted_into_the_other() -> None:
    volume: dict[str, FactValue] = {"scale.requests_per_day": 10_000}
    monthly = known_facts(Requirements(answers={**volume, "budget.monthly_usd": 3040}), BOOK)
    each = Requirements(answers={**volume, "budget.per_request_usd": 0.01})
    single = known_facts(each, BOOK)
    assert monthly["derived.cost_per_request_limit"] == Decimal("0.01")
    assert (single["budget.monthly_usd"], single["derived.cost_per_request_limit"]) == (3040, Decimal("0.01"))
    assert converted(each, BOOK) == {"budget.monthly_usd": 3040}
    assert "budget.monthly_usd" not in {one.id for one in unanswered(each, BOOK)}
    source = FactSheet(each, BOOK).source("budget.monthly_usd")
    assert source.kind is SourceKind.ESTIMATED
    assert source.ref == ("budget.monthly_usd = budget.per_request_usd*scale.requests_per_day*scale.days_per_month")


def test_a_ceiling_of_a_month_that_is_given_or_unknown_is_not_converted() -> None:
    given: dict[str, FactValue] = {"scale.requests_per_day": 10_000, "budget.per_request_usd": 0.01}
    both = known_facts(Requirements(answers={**given, "budget.monthly_usd": 500}), BOOK)
    unknown = known_facts(Requirements(answers=given, unknown=frozenset({"budget.monthly_usd"})), BOOK)
    assert both["budget.monthly_usd"] == 500
    assert "budget.monthly_usd" not in unknown


def test_the_schema_of_the_answers_is_captured_and_settles_that_there_is_one(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    before = project.view.report.finding("R-STRUCT-05")
    project.change_by_text({"io.output_schema": "prompts/answer.schema.json"})
    after = project.view.report.finding("R-STRUCT-05")
    assert before is not None
    assert after is not None
    assert (before.status, after.status) == (Status.UNKNOWN, Status.NOT_FIRED)
    assert project.view.facts["io.output_schema"] == "prompts/answer.schema.json"
    assert project.view.rule_facts["design.schema_defined"] is True


def test_the_usual_latency_is_shown_as_guidance_and_never_taken() -> None:
    question = BOOK.questions["latency.p95_ms"]
    assert question.guidance is not None
    assert "less than 500 ms" in question.guidance
    assert question.background.endswith(question.guidance)
    assert question.default is None
    assert "latency.p95_ms" not in known_facts(Requirements(), BOOK)


@pytest.mark.parametrize(("tokens", "refused"), [(30, False), (31, True)])
def test_500_ms_are_checked_against_the_length_of_the_answer(tokens: int, refused: bool) -> None:
    said_so = Requirements(answers={"latency.p95_ms": 500, "tokens.output_avg": tokens})
    facts = known_facts(said_so, BOOK)
    inputs = inputs_of(HANDBOOK, scenario(HANDBOOK).requirements, STORIES[HANDBOOK])
    assert inputs.shortlist is not None
    found = refusals(judge(rule_book(), facts), facts, inputs.shortlist, [])
    assert [one.rule for one in found if one.rule == "R-LAT-02"] == (["R-LAT-02"] if refused else [])
    assert facts["derived.min_decode_tps"] == tokens / Decimal("0.2")
    assert USUAL_DECODE_TOK_S == 150
