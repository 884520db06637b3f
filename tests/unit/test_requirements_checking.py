"""Raw answers: every mistake is said at once, with its place and with what to write instead."""

from collections.abc import Mapping
from typing import Any

import pytest

from maquette.foundation.problems import InvalidInput, Place, Problem, SeveralProblems, each_problem
from maquette.requirements.answers import Requirements
from maquette.requirements.checking import (
    DESIGN_FACT_GROUPS,
    check_answer,
    check_answers,
    check_design_facts,
    design_fact_kinds,
)
from maquette.requirements.text_answers import from_text
from tests.fixtures.vocabulary import at_field, fact_kinds, question_book

BOOK = question_book()
MODES = "The choices are realtime, interactive, async, batch, unknown."


def said(raw: Mapping[str, Any]) -> Requirements:
    return check_answers(raw, BOOK, place_of=at_field)


def problems(raw: Mapping[str, Any]) -> list[tuple[str | None, str, str]]:
    """Field, what and fix of everything that is wrong with ``raw``."""
    with pytest.raises(Problem) as caught:
        said(raw)
    return [(problem.place.field, problem.what, problem.fix) for problem in each_problem(caught.value)]


def only_problem(field: str, value: object) -> tuple[str, str]:
    section, _, name = field.partition(".")
    (problem,) = problems({section: {name: value}})
    assert problem[0] == field
    return problem[1:]


def test_numbers_stay_as_they_were_given_and_lists_become_tuples() -> None:
    answers = said({"tokens": {"input_avg": 7, "output_avg": 7.0}, "compliance": {"regimes": ["gdpr", "soc2"]}}).answers
    assert answers == {"tokens.input_avg": 7, "tokens.output_avg": 7.0, "compliance.regimes": ("gdpr", "soc2")}
    assert type(answers["tokens.input_avg"]) is int
    assert type(answers["tokens.output_avg"]) is float


def test_unknown_is_an_answer_and_null_is_none() -> None:
    raw = {"latency": {"p95_ms": "unknown", "ttft_ms": None}, "compliance": {"regimes": "unknown"}, "budget": None}
    assert said(raw) == Requirements(answers={}, unknown=frozenset({"latency.p95_ms", "compliance.regimes"}))


def test_none_among_the_regimes_means_the_empty_list() -> None:
    assert said({"compliance": {"regimes": ["none"]}}).answers == {"compliance.regimes": ()}
    assert said({"compliance": {"regimes": []}}).answers == {"compliance.regimes": ()}


@pytest.mark.parametrize(
    ("field", "value", "what", "fix"),
    [
        ("latency.p95_ms", "800", "'800' is not a number", "Write 800."),
        ("latency.p95_ms", "5 000", "'5 000' is not a number", "Write 5000."),
        ("latency.p95_ms", True, "True is not a number", "Write a number of at least 1 (ms), or unknown."),
        ("latency.p95_ms", 0.5, "0.5 is below 1", "Write a number of at least 1 (ms), or unknown."),
        ("scale.requests_per_day", -1, "-1 is below 0", "Write a number of at least 0 (req/day), or unknown."),
        ("scale.active_hours", 25, "25 is above 24", "Write a number from 0.25 to 24 (h/day), or unknown."),
        ("quality.threshold", 85, "85 is above 1", "Write 0.85 for 85 %."),
        ("quality.threshold", 850, "850 is above 1", "Write a number from 0 to 1 (fraction), or unknown."),
        ("quality.threshold", -0.1, "-0.1 is below 0", "Write a number from 0 to 1 (fraction), or unknown."),
        (
            "quality.threshold",
            float("nan"),
            "nan is not a finite number",
            "Write a number from 0 to 1 (fraction), or unknown.",
        ),
        (
            "budget.monthly_usd",
            float("inf"),
            "inf is not a finite number",
            "Write a number of at least 0 (USD/month), or unknown.",
        ),
        (
            "budget.monthly_usd",
            10**16,
            "10000000000000000 is above 1e+15",
            "Write a number of at least 0 (USD/month), or unknown.",
        ),
        ("team.oncall", "yes", "'yes' is not true or false", "Write true, false or unknown, without quotes."),
        ("team.oncall", 1, "1 is not true or false", "Write true, false or unknown, without quotes."),
        ("project.name", 5, "5 is not text", "Put it in quotes."),
        ("project.name", "", "the text is empty", "Write some text, or remove the line."),
        ("latency.mode", ["batch"], "['batch'] is not among the choices", MODES),
        ("latency.mode", "bach", "'bach' is not among the choices", f"Did you mean batch? {MODES}"),
        ("providers.allowed", "openai", "'openai' is not a list", "Write [openai], or unknown."),
        (
            "io.input_modalities",
            [],
            "the list is empty",
            "Write at least one of text, image, pdf, audio, video, code, or unknown.",
        ),
        ("io.input_modalities", ["pdf", "pdf"], "an entry stands there twice", "Keep each entry once."),
        (
            "compliance.regimes",
            ["none", "gdpr"],
            "none stands beside other entries",
            "Write [none] alone, or leave none out.",
        ),
        ("latency.p95", 5, "latency has no field 'p95'", "Did you mean p95_ms?"),
        ("latency.target", 5, "latency has no field 'target'", "Did you mean availability.target?"),
        (
            "budget.zzz",
            5,
            "budget has no field 'zzz'",
            "The fields of budget are monthly_usd, per_request_usd, hardness.",
        ),
    ],
)
def test_a_wrong_answer_says_what_is_wrong_and_what_to_write(field: str, value: object, what: str, fix: str) -> None:
    assert only_problem(field, value) == (what, fix)


