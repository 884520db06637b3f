"""What each metric says, and how a wrong setting is told."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import is_dataclass
from importlib.metadata import entry_points
from typing import Any

import pytest

from maquette.adapters.code_sandbox import CodeTests
from maquette.evals import metrics
from maquette.evals.dataset import Example
from maquette.evals.metrics import Contains, Embedded, ExactMatch, JsonFields, JsonSchema, Metric, Regex, Response
from maquette.evals.registry import METRICS, TARGETS, names, open_metric, open_target
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import InvalidInput
from tests.evals_world import spec

TRIAGE = {"category": "billing", "priority": 2}
SCHEMA = {
    "type": "object",
    "properties": {"category": {"enum": ["billing", "bug"]}, "priority": {"type": "integer"}},
    "required": ["category", "priority"],
}


def example(expected: Any) -> Example:
    return Example(id="e", inputs={"text": "?"}, expected=expected)


@pytest.mark.parametrize(
    ("metric", "expected", "output", "value"),
    [
        (ExactMatch(), "billing", " billing\n", 1.0),
        (ExactMatch(), "billing", "Billing", 0.0),
        (ExactMatch(normalise=True), "two words", "TWO  Words", 1.0),
        (ExactMatch(), TRIAGE, '{"priority": 2, "category": "billing"}', 1.0),
        (ExactMatch(), TRIAGE, '{"priority": 2.0, "category": "billing"}', 1.0),
        (ExactMatch(), TRIAGE, '{"priority": 2, "category": "billing", "more": 1}', 0.0),
        (ExactMatch(), {"tags": [1]}, '{"tags": [true]}', 0.0),
        (ExactMatch(), {"tags": [1, 2]}, '{"tags": [1]}', 0.0),
        (ExactMatch(), TRIAGE, "billing", 0.0),
        (ExactMatch(), {"share": 1}, '{"share": NaN}', 0.0),
        (ExactMatch(), {"share": 1}, "9" * 5000, 0.0),
        (ExactMatch(), {"share": 1}, "[" * 100_000, 0.0),
        (Contains(), "refund", "You will get a refund.", 1.0),
        (Contains(), "refund", "You will get a Refund.", 0.0),
        (Contains(ignore_case=True), "refund", "You will get a REFUND.", 1.0),
        (Regex(pattern=r"^\d{4}-\d{2}$"), None, "2026-03", 1.0),
        (Regex(pattern=r"^\d{4}-\d{2}$"), None, "March 2026", 0.0),
        (JsonSchema(schema=SCHEMA), None, '{"category": "bug", "priority": 1}', 1.0),
        (JsonSchema(schema=SCHEMA), None, '{"category": "bug", "priority": "high"}', 0.0),
        (JsonSchema(schema=SCHEMA), None, '```json\n{"category": "bug", "priority": 1}\n```', 0.0),
        (JsonSchema(schema=SCHEMA, strip_fences=True), None, '```json\n{"category": "bug", "priority": 1}\n```', 1.0),
        (JsonFields(), TRIAGE, '{"category": "billing", "priority": 2, "more": true}', 1.0),
        (JsonFields(), TRIAGE, '{"category": "billing", "priority": 3}', 0.5),
        (JsonFields(), TRIAGE, '{"category": "billing", "priority": "2"}', 0.5),
        (JsonFields(), TRIAGE, '["billing", 2]', 0.0),
        (JsonFields(), {"urgent": True}, '{"urgent": 1}', 0.0),
        (JsonFields(fields=("category",)), TRIAGE, '{"category": "billing", "priority": 3}', 1.0),
        (JsonFields(), TRIAGE, '```\n{"category": "billing", "priority": 2}\n```', 0.0),
        (JsonFields(strip_fences=True), TRIAGE, '```\n{"category": "billing", "priority": 2}\n```', 1.0),
    ],
)
def test_an_answer_has_this_score(metric: Metric, expected: Any, output: str, value: float) -> None:
    score = metric.score(example(expected), Response(text=output))
    assert (score.value, score.passed) == (value, value == 1.0)
    assert score.metric == metric.name


@pytest.mark.parametrize(
    ("metric", "expected", "why"),
    [
        (ExactMatch(), None, "the example has no expected answer"),
        (Contains(), TRIAGE, "the expected answer is not text"),
        (JsonFields(), "billing", "the expected answer is not a JSON object"),
        (JsonFields(), {}, "the expected answer has no fields"),
    ],
)
def test_what_cannot_be_compared_is_unscored_and_says_why(metric: Metric, expected: Any, why: str) -> None:
    score = metric.score(example(expected), Response(text="{}"))
    assert (score.value, score.passed, score.detail) == (None, None, why)


def test_the_detail_names_the_fields_that_are_wrong() -> None:
    score = JsonFields().score(example({"a": 1, "b": 2, "c": 3}), Response(text='{"a": 1, "b": 0}'))
    assert score.detail == "wrong: b, c"


def test_the_detail_names_the_first_violation_of_a_schema() -> None:
    score = JsonSchema(schema=SCHEMA).score(example(None), Response(text='{"category": "sales", "priority": 1}'))
    assert score.detail == "'sales' is not one of ['billing', 'bug']"


def test_a_schema_that_points_into_the_network_fetches_nothing_and_leaves_the_answer_unscored() -> None:
    # The suite's guard fails the test if anything leaves the machine, even where the refusal is swallowed.
    metric = JsonSchema(schema={"$ref": "https://schemas.example/answer.json"})
    score = metric.score(example(None), Response(text="{}"))
    assert score.value is None
    assert score.detail.startswith("the schema cannot be followed: Unresolvable")


@pytest.mark.parametrize(
    ("kind", "settings", "field", "why"),
    [
        ("json_fields", {"feilds": ["a"]}, "json_fields", "there is no setting 'feilds'"),
        ("json_fields", {"fields": "category"}, "json_fields.fields", "Input should be a valid tuple"),
        ("json_schema", {}, "json_schema.schema", "Field required"),
        ("json_schema", {"schema": {"type": "objekt"}}, "json_schema", "schema is not a JSON Schema: 'objekt'"),
        ("regex", {"pattern": "("}, "regex", "pattern '(' is not a regular expression"),
        ("exact_match", {"normalise": "perhaps"}, "exact_match.normalise", "Input should be a valid boolean"),
    ],
)
def test_a_wrong_setting_is_told_with_its_field(kind: str, settings: Mapping[str, Any], field: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(why)) as caught:
        open_metric(MetricSpec(kind=kind, settings=settings))
    assert caught.value.place.field == f"evaluation.metrics.{field}"


def test_settings_from_yaml_open_the_metric_they_describe() -> None:
    opened = open_metric(MetricSpec(kind="json_fields", settings={"fields": ["category"], "strip_fences": True}))
    assert opened == JsonFields(fields=("category",), strip_fences=True)


def test_an_unknown_name_is_told_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"Use one of: bleu, chrf, citation, code_tests, contains, cost, "):
        open_metric(MetricSpec(kind="meteor", settings={}))
    with pytest.raises(InvalidInput, match=r"Use one of: litellm, llama_cpp, openai, replay\."):
        open_target(spec(adapter="telepathy"), folder=None)  # type: ignore[arg-type]  # the folder is not reached


def test_every_built_in_metric_comes_through_the_door_of_plug_ins() -> None:
    loaded = {point.name: point.load() for point in entry_points(group=METRICS)}
    every = {getattr(metrics, name) for name in metrics.__all__ if is_dataclass(getattr(metrics, name))}
    assert set(loaded.values()) == every - {Response, Embedded} | {CodeTests}
    assert {name: metric.__dataclass_fields__["name"].default for name, metric in loaded.items()} == {
        name: name for name in loaded
    }
    assert set(names(TARGETS)) >= {"litellm", "llama_cpp", "replay"}


def test_importing_the_metrics_imports_none_of_their_libraries() -> None:
    every = ", ".join(name for name in metrics.__all__)
    heavy = "{'sacrebleu', 'rapidfuzz', 'regex', 'jsonschema', 'pydantic', 'numpy', 'litellm'}"
    code = f"import sys; from maquette.evals.metrics import {every}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
