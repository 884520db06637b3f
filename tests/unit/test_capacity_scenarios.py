"""The capacity figures of the four scenarios, from each project's own computation, within the ranges of its sheet."""

from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from maquette import wiring
from maquette.capacity.memory import kv_bytes_per_sequence, room_for_sequences
from maquette.capacity.setup import Engine, Load, LoadKind, Metric, Precision, Setup
from maquette.capacity.sizing import Sized, size_one
from maquette.catalog.attention import KvDtype
from maquette.project.view import View
from tests.project_world import scenario_project

GEMMA, OSS, CODER = "open/gemma-3-27b-it", "open/gpt-oss-120b", "open/qwen3-coder-480b-a35b-instruct"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made: dict[str, wiring.Project] = {}

    def look(name: str, *models: str) -> View:
        if name not in made:
            made[name] = scenario_project(tmp_path_factory.mktemp(name) / "p", name)
        made[name].choose(list(models))
        return made[name].view

    return look


def setup(view: View, model: str, machine: str, **changes: Any) -> Setup:
    capacity = wiring.ports_for(Path()).capacity()
    (accelerator,) = (one for one in capacity.accelerators if one.name == machine)
    return Setup(card=view.catalog.cards[model], accelerator=accelerator, engine=Engine.VLLM, **changes)


def fact(view: View, name: str) -> float:
    return float(view.facts[name])  # type: ignore[arg-type]


def test_the_clinic_is_asked_what_its_sheet_says(world: Any) -> None:
    load = world("a", GEMMA, OSS).sizing.load
    assert 1.4 <= load.rate_per_s <= 1.6
    assert 8400 <= load.rate_per_s * load.input_tok <= 9600
    assert 980 <= load.rate_per_s * load.output_tok <= 1120
    assert 20 <= 1000 * (load.p95_s - load.ttft_s) / load.output_tok <= 27
    assert load.longest_tok == 25_200


@pytest.mark.parametrize("model", [GEMMA, OSS])
def test_the_clinic_needs_three_to_five_of_its_eight_h100(model: str, world: Any) -> None:
    own = world("a", GEMMA, OSS).sizing.model(model).own
    assert own.enough
    assert 3 <= own.sized.gpus <= 5
    assert own.sized.p95_s <= 20
    in_flight = 1.5 * (own.sized.ttft_s.value + 699 * own.sized.tpot_s.value)
    assert 15 <= in_flight <= 30


def test_gpt_oss_on_pairs_of_h100_takes_four(world: Any) -> None:
    view = world("a", GEMMA, OSS)
    pair = setup(view, OSS, "H100-SXM 80GB", gpus=2, tensor_parallel=2)
    capacity = wiring.ports_for(Path()).capacity()
    found = size_one(view.sizing.load, pair, predict=capacity.predict, room=capacity.room)
    assert isinstance(found, Sized)
    assert (found.gpus, found.replicas, found.spare) == (4, 1, 1)


def test_a_sequence_of_the_clinic_takes_what_its_sheet_says(world: Any) -> None:
    one = setup(world("a", GEMMA, OSS), OSS, "H100-SXM 80GB")
    assert 0.8e9 <= kv_bytes_per_sequence(one, 24_700) <= 1.0e9


def test_the_night_lane_of_the_clinic_takes_no_card_more(world: Any) -> None:
    view = world("a", GEMMA, OSS)
    # The answers leave fourteen hours for the lane; the sheet reckons with eight of them.
    per_request = fact(view, "tokens.input_avg") + fact(view, "tokens.output_avg")
    needed = fact(view, "derived.rps_batch") * 14 / 8 * per_request
    assert 2500 <= needed <= 3100
    one = view.sizing.model(GEMMA).own.sized.setup
    all_at_once = Load(input_tok=6000, output_tok=700, kind=LoadKind.OFFLINE, prefix_share=0.15)
    rate = wiring.ports_for(Path()).capacity().predict(one, all_at_once).metrics[Metric.REQUEST_THROUGHPUT]
    assert rate.low * per_request > needed  # a single card bears it, even at the slow end


def test_the_triage_is_asked_what_its_sheet_says(world: Any) -> None:
    view = world("b", "open/qwen3-8b")
    assert 57 <= fact(view, "derived.rps_mean") <= 59
    assert 455 <= view.sizing.load.rate_per_s <= 470
    assert 27_300 <= 60 * view.sizing.load.rate_per_s <= 28_200
    assert 41.0e6 <= fact(view, "derived.peak_tpm") <= 43.0e6
    assert 0.000097 <= fact(view, "derived.cost_per_request_limit") <= 0.000101
    options = view.sizing.models[0].rented.options
    assert options
    assert all(one.p95_s <= 0.8 for one in options)


def test_the_assistant_holds_its_turns_in_as_many_machines_as_its_sheet_says_and_is_too_slow_there(world: Any) -> None:
    view = world("e", CODER)
    load = view.sizing.load
    assert 170 <= fact(view, "derived.concurrency_peak") <= 250
    assert 44.0e6 <= fact(view, "derived.peak_tpm") <= 47.0e6
    # The sheet's own figures: 3,600 of 45,000 tokens are new in a turn.
    assert load.prefix_share == pytest.approx(0.92, abs=0.03)
    eight = setup(view, CODER, "H200-SXM 141GB", gpus=8, tensor_parallel=8, precision=Precision.FP8)
    eight = replace(eight, kv_dtype=KvDtype.FP8)
    alone = replace(eight, gpus=1, tensor_parallel=1)
    assert 5.0e9 <= kv_bytes_per_sequence(alone, 45_000) <= 6.5e9
    replicas = ceil(200 / room_for_sequences(eight, 45_700))
    assert 16 <= 8 * replicas <= 8 * (replicas + 1) <= 24
    # The sheet counts memory. At a hundred turns in a replica an answer takes longer than its fifteen seconds.
    capacity = wiring.ports_for(Path()).capacity()
    crowded = Load(
        input_tok=45_000, output_tok=700, kind=LoadKind.CONCURRENCY, concurrency=100, prefix_share=load.prefix_share
    )
    found = capacity.predict(eight, crowded).metrics
    assert found[Metric.TTFT].low + 699 * found[Metric.TPOT].low > 15


def test_the_handbook_is_too_small_for_machines_of_its_own(world: Any) -> None:
    view = world("g")
    assert 0.6 <= 60 * fact(view, "derived.rps_mean") <= 0.75
    assert not view.sizing.chosen
    bears = [model for model in view.sizing.models if model.best is not None]
    assert bears
    assert all("too small for machines of its own" in " ".join(model.notes) for model in bears)
