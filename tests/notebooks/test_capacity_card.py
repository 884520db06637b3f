"""The capacity card without a browser: the table, the memory, the commands, and text of others."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from maquette.capacity.setup import Setup
from maquette.cli.main import maquette
from maquette.project.sizing_words import memory_parts, sizing_rows, twin_commands
from maquette_widgets import cards
from maquette_widgets.capacity_card import memory_bar
from tests.project_world import scenario_project


@pytest.fixture
def project(tmp_path: Path) -> Any:
    project = scenario_project(tmp_path / "p", "a")
    project.choose(["open/gemma-3-27b-it"])
    return project


def test_the_twin_has_the_table_the_settings_the_memory_and_the_commands(project: Any) -> None:
    html = cards(project).capacity.twin()
    assert "of your 8 H100-SXM 80GB" in html
    assert "max_model_len 25200" in html
    assert "title='KV cache" in html
    assert "maquette capacity size open/gemma-3-27b-it" in html
    assert "1.5 requests/s at the peak" in html


def test_the_parts_of_the_memory_are_all_of_it(project: Any) -> None:
    found = project.view.sizing
    parts = memory_parts(found.models[0].best, found.load)
    # nvidia-smi says 81,559 MiB of an H100 with 80 GB
    assert sum(part.gib for part in parts) == pytest.approx(81_559 / 1024, rel=0.001)


def test_another_option_is_told_in_detail(project: Any) -> None:
    box = cards(project).capacity.live
    second = box.option.options[1][1]
    box.option.value = second
    assert second.split(" ", 1)[1].rsplit(" ", 2)[0] in box.detail.value
    assert box.frame.message.value == ""


def test_a_change_of_the_project_is_seen(project: Any) -> None:
    box = cards(project).capacity.live
    project.choose(["open/gpt-oss-120b"])
    assert box.option.options[0][0].startswith("open/gpt-oss-120b")
    assert "open/gpt-oss-120b" in box.detail.value


def test_a_missing_answer_stands_in_the_card(project: Any) -> None:
    project.change_by_text({"tokens.input_avg": "unknown"})
    card = cards(project).capacity
    assert "maquette set tokens.input_avg=NUMBER" in card.twin()
    assert "tokens.input_avg has no answer" in card.live.frame.message.value


def test_the_command_explains_the_same_figures(project: Any) -> None:
    row = sizing_rows(project.view.sizing)[0]
    assert row.sized is not None
    _, explain = twin_commands(project.view.sizing, row.sized)
    found = CliRunner().invoke(maquette, [*shlex.split(explain)[1:], "--project", str(project.folder), "--json"])
    assert found.exit_code == 0, found.output
    assert f'"value": {row.sized.tpot_s.value!r}' in found.stdout


def test_names_of_others_are_escaped(project: Any) -> None:
    found = project.view.sizing
    best = found.models[0].best
    strange = replace(best.setup.accelerator, name="<script>alert(1)</script>")
    setup: Setup = replace(best.setup, accelerator=strange)
    assert "<script>" not in memory_bar(replace(best, setup=setup), found.load)
