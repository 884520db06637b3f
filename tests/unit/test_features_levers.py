"""Levers on what a model reads, each with its evidence: shown by runs, tuned into weights, read by a cheaper model.

Round prices, so that every figure is checked by hand: 30,400 requests of 2,000 and 100 tokens a month, $10 and $40 a
million tokens at the large model, $1 and $4 at the small one.
"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette import wiring
from maquette.cost.lever_evidence import STUDIES, WATCHES
from maquette.cost.levers import LeverKind
from maquette.cost.report_levers import about, watch_row
from maquette.evals.dataset import Example
from maquette.evals.run import manifest_of
from maquette.evals.trials import RunState
from maquette.project.cost_levers import Wanted, lever_table
from maquette.project.lever_runs import ShorterPrompt, shorter_prompt
from tests import bundle_world, run_world
from tests.evals_world import STARTED
from tests.lever_world import LARGE, SMALL, card, lever_project
from tests.project_world import opened

ONE_EXAMPLE = Decimal("0.0264")
TODAY = Decimal("729.6") + ONE_EXAMPLE


def table(folder: Path, *cards: Any, **taken: str) -> Any:
    project = lever_project(folder / "p", *cards, chosen=("large", "small"))
    said = {LeverKind(name.replace("_", "-")): Decimal(value) for name, value in taken.items()}
    return lever_table(project.view, project.questions, Wanted(option="large", taken=said))


# -- compression only where an evaluation shows its delta ---------------------------------------------------------


def prompts_of(folder: Path, *, wrong: int, tokens: int, examples: int = 100) -> wiring.Project:
    """A project with r-001 of 100 input tokens and r-002, another prompt of ``tokens`` with ``wrong`` wrong answers."""
    run_world.sorted_tickets(folder, examples=examples)
    (folder / "prompts" / "main.j2").write_text("{{ message }}")
    plan = opened(folder).view.plan
    runs = wiring.ports_for(folder).runs
    manifest, log = runs.start(manifest_of(plan, started_at=STARTED))
    for number, example in enumerate(plan.dataset.examples):
        log.append(replace(_answer(number, example, wrong), input_tok=tokens))
    log.flush()
    runs.finish(manifest.run_id, RunState.FINISHED, STARTED)
    return opened(folder)


def _answer(number: int, example: Example, wrong: int) -> Any:
    said = "billing" if example.expected != "billing" else "refund"
    return run_world._trial("large", example, said if 2 <= number < 2 + wrong else str(example.expected))


def test_compression_is_enabled_by_two_runs_whose_paired_delta_is_within_the_tolerance(tmp_path: Path) -> None:
    found = shorter_prompt(prompts_of(tmp_path / "p", wrong=0, tokens=80).view, "large")
    assert found is not None
    # The longer prompt's one slip is put right: one of 100 examples gained.
    assert (found.long_run, found.short_run, found.share) == ("r-001", "r-002", Decimal("0.2"))
    assert found.points == pytest.approx(1.0)
    assert (found.within, found.is_today) == (True, True)


def test_compression_that_loses_more_than_the_tolerance_fails_and_one_run_alone_shows_nothing(tmp_path: Path) -> None:
    project = prompts_of(tmp_path / "p", wrong=30, tokens=80)
    found = shorter_prompt(project.view, "large")
    assert found is not None
    # 30 lost and one gained of 100.
    assert found.points == pytest.approx(-29.0)
    assert found.within is False
    assert "beyond the tolerance of 5 points" in found.words
    assert shorter_prompt(project.view, "small") is None


@pytest.mark.parametrize(
    ("low", "high", "within"), [(-5.0, 2.0, True), (-5.1, 2.0, None), (-9.0, -5.0, None), (-9.0, -5.1, False)]
)
def test_the_whole_interval_must_lie_within_the_tolerance(low: float, high: float, within: bool | None) -> None:
    found = ShorterPrompt(
        long_run="r-001", short_run="r-002", share=Decimal("0.2"), low=low, points=(low + high) / 2, high=high,
        tolerance=5, is_today=True,
    )  # fmt: skip
    assert found.within is within


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(-1.0, 1.0, "possible"), (-9.0, 1.0, "quality not shown"), (-9.0, -6.0, "fails the quality gate")],
)
def test_the_row_takes_a_compression_only_when_its_loss_is_within_the_tolerance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, low: float, high: float, state: str
) -> None:
    runs = ShorterPrompt(
        long_run="r-001", short_run="r-002", share=Decimal("0.25"), low=low, points=(low + high) / 2, high=high,
        tolerance=5, is_today=False,
    )  # fmt: skip
    monkeypatch.setattr("maquette.project.lever_prompts.shorter_prompt", lambda *_: runs)
    found = table(tmp_path)
    lever = found.lever(LeverKind.COMPRESSION)
    # A quarter of $608 of input, as the runs measured it; 0.55 cents less for the example on both models.
    assert (lever.state, lever.basis, lever.saving_usd) == (state, "measured", Decimal("152.0055"))
    assert (lever.metric_before, lever.metric_after) == ("2,000 tokens", "1,500 tokens")
    assert [step.kind for step in found.steps] == ([LeverKind.COMPRESSION] if state == "possible" else [])


# -- instructions in the weights ----------------------------------------------------------------------------------


def test_instruction_tuning_is_listed_with_its_evidence_and_the_tuned_model_at_its_own_price(tmp_path: Path) -> None:
    tuned = card("ft:large", 12)
    lever = table(tmp_path, LARGE, SMALL, tuned, instruction_tuning="1500").lever(LeverKind.INSTRUCTION_TUNING)
    # 500 tokens at $12 and 100 at $48 a million: $182.40 and $145.92; the example on both: 0.99 cents.
    assert (lever.state, lever.option) == ("quality not shown", "ft:large")
    assert lever.after_usd == Decimal("328.3299")
    assert (lever.metric_before, lever.metric_after) == ("2,000 tokens", "500 tokens")
    assert list(about(lever))[-1] == (
        "published: prompts up to 26 times shorter, 40 % fewer operations and 4.2 % less time, on LLaMA-7B and"
        " FLAN-T5-XXL (arXiv:2304.08467, Gist Tokens, NeurIPS 2023)"
    )


def test_without_a_tuned_model_instruction_tuning_says_so_and_keeps_its_evidence(tmp_path: Path) -> None:
    lever = table(tmp_path, instruction_tuning="1500").lever(LeverKind.INSTRUCTION_TUNING)
    assert lever.missing == ("a tuned large: its weights are not open and the price map has none",)
    assert any("arXiv:2304.08467" in line for line in about(lever))


# -- a cheaper model reads first ----------------------------------------------------------------------------------


def test_a_cheaper_model_for_preprocessing_is_priced_stage_by_stage(tmp_path: Path) -> None:
    lever = table(tmp_path, preprocessing="0.25").lever(LeverKind.PREPROCESSING)
    # Small reads 2,000 and writes 500: $60.80 and $60.80; large reads 500 and writes 100: $152.00 and $121.60.
    assert lever.after_usd is not None
    assert (lever.after_usd - Decimal("395.2")).copy_abs() < Decimal("0.03")
    assert (lever.state, lever.option) == ("quality not shown", "small, then large")
    assert lever.stages == (
        "preprocessing: small reads 2,000 tokens and writes 500 tokens",
        "answer: large reads 500 tokens and writes 100 tokens",
    )


def test_preprocessing_says_up_to_which_share_it_pays_before_anybody_names_one(tmp_path: Path) -> None:
    lever = table(tmp_path).lever(LeverKind.PREPROCESSING)
    # 60.8 + 121.6 + (243.2 + 608) x share = 729.6 at a share of 547.2 / 851.2.
    assert lever.missing[0].endswith("--take preprocessing=share; it pays below 64.3 %")
    assert lever.stages[1] == "answer: large reads the prefix and what is handed on and writes 100 tokens"


# -- every lever is held to a metric ------------------------------------------------------------------------------


def test_every_lever_has_a_metric_its_baseline_with_a_source_and_what_is_expected(tmp_path: Path) -> None:
    found = table(tmp_path, output_cap="50", cascade="0.2", routing="0.7", exact_cache="0.25", batch="0.5")
    assert set(WATCHES) == set(LeverKind)
    assert found.baseline == "month 1 of large, projected at prices of 2026-11-18"
    rows = {row[0]: row[1:6] for row in (watch_row(found, lever) for lever in found.levers)}
    # $729.6264 and $668.8242 of 30,400 requests.
    assert rows["output-cap"] == ("output tokens a request", "100 tokens", "50 tokens", "$0.0240", "$0.0220")
    assert rows["cascade"][1:3] == ("100 %", "20 %")
    assert rows["routing"][1:3] == ("100 %", "30 %")
    assert rows["batch"] == ("share of the requests in the batch lane", "0 %", "50 %", "$0.0240", "$0.0180")
    # Seven tenths of a quarter.
    assert rows["exact-cache"][1:3] == ("0 %", "17.5 %")
    assert rows["smaller-tier"] == ("USD a request", "$0.0240", "$0.00240", "$0.0240", "$0.00240")


def test_every_series_that_a_lever_is_measured_by_is_one_that_the_bundle_monitors() -> None:
    known = {one["name"] for one in bundle_world.templates().artifact("runbooks").constants["metrics"]}
    named = {word for watch in WATCHES.values() for word in _names(watch.series)}
    assert len(named) == 7
    assert named <= known


def _names(series: str) -> list[str]:
    return [word for word in series.replace("(", " ").replace("[", " ").split() if word.startswith("litellm_")]


def test_what_was_published_names_where(tmp_path: Path) -> None:
    assert all(study.source.ref for study in STUDIES.values())
    assert {LeverKind.COMPRESSION, LeverKind.INSTRUCTION_TUNING} <= set(STUDIES)
