"""A project adds, mutes and overrides rules with reasons; what is wrong is told with its line and the name meant."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cli.main import run
from maquette.decision.blocking import accepted_risks, blocking
from maquette.foundation.problems import InvalidInput, SeveralProblems, each_problem
from maquette.rules.judging import judge
from maquette.rules.of_project import ProjectRules
from maquette.rules.report import Finding, Overruling, Status
from tests.project_world import TODAY, opened
from tests.rule_world import rule_book, scenario

OWN = """\
rules:
  add:
    - id: R-OWN-01
      area: cache
      when: "latency.p95_ms <= 900 and not design.gateway"
      recommend: Ask the platform team first
      strength: strong
      set: {cache: exact}
      rationale: They own the cluster
      source: [our platform handbook]
      overturn: none
"""


def project(folder: Path, rules: str = "") -> wiring.Project:
    """A project with three answers and these rules."""
    text = "maquette: 1\nrequirements:\n  latency: {p95_ms: 800}\n  task: {type: classification}\n"
    folder.mkdir(exist_ok=True)
    (folder / "maquette.yaml").write_text(text + "design_facts:\n  design: {gateway: false, fallback: false}\n" + rules)
    return opened(folder)


def of(project: wiring.Project, rule: str) -> Finding:
    found = project.view.report.finding(rule)
    assert found is not None
    return found


def test_a_rule_of_the_projects_own_is_judged_like_a_shipped_one(tmp_path: Path) -> None:
    view = project(tmp_path, OWN).view
    assert len(view.report.findings) == len(rule_book().rules) + 1
    assert view.report.findings[-1].rule.id == "R-OWN-01"
    assert view.report.findings[-1].status is Status.FIRED
    assert view.report.slots["cache"].proposals == {"exact": ("R-OWN-01",)}


@pytest.mark.parametrize(
    ("wrong", "line", "what", "fix"),
    [
        (OWN.replace("latency.p95_ms", "latency.p59_ms"), 11, "no fact is called 'latency.p59_ms'", "latency.p95_ms?"),
        (OWN.replace("R-OWN-01", "R-LAT-01"), 9, "there are two rules R-LAT-01", "another id."),
        (OWN.replace("recommend", "recomend"), 12, "recomend", "recommend?"),
        (OWN.replace("cache: exact", "streaming: exact"), 14, "slot 'streaming' gets 'exact'", "one kind of value."),
        (OWN.replace("<= 900", "<="), 11, "is not an expression", "Write a condition"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_its_line_and_what_was_meant(
    tmp_path: Path, wrong: str, line: int, what: str, fix: str
) -> None:
    with pytest.raises((InvalidInput, SeveralProblems)) as caught:
        project(tmp_path, wrong)
    found = [one for one in each_problem(caught.value) if what in one.what]
    assert found, caught.value
    assert found[0].place.line == line
    assert str(found[0].place.file).endswith("maquette.yaml")
    assert fix in found[0].fix


def test_a_muted_rule_is_shown_as_muted_with_its_reason_and_does_nothing(tmp_path: Path) -> None:
    muted = "rules:\n  mute:\n    - {id: R-FALL-08, because: there is no network}\n"
    assert of(project(tmp_path / "a"), "R-FALL-08").status is Status.FIRED
    finding = of(project(tmp_path / "b", muted), "R-FALL-08")
    assert (finding.status, finding.muted_because, finding.counts) == (Status.MUTED, "there is no network", False)


def test_a_must_cannot_be_muted_and_an_unknown_rule_names_the_closest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="R-FALL-02 is a must, and a must cannot be muted") as caught:
        project(tmp_path, "rules:\n  mute:\n    - {id: R-FALL-02, because: we know}\n")
    assert (caught.value.place.line, "risk register" in caught.value.fix) == (9, True)
    with pytest.raises(InvalidInput, match="there is no rule 'R-FALL-2'") as caught:
        project(tmp_path, "rules:\n  override:\n    - {id: R-FALL-2, because: we know}\n")
    assert caught.value.fix.startswith("Did you mean R-FALL-0")


def test_a_reason_is_required(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="because is missing"):
        project(tmp_path, "rules:\n  override:\n    - {id: R-FALL-02}\n")


def test_an_overridden_must_blocks_no_more_and_stays_among_the_accepted_risks(tmp_path: Path) -> None:
    plain = project(tmp_path / "a").view.decision
    assert "R-FALL-02" in plain.blocking
    said = "rules:\n  override:\n    - {id: R-FALL-02, because: a pilot for ten people, until: 2026-12-31}\n"
    view = project(tmp_path / "b", said).view
    assert "R-FALL-02" not in view.decision.blocking
    assert view.decision.accepted_risks == ("R-FALL-02",)
    assert of(opened(tmp_path / "b"), "R-FALL-02").status is Status.FIRED


def test_an_expired_override_counts_no_more() -> None:
    facts = {"design.fallback": False}
    said = ProjectRules(overruled={"R-FALL-02": Overruling(because="a pilot", until=date(2026, 11, 20))})
    for day, blocks in ((date(2026, 11, 20), False), (date(2026, 11, 21), True)):
        report = judge(rule_book(), facts, said=said, today=day)
        finding = report.finding("R-FALL-02")
        assert finding is not None
        assert ("R-FALL-02" in blocking(report)) is blocks
        assert accepted_risks(report) == (() if blocks else ("R-FALL-02",))
        assert (finding.lapsed is not None) is blocks


def test_what_an_overridden_rule_proposed_is_open_again() -> None:
    facts = scenario("g_hr_policy_small").facts
    said = ProjectRules(overruled={"R-SCOPE-03": Overruling(because="it will grow")})
    assert judge(rule_book(), facts).slots["complexity_budget"].value == "minimal"
    assert "complexity_budget" not in judge(rule_book(), facts, said=said, today=TODAY).slots


def test_saying_nothing_gives_the_same_report_and_the_same_fingerprint() -> None:
    facts = scenario("g_hr_policy_small").facts
    assert judge(rule_book(), facts, said=ProjectRules(), today=TODAY) == judge(rule_book(), facts)


def test_the_commands_write_the_reason_into_the_file_and_explain_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = project(tmp_path / "p").folder
    there = ["--project", str(place)]
    assert run(["rules", "override", "r-fall-02", "--because", "a pilot", "--until", "2099-01-31", *there]) == 0
    assert run(["rules", "mute", "R-FALL-08", "--because", "no network", *there]) == 0
    assert run(["rules", "mute", "R-FALL-02", "--because", "no", *there]) == 3
    capsys.readouterr()
    assert run(["rules", "explain", "R-FALL-02", *there]) == 0
    assert "overridden here until 2099-01-31, because a pilot" in capsys.readouterr().out
    assert run(["rules", "why-not", "R-FALL-08", *there]) == 0
    assert "muted here because no network" in capsys.readouterr().out
    assert run(["rules", "list", "--plain", *there]) == 0
    assert "rule: R-FALL-08; status: muted; strength: strong; needs: no network" in capsys.readouterr().out
    again = opened(place).view.document.rules
    assert again.muted == {"R-FALL-08": "no network"}
    assert again.overruled == {"R-FALL-02": Overruling(because="a pilot", until=date(2099, 1, 31))}


def test_an_overriding_rule_that_is_overruled_overrides_nothing() -> None:
    facts = scenario("b_ecommerce_triage_5m").facts
    before = judge(rule_book(), facts)
    loser = next(one for one in before.findings if one.overridden_by is not None)
    said = ProjectRules(overruled={str(loser.overridden_by): Overruling(because="we measured otherwise")})
    after = judge(rule_book(), facts, said=said).finding(loser.rule.id)
    assert after == replace(loser, overridden_by=None)
