"""The page of all documents: where its links lead, what a search finds, and that no text of others is ever markup."""

import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.adapters.markdown_documents import html, make_page
from maquette.bundle.building import bundle_files
from maquette.bundle.checking import check_bundle
from maquette.bundle.lock import LOCK_NAME, Lock
from maquette.bundle.paths import check_paths
from maquette.bundle.plan import FileSpec
from maquette.bundle.selecting import select
from maquette.bundle.site.links import Leads, heading_slug, short_title, target_of
from maquette.bundle.site.model import SITE_PATH, Cover, Site, site_of
from maquette.bundle.site.search import words_of
from maquette.foundation.problems import InvalidInput
from tests import bundle_world as world

HOSTILE = "</script><script>alert(1)</script>"


@dataclass
class Seen(HTMLParser):
    """What a browser sees of a page."""

    ids: list[str] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    policy: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.attributes |= set(found)
        self.tags[tag] += 1
        self._open = found.get("id", tag) if tag == "script" else tag
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found] if tag == "a" and "href" in found else []
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data


def seen(page: str) -> Seen:
    found = Seen()
    found.feed(page)
    return found


@cache
def bundle(name: str = "whole") -> tuple[FileSpec, ...]:
    """The files of the whole project, of an empty one, or of a whole one of that name."""
    values = world.empty_inputs() if name == "empty" else world.inputs(document=name)
    return bundle_files(values, templates=world.templates(), renderer=world.renderer(), site=make_page)


def page_of(name: str = "whole") -> str:
    return next(spec.content for spec in bundle(name) if spec.path == SITE_PATH)


def small(texts: dict[str, str], name: str = "demo") -> str:
    """The page over documents and drawings written here."""
    specs = [
        FileSpec(path=path, content=text, template="" if path.endswith(".svg") else "docs/x.j2")
        for path, text in texts.items()
    ]
    return make_page(site_of(world.inputs(document=name), specs))


def found_by(page: Seen, word: str) -> list[str]:
    """The ids of the parts that the index has for that word."""
    index = json.loads(page.texts["index"])
    at, parts = 0, []
    for gap in index["words"].get(word, []):
        at += gap
        parts.append(index["parts"][at])
    return parts


@pytest.mark.parametrize("name", ["whole", "empty"])
def test_every_link_of_a_bundles_page_leads_to_a_place_or_to_a_file_of_the_bundle(name: str) -> None:
    files = bundle(name)
    page = seen(next(spec.content for spec in files if spec.path == SITE_PATH))
    paths = {spec.path for spec in files}
    assert [one for one, times in Counter(page.ids).items() if times > 1] == []
    inside = {unquote(link["href"][1:]) for link in page.links if link["href"].startswith("#")}
    assert inside - set(page.ids) == set()
    beside = {link["href"] for link in page.links if not link["href"].startswith(("#", "http"))}
    assert beside
    assert {href.removeprefix("../") if href.startswith("../") else f"site/{href}" for href in beside} - paths == set()


def test_every_document_and_drawing_of_a_bundle_is_in_its_page() -> None:
    files = bundle()
    page = next(spec.content for spec in files if spec.path == SITE_PATH)
    for spec in files:
        if spec.path.endswith(".md"):
            assert f">{spec.path}</span></p>" in page, spec.path
    pictures = [spec for spec in files if spec.path.endswith(".svg")]
    assert page.count("<svg ") == page.count('<figure class="drawing"') == len(pictures) > 0


def test_the_page_is_listed_in_the_readme_and_in_the_lock_and_passes_the_bundles_checks() -> None:
    files = bundle()
    texts = {spec.path: spec.content for spec in files}
    assert f"[{SITE_PATH}]({SITE_PATH})" in texts["README.md"]
    assert SITE_PATH in Lock.from_text(texts[LOCK_NAME]).files
    assert check_bundle(files) == ()


def test_only_site_exports_the_page_alone() -> None:
    chosen = select(bundle(), ["site"], None)
    assert [spec.path for spec in chosen.files] == [SITE_PATH, LOCK_NAME]


def test_a_bundle_without_a_maker_of_pages_has_no_page_and_names_none() -> None:
    texts = world.texts(world.inputs())
    assert SITE_PATH not in texts
    assert SITE_PATH not in texts["README.md"]


def test_a_template_may_not_take_the_place_of_the_page() -> None:
    with pytest.raises(InvalidInput, match="the same file"):
        check_paths([("site/Index.html", "own/page.j2"), (SITE_PATH, "")])


def test_the_page_is_the_same_bytes_whether_its_documents_were_kept_or_not() -> None:
    site = site_of(world.inputs(), bundle())
    first = make_page(site)
    assert make_page(site) == first
    html.article_of.cache_clear()
    assert make_page(site) == first


