"""A new project: a file that explains itself, holds what was given, and can be edited by both sides from then on."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.adapters.project_files import YamlProjectFile, new_project, requirements_from
from maquette.foundation.problems import Conflict, InvalidInput, NotFound, Problem, Unavailable, each_problem
from maquette.requirements.questions import QuestionMode
from tests.fixtures.vocabulary import SCENARIOS, fact_kinds, question_book, yaml_file

BOOK = question_book()


def make(folder: Path, **given: Any) -> Path:
    parts: dict[str, Any] = {"name": "triage", "requirements": {}, "design_facts": {}, "extra": {}, **given}
    return new_project(folder, book=BOOK, fact_kinds=fact_kinds(), **parts)


def opened(path: Path) -> YamlProjectFile:
    return YamlProjectFile(path, book=BOOK, fact_kinds=fact_kinds())


def test_a_new_project_asks_every_quick_question_above_its_field(tmp_path: Path) -> None:
    path = make(tmp_path / "a" / "b")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=.maquette/schema.json"
    flat = " ".join(line.strip().lstrip("#").strip() for line in lines)
    for question in BOOK.questions.values():
        if question.mode is QuestionMode.QUICK:
            assert f"    {question.field}: null" in lines
            assert question.ask in flat
            assert all(choice in flat for choice in question.choices)
            assert question.unit is None or question.unit in flat
    assert max(map(len, lines)) <= 120


def test_it_has_a_place_for_examples_prompts_and_runs_and_keeps_runs_out_of_git(tmp_path: Path) -> None:
    folder = make(tmp_path / "p").parent
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
        ".maquette",
        ".maquette/.gitignore",
        ".maquette/schema.json",
        "evals",
        "maquette.yaml",
        "prompts",
    ]
    assert "runs/" in (folder / ".maquette" / ".gitignore").read_text().splitlines()


def test_the_schema_beside_it_accepts_it(tmp_path: Path) -> None:
    path = make(tmp_path, requirements={"scale": {"requests_per_day": 5}})
    schema = json.loads((tmp_path / ".maquette" / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(yaml_file(path))


def test_what_was_given_is_in_it_and_nothing_else_is_answered(tmp_path: Path) -> None:
    path = make(
        tmp_path,
        name="Triage: #1",
        requirements={"project": {"goal": "less\nwork"}, "latency": {"p95_ms": 800, "ttft_ms": "unknown"}},
        design_facts={"design": {"fallback": True}},
        extra={
            "models": {"targets": [{"id": "t", "adapter": "replay", "model": "run"}]},
            "evaluation": {"dataset": "evals/a.jsonl", "max_output_tok": 64},
            "shortlist": {"chosen": ["t"]},
        },
    )
    document = opened(path).read()
    assert document.name == "Triage: #1"
    assert document.requirements.answers == {
        "project.name": "Triage: #1",
        "project.goal": "less\nwork",
        "latency.p95_ms": 800,
    }
    assert document.requirements.unknown == {"latency.ttft_ms"}
    assert document.requirements.design_facts == {"design.fallback": True}
    assert [target.id for target in document.targets] == ["t"]
    assert (document.evaluation.dataset, document.evaluation.max_output_tok) == ("evals/a.jsonl", 64)
    assert (document.chosen, document.out, document.choice) == (("t",), "out", None)


@pytest.mark.parametrize("name", [path.stem for path in sorted(SCENARIOS.glob("*.yaml"))])
def test_the_requirements_of_a_scenario_make_a_project_with_the_same_requirements(tmp_path: Path, name: str) -> None:
    source = SCENARIOS / f"{name}.yaml"
    requirements, facts = requirements_from(source, book=BOOK, fact_kinds=fact_kinds())
    path = make(tmp_path / "p", name=requirements["project"]["name"], requirements=requirements, design_facts=facts)
    made = opened(path).read().requirements
    again, facts_again = requirements_from(path, book=BOOK, fact_kinds=fact_kinds())
    copied = opened(
        make(tmp_path / "q", name=made.answers["project.name"], requirements=again, design_facts=facts_again)
    )
    assert copied.read().requirements == made
    written = {f"{s}.{f}" for s, fields in requirements.items() for f in fields}
    assert set(made.answers) | made.unknown == written


def test_answering_a_question_of_a_new_project_changes_one_line(tmp_path: Path) -> None:
    path = make(tmp_path)
    before = path.read_text(encoding="utf-8").splitlines()
    opened(path).update({"requirements.budget.monthly_usd": 600}, seen=None)
    after = path.read_text(encoding="utf-8").splitlines()
    assert [(b, a) for b, a in zip(before, after, strict=True) if a != b] == [
        ("    monthly_usd: null", "    monthly_usd: 600")
    ]


def test_a_folder_that_is_a_project_is_left_as_it_is(tmp_path: Path) -> None:
    path = make(tmp_path)
    before = path.read_bytes()
    with pytest.raises(Conflict, match="a project already"):
        make(tmp_path, name="other")
    assert path.read_bytes() == before


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "mine.jsonl").write_text("{}\n")
    make(tmp_path)
    assert (tmp_path / "evals" / "mine.jsonl").read_text() == "{}\n"


def test_a_wrong_answer_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        make(tmp_path / "p", requirements={"latency": {"p95_ms": "soon", "x": 1}}, extra={"modles": {}})
    assert [problem.place.field for problem in each_problem(caught.value)] == [
        "modles",
        "requirements.latency.x",
        "requirements.latency.p95_ms",
    ]
    assert not (tmp_path / "p").exists()
    with pytest.raises(InvalidInput, match="empty"):
        make(tmp_path / "p", name="")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be written"):
        make(tmp_path / "file" / "p")


def test_requirements_are_taken_from_a_file_that_has_them_and_from_no_other(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("title: x\nrequirements:\n  latency: {p95_ms: 5}\nanything: [else]\n")
    assert requirements_from(path, book=BOOK, fact_kinds=fact_kinds()) == ({"latency": {"p95_ms": 5}}, {})
    path.write_text("title: x\n")
    with pytest.raises(InvalidInput, match="has no requirements"):
        requirements_from(path, book=BOOK, fact_kinds=fact_kinds())
    with pytest.raises(NotFound):
        requirements_from(tmp_path / "none.yaml", book=BOOK, fact_kinds=fact_kinds())


def test_every_error_of_such_a_file_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "requirements:\n  latency:\n    p95_ms: x\n  tasks: {}\ndesign_facts:\n  design:\n    fallback: 5\n"
    )
    with pytest.raises(Problem) as caught:
        requirements_from(path, book=BOOK, fact_kinds=fact_kinds())
    places = [(problem.place.file, problem.place.line, problem.place.field) for problem in each_problem(caught.value)]
    assert sorted(places, key=lambda place: place[1] or 0) == [
        (str(path), 3, "requirements.latency.p95_ms"),
        (str(path), 4, "requirements.tasks"),
        (str(path), 7, "design_facts.design.fallback"),
    ]
