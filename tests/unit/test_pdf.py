"""The documents as one PDF: every text a literal, no time in it, titles in its bookmarks, links that have a place."""

import json
import re
import sys
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from maquette.adapters.markdown_documents import make_book, pdf_of, write_pdf
from maquette.adapters.markdown_documents.book import breakable, literal
from maquette.bundle.plan import FileSpec
from maquette.bundle.site.model import Cover, Site, site_of
from maquette.cli.main import run
from maquette.foundation.problems import Conflict, ExitStatus, Unavailable
from tests import bundle_world as world

typst = pytest.importorskip("typst")

HOSTILE = '#set page(width: 1cm) *x* $a$ @ref <label> // \\ "q" [b] `c` = h _u_ ~ #{panic()} </script>'


def site(texts: dict[str, str], name: str = "demo") -> Site:
    specs = [
        FileSpec(path=path, content=text, template="" if path.endswith(".svg") else "docs/x.j2")
        for path, text in texts.items()
    ]
    return site_of(world.inputs(document=name), specs)


@cache
def whole() -> Site:
    values = world.inputs()
    return site_of(values, world.render(values))


def unpacked(pdf: bytes) -> bytes:
    """The PDF with the text of its compressed streams behind it."""
    found = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(found)


def bookmark(title: str) -> bytes:
    """How a PDF writes a title: as it is, or in hexadecimal UTF-16 where it is not ASCII."""
    if title.isascii():
        return f"/Title({title})".encode()
    return b"/Title<" + ("\ufeff" + title).encode("utf-16-be").hex().upper().encode() + b">"


def headings(book: str) -> list[str]:
    """Each heading, as Typst reads it."""
    return [json.dumps(heading["body"]) for heading in json.loads(typst.query(book.encode(), "heading"))]


def test_the_titles_of_all_documents_are_bookmarks_of_the_pdf() -> None:
    made = whole()
    text = unpacked(pdf_of(made))
    assert text.startswith(b"%PDF-")
    for document in made.documents:
        title = re.sub(r"\\(?=[^\w ])", "", next(one for one in document.text.splitlines() if one.startswith("# "))[2:])
        assert bookmark(title) in text, document.path


def test_two_pdfs_of_the_same_documents_are_the_same_bytes_and_tell_no_time() -> None:
    texts = {"docs/a.md": "# A\n\n1 s[ᵐ](b.md#x)\n", "docs/b.md": '# B\n\n<a id="x"></a>x\n'}
    first = pdf_of(site(texts))
    assert pdf_of(site(texts)) == first
    assert b"CreationDate" not in unpacked(first)
    assert b"ModDate" not in unpacked(first)


def test_text_of_a_user_is_never_typst() -> None:
    escaped = re.sub(r"([\\`*_\[\]<>#|~$@&])", r"\\\1", HOSTILE)
    book = make_book(site({"docs/a.md": f"# {escaped}\n\n{escaped}\n\n| a |\n|---|\n| {escaped} |\n"}, name=HOSTILE))
    assert book.count(literal(HOSTILE)) >= 2
    assert pdf_of(site({"docs/a.md": f"# {escaped}\n"}, name=HOSTILE)).startswith(b"%PDF-")


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=20))
@hypothesis_settings(max_examples=25, deadline=None)
def test_a_literal_is_read_back_as_the_very_text(texts: list[str]) -> None:
    kept = [text.replace("\r", " ").replace("\0", " ") for text in texts]
    source = f"#metadata(({', '.join(map(literal, kept))},)) <told>"
    assert json.loads(typst.query(source.encode(), "<told>", field="value", one=True)) == kept


@given(
    text=st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "Pd", "Zs"]), max_size=120),
    longest=st.integers(4, 60),
)
def test_no_word_is_longer_than_it_may_be_and_nothing_is_lost(text: str, longest: int) -> None:
    broken = breakable(text, longest)
    assert broken.replace("\u200b", "") == text
    assert max(map(len, re.split(r"[\s\u200b]+", broken))) <= longest


def test_a_table_is_never_wider_than_the_page() -> None:
    row = "| " + " | ".join("w" * 90 for _ in range(9)) + " |\n"
    book = make_book(site({"docs/a.md": "# A\n\n" + row + "|---" * 9 + "|\n" + row}))
    shares = re.search(r"#grid-table\(\(([^)]*),\)", book)
    assert shares is not None
    widths = [float(share.rstrip("%")) for share in shares[1].split(", ")]
    assert len(widths) == 9
    assert 99 < sum(widths) <= 100.5
    assert "w" * 12 not in book