def test_a_page_stays_small_beside_its_documents() -> None:
    files = bundle()
    texts = sum(len(spec.content) for spec in files if spec.path.endswith((".md", ".svg")))
    assert len(page_of()) < 3 * texts + 50_000


def test_the_page_loads_nothing_and_its_policy_allows_its_own_style_and_script_alone() -> None:
    text = page_of()
    page = seen(text)
    assert not page.attributes & {"src", "srcset", "style", "onclick", "onload", "onerror"}
    assert page.tags["link"] == page.tags["img"] == page.tags["iframe"] == page.tags["base"] == 0
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", page.texts["style"])
    for kind in ("style", "script"):
        own = b64encode(sha256(page.texts[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{own}'" in page.policy
    assert page.policy.startswith("default-src 'none'")


def test_a_hostile_name_is_text_in_the_title_the_documents_the_search_and_nowhere_else() -> None:
    page = seen(page_of(HOSTILE))
    assert page.tags["script"] == 3
    assert "<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>" in page_of(HOSTILE)
    assert any(HOSTILE in heading for _, heading in json.loads(page.texts["about"]))
    assert found_by(page, "alert")


def test_raw_html_and_links_that_run_code_stay_words() -> None:
    text = (
        '# A\n\n<b onclick=x>bold</b> <a id="X Y"></a> [go](javascript:alert(1)) [in](JavaScript&colon;alert(1)) '
        "[data](data:text/html,x) [file](file:///etc/passwd) [up](../../../secret) ![pic](https://x.invalid/a.png)\n\n"
        "<script>alert(1)</script>\n"
    )
    text_of_page = small({"docs/a.md": text})
    page = seen(text_of_page)
    own = [link["href"] for link in page.links if not link["href"].startswith("#")]
    assert own == []
    assert (page.tags["script"], page.tags["b"], page.tags["img"]) == (3, 0, 0)
    assert "&lt;b onclick=x&gt;bold&lt;/b&gt;" in text_of_page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text_of_page.replace("<wbr>", "")


def test_links_between_documents_become_places_of_the_page() -> None:
    page = small(
        {
            "docs/06-cost-model.md": '# Cost\n\n| a |\n|---|\n| <a id="option-x"></a>x |\n\n## First month\n',
            "docs/adr/0001-model.md": (
                "# R\n\n[a](../06-cost-model.md#option-x) [b](../06-cost-model.md) [c](../06-cost-model.md#first-month)"
                " [d](../06-cost-model.md#gone) [e](../../gateway/config.yaml) [f](https://example.org/?a=1&b=2)"
                " [g](#r)\n"
            ),
        }
    )
    links = [link["href"] for link in seen(page.partition("<main")[2]).links]
    assert links[-8:-1] == [
        "#docs-06-cost-model--option-x",
        "#docs-06-cost-model",
        "#docs-06-cost-model--first-month",
        "#docs-06-cost-model",
        "../gateway/config.yaml",
        "https://example.org/?a=1&b=2",
        "#docs-adr-0001-model--r",
    ]


def test_a_mark_shows_its_kind_and_the_legend_counts_it() -> None:
    text = "# A\n\n" + '<a id="x"></a>1 s[ᵐ](#x) 2 s[ᵐ](#x) 3 s[ᵃ](#x)\n'
    page = small({"docs/a.md": text})
    assert page.count('<a class="mark measured" ') == 2
    assert page.count('<a class="mark assumed" ') == 1
    counts = re.findall(r'<span class="mark (\w+)">.</span> \w+ <span class="count">(\d+)', page)
    assert dict(counts) == {"measured": "2", "claimed": "0", "estimated": "0", "required": "0", "assumed": "1"}
    assert found_by(seen(page), "s") == ["docs-a--a--part"]


def test_a_drawing_stands_once_with_its_ids_its_own_and_the_pages_colours() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" aria-labelledby="c-title"><title id="c-title">c</title>\n'
        "<style>\n.box { fill: #fff; }\n@media (prefers-color-scheme: dark) {\n  .box { fill: #000; }\n}\n</style>\n"
        '<defs><marker id="c-tip"/></defs><path marker-end="url(#c-tip)"/><text>url(#c-tip)</text></svg>\n'
    )
    shown = '# {}\n\nShows c ([drawing](diagrams/c.svg))\n\n```mermaid\nflowchart TB\n  a["<b>"]\n```\n'
    page = small({"docs/diagrams/c.svg": svg, "docs/a.md": shown.format("A"), "docs/b.md": shown.format("B")})
    assert page.count("<svg ") == 1
    assert 'id="docs-diagrams-c-c-tip"' in page
    assert 'marker-end="url(#docs-diagrams-c-c-tip)"' in page
    assert 'aria-labelledby="docs-diagrams-c-c-title"' in page
    assert "<text>url(#c-tip)</text>" in page
    assert page.count('href="#docs-diagrams-c"') == 2
    style = seen(page).texts["style"]
    assert ".drawing {\n.box { fill: #fff; }\n}" in style
    assert ':root[data-theme="dark"] .drawing {\n  .box { fill: #000; }\n}' in style
    assert page.count("<details><summary>Mermaid source</summary>") == 2
    assert "a[&quot;&lt;b&gt;&quot;]" in page


def test_a_drawing_that_no_document_shows_stands_behind_them() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><title id="d">d</title></svg>\n'
    page = small({"docs/diagrams/d.svg": svg, "docs/a.md": "# A\n\n| File |\n|---|\n| [d](diagrams/d.svg) |\n"})
    assert '<article id="docs-diagrams-d-page"' in page
    assert '<figure class="drawing" id="docs-diagrams-d">' in page


def test_a_search_finds_the_part_by_words_in_any_case_and_by_the_pieces_of_a_name() -> None:
    text = "# Costs\n\nFirst.\n\n## Months\n\n| Fact | Value |\n|---|---|\n| budget.monthly_usd | Größe 15,000 |\n"
    page = seen(small({"docs/a.md": text, "docs/b.md": "# Other\n\nbudget\n"}))
    assert found_by(page, "budget") == ["docs-a--months--part", "docs-b--other--part"]
    assert found_by(page, "monthly") == ["docs-a--months--part"]
    assert found_by(page, "größe") == ["docs-a--months--part"]
    assert found_by(page, "costs") == ["docs-a--costs--part"]
    assert {part for part, _ in json.loads(page.texts["about"])} <= set(page.ids)


def test_the_front_matter_of_a_record_shows_its_status_and_date_alone() -> None:
    page = small({"docs/adr/1.md": '---\nstatus: accepted\ndate: "2026-11-21"\nrules: [R-1]\n---\n\n# Record\n'})
    assert '<p class="chips"><span>status: accepted</span> <span>date: 2026-11-21</span></p>' in page
    assert "R-1" not in page


def test_characters_that_nobody_sees_are_shown_by_their_codes() -> None:
    page = small({"docs/a.md": "# A\n\nx\u202ey\u200bz\n"})
    assert "x⟨U+202E⟩y⟨U+200B⟩z" in page


def test_columns_of_short_numbers_stand_right_and_others_left() -> None:
    page = small({"docs/a.md": "# A\n\n| n | t | m |\n|---|---|---|\n| 1 | 2 a b | $3 |\n| none | x | ~4 |\n"})
    assert '<td class="num">1</td><td>2 a b</td><td class="num">$3</td>' in page


def test_two_headings_of_one_name_have_two_places() -> None:
    page = seen(small({"docs/a.md": "# A\n\n## Same\n\n## Same\n"}))
    assert {"docs-a--same", "docs-a--same-1"} <= set(page.ids)


def test_documents_whose_paths_make_one_slug_have_two_ids() -> None:
    specs = [FileSpec(path=path, content="# A\n", template="x/y.j2") for path in ("docs/a b.md", "docs/a-b.md")]
    site = site_of(world.inputs(), specs)
    assert len({document.id for document in site.documents}) == 2


def test_a_site_without_documents_is_still_a_page() -> None:
    cover = Cover(name="n", status="DRAFT", because="nothing has been weighed yet", prices_as_of=None, version="1")
    assert '<main id="content">' in make_page(Site(cover=cover, documents=(), drawings=()))


def test_a_documents_title_loses_the_projects_name_at_its_end() -> None:
    assert short_title("Requirements of demo", "demo") == "Requirements"
    assert short_title("RB-01: a model is down (demo)", "demo") == "RB-01: a model is down"
    assert short_title("demo", "demo") == "demo"


@given(href=st.text(max_size=60) | st.from_regex(r"[a-zA-Z]{1,12}:[^\s]{0,20}", fullmatch=True))
def test_no_link_leads_to_another_scheme_than_the_webs_or_out_of_the_bundle(href: str) -> None:
    target = target_of(href, path="docs/a.md", routes={"docs/a.md": "docs-a"})
    match target.leads:
        case Leads.WEB:
            assert target.to.lower().startswith(("http:", "https:", "mailto:"))
        case Leads.BESIDE:
            assert not target.to.startswith(("../..", "/"))
        case Leads.INSIDE:
            assert target.to.startswith("docs-a")
        case Leads.NOWHERE:
            assert target.to == ""


@given(text=st.text(max_size=80))
def test_words_are_runs_of_letters_and_digits_in_lower_case(text: str) -> None:
    for word in words_of(text):
        assert word.isalnum()
        assert len(word) <= 40
        assert word == word.lower()


@given(text=st.text(max_size=40))
def test_a_headings_anchor_has_neither_blanks_nor_quotes(text: str) -> None:
    assert not set(heading_slug(text)) & set(" \t\n\"'<>#&")
