"""The four briefs with the shipped rules, from their answers to a whole bundle."""

from functools import cache

import pytest
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from maquette.bundle.building import BundleInputs
from maquette.bundle.checking import check_bundle
from maquette.decision.record import records
from maquette.decision.weighing import weigh
from maquette.rules.judging import judge
from tests import bundle_world as world
from tests.rule_world import SCENARIOS, question_book, rule_book, scenario


@cache
def inputs(name: str) -> BundleInputs:
    """The scenario with two evaluated and priced models, the cheaper one as fallback."""
    case, whole = scenario(name), world.inputs()
    assert whole.shortlist is not None
    decision = weigh(
        requirements=case.requirements,
        questions=question_book(),
        facts=case.facts,
        run=whole.run,
        projection=whole.projection,
        report=judge(rule_book(), case.facts),
        shortlist=whole.shortlist,
        choice=world.decision().choice,
        today=world.TODAY,
    )
    return world.inputs(
        {},
        document=name,
        requirements=case.requirements,
        book=question_book(),
        decision=decision,
        records=records(decision, facts=case.facts, questions=question_book()),
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_brief_becomes_a_bundle_that_passes_its_checks(name: str) -> None:
    files = world.render(inputs(name))
    assert check_bundle(files) == ()
    assert {"gateway/config.yaml", "compose.yaml", "docs/02-architecture.md"} <= {spec.path for spec in files}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_yaml_of_a_brief_parses(name: str) -> None:
    for path, text in world.texts(inputs(name)).items():
        if path.endswith((".yaml", ".yml")):
            assert YAML(typ="safe").load(text), path


@pytest.mark.parametrize("name", SCENARIOS)
def test_documents_hold_no_markup_but_the_templates_own(name: str) -> None:
    for path, text in world.texts(inputs(name)).items():
        if path.endswith(".md"):
            kinds = {token.type for token in MarkdownIt("commonmark").enable("table").parse(text)}
            assert "html_block" not in kinds, path
            assert "code_block" not in kinds, path


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_record_has_its_file_and_every_rule_behind_it_is_named(name: str) -> None:
    texts = world.texts(inputs(name))
    for record in inputs(name).records:
        text = texts[f"docs/adr/{record.number:04d}-{record.slug}.md"]
        assert all(rule in text for rule in record.rules)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_blocking_rule_makes_every_document_a_draft(name: str) -> None:
    values = inputs(name)
    assert values.decision is not None
    documents = {path: text for path, text in world.texts(values).items() if path.endswith(".md")}
    assert all(("DRAFT" in text) is bool(values.decision.blocking) for text in documents.values())
