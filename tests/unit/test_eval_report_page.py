"""The page and the Markdown: nobody's text becomes markup, nothing is fetched, and memory stays flat."""

import json
import re
import tracemalloc
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from maquette.adapters.report_html import page, svg
from maquette.adapters.report_html.labels import Box, free_place
from maquette.adapters.report_html.page import data_line
from maquette.adapters.report_html.scales import Scale, around, by_size
from maquette.adapters.report_markdown import LONGEST, as_markdown
from maquette.evals.dataset import Example
from maquette.evals.reporting.breakdown import Breakdown
from maquette.evals.reporting.drill import answer_rows, choose, example_rows
from maquette.evals.reporting.report import make_report
from maquette.evals.trials import Score, Trial
from tests.report_world import HOSTILE
from tests.unit.test_eval_report import marked, record, report_of

ATTACKS = (*HOSTILE, '"><svg/onload=alert(1)>', "'; }</style><base href=http://127.0.0.1>", "{{ 7 * 7 }}{% raw %}")


class Read(HTMLParser):
    """The elements of a page with their attributes, and the text of its data blocks."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, str] = {}
        self.texts: list[str] = []
        self._block = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._block = str(dict(attrs).get("id") or tag) if tag in ("script", "style") else ""

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data
        else:
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._block = ""


def hostile_page() -> str:
    """A page on which every text of others is an attack: names, ids, strata, inputs, answers, details, failures."""
    trials, examples = [], {}
    for at, text in enumerate(ATTACKS):
        name = f"{at}{text}"
        examples[name] = Example(id=name, inputs={"q": text}, expected=text)
        for target in (f"m{HOSTILE[0]}", f"n{HOSTILE[2]}"):
            score = Score(metric="exact_match", value=0.0, detail=text)
            trial = replace(marked("m", "0")[0], target_id=target, example_id=name, stratum=text, output=text)
            trials.append(replace(trial, scores=(score,), cluster=text, must_pass=True))
    found = replace(record(trials, dataset=HOSTILE[0], prompt=HOSTILE[1], made_of={"dataset": HOSTILE[5]}))
    report = make_report(
        found, title=HOSTILE[0], breakdown=Breakdown(unknown=HOSTILE[0]), changed=[HOSTILE[0]], stale=True
    )
    drill = choose(report.scores, examples, which=None, unknown=HOSTILE[0])
    targets = [result.target_id for result in report.run.results]
    answers = answer_rows(trials, drill, targets, "exact_match")
    assert as_markdown(report)
    return "".join(page(report, drill, examples=example_rows(drill, report.scores, examples), answers=answers))


def test_hostile_texts_add_no_element_no_attribute_and_no_address() -> None:
    text = hostile_page()
    read = Read(text)
    assert {tag for tag, _ in read.tags} & {"img", "iframe", "base", "link", "object", "form "} == set()
    assert [tag for tag, _ in read.tags].count("script") == 4
    assert [tag for tag, _ in read.tags].count("style") == 1
    assert [name for _, attributes in read.tags for name in attributes if name.startswith("on")] == []
    assert [value for _, a in read.tags for value in (a.get("src"), a.get("href")) if value and value[0] != "#"] == []
    assert {tag for tag, attributes in read.tags if "style" in attributes} == set()
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]", text) is None
    assert "49" not in [piece.strip() for piece in read.texts if "{{" in piece]


def test_the_data_of_a_hostile_page_reads_back_as_visible_text() -> None:
    blocks = Read(hostile_page()).blocks
    rows = [json.loads(line) for line in blocks["data-asked"].splitlines() if line]
    assert rows[0]["input"] == HOSTILE[0]
    assert rows[2]["input"] == "invoice⟨U+202E⟩fdp.exe, zero⟨U+200B⟩width, half ⟨U+D83D⟩ a pair"
    assert len([line for line in blocks["data-answers"].splitlines() if line]) == 2 * len(ATTACKS)


def test_a_line_of_data_cannot_end_its_script_element() -> None:
    for text in ATTACKS:
        line = data_line([text])
        assert re.search(r"[<>&\n\u2028\u2029]", line) is None
        assert json.loads(line) == [text]


def test_the_policy_allows_the_pages_own_style_and_script_alone() -> None:
    read = Read(hostile_page())
    policy = next(a["content"] for t, a in read.tags if t == "meta" and "http-equiv" in a)
    digests = [b64encode(sha256(read.blocks[name].encode()).digest()).decode() for name in ("style", "script")]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_every_chart_says_in_words_what_it_shows() -> None:
    text = hostile_page()
    drawn = re.findall(r'<svg viewBox="[^"]*" role="img" aria-labelledby="(\S+) (\S+)">', text)
    assert len(drawn) == 4
    for names in drawn:
        assert all(f'id="{name}">' in text for name in names)


def test_markdown_of_hostile_names_is_tables_of_text() -> None:
    trials = [one for text in ATTACKS for one in marked(f"m{text}", "10")]
    text = as_markdown(report_of(trials, dataset=HOSTILE[3]))
    widths = {line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("| m")}
    assert widths <= {8, 9, 11, 7, 10, 6}
    assert not re.search(r"<(?!/?sub>|!-- -->)[a-z!/]", text)
    assert "](" not in text.replace("\\](", "")
    assert not re.search(r"@\w", text)


def test_markdown_fits_into_one_comment_and_says_what_is_left_out() -> None:
    trials = [one for at in range(60) for one in marked(f"model-{at}-{'x' * 300}", "1")]
    text = as_markdown(report_of(trials))
    assert len(text) < LONGEST + 200
    assert "More does not fit into a comment" in text


def test_the_page_of_twenty_thousand_long_answers_takes_little_memory() -> None:
    number, long = 10_000, "answer " * 250

    def trials() -> Any:
        for at in range(number):
            for target in ("m", "n"):
                yield one(at, target)

    def one(at: int, target: str) -> Trial:
        return replace(base, target_id=target, example_id=f"e{at:05}", output=long)

    base = marked("m", "1")[0]
    report = report_of(one(at, target) for at in range(40) for target in ("m", "n"))
    shown = tuple(f"e{at:05}" for at in range(number))
    drill = replace(choose(report.scores, {}, which=None), shown=shown, of=number)
    rows = example_rows(drill, report.scores, {})
    pieces = page(report, drill, examples=rows, answers=answer_rows(trials(), drill, ["m", "n"], "exact_match"))
    next(pieces)
    tracemalloc.start()
    size = sum(map(len, pieces))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 35_000_000
    assert peak < 8_000_000


def test_names_in_a_drawing_cover_neither_marks_nor_each_other() -> None:
    within = Box(0, 0, 400, 200)
    marks = [Box(93, 93, 107, 107), Box(95, 95, 109, 109)]
    placed = list(marks)
    for _ in range(6):
        box = free_place(100, 100, 80, placed, within=within)
        assert box is not None
        assert within.holds(box)
        assert not any(box.meets(other) for other in placed)
        placed.append(box)
    assert free_place(100, 100, 390, placed, within=within) is None


def test_nine_models_are_told_apart_by_colour_and_shape() -> None:
    marks = {re.sub(r"<title>.*?</title>", "", svg.mark(at, 8, 8, "")) for at in range(32)}
    assert len(marks) == 32


@pytest.mark.parametrize(
    ("scale", "ticks"),
    [
        (around([78.1, 94.2], start=0, end=100, floor_at=0.0, ceiling=100.0), (75.0, 80.0, 85.0, 90.0, 95.0)),
        (around([50.0, 50.0], start=0, end=100, floor_at=0.0, ceiling=100.0), (50.0,)),
        (by_size([0.0], start=0, end=100), (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (by_size([0.29, 300.0], start=0, end=100), (1.0, 10.0, 100.0)),
        (Scale(low=0, high=1000, start=0, end=10), (0.0, 200.0, 400.0, 600.0, 800.0, 1000.0)),
    ],
)
def test_axes_have_round_figures(scale: Scale, ticks: tuple[float, ...]) -> None:
    assert scale.ticks == ticks
    assert all(min(scale.start, scale.end) <= scale.at(tick) <= max(scale.start, scale.end) for tick in ticks)
