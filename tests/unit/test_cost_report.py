"""The cost report: its exact texts, its links, its charts, what it escapes, what it writes over."""

import json
import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.adapters.cost_charts import ABOUT, cost_charts
from maquette.adapters.cost_report_html import cost_html
from maquette.adapters.cost_report_markdown import cost_markdown
from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.cost.inputs import CostInputs
from maquette.cost.levers import LeverKind, LeverTable, Step
from maquette.cost.options import CostOption
from maquette.cost.report import CostReport
from maquette.cost.report_lines import Anchors
from maquette.cost.reporting import CostFindings, cost_report
from maquette.cost.volumes import AtVolume, turns
from maquette.foundation.problems import Unavailable
from maquette.project.costing import drawn_costs
from tests.cost_world import api, facts, model
from tests.project_world import scenario_project

HOSTILE = "</text><script>alert(1)</script> | [x](http://evil.example) `*_\u202e @all"


def findings(*options: CostOption, budget: int | None = 100) -> CostFindings:
    """1,000 requests a day of 2,000 and 100 tokens over a year, and the first option of those."""
    known = facts() if budget is None else facts(budget__monthly_usd=budget)
    inputs = CostInputs(facts=known, options=options, prices_as_of=date(2026, 11, 18))
    return CostFindings(
        name="Post & mail",
        option=options[0].name,
        decided=False,
        projection=inputs.projection(),
        drawn=drawn_costs(inputs, count=1000),
        crossings=(),
        assumed=(("users.tiers", "1"),),
    )


def two() -> CostFindings:
    return findings(api("small"), api("large", fresh="10", output="40"))


def charts(found: CostFindings, scores: dict[str, float] | None = None) -> dict[str, str]:
    drawn = cost_charts(found.projection, found.drawn, option=found.option, scores=scores or {}, metric="exact match")
    return {name: one.svg for name, one in drawn.items()}


def page(report: CostReport, drawn: dict[str, str]) -> str:
    return cost_html(report, drawn, ABOUT)


def test_the_markdown_says_what_it_rests_on() -> None:
    text = cost_markdown(cost_report(two()))
    assert text.startswith(
        "# Cost report: Post &amp; mail\n\n"
        '<a id="rests-on"></a>\n\n'
        "## What it rests on\n\n"
        "- Prices as of 2026-11-18.\n"
        "- Horizon: 12 months.\n"
        "- Budget: $100 a month.\n"
        "- Ranges p10, p50 and p90 are of 1,000 draws an option, seed 20261121.\n"
        "- Facts that are assumed: users.tiers = 1.\n"
    )


def test_figures_of_the_summary_lead_to_the_lines() -> None:
    text = cost_markdown(cost_report(two()))
    # 30,400 requests of 2,000 tokens at $1 and 100 at $4 a million: $60.80 and $12.16.
    assert "| small | [$0.0024](#line-small-sum) | [$72.96 / $72.96 / $72.96](#line-small-sum) |" in text
    assert (
        '| <a id="line-small-output"></a>output | 3,040,000 | token | 0.000004 | $12.16 / $12.16 / $12.16 '
        "| $12.16 / $12.16 / $12.16 | $146 / $146 / $146 | output_cost_per_token "
        "| claimed: a price page (2026-11-18) |" in text
    )
    assert '<a id="line-small-sum"></a>sum |  |  |  | $72.96 / $72.96 / $72.96 |' in text
    assert "| large | [$0.024](#line-large-sum) | [$730 / $730 / $730](#line-large-sum) |" in text


def test_every_link_has_its_anchor_once() -> None:
    report = cost_report(findings(api("a.b"), api("a-b"), api(HOSTILE), api("猫")))
    text, html = cost_markdown(report), page(report, {})
    for anchors, links in (
        (re.findall(r'<a id="([^"]+)"', text), re.findall(r"\]\(#([^)]+)\)", text)),
        (re.findall(r' id="([^"]+)"', html), re.findall(r'href="#([^"]+)"', html)),
    ):
        assert len(anchors) == len(set(anchors))
        assert links
        assert set(links) <= set(anchors)


