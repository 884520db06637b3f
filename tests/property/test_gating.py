"""What holds for every run held against every baseline, and for every text in it."""

import json
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

from hypothesis import example, given, settings
from hypothesis import strategies as st

from maquette.adapters.report_markdown import sections_as_markdown
from maquette.bundle.safe_text import markdown_comment
from maquette.cli.evals.gate_junit import junit_text
from maquette.cli.evals.gate_text import gate_sections
from maquette.evals.baseline import Baseline, blessed
from maquette.evals.baseline_layout import baseline_as_data, baseline_from_data
from maquette.evals.comparing_runs import RunRecord
from maquette.evals.gating import GateReport, Outcome
from maquette.evals.gating_runs import hold
from maquette.evals.gating_settings import GateSettings
from tests.gate_world import run_record

DAY = date(2026, 11, 21)
RIGHT_OR_WRONG = st.text(alphabet="01", min_size=1, max_size=120)
GRADED = st.text(alphabet="015", min_size=1, max_size=60)
MARKS = st.text(alphabet="015-x", min_size=1, max_size=40)
NAMES = st.text(min_size=1, max_size=30)


def baseline_of(record: RunRecord) -> Baseline:
    return blessed(record, record.targets, on=DAY)


def gated(old: str, new: str) -> GateReport:
    return hold(run_record({"m": new}, run_id="r-002"), baseline_of(run_record({"m": old})), GateSettings())


@given(RIGHT_OR_WRONG)
@example("1" * 51)
@example("0" * 52)
def test_a_run_held_against_itself_passes_from_52_examples_on_and_needs_the_rest_below(marks: str) -> None:
    report = gated(marks, marks)
    short = 52 - len(marks)
    assert report.outcome is (Outcome.NOT_ENOUGH_DATA if short > 0 else Outcome.PASS)
    assert report.more_examples == (short if short > 0 else None)


@given(st.data())
def test_a_run_that_is_nowhere_worse_never_fails(data: st.DataObject) -> None:
    old = data.draw(GRADED)
    new = "".join(data.draw(st.sampled_from({"0": "051", "5": "51", "1": "1"}[mark])) for mark in old)
    report = gated(old, new)
    assert report.outcome in (Outcome.PASS, Outcome.NOT_ENOUGH_DATA)
    assert report.targets[0].broken == ()


@given(st.data())
@settings(max_examples=50)
def test_one_more_break_never_turns_a_gate_better(data: st.DataObject) -> None:
    old = "1" * data.draw(st.integers(1, 120))
    lost = data.draw(st.integers(0, len(old) - 1))
    order = (Outcome.PASS, Outcome.NOT_ENOUGH_DATA, Outcome.FAIL)
    fewer, more = (gated(old, "0" * count + old[count:]).outcome for count in (lost, lost + 1))
    assert order.index(more) >= order.index(fewer)


@given(MARKS, NAMES, NAMES, st.dictionaries(NAMES, NAMES))
def test_every_baseline_reads_back_as_it_was_written(
    marks: str, target: str, cluster: str, fingerprints: dict[str, str]
) -> None:
    trials = {"e0": {"cluster": cluster, "must_pass": True, "weight": 0.5}}
    record = run_record({target: marks}, trials=trials, fingerprints={**fingerprints, "e0": "f"})
    baseline = baseline_of(record)
    assert baseline_from_data(json.loads(json.dumps(baseline_as_data(baseline)))) == baseline


@given(NAMES, NAMES, NAMES)
@example("]]>\x00\x1b[31m", "<b>&amp;\ud800", "\x85 \u202e|`www.x](http://y)")
def test_no_name_can_break_the_files_of_a_gate(target: str, wrong: str, note: str) -> None:
    old = run_record({target: "11"})
    record = run_record({target: "10"}, run_id="r-002")
    scores = replace(record.scores, scores={target: {"e0": 1.0, wrong: 0.0}}, must_pass=frozenset({"e0", wrong}))
    blessed_old = replace(baseline_of(old), accepted=(note,))
    report = hold(replace(record, scores=scores), blessed_old, GateSettings())
    (suite,) = ET.fromstring(junit_text(report).encode())
    cases = [case for check in report.targets[0].checks for case in (check, *check.items)]
    assert (suite.get("tests"), len(suite)) == (str(len(cases)), len(cases))
    lines = sections_as_markdown(gate_sections(report)).splitlines()
    tables = [line.count("|") for line in lines if line.startswith("| ")]
    # Models has nine columns, checks four: nothing in a cell begins another one, or another line.
    assert tables == [10] * 2 + [5] * (1 + len(report.targets[0].checks))


@given(st.text())
def test_text_in_markdown_stays_text_in_one_line(text: str) -> None:
    shown = markdown_comment(text)
    assert not set(shown) & set("\n\r<>|`*_[]@$")
    assert "://" not in shown
    assert "www." not in shown
