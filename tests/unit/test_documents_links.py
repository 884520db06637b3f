"""Numbers lead to their evidence, acronyms are explained once, sections know their feeds."""

from maquette.bundle.documents.evidence_links import REGISTER_FILE, link_evidence, source_register
from maquette.bundle.documents.sections import Section, section_of, split
from maquette.bundle.documents.terms import explained, unexplained
from maquette.bundle.plan import FileSpec


def spec(path: str, content: str) -> FileSpec:
    return FileSpec(path=path, content=content, template="t")


ANSWER = "5 ms[ʳ](source:required/answer%20latency.p95_ms/5%20ms)"
FORMULA = "7 s[ᵉ](source:estimated/2%20x%20p95/7%20s)"
REGISTER = spec("docs/01-requirements.md", '| <a id="fact-latency-p95-ms"></a>latency.p95_ms | 5 ms |')


def test_an_answer_leads_to_its_row_from_wherever_it_is_said() -> None:
    files = (REGISTER, spec("docs/adr/0001-model.md", ANSWER), spec("runbooks/latency.md", ANSWER))
    assert [one.content for one in link_evidence(files)[1:]] == [
        "5 ms[ʳ](../01-requirements.md#fact-latency-p95-ms)",
        "5 ms[ʳ](../docs/01-requirements.md#fact-latency-p95-ms)",
    ]


def test_a_link_within_a_document_names_no_file() -> None:
    (linked,) = link_evidence([spec(REGISTER.path, f"{REGISTER.content} {ANSWER}")])
    assert linked.content.endswith("5 ms[ʳ](#fact-latency-p95-ms)")


def test_a_formula_stands_in_the_register_with_the_numbers_that_rest_on_it() -> None:
    files = [spec("docs/07-slo.md", FORMULA), spec("runbooks/latency.md", FORMULA)]
    (row,) = source_register(files)
    assert (row["kind"], row["ref"]) == ("estimated", "2 x p95")
    assert row["numbers"] == [
        {
            "text": "7 s",
            "files": [
                {"name": "07-slo.md", "link": "07-slo.md"},
                {"name": "latency.md", "link": "../runbooks/latency.md"},
            ],
        }
    ]
    assert f"]({REGISTER_FILE.rpartition('/')[2]}#source-{row['key']})" in link_evidence(files)[0].content


def test_a_source_whose_place_the_bundle_lacks_is_registered() -> None:
    assert [row["ref"] for row in source_register([spec("README.md", ANSWER)])] == ["answer latency.p95_ms"]


def test_an_acronym_is_explained_at_its_first_use_in_prose_only() -> None:
    text = "# TTFT\n\n`TTFT` and [TTFT](x.md#ttft): TTFT, then TTFT.\n"
    expected = "# TTFT\n\n`TTFT` and [TTFT](x.md#ttft): TTFT (time to first token), then TTFT.\n"
    glossary = {"TTFT": "time to first token"}
    assert unexplained(text, glossary) == ["TTFT"]
    assert explained(text, glossary) == expected
    assert explained(expected, glossary) == expected
    assert unexplained(expected, glossary) == []


def test_a_longer_word_is_not_the_acronym_in_it() -> None:
    glossary = {"KV": "keys and values"}
    assert explained("R-KV-1, KVX and kv stay\n", glossary) == "R-KV-1, KVX and kv stay\n"


def test_a_document_splits_at_its_second_level_headings_outside_code() -> None:
    text = "# T\n\ntop\n\n## A\n\n```text\n## no heading\n```\n\n## B\n\nb\n"
    assert [title for title, _ in split(text)] == ["", "A", "B"]
    assert "".join(part for _, part in split(text)) == text


def test_a_section_is_found_by_file_and_title_and_knows_its_feeds() -> None:
    records = Section(file="docs/adr/*.md", title="*", feeds=("scale.*", "latency.p95_ms"))
    assert section_of([records], "docs/adr/0002-hosting.md", "Considered options") is records
    assert section_of([records], "docs/00-brief.md", "Decisions") is None
    assert records.fed_by("scale.requests_per_day")
    assert not records.fed_by("latency.ttft_ms")
