"""A gate's report as JUnit XML, which CI systems show: one test case a check, and one an example checked by itself."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from maquette.cli.console import clean
from maquette.cli.evals.gate_text import CHECKS, OUTCOMES
from maquette.evals.gating import Check, GateReport, Outcome, TargetGate

_ELEMENTS = {Outcome.FAIL: "failure", Outcome.UNFIT: "error", Outcome.NOT_ENOUGH_DATA: "skipped"}
_COUNTS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit_text(report: GateReport) -> str:
    """The report as the text of a file.

    What fails is a failure, a run that is not fit to judge an error; too few examples are skipped, or a failure where
    the project says that they fail. Control characters, which XML cannot hold, are replaced.
    """
    root = ET.Element("testsuites", {"name": clean(f"maquette eval gate {report.run_id}")})
    for one in report.targets:
        _suite(root, one, report)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, one: TargetGate, report: GateReport) -> None:
    suite = ET.SubElement(root, "testsuite", {"name": clean(one.target_id), "time": "0"})
    fails = report.settings.not_enough_data == "fail"
    cases = [case for check in one.checks for case in _cases(check)]
    for name, outcome, says in cases:
        place = {"classname": clean(f"maquette.gate.{one.target_id}"), "name": clean(name), "time": "0"}
        case = ET.SubElement(suite, "testcase", place)
        element = _ELEMENTS.get(outcome)
        if element is None:
            continue
        element = "failure" if fails and element == "skipped" else element
        found = ET.SubElement(case, element, {"message": clean(says).replace("\n", " ")})
        if element != "skipped":
            found.set("type", OUTCOMES[outcome].lower())
            found.text = clean(says)
    suite.set("tests", str(len(cases)))
    for element, attribute in _COUNTS.items():
        suite.set(attribute, str(sum(1 for _ in suite.iter(element))))


def _cases(check: Check) -> Iterator[tuple[str, Outcome, str]]:
    yield CHECKS[check.kind], check.outcome, check.says
    for item in check.items:
        yield f"{CHECKS[check.kind]}: {item.example_id}", item.outcome, f"{item.example_id}: {item.why}"
