"""The cards as a person sees them: JupyterLab in a headless Chromium, run from top to bottom."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maquette_widgets.notebook import CARDS, write_notebook
from tests.project_world import opened, scenario_project
from tests.run_world import sorted_tickets

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """A JupyterLab on loopback over ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--IdentityProvider.token=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        f"--ServerApp.root_dir={folder}",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{url}/api", timeout=5):
                break
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()


Make = Callable[[Path], object]


def scenario(folder: Path) -> object:
    """A project without a run."""
    return scenario_project(folder, "b")


@contextmanager
def notebook_run(folder: Path, height: int, *, make: Make = scenario) -> Iterator["Page"]:
    """The project's notebook in a browser, all of its cells under way; at the end no cell has failed."""
    from playwright.sync_api import sync_playwright

    make(folder)
    write_notebook(folder)
    with jupyterlab(folder) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": height})
        page.goto(f"{url}/lab/tree/maquette.ipynb")
        page.get_by_text("| Idle").wait_for(timeout=120_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        yield page
        assert page.get_by_text("Traceback").count() == 0
        assert page.locator("mjx-container").count() == 0, "amounts in dollars are shown as formulas"
        browser.close()


def test_every_card_shows_in_jupyterlab(tmp_path: Path) -> None:
    with notebook_run(tmp_path / "p", 1600) as page:
        page.wait_for_function(f"document.querySelectorAll('.maquette-card').length >= {len(CARDS)}", timeout=120_000)
        page.locator(".widget-text").first.wait_for(timeout=30_000)
        page.screenshot(path=str(tmp_path / "cards.png"))
    assert (tmp_path / "cards.png").stat().st_size > 10_000


def test_the_shortlist_is_filtered_explained_and_chosen_from_in_jupyterlab(tmp_path: Path) -> None:
    with notebook_run(tmp_path / "p", 3200) as page:
        line = page.get_by_placeholder("eu json ctx>=32k $<300 by:quality")
        line.wait_for(timeout=120_000)
        line.press_sequentially("json by:ctx top:3")
        page.get_by_text("json by:ctx top:3 -> 3 of").first.wait_for(timeout=30_000)
        models = page.locator(".widget-select-multiple select")
        model = str(models.locator("option").first.text_content())
        models.select_option(label=model)
        page.get_by_role("button", name="Why", exact=True).click()
        page.get_by_text(f"{model} is a candidate").first.wait_for(timeout=30_000)
        page.get_by_role("button", name="Choose", exact=True).click()
        page.get_by_text("1 chosen").first.wait_for(timeout=30_000)
        page.screenshot(path=str(tmp_path / "shortlist.png"))
    assert opened(tmp_path / "p").view.document.chosen == (model,)
    assert (tmp_path / "shortlist.png").stat().st_size > 10_000


def test_an_evaluation_is_looked_into_compared_and_charted_in_jupyterlab(tmp_path: Path) -> None:
    with notebook_run(tmp_path / "p", 6000, make=sorted_tickets) as page:
        page.get_by_text("large passes alone").first.wait_for(timeout=120_000)
        page.get_by_role("button", name="Details", exact=True).click()
        page.get_by_text("1 of 29 without a label").wait_for(timeout=30_000)
        page.screenshot(path=str(tmp_path / "details.png"))
        page.get_by_role("button", name="Compare", exact=True).last.click()
        page.get_by_text("not enough data to tell large from small").wait_for(timeout=30_000)
        page.screenshot(path=str(tmp_path / "compare.png"))
        page.get_by_role("button", name="Charts", exact=True).click()
        page.locator("svg.marks").first.wait_for(timeout=30_000)
        page.screenshot(path=str(tmp_path / "charts.png"))
    assert (tmp_path / "charts.png").stat().st_size > 10_000


def test_a_decision_is_signed_a_deviation_reasoned_and_an_export_previewed_in_jupyterlab(tmp_path: Path) -> None:
    with notebook_run(tmp_path / "p", 9000, make=sorted_tickets) as page:
        page.get_by_text("Side by side").first.wait_for(timeout=120_000)
        page.get_by_placeholder("option", exact=True).fill("large")
        page.get_by_placeholder("why, in your words").first.fill("it passes")
        page.get_by_role("button", name="Decide", exact=True).click()
        page.get_by_text("decided for large, as a draft").first.wait_for(timeout=30_000)
        page.get_by_placeholder("who accepts it; the name stands in the record").fill("Ada")
        page.get_by_role("button", name="Accept", exact=True).last.click()
        page.get_by_text("signed by Ada").first.wait_for(timeout=30_000)
        page.get_by_placeholder("why, in your words").nth(1).fill("one is enough")
        page.get_by_role("button", name="Deviate", exact=True).click()
        page.get_by_text("one is enough").first.wait_for(timeout=30_000)
        page.screenshot(path=str(tmp_path / "decision.png"))
        page.get_by_role("button", name="Plan", exact=True).click()
        page.locator("pre", has_text="1 + ").first.wait_for(timeout=60_000)
        page.screenshot(path=str(tmp_path / "export.png"))
    choice = opened(tmp_path / "p").view.document.choice
    assert choice is not None
    assert (choice.model, choice.signed_by) == ("large", "Ada")
    assert not (tmp_path / "p" / "out").exists()
