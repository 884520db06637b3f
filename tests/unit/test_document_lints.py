"""The documents of four scenarios against boilerplate, unsourced numbers, dead links, unexplained words, and length."""

import re
import tomllib
from functools import cache

import pytest

from maquette.bundle.checking import check_bundle
from maquette.bundle.documents.evidence_links import anchor_of
from maquette.bundle.documents.feeds import feed_values
from maquette.bundle.documents.sections import Section, section_of, sections_from_data, split
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.terms import prose, unexplained
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import gateway_policy
from maquette.bundle.inputs import BundleInputs, role_models
from maquette.bundle.safe_text import markdown
from maquette.bundle.serving import served_models
from maquette.decision.record import Record
from maquette.foundation.expression import FactValue
from maquette.foundation.shipped import shipped
from maquette.rules.report import Finding
from tests import bundle_world as world
from tests.document_lints import MARK, anchors, dead_links, faults, sentences
from tests.document_world import SCENARIOS, documents, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, HANDBOOK, TRIAGE, question_book
from tests.serving_world import open_inputs

MOST_BOILERPLATE = 0.15
"""The share of a document's sentences that may stand in the bundles of all scenarios alike."""

OTHERS = {"whole": world.inputs(), "empty": world.empty_inputs(), "open": open_inputs()}

MUTATIONS: tuple[tuple[str, str, FactValue], ...] = (
    (TRIAGE, "quality.threshold", 0.9),
    (TRIAGE, "quality.languages", 9),
    (TRIAGE, "budget.monthly_usd", 12_000),
    (TRIAGE, "risk.untrusted_input", False),
    (TRIAGE, "risk.human_review", "always"),
    (TRIAGE, "lifecycle.change_cadence", "weekly"),
    (CLINIC, "latency.ttft_ms", 1800),
    (CLINIC, "data.eval_human_labels", 90),
    (CLINIC, "users.count", 1000),
    (CLINIC, "availability.rto_min", 30),
    (HANDBOOK, "scale.requests_per_day", 700),
    (HANDBOOK, "tokens.input_p99", 143_000),
    (HANDBOOK, "knowledge.citations_required", False),
    (HANDBOOK, "data.eval_examples", 300),
)
"""A scenario, one of its answers, and what it is changed to."""


@cache
def declared() -> tuple[Section, ...]:
    """The sections as ``sections.toml`` declares them."""
    return sections_from_data(tomllib.loads(shipped("templates", "docs", "sections.toml").read_text(encoding="utf-8")))


@cache
def glossary() -> dict[str, str]:
    """The acronyms that documents explain."""
    return dict(world.templates().artifact("docs").constants["glossary"])


def texts_of(case: str) -> dict[str, str]:
    """The files of a scenario or of one of the other bundles."""
    return scenario_texts(case) if case in SCENARIOS else world.texts(OTHERS[case])


def feeds(inputs: BundleInputs) -> dict[str, str]:
    """Every feed with its fingerprint."""
    facts, roles = FactSheet(inputs.requirements, inputs.book), role_models(inputs)
    policy = gateway_policy(inputs, roles, facts, world.templates().artifact("gateway").constants)
    seen = Seen(inputs=inputs, roles=roles, policy=policy, facts=facts, served=served_models(inputs, roles))
    return dict(feed_values(seen))


def sections(texts: dict[str, str]) -> dict[tuple[str, str], str]:
    """Document and heading to the section's text."""
    return {(path, title): part for path, text in documents(texts).items() for title, part in split(text)}


@pytest.mark.parametrize("path", documents(scenario_texts(TRIAGE)))
def test_few_sentences_of_a_document_stand_in_every_scenario(path: str) -> None:
    own = [sentences(scenario_texts(name)[path]) for name in SCENARIOS if path in scenario_texts(name)]
    if len(own) < len(SCENARIOS):
        return
    common = set(own[0]).intersection(*own[1:])
    for said in own:
        repeated = [sentence for sentence in said if sentence in common]
        assert len(repeated) <= max(1, MOST_BOILERPLATE * len(said)), repeated


