"""What a project demands of a gate, as it stands in maquette.yaml."""

from decimal import Decimal
from pathlib import Path

import pytest

from maquette.evals.gating_settings import GateSettings
from maquette.foundation.problems import InvalidInput
from maquette.project.comparing_runs import settings_with
from tests.project_world import opened, scenario_project


def test_without_a_word_on_gates_the_defaults_are_taken(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    assert project.view.document.evaluation.gate == GateSettings()
    assert (GateSettings().margin, GateSettings().alert, GateSettings().max_failed) == (0.05, 0.02, 0.02)


def test_a_gate_is_read_typed_and_kept_exactly(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"evaluation.gate": {"margin": 0.03, "alert_fails": False, "max_failed": 0}})
    project.change_by_text(
        {
            "evaluation.gate.max_usd_per_answer": "0.0015",
            "evaluation.gate.max_p95_s": "2",
            "evaluation.gate.hard_breaks": "t1, t2",
            "evaluation.gate.not_enough_data": "fail",
        }
    )
    assert opened(tmp_path / "p").view.document.evaluation.gate == GateSettings(
        margin=0.03,
        alert_fails=False,
        max_failed=0,
        max_usd_per_answer=Decimal("0.0015"),
        max_p95_s=2,
        hard_breaks=("t1", "t2"),
        not_enough_data="fail",
    )


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("margin", 5, "5 is not possible here"),
        ("margin", "0.05", "'0.05' is not a number"),
        ("marign", 0.05, "evaluation.gate has no key 'marign'"),
        ("must_pass", "yes", "'yes' is not possible here"),
        ("hard_breaks", "t1", "'t1' is not a list"),
        ("not_enough_data", "maybe", "'maybe' is not possible here"),
        ("max_usd_per_answer", -1, "-1 is not possible here"),
    ],
)
def test_a_wrong_demand_is_told_with_its_place(path: str, value: object, words: str, tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    with pytest.raises(InvalidInput, match=words) as caught:
        project.set_settings({f"evaluation.gate.{path}": value})
    assert caught.value.place.field == f"evaluation.gate.{path}"


def test_options_stand_above_the_project_and_what_they_leave_out_stays() -> None:
    settings = GateSettings(margin=0.1, hard_breaks=("t1",))
    said = settings_with(settings, margin=None, alert=0.5, must_pass=False)
    assert said == GateSettings(margin=0.1, hard_breaks=("t1",), alert=0.5, must_pass=False)
