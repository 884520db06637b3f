"""Accelerators, their prices and machines as people write them: exact figures, sane units, and what is refused."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from maquette.adapters.hardware_files import load_accelerators, load_hosts, machine_from_text
from maquette.catalog.hardware import (
    Accelerator,
    AcceleratorEntry,
    Commitment,
    HostEntry,
    PriceEntry,
    accelerators_from_entries,
    hosts_from_entries,
)
from maquette.catalog.machines import Fitted, Machine, cheapest_price, find_accelerator, parse_machine
from maquette.foundation.problems import InvalidInput

KNOWN = load_accelerators()
JUNE = date(2026, 6, 1)


def named(name: str) -> Accelerator:
    return next(one for one in KNOWN if one.name == name)


def entry(**values: Any) -> AcceleratorEntry:
    return AcceleratorEntry.model_validate({"name": "X1", **values})


def refusal(model: type[AcceleratorEntry | PriceEntry | HostEntry], values: Mapping[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return str(caught.value)


def test_the_catalog_has_the_figures_of_an_h100_and_the_offers_of_seven_clouds() -> None:
    h100 = named("H100-SXM 80GB")
    assert (h100.memory_gb, h100.bandwidth_gb_per_s, h100.bf16_tflops) == (Decimal(80), Decimal(3350), Decimal(989))
    clouds = {price.provider for price in h100.prices}
    assert {"AWS", "Azure", "GCP", "Nebius", "CoreWeave", "Lambda", "RunPod"} <= clouds
    p5 = next(price for price in h100.prices if price.instance == "p5.48xlarge")
    assert (p5.usd_per_hour, p5.usd_per_gpu_hour, p5.source.as_of) == (
        Decimal("55.04"),
        Decimal("6.88"),
        date(2026, 1, 21),
    )


@pytest.mark.parametrize(
    ("name", "least"),
    [("T4", 2), ("L4", 2), ("L40S", 4), ("A100-SXM 40GB", 4), ("A100-SXM 80GB", 4), ("MI300X", 2), ("H100-SXM 80GB", 7),
     ("H200-SXM 141GB", 6), ("B200-SXM 180GB", 4), ("RTX PRO 6000 Blackwell Server", 4), ("RTX 4090", 2),
     ("RTX 5090", 2)],
)  # fmt: skip
def test_common_accelerators_have_prices_of_several_clouds(name: str, least: int) -> None:
    assert len({price.provider for price in named(name).prices}) >= least


def test_every_price_names_its_source_and_costs_less_than_a_spot_price_never_more_than_on_demand() -> None:
    for one in KNOWN:
        assert one.source.ref
        for price in one.prices:
            assert price.source.ref
            firm = [
                other.usd_per_hour
                for other in one.prices
                if (other.provider, other.instance, other.region, other.commitment)
                == (price.provider, price.instance, price.region, Commitment.ON_DEMAND)
            ]
            assert all(price.usd_per_hour <= whole for whole in firm), (one.name, price)


def test_no_two_accelerators_share_a_name() -> None:
    spellings = [spelling for one in KNOWN for spelling in {one.name, *one.aliases}]
    assert [find_accelerator(spelling, KNOWN) for spelling in spellings] == [
        one for one in KNOWN for _ in {one.name, *one.aliases}
    ]


def test_the_default_host_stays_the_first() -> None:
    first = load_hosts()[0]
    assert (first.name, first.usd_per_hour, first.source.as_of) == (
        "AWS m7g.large",
        Decimal("0.0816"),
        date(2026, 6, 17),
    )


def test_a_users_entries_take_source_and_day_from_their_file_unless_they_say_their_own() -> None:
    one = entry(
        memory_gb=48,
        source="a data sheet",
        prices=[
            {"provider": "ours", "instance": "rack", "usd_per_gpu_hour": "1.10", "gpus_per_instance": 4},
            {"provider": "theirs", "instance": "n", "usd_per_hour": "2", "source": "a quote", "as_of": "2026-03-04"},
        ],
    )
    (made,) = accelerators_from_entries([one], "mine.yaml", JUNE)
    assert (made.source.ref, made.source.as_of) == ("a data sheet", None)
    ours, theirs = made.prices
    assert (ours.usd_per_hour, ours.source.ref, ours.source.as_of) == (Decimal("4.40"), "mine.yaml", JUNE)
    assert (theirs.source.ref, theirs.source.as_of) == ("a quote", date(2026, 3, 4))
    (host,) = hosts_from_entries(
        [HostEntry.model_validate({"name": "desk", "vcpus": 8, "memory_gib": "32", "usd_per_hour": "0.05"})],
        "mine.yaml",
        JUNE,
    )
    assert (host.usd_per_hour, host.source.ref) == (Decimal("0.05"), "mine.yaml")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"memory_gb": 141000}, "if it is in MB, write 141"),
        ({"memory_gb": 81920}, "if it is in MB, write 80"),
        ({"memory_gb": 0}, "greater than 0"),
        ({"memory_gb": "NaN"}, "finite"),
        ({"memory_gb": True}, "true or false was found"),
        ({"bandwidth_gb_per_s": "3.35"}, "did you mean 3350?"),
        ({"bandwidth_gb_per_s": 3350000}, "did you mean 3350?"),
        ({"bf16_tflops": "989000000"}, "it is in TFLOPS, dense"),
        ({"tdp_w": 700000}, "it is in watts"),
        ({"memory": 80}, "Extra inputs"),
        ({"name": " "}, "at least 1 character"),
    ],
)
def test_a_figure_in_another_unit_is_refused_with_what_to_write(values: Mapping[str, Any], told: str) -> None:
    assert told in refusal(AcceleratorEntry, {"name": "X1", **values})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "needs usd_per_hour"),
        ({"usd_per_hour": 1.1}, 'write "1.1" with the quotation marks'),
        ({"usd_per_hour": "-1"}, "greater than 0"),
        ({"usd_per_hour": "a lot"}, "valid decimal"),
        (
            {"usd_per_hour": "8", "usd_per_gpu_hour": "2", "gpus_per_instance": 8},
            "usd_per_gpu_hour times 8 is 16, not 8",
        ),
        ({"usd_per_hour": "8", "gpus_per_instance": 8, "max_gpus": 4}, "max_gpus is below"),
        ({"usd_per_hour": "8", "commitment": "forever"}, "'on demand', 'spot', '1 year' or '3 years'"),
    ],
)
def test_a_price_that_loses_cents_or_contradicts_itself_is_refused(values: Mapping[str, Any], told: str) -> None:
    assert told in refusal(PriceEntry, {"provider": "p", "instance": "i", **values})


def test_one_machine_goes_before_several_and_a_dated_price_before_an_undated_one() -> None:
    prices = [
        {"provider": "cheap", "instance": "1", "usd_per_hour": "1", "as_of": "2026-06-01"},
        {"provider": "undated", "instance": "4", "usd_per_hour": "2", "gpus_per_instance": 4},
        {"provider": "dated", "instance": "8", "usd_per_hour": "30", "gpus_per_instance": 8, "as_of": "2026-06-01"},
        {"provider": "linear", "instance": "1", "usd_per_hour": "3", "max_gpus": 8, "as_of": "2026-06-01"},
    ]
    (one,) = accelerators_from_entries([entry(prices=prices)], "f", None)

    def cheapest(count: int) -> tuple[str, Decimal]:
        rental = one.cheapest(count)
        assert rental is not None
        return rental.price.provider, rental.usd_per_hour

    assert cheapest(1) == ("cheap", Decimal(1))
    assert cheapest(4) == ("linear", Decimal(12))
    assert cheapest(8) == ("linear", Decimal(24))
    assert cheapest(16) == ("cheap", Decimal(16))
    assert one.cheapest(1, Commitment.SPOT) is None


def test_a_price_is_old_after_ninety_days_and_without_a_day() -> None:
    (one,) = accelerators_from_entries(
        [entry(prices=[{"provider": "p", "instance": "i", "usd_per_hour": "1"}])], "f", JUNE
    )
    price = one.prices[0]
    assert not price.is_old(date(2026, 8, 30))
    assert price.is_old(date(2026, 8, 31))
    (undated,) = accelerators_from_entries(
        [entry(prices=[{"provider": "p", "instance": "i", "usd_per_hour": "1"}])], "f", None
    )
    assert undated.prices[0].is_old(JUNE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2x L40S", "2x L40S"),
        ("2 X l40s", "2x L40S"),
        ("2\u00d7L40S", "2x L40S"),
        ("L40S x2", "2x L40S"),
        ("8xH100", "8x H100-SXM 80GB"),
        ("h100 sxm", "1x H100-SXM 80GB"),
        ("4 * A100-80GB", "4x A100-SXM 80GB"),
        ("NVIDIA GeForce RTX 4090", "1x RTX 4090"),
        ("RTX4090", "1x RTX 4090"),
        ("2x rtx pro 6000", "2x RTX PRO 6000 Blackwell Server"),
        ("1x M4 Max 64GB", "1x Apple M4 Max + 64 GiB"),
        ("16 cores 64 GiB", "16 cores 64 GiB"),
        ("64GB RAM, 16 vCPUs", "16 cores 64 GiB"),
        ("2x L40S + 32 cores 256 GiB", "2x L40S + 32 cores 256 GiB"),
        ("2x L40S and 1 TB", "2x L40S + 1024 GiB"),
        ("8xH100 + 2x L4", "8x H100-SXM 80GB + 2x L4"),
    ],
)  # fmt: skip
def test_a_machine_is_read_as_people_write_it(text: str, meant: str) -> None:
    machine = machine_from_text(text)
    assert str(machine) == machine.name == meant
    assert machine.simulated
    assert machine_from_text(str(machine)) == machine


def test_an_apple_chip_has_the_part_of_the_machines_memory_that_metal_allows_as_an_estimate() -> None:
    (chip,) = machine_from_text("1x M4 Max 64GB").accelerators
    assert (chip.memory_gib, chip.estimated) == (Decimal(48), True)


def test_a_machines_totals_are_those_of_its_parts() -> None:
    machine = machine_from_text("2x L40S + 1x L4 + 32 cores 256 GiB")
    assert (machine.accelerator_count, machine.accelerator_memory_gib) == (3, Decimal(120))
    assert (machine.cores, machine.memory_gib) == (32, Decimal(256))
    assert machine_from_text("M4 Max").accelerator_memory_gib is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2x L4OS", "Did you mean L40S?"),
        ("A100", "'A100' may mean A100-SXM 40GB, A100-SXM 80GB, A100-PCIe 80GB"),
        ("1x L40S 64GB", "L40S has 48 GB of memory, not 64 GB"),
        ("2x M4 Max", "Apple M4 Max is a whole machine"),
        ("0x L40S", "1 to 1024 accelerators"),
        ("2x L40S + L40S", "L40S is given twice"),
        ("8 cores + 4 cores", "given twice"),
        ("0 cores", "zero is no number of cores"),
        ("512 MB", "memory in MB is too little"),
        ("", "names neither accelerators nor cores nor memory"),
        ("[bold]\x1b[2J" * 90, "no accelerator is called"),
    ],
)
def test_what_is_no_machine_is_told_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        machine_from_text(text)
    assert told in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert caught.value.fix


@given(
    parts=st.lists(
        st.tuples(st.sampled_from(KNOWN), st.integers(1, 1024)), max_size=3, unique_by=lambda part: part[0].name
    ),
    cores=st.none() | st.integers(1, 999_999),
    memory=st.none() | st.decimals(Decimal("0.25"), Decimal(9999), places=2),
)
def test_a_machine_that_is_written_down_is_read_back(
    parts: list[tuple[Accelerator, int]], cores: int | None, memory: Decimal | None
) -> None:
    if not parts and cores is None and memory is None:
        return
    fitted = tuple(
        Fitted(accelerator=one, count=1 if one.unified_memory else count, memory_gib=None) for one, count in parts
    )
    machine = Machine(
        name="", cores=cores, memory_gib=memory, accelerators=fitted, simulated=True, source=KNOWN[0].source
    )
    read = parse_machine(str(machine), KNOWN)
    assert str(read) == str(machine)
    assert (read.cores, read.memory_gib) == (cores, memory)
    assert [(part.accelerator, part.count) for part in read.accelerators] == [
        (part.accelerator, part.count) for part in fitted
    ]
    assert parse_machine(str(read), KNOWN) == read


@given(st.text(max_size=60))
def test_any_text_is_a_machine_or_a_clear_refusal(text: str) -> None:
    fix = None
    machine: Machine | None
    try:
        machine = parse_machine(text, KNOWN)
    except InvalidInput as problem:
        machine = None
        fix = problem.fix
    assert fix if machine is None else parse_machine(str(machine), KNOWN) == machine


def test_a_machine_without_an_accelerator_costs_what_the_cheapest_large_enough_host_costs() -> None:
    price = cheapest_price(machine_from_text("8 cores 32 GiB"), load_hosts())
    assert (price.usd_per_hour, price.parts[0][0]) == (Decimal("0.1984"), "Nebius cpu-d3_8vcpu-32gb")
    assert cheapest_price(machine_from_text("4000 cores"), load_hosts()).missing == ("4000 cores",)


def test_a_machine_with_an_unpriced_part_has_no_sum() -> None:
    price = cheapest_price(machine_from_text("8xH100 + 1x GB300"), load_hosts())
    assert (price.usd_per_hour, price.missing) == (None, ("GB300",))