@pytest.mark.parametrize(("name", "fact", "value"), MUTATIONS)
def test_a_changed_requirement_changes_exactly_the_sections_that_it_feeds(
    name: str, fact: str, value: FactValue
) -> None:
    before, after = sections(scenario_texts(name)), sections(scenario_texts(name, (fact, value)))
    old, new = feeds(scenario_inputs(name)), feeds(scenario_inputs(name, (fact, value)))
    moved = {feed for feed in old.keys() | new.keys() if old.get(feed) != new.get(feed)}
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    unexpected = [key for key in changed if not any(_section(*key).fed_by(feed) for feed in moved)]
    unmoved = [key for key in before.keys() - changed if fact in _section(*key).feeds]
    assert fact in moved
    assert not unexpected
    assert not [key for key in unmoved if _prints(before[key], fact)]


def _section(path: str, title: str) -> Section:
    found = section_of(declared(), path, title)
    assert found is not None, f"{path}: nobody declared the section {title!r}"
    return found


def _prints(text: str, fact: str) -> bool:
    """Whether the section shows the fact, whose link then stands in it."""
    return anchor_of("fact", fact) in text


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_every_section_is_declared_with_its_feeds_and_holds_a_fact(case: str) -> None:
    for (path, title), text in sections(texts_of(case)).items():
        assert _section(path, title).feeds
        assert not title or len(text.strip().split("\n")) > 1, f"{path}: {title} is empty"


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_links_and_anchors_resolve(case: str) -> None:
    texts = texts_of(case)
    assert {path: dead for path in texts if path.endswith(".md") and (dead := dead_links(path, texts))} == {}


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_anchors_are_unique(case: str) -> None:
    for path, text in documents(texts_of(case)).items():
        found = anchors(text)
        assert len(found) == len(set(found)), path


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_the_markdown_of_documents_has_no_faults(case: str) -> None:
    assert {path: found for path, text in documents(texts_of(case)).items() if (found := faults(text))} == {}


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_no_placeholder_secret_or_dead_file_is_in_a_bundle(case: str) -> None:
    files = world.render(scenario_inputs(case) if case in SCENARIOS else OTHERS[case])
    assert check_bundle(files) == ()


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_the_brief_fits_a_page_and_a_record_ninety_lines(case: str) -> None:
    texts = texts_of(case)
    assert len(texts["docs/00-brief.md"].splitlines()) <= 60
    assert {
        path: len(text.splitlines()) for path, text in texts.items() if "/adr/" in path and text.count("\n") > 90
    } == {}


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_a_number_that_stands_for_a_fact_is_the_registered_one_everywhere(case: str) -> None:
    texts = texts_of(case)
    values = _registered(texts["docs/01-requirements.md"])
    assert len(values) > 5 or case == "empty"
    for path, text in texts.items():
        for mark in MARK.finditer(text) if path.endswith(".md") else ():
            anchor, before = mark.group(2).partition("#")[2], text[: mark.start()]
            told = values.get(anchor, "").split("; today ")
            assert any(_tells(before, anchor, value) for value in told), (path, anchor, before[-40:])


_CHOICES = {
    f"fact-{question.id.replace('.', '-').replace('_', '-')}": question
    for question in question_book().questions.values()
    if question.choices
}


def _tells(before: str, anchor: str, value: str) -> bool:
    """Whether the text ends with the value, or with its choices in words, whose acronyms may be explained."""
    question = _CHOICES.get(anchor)
    words = ", ".join(question.in_words(one) if question else one.replace("_", " ") for one in value.split(", "))
    return before.endswith((value, words)) or re.sub(r" \([A-Za-z ]+\)", "", before[-200:]).endswith(words)


