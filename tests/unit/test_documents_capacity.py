"""The capacity plan: demand by hand arithmetic, limits of accounts, machines, when to add what."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.bundle.documents.capacity import capacity_view
from maquette.bundle.documents.capacity_figures import counted, month_reached, three_digits, times
from maquette.bundle.inputs import ServingPlan
from maquette.capacity.sizing import Demand
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.serving_world import LOAD, open_card, open_inputs, sized


def plan(name: str) -> str:
    return scenario_texts(name)["docs/05-capacity-plan.md"]


def test_the_demand_of_five_million_messages_is_reckoned_from_their_facts() -> None:
    demand = section(plan(TRIAGE), "Demand")
    # 5,000,000 / 86,400 x 8 = 463; x 1,450 = 671,000; x 60 = 27,778; x 60 x 1,510 = 41.9 million
    assert "| busiest minute | 463 requests/s |" in demand
    assert "| prefill in the busiest minute | 671,000 tokens/s |" in demand
    assert "| decode in the busiest minute | 27,778 tokens/s |" in demand
    assert "| all tokens in the busiest minute | 41,900,000 tokens/min |" in demand


def test_growth_compounds_from_the_second_month_on() -> None:
    # 5,000,000 x 1.03^11 = 6,921,169 requests a day and 463 x 1.03^11 = 641 requests a second in month 12
    assert "| 12 | 6,920,000 | 641 | 58,100,000 |" in section(plan(TRIAGE), "Demand")


def test_a_peak_above_the_account_s_limit_says_what_bears_it() -> None:
    limits = section(plan(CODER), "Limits")
    assert (
        "The busiest minute of 45,700,000 tokens/min is above the account's limit of 40,000,000 tokens/min." in limits
    )
    # 45.7 million / (0.8 x 40 million) = 1.43, rounded up
    assert "2 limits of that size" in limits


def test_behind_a_classifier_the_account_bears_what_is_passed_on() -> None:
    # 12 % of 463 x 60 x (1,450 + 60) = 41.9 million
    said = "The busiest minute of 5,030,000 tokens/min is within the account's limit of 10,000,000 tokens/min."
    assert said in section(plan(TRIAGE), "Limits")


def test_a_conversation_s_history_is_read_from_the_cache_too() -> None:
    # of 45,000 tokens 2 / 25 = 3,600 are new each turn: 16.67 x 60 x (3,600 + 700) = 4.3 million
    assert "Where cached tokens are not counted, 4,300,000 tokens/min remain" in section(plan(CODER), "Limits")


def test_an_unstated_limit_is_told_with_the_one_to_ask_for() -> None:
    found = seen_of(scenario_inputs(HANDBOOK))
    # 400 / 36,000 x 4 x 60 x 140,700 = 375,200 tokens a minute; / 0.8 = 469,000
    assert [said(one) for one in capacity_view(found)["limit_findings"]] == [
        "Nobody states the account's limit (cat.rate_limit_tpm); the busiest minute needs one of 469,000 tokens/min."
    ]


def test_the_pace_of_a_stream_is_what_the_first_token_leaves() -> None:
    # (20,000 - 2,500) / 700 = 25 ms
    assert "TPOT (time per output token) | 25 ms a token |" in section(plan(CLINIC), "Demand")


def test_what_may_wait_fills_a_queue_that_drains_in_the_quiet_hours() -> None:
    # 30,000 x 0.4 = 12,000 in 14 quiet hours
    parts = section(plan(CLINIC), "Parts beside the models")
    assert (
        "| queue | 12,000 requests | all that may wait gathers, and drains in 14 hours at 14.3 requests/min |" in parts
    )


def test_pods_of_the_gateway_follow_from_the_maker_s_load_test() -> None:
    # 463 / (0.7 x 3,000 / 33) = 7.3, so 8, and one spare; 8 x 63.6 = 509, which 463 x 1.03^4 = 521 passes in month 5
    text = plan(TRIAGE)
    assert "| gateway | 9 pods of 4 vCPUs and 16 GiB |" in section(text, "Parts beside the models")
    assert "| gateway pod | 46.1 requests/s | the busiest minute passes 509 requests/s | month 5 |" in section(
        text, "Headroom"
    )


def test_the_settings_of_a_served_model_are_those_that_its_server_is_started_with() -> None:
    texts = world.texts(open_inputs())
    machines = section(texts["docs/05-capacity-plan.md"], "Machines")
    assert "| `max_model_len` | 25200 |" in machines
    (started,) = [text for path, text in texts.items() if path.startswith("serving/") and path.endswith(".yaml")]
    assert "25200" in started
    assert "| accelerators, with 1 spare replica | 4 x H100-SXM 80GB of your 8 |" in machines


def test_a_replica_more_is_due_where_the_planned_rate_ends() -> None:
    card = open_card()
    demand = Demand(rate_per_s=1.5, input_tok=6000, output_tok=700, longest_tok=25_200)
    inputs = open_inputs(serving={card.id: ServingPlan(sized=sized(card), load=LOAD, demand=demand)})
    row = capacity_view(seen_of(inputs))["triggers"][0]
    # 3 replicas x 0.686 = 2.058 requests a second, less 1.5
    assert said(row["trigger"]) == "the busiest minute passes 2.06 requests/s"
    assert said(row["headroom"]) == "0.558 requests/s"


def test_a_project_of_which_nothing_is_known_has_no_section() -> None:
    assert "##" not in world.texts(world.empty_inputs())["docs/05-capacity-plan.md"]


def test_a_changed_volume_changes_demand_and_headroom() -> None:
    after = scenario_texts(HANDBOOK, ("scale.requests_per_day", 700))["docs/05-capacity-plan.md"]
    # 700 / 36,000 x 4 = 0.0778
    assert "| busiest minute | 4.67 requests/min |" in section(after, "Demand")


@pytest.mark.parametrize(("growth", "expected"), [("0", None), ("10", 2), ("3", 5)])
def test_the_month_is_the_first_that_passes(growth: str, expected: int | None) -> None:
    # 1.1 > 1.09; 1.03^4 = 1.1255 > 1.1, 1.03^3 = 1.0927
    limit = Decimal("1.09") if growth == "10" else Decimal("1.1")
    assert month_reached(Decimal(1), limit, Decimal(growth), 12) == expected


def test_numbers_read_as_people_write_them() -> None:
    assert [three_digits(one) for one in (41_944_444, 27_777.8, 462.96, 0.2381)] == [
        "41,900,000",
        "27,778",
        "463",
        "0.238",
    ]
    assert times(Decimal("17.733"), "a / b")["text"] == "17.7 times"
    assert times(Decimal("0.0408"), "a / b")["text"] == "4.1 % of"
    assert (counted(Decimal(1), "token"), counted(Decimal(2), "token"), counted(Decimal(2), "GiB")) == (
        "token",
        "tokens",
        "GiB",
    )


def test_a_role_without_a_card_has_no_limit_row() -> None:
    inputs = replace(world.inputs(), shortlist=None)
    assert capacity_view(seen_of(inputs))["limits"] == []


@pytest.mark.parametrize(
    ("replicas", "told"),
    [
        (3, "8 accelerators of 8 GPUs: none is left for tests or a second release."),
        (2, "7 accelerators of 8 GPUs: 1 left."),
        (4, "9 accelerators of 8 GPUs: too few by 1, the models cannot stand by at the same time."),
    ],
)
def test_the_accelerators_of_both_models_are_held_against_those_that_are_there(replicas: int, told: str) -> None:
    """Three replicas and a spare of the one, as many or one more or less of the other."""
    inputs = scenario_inputs(CLINIC)
    cards = [open_card("open/gpt-oss-120b"), open_card("open/gemma-4-31b-it")]
    plans = [
        ServingPlan(sized=sized(cards[0]), load=LOAD, owned=8),
        ServingPlan(sized=sized(cards[1], replicas=replicas), load=LOAD, owned=8),
    ]
    served = replace(inputs, serving={card.id: each for card, each in zip(cards, plans, strict=True)})
    (sentence,) = capacity_view(seen_of(served))["machines"]
    assert said(sentence) == f"Together they take {told}"


def test_a_quick_first_token_explains_a_pace_above_the_demand_s() -> None:
    """(20,000 - 2,500) / 700 = 25 ms a token, against 26.7 predicted with 750 ms to the first token."""
    inputs, card = scenario_inputs(CLINIC), open_card("open/gpt-oss-120b")
    served = replace(inputs, serving={card.id: ServingPlan(sized=sized(card), load=LOAD, owned=8)})
    (table,) = capacity_view(seen_of(served))["served"]
    assert [said(one) for one in table["binds"]][-1] == (
        "The first token comes after 750 ms, which leaves its tokens more than the 25 ms of the demand above."
    )