def test_a_whole_number_beyond_every_float_is_refused_without_a_crash() -> None:
    what, _ = only_problem("budget.monthly_usd", 10**400)
    assert what.endswith("… is above 1e+15")
    assert len(what) < 90


def test_an_unknown_section_is_told_with_the_nearest_one() -> None:
    assert problems({"latncy": {}}) == [("latncy", "'latncy' is not a section", "Did you mean latency?")]
    ((_, what, fix),) = problems({5: {}})  # type: ignore[dict-item]  # a file may hold such keys
    assert what == "5 is not a section"
    assert fix.startswith("The sections are task, io, scale, ")


def test_a_section_that_is_no_mapping_is_told() -> None:
    assert problems({"task": ["agent"]}) == [
        ("task", "task is not a section of fields", "Put its fields below it, such as type.")
    ]


def test_every_mistake_is_in_one_answer() -> None:
    raw = {"latncy": 1, "latency": {"p95_ms": "x", "mode": "y"}, "io": {"input_modalities": ["txt", "pdff", "pdf"]}}
    assert [field for field, _, _ in problems(raw)] == [
        "latncy", "latency.p95_ms", "latency.mode", "io.input_modalities", "io.input_modalities",
    ]  # fmt: skip
    with pytest.raises(SeveralProblems):
        said(raw)


def test_long_text_of_a_user_is_cut_in_the_message() -> None:
    what, _ = only_problem("latency.mode", "x" * 10_000)
    assert len(what) < 100


def test_a_design_fact_is_taken_by_its_kind() -> None:
    raw = {"design": {"hosting": "api", "fallback": False, "providers_count": 2}, "cost": {"monthly_usd": 266000}}
    assert check_design_facts(raw, fact_kinds(), place_of=at_field) == {
        "design.hosting": "api",
        "design.fallback": False,
        "design.providers_count": 2,
        "cost.monthly_usd": 266000,
    }


def test_an_unknown_or_empty_design_fact_is_left_out() -> None:
    raw = {"design": {"hosting": "unknown", "fallback": None}, "cat": None}
    assert check_design_facts(raw, fact_kinds(), place_of=at_field) == {}


def test_wrong_design_facts_are_all_told() -> None:
    raw = {
        "desing": {},
        "eval": {"score": 1.0},
        "cost": 5,
        "design": {"fallbak": True, "fallback": "no", "providers_count": 2.5, "top_provider_share": True, "hosting": 1},
    }
    with pytest.raises(SeveralProblems) as caught:
        check_design_facts(raw, fact_kinds(), place_of=at_field)
    assert [(p.place.field, p.what, p.fix) for p in caught.value.problems] == [
        ("desing", "'desing' is not a group of facts", "Did you mean design?"),
        ("eval", "'eval' is not a group of facts", "The groups are cost, cat, design, ops."),
        ("cost", "cost is not a group of facts", "Put its facts below it, one a line."),
        ("design.fallbak", "design has no fact 'fallbak'", "Did you mean fallback?"),
        ("design.fallback", "'no' is not true or false", "Write true, false or unknown."),
        ("design.providers_count", "2.5 is not a whole number", "Write a whole number without quotes, or unknown."),
        ("design.top_provider_share", "True is not a number", "Write a finite number without quotes, or unknown."),
        (
            "design.hosting",
            "1 is not text",
            "Write it as text, in quotes when it looks like something else, or unknown.",
        ),
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_design_fact_is_a_finite_number(value: float) -> None:
    with pytest.raises(InvalidInput):
        check_design_facts({"cost": {"monthly_usd": value}}, fact_kinds(), place_of=at_field)


def test_what_an_evaluation_measures_may_not_be_stated() -> None:
    groups = {name.partition(".")[0] for name in fact_kinds()}
    assert groups - {name.partition(".")[0] for name in design_fact_kinds(fact_kinds())} == {"eval"}
    assert groups - {"eval"} == set(DESIGN_FACT_GROUPS)


@pytest.mark.parametrize(
    ("question", "text", "raw"),
    [
        ("tokens.input_avg", "5_000_000", 5_000_000),
        ("tokens.input_avg", "5 000 000", 5_000_000),
        ("tokens.input_avg", "5\u202f000\u00a0000.5", 5_000_000.5),
        ("tokens.input_avg", " 1.5 ", 1.5),
        ("tokens.input_avg", "1e6", 1e6),
        ("tokens.input_avg", "-5", -5),
        ("tokens.input_avg", "1,5", "1,5"),
        ("tokens.input_avg", "5 00", "5 00"),
        ("tokens.input_avg", "nan", "nan"),
        ("tokens.input_avg", "9" * 400, "9" * 400),
        ("tokens.input_avg", "-", "unknown"),
        ("tokens.input_avg", "Unknown", "unknown"),
        ("tokens.input_avg", "", None),
        ("team.oncall", "Yes", True),
        ("team.oncall", "false", False),
        ("team.oncall", "maybe", "maybe"),
        ("compliance.regimes", "hipaa, EU AI Act", ["hipaa", "eu_ai_act"]),
        ("compliance.regimes", "[none]", ["none"]),
        ("compliance.regimes", "-", "unknown"),
        ("io.output_format", "Free-Text", "free_text"),
        ("io.output_format", "poem", "poem"),
        ("project.name", "  Ticket triage ", "Ticket triage"),
    ],
)
def test_typed_text_becomes_a_raw_answer(question: str, text: str, raw: object) -> None:
    found = from_text(BOOK.questions[question], text)
    assert found == raw
    assert type(found) is type(raw)


def test_a_single_answer_carries_the_place_that_it_was_given() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_answer(BOOK.questions["latency.p95_ms"], "soon", place=Place(file="a.yaml", line=7, field="x"))
    assert str(caught.value).startswith("a.yaml:7, x: 'soon' is not a number. Write ")