def _registered(register: str) -> dict[str, str]:
    """Anchor of a fact to its value as the register of requirements prints it."""
    found = {}
    for title, part in split(register):
        for line in part.splitlines():
            row = re.match(r'\| <a id="(fact-[a-z0-9-]+)"></a>', line)
            if row and title != "Not known yet":
                cells = re.split(r"(?<!\\)\|", line)
                found[row.group(1)] = cells[3 if title == "Answered" else 2].strip()
    return found


@pytest.mark.parametrize("case", [*SCENARIOS, *OTHERS])
def test_every_number_of_the_brief_s_table_carries_the_mark_of_its_source(case: str) -> None:
    parts = dict(split(texts_of(case)["docs/00-brief.md"]))
    for line in parts.get("Numbers that matter", "").splitlines()[4:]:
        cells = [cell.strip() for cell in line.split("|")[2:-1]]
        assert all(MARK.search(cell) for cell in cells if cell), line


STRUCTURAL = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\[?\w[\w.-]*\]\([^)]*\)|\]\([^)]*\)|`[^`]*`"
    r"|P50|P95|P99|\b(?:95 %|30 days|1,000 requests)",
    re.DOTALL,
)
"""What may hold digits in a template without being a figure: code, links, names of percentiles, a budget's period."""


def test_no_template_of_a_document_types_a_number() -> None:
    for path in sorted(shipped("templates", "docs").glob("*.j2")):
        rest = STRUCTURAL.sub("", path.read_text(encoding="utf-8"))
        assert re.findall(r".*\d.*", rest) == [], path.name


NAMES = frozenset(
    {
        "AI",
        "AIME",
        "AND",
        "AWS",
        "BBH",
        "CCPA",
        "DRAFT",
        "EU",
        "GB",
        "GDPR",
        "GPQA",
        "GPT",
        "HIPAA",
        "HLE",
        "HTML",
        "HTTP",
    }
    | {"ID", "ISO", "MITRE", "MMLU", "NIST", "OWASP", "SOC", "SWE", "TGI", "TOML", "UK", "US", "USD", "YAML"}
)
"""Names that stand for themselves: currencies, laws, bodies, benchmarks and formats."""


@pytest.mark.parametrize("case", SCENARIOS)
def test_every_acronym_is_explained_where_it_is_first_used(case: str) -> None:
    for path, text in documents(scenario_texts(case)).items():
        assert unexplained(text, glossary()) == [], path
        found = set(re.findall(r"(?<![\w./:-])[A-Z]{2,5}s?(?![\w/:-]|\.\w)", prose(text)))
        assert found - glossary().keys() - {f"{term}s" for term in glossary()} - NAMES == set(), path


@pytest.mark.parametrize("case", SCENARIOS)
def test_a_record_names_what_it_rests_on_and_what_would_overturn_it(case: str) -> None:
    for record in scenario_inputs(case).records:
        text = next(text for path, text in scenario_texts(case).items() if f"adr/{record.number:04d}-" in path)
        front = text.split("---")[1]
        assert record.rules or record.evidence
        assert all(rule in front for rule in (*record.rules, *record.evidence[:1]))
        shown = _as_written(text)
        assert all(one.rule.overturn == "none" or markdown(one.rule.overturn) in shown for one in _behind(record, case))


def _as_written(text: str) -> str:
    """The text without what the glossary put behind its terms."""
    for meaning in glossary().values():
        text = text.replace(f" ({meaning})", "")
    return text


def _behind(record: Record, case: str) -> list[Finding]:
    decision = scenario_inputs(case).decision
    assert decision is not None
    return [one for one in decision.rules.findings if one.rule.id in record.rules]


@pytest.mark.parametrize("case", SCENARIOS)
def test_the_record_of_the_model_weighs_options_with_numbers(case: str) -> None:
    text = scenario_texts(case)["docs/adr/0001-model.md"]
    rows = re.findall(r"^\| .* \| (?:chosen|recommended|not taken) \|.*$", text, re.MULTILINE)
    assert len(rows) >= 2
    assert all(MARK.search(row) for row in rows)
