"""The checks over a bundle's text find what they are for."""

import pytest

from maquette.bundle.checking import check_bundle, declared_names, used_names
from maquette.bundle.plan import FileSpec


def spec(path: str, content: str) -> FileSpec:
    return FileSpec(path=path, content=content, template="t")


def found(*files: FileSpec) -> list[tuple[str, str, int]]:
    return [(finding.check, finding.path, finding.line) for finding in check_bundle(files)]


def test_a_link_to_a_file_of_the_bundle_is_fine_from_any_folder() -> None:
    assert found(spec("docs/a.md", "[b](../b.md#part) [x](https://a.org/x.md)"), spec("b.md", "[a](docs/a.md)")) == []


def test_a_link_to_nothing_is_found_with_its_line() -> None:
    assert found(spec("docs/a.md", "\n[b](b.md)\n")) == [("links", "docs/a.md", 2)]


def test_a_link_inside_a_code_block_is_no_link() -> None:
    assert found(spec("a.md", "```sh\n[b](b.md)\n```\n")) == []


def test_the_front_matter_of_a_record_is_no_markdown() -> None:
    assert found(spec("a.md", '---\nevidence: ["](0)"]\n---\n\n[b](b.md)\n')) == [("links", "a.md", 5)]


def test_an_escaped_bracket_is_no_link() -> None:
    assert found(spec("a.md", "a \\[b\\](b.md)")) == []


def test_only_compose_fills_in_a_variable_between_braces() -> None:
    assert found(spec("gateway/openapi.yaml", "title: costs ${H\n")) == []


@pytest.mark.parametrize("use", ["os.environ/A_KEY", "${A_KEY:?set it}", "${A_KEY}"])
def test_a_variable_that_nobody_names_is_found(use: str) -> None:
    assert found(spec("compose.yaml", f"a: {use}\n"), spec(".env.example", "B=\n")) == [
        ("environment", "compose.yaml", 1)
    ]
    assert found(spec("compose.yaml", f"a: {use}\n"), spec(".env.example", "A_KEY=\n")) == []


def test_a_doubled_dollar_reads_no_variable() -> None:
    assert used_names(spec("compose.yaml", "a: $${HOME}\n")) == frozenset()


def test_a_value_beside_a_name_is_found() -> None:
    assert found(spec(".env.example", "A=\nB=secret\n")) == [("environment", ".env.example", 2)]


def test_the_names_of_the_environment_file_are_read() -> None:
    assert declared_names([spec(".env.example", "# a comment\nA=\nB_C=\n")]) == {"A", "B_C"}


@pytest.mark.parametrize("credential", ["sk-" + "a" * 20, "AKIA" + "A" * 16, "ghp_" + "a" * 36, "hf_" + "a" * 30])
def test_what_looks_like_a_credential_is_found_and_not_repeated(credential: str) -> None:
    findings = check_bundle([spec("a.md", f"key: {credential}\n")])
    assert [finding.check for finding in findings] == ["secrets"]
    assert credential not in findings[0].detail


@pytest.mark.parametrize("word", ["TODO", "TBD", "FIXME", "lorem ipsum", "example.com"])
def test_words_that_stand_for_missing_text_are_found(word: str) -> None:
    assert found(spec("a.md", f"one\n{word}\n")) == [("placeholders", "a.md", 2)]
