"""The report's page as a person meets it: in a headless Chromium without a network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maquette.cli.main import run
from tests.report_world import HOSTILE, record_run, triage_project

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of 600 examples and four models, hostile texts among them."""
    place = tmp_path_factory.mktemp("report")
    project = triage_project(place / "p", examples=600)
    record_run(project)
    assert run(["eval", "report", "--html", str(place / "r.html"), "--project", str(project.folder)]) == 0
    return place / "r.html"


@contextmanager
def shown(path: Path, *, width: int = 1280, dark: bool = False) -> Iterator["Page"]:
    """The page in a browser that reaches nothing; at the end it has asked for nothing and complained of nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme="dark" if dark else "light", offline=True
        )
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        yield page
        assert said == []
        assert asked == [path.as_uri()]
        browser.close()


def count(page: "Page") -> str:
    return str(page.locator("#count").text_content())


def test_the_page_opens_and_is_filtered_to_what_matters(report: Path, tmp_path: Path) -> None:
    with shown(report) as page:
        assert page.locator("h1").text_content() == "beta-flash is the smallest model that passes"
        assert (page.title(), count(page)) == ("ticket-triage: evaluation r-001", "600 of 600 examples")
        assert page.locator("figure svg").count() == 4
        page.get_by_label("wrong", exact=True).check()
        wrong = int(count(page).split()[0])
        page.get_by_label("models disagree", exact=True).check()
        disagree = int(count(page).split()[0])
        assert 0 < disagree <= wrong < 600
        page.get_by_label("all", exact=True).check()
        page.locator("#stratum").select_option("german")
        assert count(page) == "50 of 600 examples"
        page.get_by_label("Text").fill("ticket 1002")
        assert count(page) == "1 of 600 examples"
        page.get_by_role("button", name="t0002").click()
        assert "Seit dem Update startet die App nicht mehr." in str(page.locator("tr.open").text_content())
        page.screenshot(path=str(tmp_path / "page.png"))
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_a_keyboard_alone_opens_an_example_and_sorts(report: Path) -> None:
    with shown(report) as page:
        first = page.locator("#list tbody th button").first
        first.focus()
        page.keyboard.press("Enter")
        assert first.get_attribute("aria-expanded") == "true"
        page.keyboard.press("Space")
        assert page.locator("tr.open").count() == 0
        slowest = page.locator("#list thead button").last
        slowest.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert page.locator("#list thead th").last.get_attribute("aria-sort") == "descending"
        times = [int(text.replace(",", "")) for text in page.locator("#list tbody td.num").all_text_contents()]
        assert times == sorted(times, reverse=True)
        assert len(times) == 100
        page.locator("#more").focus()
        page.keyboard.press("Enter")
        assert page.locator("#list tbody tr").count() == 200


def test_hostile_answers_are_text_and_nothing_else(report: Path) -> None:
    with shown(report) as page:
        page.get_by_label("Text").fill("pwned")
        page.get_by_role("button", name="t0007").click()
        assert HOSTILE[0] in str(page.locator("tr.open pre").first.text_content())
        assert page.locator("img, iframe, object, base").count() == 0
        assert page.locator("script").count() == 4
        assert page.title() == "ticket-triage: evaluation r-001"


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (800, False), (400, True)])
def test_the_page_fits_its_window_in_both_colour_schemes(width: int, dark: bool, report: Path) -> None:
    with shown(report, width=width, dark=dark) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ink, paper = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        assert (ink, paper) == (
            ("rgb(231, 235, 238)", "rgb(20, 24, 27)") if dark else ("rgb(27, 33, 38)", "rgb(255, 255, 255)")
        )


def test_paper_is_white_and_has_no_filters(report: Path) -> None:
    with shown(report, dark=True) as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator("#filters").is_visible()
        assert not page.locator("nav").is_visible()


def test_ten_thousand_examples_open_and_are_searched(tmp_path: Path) -> None:
    project = triage_project(tmp_path / "p", examples=10_000)
    record_run(project)
    path = tmp_path / "r.html"
    assert run(["eval", "report", "--html", str(path), "--project", str(project.folder)]) == 0
    assert path.stat().st_size < 12_000_000
    with shown(path) as page:
        assert count(page) == "10,000 of 10,000 examples"
        page.get_by_label("Text").fill("ticket 10999")
        assert count(page) == "1 of 10,000 examples"