def test_names_that_read_alike_have_anchors_of_their_own() -> None:
    anchors = Anchors()
    assert anchors.of("a.b", "sum") == "line-a-b-sum"
    assert anchors.of("a-b", "sum") == "line-a-b-sum-2"
    assert anchors.of("a.b", "sum") == "line-a-b-sum"
    assert anchors.of("猫", "sum") == "line-unnamed-sum"


def test_a_hostile_name_is_text_everywhere() -> None:
    found = findings(api(HOSTILE))
    report = cost_report(found)
    text, drawn = cost_markdown(report), charts(found, {HOSTILE: 0.5})
    html = page(report, drawn)
    for one in (text, html, *drawn.values()):
        assert "<script" not in one
        assert "\u202e" not in one
    assert not re.search(r"(?<!\\)\]\(http", text)
    assert "@all" not in text
    assert "\n| &lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt; \\| \\[x\\](" in text
    assert set(re.findall(r"https?:[^\"< )]*", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "http://evil.example",
    }
    assert not re.search(r'(?:href|src)="(?!#)', html)


def test_an_option_without_a_price_says_why() -> None:
    text = cost_markdown(cost_report(findings(api("small"), CostOption(name="dark", card=model("dark", None)))))
    assert "| dark | unpriced | unpriced | unpriced | unpriced |" in text
    assert "- dark is unpriced: " in text


def test_without_a_budget_no_chance_is_told() -> None:
    text = cost_markdown(cost_report(findings(api("small"), budget=None)))
    assert "- No budget is given.\n" in text
    assert (
        "- small, the cheapest, costs [$72.96](#line-small-sum) in month 1 and [$876](#line-small-sum) over 12" in text
    )
    assert "](#draws)" not in text


def test_the_same_findings_give_the_same_report_and_charts() -> None:
    assert cost_markdown(cost_report(two())) == cost_markdown(cost_report(two()))
    assert charts(two()) == charts(two())


def test_the_charts_hold_their_marks() -> None:
    drawn = charts(two(), {"small": 0.9, "large": 0.8})
    assert sorted(drawn) == ["cost-band", "cost-drivers", "cost-lines", "cost-quality"]
    assert all(svg.startswith("<svg") for svg in drawn.values())
    assert re.findall(r'"month: 1; USD a month: [\d.]+; p90: [\d.]+; option: (\w+)"', drawn["cost-band"]) == [
        "small",
        "large",
    ]
    assert "budget $100" in drawn["cost-band"]
    lines = re.findall(r'aria-label="month: (\d+); USD, base case: ([\d.,]+); line: ([^"]+)"', drawn["cost-lines"])
    assert len(lines) == 12 * 2
    assert ("1", "12.16", "output") in lines
    assert "base: 72.96; at: at its p90" in drawn["cost-drivers"]
    assert "no other is cheaper and as good" in drawn["cost-quality"]


def test_without_scores_nothing_is_held_against_quality() -> None:
    assert "cost-quality" not in charts(two())


def test_without_the_libraries_charts_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(Unavailable, match="charts need Altair and vl-convert"):
        charts(two())


@pytest.fixture
def folder(tmp_path: Path) -> str:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": ["gpt-6-luna"]})
    return str(project.folder)


def test_the_command_writes_what_is_asked_and_nothing_over_a_file(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--markdown", str(tmp_path / "r.md"), "--html", str(tmp_path / "r.html"), "--charts", str(tmp_path / "c")]
    asked = ["cost", "report", "--project", folder, "--draws", "1000", *places]
    assert run([*asked, "--json"]) == 0
    said = capsys.readouterr()
    data = json.loads(said.out)
    Draft202012Validator(contract_schema("cost-report")).validate(data)
    assert [one["form"] for one in data["files"]] == ["markdown", "html", *["svg", "png"] * 4]
    assert all(Path(one["path"]).stat().st_size == one["size_bytes"] for one in data["files"])
    assert "r.md: markdown, " in said.err
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.count("<svg") == 4
    (tmp_path / "r.md").write_text("mine", encoding="utf-8")
    assert run(asked) == 7
    assert (tmp_path / "r.md").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == html
    assert not list(tmp_path.glob(".*"))
    assert run([*asked, "--yes"]) == 0
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("# Cost report: ")


def test_it_prints_markdown_where_no_file_is_named(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cost", "report", "--project", folder, "--draws", "1000"]) == 0
    without = capsys.readouterr().out
    assert run(["cost", "report", "--project", folder, "--draws", "1000", "--markdown", "-"]) == 0
    assert capsys.readouterr().out == without
    assert without.startswith("# Cost report: ")
    assert run(["cost", "report", "--project", folder, "--markdown", "-", "--json"]) == 3


def test_out_takes_one_file_by_its_ending_or_a_folder_for_all(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["cost", "report", "--project", folder, "--draws", "1000", "--option", "gpt-6-luna"]
    assert run([*asked, "--out", str(tmp_path / "r.json")]) == 0
    data = json.loads((tmp_path / "r.json").read_text("utf-8"))
    Draft202012Validator(contract_schema("cost-report")).validate(data)
    assert (data["option"], data["files"]) == ("gpt-6-luna", [])
    titles = [section["title"] for section in data["sections"]]
    assert titles == ["What it rests on", "Options", "Lines", "Drivers", "Flips", "Levers", "Assumptions"]
    assert data["sections"][1]["says"][0].startswith("gpt-6-luna, the one asked for, costs $")
    assert run([*asked, "--out", str(tmp_path / "all")]) == 0
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["charts", "cost.html", "cost.json", "cost.md"]
    capsys.readouterr()
    assert run([*asked, "--out", str(tmp_path / "r.pdf")]) == 3
    assert run([*asked, "--out", str(tmp_path / "x.md"), "--html", str(tmp_path / "x.html")]) == 3
    assert run([*asked[:-1], "gpt-7", "--out", str(tmp_path / "x.md")]) == 4
    assert not (tmp_path / "x.md").exists()


def test_the_page_has_a_dark_side_on_which_charts_keep_their_paper() -> None:
    html = page(cost_report(two()), charts(two()))
    assert "@media (prefers-color-scheme: dark)" in html
    assert "figure svg { max-width: 100%; height: auto; background: #fff;" in html


def test_scores_stand_with_their_interval() -> None:
    found = two()
    drawn = cost_charts(
        found.projection,
        found.drawn,
        option=found.option,
        scores={"small": 0.9, "large": 0.96},
        metric="accuracy",
        intervals={"small": (0.86, 0.93)},
    )
    svg = drawn["cost-quality"].svg
    assert "accuracy, with its 95 % interval" in svg
    assert re.search(r"low: 0.86; high: 0.93", svg)


def test_levers_and_volumes_have_their_charts() -> None:
    def month(kind: LeverKind, before: int, after: int, skipped: str = "") -> Step:
        return Step(kind=kind, before_usd=Decimal(before), after_usd=Decimal(after), skipped=skipped)

    levers = LeverTable(
        option="small",
        today_usd=Decimal(100),
        requests_month=Decimal(1),
        budget_usd_month=Decimal(80),
        levers=(),
        steps=(month(LeverKind.BATCH, 100, 70), month(LeverKind.ROUTING, 70, 70, "why")),
    )
    volumes = [
        AtVolume(option=name, requests_month=Decimal(count), month_usd=Decimal(usd), is_today=count == 10)
        for name, months in {"api": (1, 10, 100), "own": (20, 20, 20)}.items()
        for count, usd in zip((1, 10, 100), months, strict=True)
    ]
    found = two()
    drawn = cost_charts(
        found.projection, found.drawn, option="small", scores={}, metric="", volumes=volumes, levers=levers
    )
    assert "own is cheapest" in drawn["cost-volume"].svg
    assert "-$30.00" in drawn["cost-levers"].svg
    assert "budget $80.00" in drawn["cost-levers"].svg
    assert "routing" not in drawn["cost-levers"].svg
    assert turns(volumes) == ((Decimal(100), "api", "own"),)
