"""Replicas for a peak rate: worked by hand with a replica whose pace is a plain formula."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.capacity.renting import cheapest_rental
from maquette.capacity.setup import Banded, Engine, Load, Metric, Prediction, Setup
from maquette.capacity.sizing import Demand, Sized, Sizing, size, size_one
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.hardware import Accelerator, Commitment, RentalPrice
from maquette.foundation.problems import InvalidInput
from maquette.foundation.sources import Source, SourceKind

SOURCE = Source(kind=SourceKind.CLAIMED, ref="a list", as_of=date(2026, 11, 1))
CARD = ModelCard(id="open-8b", provider="self-hosted", hosting=Hosting.SERVED, source=SOURCE)
DEMAND = Demand(rate_per_s=10, input_tok=1000, output_tok=101, longest_tok=2000)


def price(usd: str, *, gpus: int = 1, most: int | None = None, dated: bool = True) -> RentalPrice:
    return RentalPrice(
        provider="Cloud",
        instance=f"{gpus}x",
        gpus_per_instance=gpus,
        max_gpus=most or gpus,
        usd_per_hour=Decimal(usd),
        commitment=Commitment.ON_DEMAND,
        region=None,
        source=SOURCE if dated else replace(SOURCE, as_of=None),
    )


def accelerator(name: str = "A", *prices: RentalPrice, **figures: Any) -> Accelerator:
    return Accelerator(name=name, source=SOURCE, prices=prices, **figures)


def setup(one: Accelerator | None = None) -> Setup:
    return Setup(card=CARD, accelerator=one or accelerator("A", price("2")), engine=Engine.VLLM)


def ten_ms_and_one_for_each(setup: Setup, load: Load) -> Prediction:
    """TPOT of 10 ms, and 1 ms more for each request at once, shared by the accelerators; TTFT of 100 ms."""
    assert load.concurrency is not None
    tpot = (0.010 + 0.001 * load.concurrency) / setup.gpus
    metrics = {Metric.TTFT: band(0.1), Metric.TPOT: band(tpot)}
    return Prediction(setup=setup, load=load, metrics=metrics, batch=load.concurrency, terms=())


def band(value: float) -> Banded:
    return Banded(value=value, low=0.8 * value, high=1.25 * value)


def sixty_four(_: Setup, __: int) -> int:
    return 64


def sized(demand: Demand, **changes: Any) -> Sized:
    found = size_one(demand, setup(), **{"predict": ten_ms_and_one_for_each, "room": sixty_four, **changes})
    assert isinstance(found, Sized)
    return found


def test_without_targets_memory_decides_how_many_requests_a_replica_takes() -> None:
    # 64 at once: TPOT 74 ms, an answer takes 0.1 + 100 x 0.074 = 7.5 s, so 64 / 7.5 = 8.533 a second.
    # The peak of 10 may take 70 % of that: 10 / 5.973 = 1.67, two replicas and one spare.
    found = sized(DEMAND)
    assert (found.in_flight, found.binds) == (64, "memory")
    assert found.rate_per_replica_s == pytest.approx(64 / 7.5)
    assert (found.replicas, found.spare, found.gpus) == (2, 1, 3)
    assert found.usd_per_month == 3 * 2 * 730


def test_the_longest_must_fit_alone_and_the_mean_decides_how_many_are_together() -> None:
    found = sized(DEMAND, room=lambda _, tokens: 1 if tokens == DEMAND.longest_tok else 40)
    assert found.in_flight == 40
    assert found.settings.max_model_len == 2000
    none = size_one(DEMAND, setup(), predict=ten_ms_and_one_for_each, room=lambda _, tokens: int(tokens < 2000))
    assert not isinstance(none, Sized)


def test_a_target_for_the_time_per_token_takes_requests_off_a_replica() -> None:
    # 10 + n <= 30 ms: twenty at once; 0.1 + 100 x 0.03 = 3.1 s; 6.45 a second, 4.52 at 70 %: three replicas.
    found = sized(replace(DEMAND, tpot_s=0.03))
    assert (found.in_flight, found.binds) == (20, "TPOT")
    assert found.replicas == 3
    assert found.settings.max_num_seqs == 20


def test_the_p95_counts_the_long_answer_and_the_slow_end_of_the_first_token() -> None:
    # 0.125 + 200 x TPOT <= 4.125 s: TPOT of 20 ms, ten at once.
    found = sized(replace(DEMAND, output_p95_tok=201, p95_s=4.125 + 1e-9))
    assert (found.in_flight, found.binds) == (10, "p95")
    assert found.p95_s == pytest.approx(4.125)


def test_the_intervals_of_the_speed_are_those_of_the_replicas() -> None:
    found = sized(DEMAND)
    # 1.25 x 7.5 s = 9.375 s: 6.827 a second, 4.779 at 70 %: 2.09, three. 0.8 x 7.5 s = 6 s: 10.67, 7.47: 1.34, two.
    assert (found.replicas_low, found.replicas, found.replicas_high) == (2, 2, 3)


def test_what_is_too_slow_alone_and_what_does_not_fit_say_so() -> None:
    slow = size_one(replace(DEMAND, tpot_s=0.005), setup(), predict=ten_ms_and_one_for_each, room=sixty_four)
    assert not isinstance(slow, Sized)
    assert slow.reason == "too slow even alone: TPOT 11 ms against 5 ms"
    large = size_one(DEMAND, setup(), predict=ten_ms_and_one_for_each, room=lambda _, __: 0)
    assert not isinstance(large, Sized)
    assert large.reason == "does not fit"


def test_a_replica_is_as_narrow_as_fits_unless_twice_the_width_is_cheaper() -> None:
    # One accelerator holds a single sequence (0.1 + 100 x 11 ms = 1.2 s, 0.83 a second), two hold 64.
    scarce = size(
        DEMAND, [setup()], predict=ten_ms_and_one_for_each, room=lambda one, _: {1: 0, 2: 1}.get(one.gpus, 64)
    )
    (found,) = scarce.options
    assert found.setup.tensor_parallel == 4
    ample = size(DEMAND, [setup()], predict=ten_ms_and_one_for_each, room=sixty_four)
    assert ample.options[0].setup.tensor_parallel == 1


def test_the_cheapest_goes_first_and_what_has_no_price_last() -> None:
    dear, cheap, unpriced = (
        accelerator(name, *of) for name, of in (("D", [price("9")]), ("C", [price("1")]), ("U", []))
    )
    found = size(DEMAND, [setup(one) for one in (unpriced, dear, cheap)], predict=by_name, room=sixty_four)
    assert [one.setup.accelerator.name for one in found.options] == ["C", "D", "U"]
    assert [one.pareto for one in found.options] == [True, True, False]


def by_name(setup: Setup, load: Load) -> Prediction:
    found = ten_ms_and_one_for_each(setup, load)
    faster = 0.5 if setup.accelerator.name == "D" else 1.0
    return replace(found, metrics={**found.metrics, Metric.TPOT: band(found.metrics[Metric.TPOT].value * faster)})


def test_a_problem_with_one_accelerator_leaves_the_others() -> None:
    def strict(setup: Setup, load: Load) -> Prediction:
        if setup.accelerator.name == "X":
            raise InvalidInput("X has no bandwidth on record", fix="Add it.")
        return ten_ms_and_one_for_each(setup, load)

    found = size(DEMAND, [setup(accelerator("X")), setup()], predict=strict, room=sixty_four)
    assert [one.setup.accelerator.name for one in found.options] == ["A"]
    assert [one.reason for one in found.unsuited] == ["X has no bandwidth on record"]


def test_replicas_share_an_instance_and_never_span_two() -> None:
    eight = accelerator("H", price("16", gpus=8))
    rented = cheapest_rental(eight, replicas=3, width=2)
    assert rented is not None
    assert (rented.instances, rented.usd_per_hour) == (1, Decimal(16))  # four replicas of two have room on it
    assert cheapest_rental(accelerator("S", price("2")), replicas=1, width=2) is None
    singles = cheapest_rental(accelerator("S", price("2", most=4)), replicas=2, width=4)
    assert singles is not None
    assert singles.instances == 8  # four units of one in each of two machines


def test_a_dated_price_goes_before_an_undated_one() -> None:
    rented = cheapest_rental(accelerator("A", price("1", dated=False), price("2")), replicas=1, width=1)
    assert rented is not None
    assert rented.usd_per_hour == 2


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(0, 5000),
    more=st.floats(1, 10),
    tpot_s=st.one_of(st.none(), st.floats(0.011, 0.2)),
    held=st.integers(1, 500),
)
def test_more_load_never_takes_fewer_machines_and_the_targets_hold(
    rate: float, more: float, tpot_s: float | None, held: int
) -> None:
    def found(times: float) -> Sizing:
        demand = replace(DEMAND, rate_per_s=rate * times, tpot_s=tpot_s)
        return size(demand, [setup()], predict=ten_ms_and_one_for_each, room=lambda _, __: held)

    less, greater = found(1), found(more)
    assert less.options[0].gpus <= greater.options[0].gpus
    for one in (*less.options, *greater.options):
        assert one.replicas_low <= one.replicas <= one.replicas_high
        assert 1 <= one.in_flight <= held
        assert tpot_s is None or one.tpot_s.value <= tpot_s
        bearable = one.replicas * one.rate_per_replica_s * DEMAND.utilisation
        assert bearable >= (rate if one is less.options[0] else rate * more) * (1 - 1e-9)