def test_a_code_line_that_is_too_long_breaks() -> None:
    book = make_book(site({"docs/a.md": f"# A\n\n```sh\ncurl {'x' * 300}\n```\n"}))
    assert "x" * 85 not in book


def test_links_have_a_place_and_one_to_a_missing_anchor_leads_to_its_document() -> None:
    texts = {
        "docs/a.md": "# A\n\n[b](b.md#gone) [c](b.md#x) [d](../compose.yaml) [e](javascript:x) [f](https://example.org)\n",
        "docs/b.md": '# B\n\n<a id="x"></a>x 1 s[ᵐ](#x)\n',
    }
    made = site(texts)
    book = make_book(made)
    assert '#link(label("docs-b"), [#"b";]);' in book
    assert '#link(label("docs-b--x"), [#"c";]);' in book
    assert '#link("https://example.org", [#"f";]);' in book
    assert '#link("javascript' not in book
    assert '#link(label("docs-b--x"), [#mark("measured");]);' in book
    assert pdf_of(made).startswith(b"%PDF-")


def test_a_drawing_is_in_the_book_once_and_light() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><style>\n.b { fill: #fff; }\n'
        "@media (prefers-color-scheme: dark) {\n  .b { fill: #000; }\n}\n</style>"
        '<rect class="b" width="9" height="9"/></svg>'
    )
    shown = "# {}\n\nShows c ([drawing](diagrams/c.svg))\n\n```mermaid\nflowchart TB\n```\n"
    book = make_book(site({"docs/diagrams/c.svg": svg, "docs/a.md": shown.format("A"), "docs/b.md": shown.format("B")}))
    assert book.count("#drawing(") == 1
    assert "prefers-color-scheme" not in book
    assert "flowchart" not in book


def test_the_cover_tells_name_status_and_the_date_of_the_prices() -> None:
    cover = Cover(name="demo", status="DRAFT", because="nothing", prices_as_of="2026-11-20", version="0.1.0")
    book = make_book(Site(cover=cover, documents=(), drawings=()))
    assert 'book.with(name: "demo", status: "DRAFT", because: "nothing", dated: "2026-11-20", version: "0.1.0"' in book
    assert pdf_of(Site(cover=cover, documents=(), drawings=())).startswith(b"%PDF-")


def test_the_headings_that_typst_reads_are_those_of_the_documents() -> None:
    book = make_book(site({"docs/a.md": "# Costs *now*\n\n## 2 \\# months\n"}))
    assert any("2 # months" in heading for heading in headings(book))


def test_without_typst_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(Unavailable) as raised:
        pdf_of(site({"docs/a.md": "# A\n"}))
    assert raised.value.exit_status == 5
    assert "pip install 'maquette[pdf]'" in str(raised.value.fix)


def test_another_file_is_not_overwritten_unasked_and_the_same_pdf_is_left_alone(tmp_path: Path) -> None:
    place, made = tmp_path / "a.pdf", site({"docs/a.md": "# A\n"})
    assert write_pdf(place, made, replace=False)
    assert not write_pdf(place, made, replace=False)
    place.write_text("mine")
    with pytest.raises(Conflict):
        write_pdf(place, made, replace=False)
    assert place.read_text() == "mine"
    assert write_pdf(place, made, replace=True)


def test_the_command_writes_a_pdf_of_the_chosen_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, place = tmp_path / "p", tmp_path / "design.pdf"
    assert run(["new", str(project)]) == 0
    capsys.readouterr()
    asked = ["export", "--project", str(project), "--pdf", str(place), "--json"]
    assert run([*asked, "--only", "docs"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pdf"], told["written"]) == (str(place), True)
    assert "docs/01-requirements.md" in told["documents"]
    assert "README.md" not in told["documents"]
    assert run(asked) == ExitStatus.CONFLICT
    assert run([*asked, "--yes"]) == 0
    assert run([*asked, "--zip", str(tmp_path / "a.zip")]) == ExitStatus.INVALID_INPUT
    assert run([*asked, "--only", "site"]) == ExitStatus.NOT_FOUND
