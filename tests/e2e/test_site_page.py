"""The page of all documents as a person meets it: in a headless Chromium without a network."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maquette.adapters.markdown_documents import make_page
from maquette.bundle.site.model import site_of
from tests import bundle_world as world
from tests.e2e.test_eval_report_page import CHROMIUM, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

NAME = "</script><script>alert(1)</script>"
DOCUMENTS = ("README.md", "docs/01-requirements.md", "docs/02-architecture.md", "docs/adr/0001-model.md")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a project whose name would be a script."""
    values = world.inputs(document=NAME)
    place = tmp_path_factory.mktemp("site") / "index.html"
    place.write_text(make_page(site_of(values, world.render(values))), "utf-8")
    return place


def background(page: "Page") -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def shown_document(page: "Page") -> str:
    assert page.locator("article:visible").count() == 1
    return str(page.locator("article:visible").get_attribute("id"))


def test_a_link_of_the_navigation_shows_one_document_and_back_returns_to_the_line_that_was_left(site: Path) -> None:
    with shown(site) as page:
        assert shown_document(page) == "readme"
        page.locator("nav").get_by_role("link", name="Requirements", exact=True).click()
        page.wait_for_function("document.title.startsWith('Requirements | ')")
        assert shown_document(page) == "docs-01-requirements"
        page.locator("nav").get_by_role("link", name="ADR-0001", exact=False).first.click()
        mark = page.locator("article:visible a.mark").last
        mark.scroll_into_view_if_needed()
        left, target = page.evaluate("scrollY"), mark.get_attribute("href")
        mark.click()
        page.wait_for_function("scrollY >= 0 && location.hash !== '#docs-adr-0001-model'")
        assert page.locator(str(target)).count() == 1
        assert shown_document(page) == str(target)[1:].partition("--")[0]
        page.go_back()
        page.wait_for_function(f"location.hash === '#docs-adr-0001-model' && scrollY === {left}")


def test_a_slash_finds_a_fact_and_enter_leads_to_its_row(site: Path) -> None:
    with shown(site) as page:
        page.keyboard.press("/")
        page.keyboard.type("scale.requests_per_day")
        first = page.locator("#found a").first
        assert "Requirements" in str(first.text_content())
        page.keyboard.press("Enter")
        page.wait_for_function("location.hash === '#docs-01-requirements--fact-scale-requests-per-day'")
        assert page.locator("tr:has(.at:target)").is_visible()
        assert page.locator("#found").is_hidden()
        page.keyboard.press("/")
        page.keyboard.type("zzzznothing")
        assert "Nothing has all of these words." in str(page.locator("#found").text_content())
        page.keyboard.press("Escape")
        assert page.locator("#found").is_hidden()


def test_a_hostile_name_is_found_as_text_and_never_runs(site: Path) -> None:
    with shown(site) as page:
        page.on("dialog", lambda _: pytest.fail("the name ran as a script"))
        page.locator("#words").fill("alert")
        assert page.locator("#found a").count() > 0
        assert NAME in page.title()
        assert NAME in str(page.locator(".project").text_content())


def test_the_switch_goes_from_the_systems_colours_to_light_and_dark(site: Path) -> None:
    with shown(site, dark=True) as page:
        dark = background(page)
        page.locator("#theme").click()
        light = background(page)
        assert light == "rgb(255, 255, 255)" != dark
        page.locator("#theme").click()
        assert background(page) == dark
        page.goto(site.as_uri() + "#docs-02-architecture")
        assert background(page) == dark
    with shown(site) as page:
        page.locator("nav").get_by_role("link", name="Architecture", exact=True).click()
        box = "getComputedStyle(document.querySelector('.drawing .box')).fill"
        before = page.evaluate(box)
        page.locator("#theme").click()
        page.locator("#theme").click()
        assert page.evaluate(box) != before


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_no_document_is_wider_than_the_window(site: Path, width: int) -> None:
    with shown(site, width=width) as page:
        for path in DOCUMENTS:
            page.evaluate("hash => { location.hash = hash; }", path.removesuffix(".md").replace("/", "-").lower())
            page.wait_for_timeout(30)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_press_on_the_legend_brings_out_one_kind_of_number(site: Path) -> None:
    with shown(site) as page:
        page.locator("button[data-kind=required]").click()
        assert page.locator("button[data-kind=required]").get_attribute("aria-pressed") == "true"
        page.locator("nav").get_by_role("link", name="ADR-0001", exact=False).first.click()
        one = "kind => getComputedStyle(document.querySelector(`article.shown .mark.${kind}`)).opacity"
        assert (page.evaluate(one, "required"), page.evaluate(one, "measured")) == ("1", "0.45")


def test_paper_shows_every_document_and_neither_navigation_nor_search(site: Path, tmp_path: Path) -> None:
    with shown(site) as page:
        page.emulate_media(media="print")
        assert page.locator("article:visible").count() == page.locator("article").count() > 5
        for hidden in ("nav", ".finding", "#theme", "details"):
            assert page.locator(hidden).first.is_hidden(), hidden
        assert background(page) == "rgb(255, 255, 255)"
        page.pdf(path=str(tmp_path / "print.pdf"), prefer_css_page_size=True)
    assert (tmp_path / "print.pdf").read_bytes().startswith(b"%PDF-")
