"""The machines for a project's open models: own, rented and on a device, and what odd answers lead to."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette import wiring
from maquette.catalogs import load_accelerators
from maquette.foundation.problems import InvalidInput
from maquette.project.demand import asked_load
from maquette.project.own_machines import OwnMachines, UnknownMachines, device, own_gpus
from maquette.project.sizing import Capacity, ProjectSizing, Wanted, size_project, wanted_models
from maquette.project.sizing_words import owned_words, sizing_notes, sizing_rows
from tests.project_world import opened, scenario_project

SMALL = "open/qwen3-8b"
FACTS: dict[str, Any] = {
    "scale.requests_per_day": 30_000,
    "derived.rps_peak": Decimal("1.5"),
    "tokens.input_avg": 6000,
    "tokens.output_avg": 700,
    "tokens.input_p99": 24_000,
    "tokens.output_max": 1200,
    "latency.p95_ms": 20_000,
}


@pytest.fixture(scope="module")
def capacity(tmp_path_factory: pytest.TempPathFactory) -> Capacity:
    return wiring.ports_for(tmp_path_factory.mktemp("empty")).capacity()


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return wiring.ports_for(tmp_path_factory.mktemp("none")).catalog(()).cards


def sized(capacity: Capacity, *models: Any, **facts: Any) -> ProjectSizing:
    known = {**FACTS, **{name.replace("__", "."): value for name, value in facts.items()}}
    return size_project(asked_load(known), Wanted(cards=models, chosen=True, notes=()), known, capacity)


def only(capacity: Capacity, *names: str) -> Capacity:
    return replace(capacity, accelerators=tuple(one for one in capacity.accelerators if one.name in names))


@pytest.mark.parametrize(
    ("architecture", "memory", "name"),
    [
        ("hopper", 80, "H100-SXM 80GB"),
        ("hopper", 140, "H200-SXM 141GB"),
        ("ampere", 40, "A100-SXM 40GB"),
        ("ada", 24, "L4"),
        ("blackwell", 192, "B200-SXM 180GB"),
        ("turing", 16, "T4"),
        ("amd", 192, "MI300X"),
        ("apple", 64, "Apple M4 Pro"),
    ],
)
def test_generation_and_memory_name_an_accelerator(architecture: str, memory: int, name: str) -> None:
    facts: dict[str, Any] = {"infra.gpu_available": 8, "infra.gpu_vram_gb": memory, "infra.gpu_arch": architecture}
    found = own_gpus(facts, load_accelerators())
    assert isinstance(found, OwnMachines)
    assert (found.accelerator.name, found.owned, found.accelerator.prices) == (name, 8, ())


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"infra.gpu_arch": "hopper"}, "infra.gpu_vram_gb has no answer"),
        ({"infra.gpu_vram_gb": 80}, "infra.gpu_arch has no answer"),
        ({"infra.gpu_vram_gb": 80, "infra.gpu_arch": "edge_npu"}, "infra.gpu_arch is edge_npu"),
        ({"infra.gpu_vram_gb": 7, "infra.gpu_arch": "hopper"}, "no hopper accelerator of the catalog has 7 GB"),
    ],
)
def test_gpus_that_nothing_names_are_told(facts: dict[str, Any], told: str, capacity: Capacity, cards: Any) -> None:
    found = own_gpus({"infra.gpu_available": 2, **facts}, load_accelerators())
    assert isinstance(found, UnknownMachines)
    assert told in found.reason
    view = sized(capacity, cards[SMALL], infra__gpu_available=2, **{k.replace(".", "__"): v for k, v in facts.items()})
    assert found.reason in view.notes
    assert view.models[0].own is None


def test_no_gpus_and_no_device_are_none() -> None:
    assert own_gpus({"infra.gpu_available": 0}, load_accelerators()) is None
    assert device({"infra.device_ram_gb": 0}, load_accelerators()) is None


def test_own_machines_cost_no_rent_and_are_counted_against_what_there_is(capacity: Capacity, cards: Any) -> None:
    own = {"infra__gpu_vram_gb": 80, "infra__gpu_arch": "hopper"}
    (enough,) = sized(capacity, cards["open/gemma-3-27b-it"], infra__gpu_available=8, **own).models
    assert enough.own is not None
    assert enough.own.sized is not None
    assert enough.best is enough.own.sized
    assert enough.own.sized.usd_per_month is None
    assert owned_words(enough.own) == f"{enough.own.sized.gpus} of your 8 H100-SXM 80GB"
    (few,) = sized(capacity, cards["open/gemma-3-27b-it"], infra__gpu_available=1, **own).models
    assert few.own is not None
    assert not few.own.enough
    assert few.best is few.rented.options[0]
    assert "you have 1" in owned_words(few.own)


def test_a_device_serves_one_user_at_a_time_without_a_spare(capacity: Capacity, cards: Any) -> None:
    slow = {"latency__p95_ms": 600_000, "infra__device_ram_gb": 16}
    (found,) = sized(capacity, cards[SMALL], **slow).models
    assert found.device is not None
    one = found.device.sized
    assert one is not None
    assert (one.gpus, one.spare, one.in_flight, one.settings.precision) == (1, 0, 1, "Q4_K_M")
    assert found.best is one
    (large,) = sized(capacity, cards["open/llama-3.3-70b-instruct"], **slow).models
    assert large.device is not None
    assert (large.device.sized, large.device.reason) == (None, "does not fit")


def test_zero_requests_take_one_replica_and_it_is_said(capacity: Capacity, cards: Any) -> None:
    found = sized(capacity, cards[SMALL], derived__rps_peak=0, scale__requests_per_day=0)
    assert all(one.replicas == 1 for one in found.models[0].rented.options)
    assert any("nobody asks anything" in note for note in found.notes)
    assert any("busy 0 % of a day" in note for note in found.models[0].notes)


def test_a_model_that_fits_nowhere_has_a_line_that_says_so(capacity: Capacity, cards: Any) -> None:
    found = sized(only(capacity, "T4", "L4"), cards["open/llama-3.1-405b-instruct"])
    (row,) = sizing_rows(found)
    assert row.sized is None
    assert row.cells[1] == "none: does not fit (3)"
    assert any("no accelerator of the catalog bears this load" in note for note in sizing_notes(found))


def test_a_context_that_is_too_short_is_the_reason(capacity: Capacity, cards: Any) -> None:
    found = sized(only(capacity, "H100-SXM 80GB"), cards[SMALL], tokens__input_p99=140_000)
    assert [reason for reason, _, _ in found.models[0].out] == ["its context is too short"]


def test_a_model_without_weights_is_told_and_the_shortlist_stands_in(cards: Any) -> None:
    closed, open_ones = cards["gpt-6-luna"], [card for card in cards.values() if card.weights is not None]
    found = wanted_models([closed], lambda: [closed, *open_ones])
    assert (found.cards, found.chosen) == (tuple(open_ones[:5]), False)
    assert found.notes[0] == "gpt-6-luna is not sized: nobody states its weights"
    assert wanted_models([], lambda: [closed]).notes == (
        "no model of the shortlist has weights to serve, so there is nothing to size",
    )
    assert wanted_models([closed, open_ones[0]], lambda: pytest.fail("not asked")).cards == (open_ones[0],)


def test_a_shape_that_is_not_known_is_a_reason_and_no_error(capacity: Capacity, cards: Any) -> None:
    card = cards[SMALL]
    blind = replace(card, weights=replace(card.weights, cache=(), hidden=None))
    (found,) = sized(capacity, blind, infra__gpu_available=1, infra__gpu_vram_gb=80, infra__gpu_arch="hopper").models
    assert found.best is None
    assert found.own is not None
    assert "not known" in found.own.reason


def test_the_same_inputs_are_not_computed_again(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "a")
    project.choose([SMALL])
    before = project.view.sizing
    project.change_by_text({"team.oncall": "false"})
    assert project.view.sizing is before
    project.change_by_text({"tokens.output_avg": "300"})
    assert project.view.sizing is not before


def test_what_the_project_measured_counts_and_a_broken_file_is_told(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "a")
    project.choose(["open/gemma-3-27b-it"])
    own = project.view.sizing.models[0].own
    assert own is not None
    assert own.sized is not None
    factor = {"engine": "vLLM", "accelerator": "H100-SXM 80GB", "metric": "tpot", "factor": 0.5, "raw": 0.5}
    file = tmp_path / "p" / "capacity.json"
    file.write_text(json.dumps({"format": 1, "factors": [{**factor, "measurements": 9, "narrowed": 0.5}]}))
    drawn = opened(tmp_path / "p").view.sizing.models[0].own
    assert drawn is not None
    assert drawn.sized is not None
    assert drawn.sized.in_flight > own.sized.in_flight
    assert project.view.sizing.models[0].own == drawn
    file.write_text("{")
    with pytest.raises(InvalidInput, match=r"capacity\.json"):
        _ = project.view.sizing


def test_the_bundle_serves_the_chosen_model_as_it_was_sized(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "a")
    basis = project.view.bundle_basis
    assert dict(project.view.serving) == {}
    project.choose(["open/gemma-3-27b-it"])
    plan = project.view.serving["open/gemma-3-27b-it"]
    assert plan.owned == 8
    assert plan.sized.settings.max_model_len == 25_200
    assert project.view.bundle_basis != basis
    project.decide(model="open/gemma-3-27b-it", because="it runs on our machines")
    texts = {file.spec.path: file.spec.content for file in project.plan_export().files}
    assert '- "25200"' in texts["serving/primary.compose.yaml"]
    assert "of your 8" in texts["docs/02-architecture.md"]


def test_the_longest_request_decides_the_context_and_its_cache_fits(capacity: Capacity, cards: Any) -> None:
    card = cards["open/gemma-3-27b-it"]
    options = sized(capacity, card).models[0].rented.options
    assert options
    for one in options:
        assert one.settings.max_model_len == 24_000 + 1200 <= card.context_tok
        assert capacity.room(one.setup, one.settings.max_model_len) >= 1
        assert capacity.room(one.setup, 6700) >= one.settings.max_num_seqs
