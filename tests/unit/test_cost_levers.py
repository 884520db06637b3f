"""Each lever by hand on a project at round prices, the row, its target; what is missing, in use, or not good enough."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.catalog.cards import Capability
from maquette.cost.levers import PRIORS, Lever, LeverKind, LeverTable, row_of
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.project.cost_levers import Wanted, lever_named, lever_table
from tests.cost_world import model
from tests.lever_world import LARGE, SMALL, card, lever_project

ONE_EXAMPLE = Decimal("0.0264")
TODAY = Decimal("729.6") + ONE_EXAMPLE


def table(
    folder: Path, *, smaller: str | None = None, answers: dict[str, object] | None = None, **taken: str
) -> LeverTable:
    return tried(folder, taken, smaller=smaller, answers=answers)


def tried(
    folder: Path,
    taken: Mapping[str, str],
    *,
    smaller: str | None = None,
    answers: Mapping[str, object] | None = None,
) -> LeverTable:
    project = lever_project(folder / "p", answers=answers)
    said = {LeverKind(name.replace("_", "-")): Decimal(value) for name, value in taken.items()}
    return lever_table(project.view, project.questions, Wanted(option="large", smaller=smaller, taken=said))


@pytest.mark.parametrize(
    ("lever", "value", "after"),
    [
        ("output_cap", "50", "668.7978"),  # 30,400 x 50 x $40 a million less
        ("batch", "0.5", "547.2"),  # half of the requests at half the price
        ("cascade", "0.2", "218.88"),  # $72.96, and a fifth of $729.60
        ("routing", "0.7", "269.952"),  # seven tenths of $72.96, three of $729.60
        ("exact_cache", "0.25", "601.92"),  # seven tenths of a quarter are answered from it
        ("prefix_cache", "1500", "319.6104"),  # 500 fresh, 1,500 read but for one a day: $6,513.50 and $4,000 a million
    ],
)
def test_a_lever_is_the_projection_with_it(tmp_path: Path, lever: str, value: str, after: str) -> None:
    found = tried(tmp_path, {lever: value}).lever(LeverKind(lever.replace("_", "-")))
    assert (found.state, found.before_usd, found.after_usd) == ("possible", TODAY, Decimal(after) + ONE_EXAMPLE)
    assert found.saving_usd == TODAY - ONE_EXAMPLE - Decimal(after)
    assert found.basis == "assumption"


def test_a_shorter_prompt_has_its_figure_and_is_possible_only_once_a_run_shows_its_quality(tmp_path: Path) -> None:
    found = tried(tmp_path, {"compression": "0.1"})
    lever = found.lever(LeverKind.COMPRESSION)
    # A tenth of $608 of input.
    assert (lever.state, lever.after_usd) == ("quality not shown", Decimal("668.7978") + ONE_EXAMPLE)
    assert LeverKind.COMPRESSION not in [step.kind for step in found.steps]


def test_levers_stand_in_the_order_of_the_rule_and_compression_last(tmp_path: Path) -> None:
    assert [lever.kind.value for lever in table(tmp_path).levers] == [
        "prefix-cache", "output-cap", "smaller-tier", "batch", "cascade", "routing", "exact-cache", "semantic-cache",
        "compression", "instruction-tuning", "preprocessing",
    ]  # fmt: skip


def test_the_guidance_stands_beside_and_is_no_figure(tmp_path: Path) -> None:
    assert {kind.value: (prior.low, prior.high) for kind, prior in PRIORS.items()} == {
        "batch": (Decimal("0.2"), Decimal("0.4")),
        "cascade": (Decimal("0.4"), Decimal("0.6")),
        "routing": (Decimal("0.3"), Decimal("0.5")),
        "semantic-cache": (Decimal("0.4"), Decimal("0.8")),
        "compression": (Decimal("0.1"), Decimal("0.2")),
    }
    found = table(tmp_path, cascade="0.2").lever(LeverKind.CASCADE)
    assert found.saving_share == Decimal("510.72") / TODAY


def test_what_nobody_answered_is_named_and_not_guessed(tmp_path: Path) -> None:
    found = table(tmp_path)
    missing = {lever.kind.value: lever.missing for lever in found.levers if lever.state == "not computable"}
    assert missing == {
        "prefix-cache": ("tokens.shared_prefix is not answered",),
        "output-cap": ("tokens.output_max is not answered",),
        "batch": ("scale.async_share is not answered",),
        "cascade": ("traffic.easy_share is not answered",),
        "routing": ("traffic.easy_share is not answered",),
        "exact-cache": ("traffic.exact_repeat_share is not answered",),
        "semantic-cache": ("traffic.repeat_share is not answered",),
        "instruction-tuning": (
            "tokens of instructions in the prompt (not answered): --take instruction-tuning=tokens",
        ),
        "preprocessing": (
            "the share of what follows the prefix that is handed on: --take preprocessing=share; it pays below 64.3 %",
        ),
    }


def test_what_the_projection_counts_on_already_is_in_use_and_in_no_row(tmp_path: Path) -> None:
    cases: list[tuple[LeverKind, str, object, str]] = [
        (LeverKind.PREFIX_CACHE, "tokens.shared_prefix", 1500, "319.6104"),
        (LeverKind.BATCH, "scale.async_share", 0.5, "547.2"),
    ]
    for kind, fact, answer, month in cases:
        (tmp_path / kind).mkdir()
        found = table(tmp_path / kind, answers={fact: answer})
        lever = found.lever(kind)
        assert (lever.state, lever.before_usd, lever.after_usd) == ("in use", TODAY, Decimal(month) + ONE_EXAMPLE)
        assert found.today_usd == lever.after_usd
        assert kind not in [step.kind for step in found.steps]


def test_a_prefix_that_is_too_short_saves_nothing_and_says_why(tmp_path: Path) -> None:
    found = table(tmp_path, answers={"tokens.shared_prefix": 500}).lever(LeverKind.PREFIX_CACHE)
    assert found.state == "no saving"
    assert "1,024 tokens, as usual" in found.rests_on[-1]


def test_facts_of_the_project_go_before_assumptions(tmp_path: Path) -> None:
    answers: dict[str, object] = {"traffic.easy_share": 0.8, "tokens.output_max": 50}
    found = table(tmp_path, answers=answers)
    assert (found.lever(LeverKind.CASCADE).after_usd, found.lever(LeverKind.CASCADE).basis) == (
        Decimal("218.9064"),
        "fact",
    )
    assert (found.lever(LeverKind.OUTPUT_CAP).after_usd, found.lever(LeverKind.OUTPUT_CAP).basis) == (
        Decimal("668.8242"),
        "fact",
    )


def test_a_smaller_model_that_was_not_evaluated_is_shown_and_not_taken(tmp_path: Path) -> None:
    found = table(tmp_path)
    lever = found.lever(LeverKind.SMALLER_TIER)
    assert (lever.state, lever.after_usd, lever.option) == ("quality not shown", Decimal("72.9864"), "small")
    assert lever.rests_on == ("small was not evaluated: what it answers is not known to be good enough",)
    assert LeverKind.SMALLER_TIER not in [step.kind for step in found.steps]


def test_the_row_adds_up_and_takes_one_of_the_alternatives(tmp_path: Path) -> None:
    found = table(tmp_path, output_cap="50", cascade="0.2", routing="0.7", exact_cache="0.25", compression="0.1")
    steps = {step.kind.value: step for step in found.steps}
    assert list(steps) == ["output-cap", "cascade", "routing", "exact-cache"]
    assert steps["routing"].skipped == "cascade takes its place and saves more"
    taken = [step for step in found.steps if not step.skipped]
    # A request of 50 tokens: $668.80 and $66.88; of that all and a fifth; 82.5 % of it, as the cache answers the rest.
    assert [step.after_usd for step in taken] == [
        Decimal("668.8242"),
        Decimal("200.6642"),
        Decimal("165.5522"),
    ]
    assert sum(step.saving_usd for step in taken) == found.saving_usd == TODAY - Decimal("165.5522")


def test_a_target_says_which_step_reaches_it(tmp_path: Path) -> None:
    found = table(tmp_path, output_cap="50", exact_cache="0.25")
    target = found.target(Decimal("0.2"))
    assert target is not None
    # $0.024 a request; with the cap $0.022; of 82.5 % of the requests $0.01815; then compressed.
    assert (target.baseline_usd, target.target_usd) == (TODAY / 30_400, TODAY / 30_400 * Decimal("0.8"))
    assert (target.reached_with, target.is_reached) == (LeverKind.EXACT_CACHE, True)
    hard = found.target(Decimal("0.9"))
    assert hard is not None
    assert (hard.reached_with, hard.is_reached) == (None, False)
    assert found.target(Decimal(0)) is not None


def test_compression_beside_a_cached_prefix_is_a_conflict(tmp_path: Path) -> None:
    found = table(tmp_path, answers={"tokens.shared_prefix": 1500}, compression="0.1")
    lever = found.lever(LeverKind.COMPRESSION)
    # Of the 500 tokens behind the prefix a tenth: 30,400 x 50 x $10 a million.
    assert lever.saving_usd is not None
    assert lever.saving_usd.quantize(Decimal("0.01")) == Decimal("15.20")
    # All of it: 1,800 tokens, none of them cached: $547.20 and $121.60.
    (conflict,) = [text for text in lever.conflicts if "R-COMPRESS-01" in text]
    assert "nothing is read from it, and the month costs $669" in conflict


def test_a_semantic_cache_says_what_the_guidance_asks_for_and_whom_it_endangers(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    open_data: dict[str, object] = {"traffic.repeat_share": 0.3, "data.sensitivity": "internal"}
    found = table(tmp_path / "open", answers=open_data).lever(LeverKind.SEMANTIC_CACHE)
    # Seven tenths of 30 % are answered from it.
    assert (found.state, found.after_usd) == ("possible", Decimal("576.384") + ONE_EXAMPLE)
    answers: dict[str, object] = {"traffic.repeat_share": 0.3, "data.sensitivity": "pii"}
    lever = table(tmp_path, answers=answers).lever(LeverKind.SEMANTIC_CACHE)
    assert lever.state == "no saving"
    assert lever.conflicts == (
        "the guidance's range is for 60 % similar requests and more; here 30 % are",
        "data.sensitivity = pii: a near-match from another person is a disclosure (R-CACHE-05)",
    )


def test_without_traffic_nothing_saves_and_no_target_is_held(tmp_path: Path) -> None:
    found = table(tmp_path, answers={"scale.requests_per_day": 0}, cascade="0.2", output_cap="50")
    assert (found.today_usd, found.target(Decimal("0.2"))) == (ONE_EXAMPLE, None)
    assert found.lever(LeverKind.CASCADE).missing[0].startswith("no cheaper model is among the options")


def test_without_a_price_there_is_no_table(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "p", model("dark", None))
    with pytest.raises(NotFound, match="no option has a price"):
        lever_table(project.view, project.questions, Wanted(taken={}))


def test_without_a_cheaper_model_there_is_no_tier_below(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "p", SMALL)
    found = lever_table(project.view, project.questions, Wanted(taken={}))
    for kind in (LeverKind.SMALLER_TIER, LeverKind.CASCADE, LeverKind.ROUTING):
        assert found.lever(kind).missing[0].startswith("no cheaper model is among the options")


def test_a_model_of_the_same_provider_on_the_shortlist_is_found(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "p", LARGE, SMALL, chosen=("large",))
    found = lever_table(project.view, project.questions, Wanted(taken={}))
    assert found.lever(LeverKind.SMALLER_TIER).option == "small"


def test_a_model_that_cannot_cache_has_no_prefix_to_save(tmp_path: Path) -> None:
    cold = card("cold", 10, capabilities={Capability.PREFIX_CACHE: False})
    project = lever_project(tmp_path / "p", cold, answers={"tokens.shared_prefix": 1500})
    found = lever_table(project.view, project.questions, Wanted(taken={}))
    assert found.lever(LeverKind.PREFIX_CACHE).state == "no saving"


@pytest.mark.parametrize(
    ("lever", "value", "says"),
    [("batch", "1.5", "a share of 1.5"), ("output_cap", "0", "0 tokens"), ("cascade", "-1", "a share of -1"),
     ("smaller_tier", "1", "the smaller tier is a model"), ("compression", "NaN", "a share of NaN")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(tmp_path: Path, lever: str, value: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        tried(tmp_path, {lever: value})


def test_names_are_told() -> None:
    with pytest.raises(InvalidInput, match=r"'magic' is no lever. There are prefix-cache, output-cap"):
        lever_named("magic")
    assert lever_named(" batch ") is LeverKind.BATCH


def test_a_model_that_is_nowhere_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"'smal' is not in the catalog. Did you mean small"):
        table(tmp_path, smaller="smal")


def test_a_failing_model_is_never_part_of_the_row() -> None:
    failing = Lever(
        kind=LeverKind.SMALLER_TIER, state="fails the quality gate", before_usd=Decimal(9), after_usd=Decimal(1)
    )
    fine = Lever(kind=LeverKind.CASCADE, state="possible", before_usd=Decimal(9), after_usd=Decimal(5))
    assert row_of([failing, fine]) == ((fine, ""),)
