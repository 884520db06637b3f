"""Recovery follows both promises, and two regions say how the state of one gets to the other."""

from dataclasses import replace

from ruamel.yaml import YAML

from maquette.bundle.documents.recovery import recovery_view
from tests.document_view_world import said
from tests.document_world import scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.table_world import scenario_table, shown, table, whole_seen

FILE = "docs/16-dr.md"


def test_what_may_be_lost_drives_the_plan_once_it_is_said() -> None:
    found = recovery_view(whole_seen(CLINIC, ("availability.rpo_min", 10)))
    assert said(found["promised"]) == (
        "clinsum is back within 60 min and may lose 10 min of data: state is copied every 5 min."
    )
    assert shown(found["state"])["logs"]["lost"] == "at most what 10 min brought"
    none = recovery_view(whole_seen(CLINIC, ("availability.rpo_min", 0)))
    assert said(none["promised"]).endswith("may lose 0 min: every write is confirmed by both copies.")


def test_what_may_be_lost_is_asked_while_nobody_has_said_it() -> None:
    first = "clinsum is back within 60 min"
    assert said(recovery_view(whole_seen(CLINIC))["promised"]).startswith(f"{first}; how much data may be lost is not")
    shorter = recovery_view(whole_seen(CLINIC, ("availability.rto_min", 30)))
    assert said(shorter["promised"]).startswith("clinsum is back within 30 min")


def test_two_regions_say_how_each_state_gets_across() -> None:
    found = scenario_table(TRIAGE, FILE, "Copies in the other region")
    assert list(found) == [
        "gateway/config.yaml",
        "credentials",
        "count of spending",
        "prometheus-data",
        "trained classifier",
        "logs",
    ]
    assert found["count of spending"] == [
        (
            "one Redis that the gateways of both regions reach: 2 regions; it is a single point of failure of both. "
            "The way without it: a counter in each region, each with $7,500"
        ),
        "nothing",
    ]
    assert found["gateway/config.yaml"][0].endswith("both regions lie in the US")
    copied = shown(recovery_view(whole_seen(TRIAGE, ("availability.rpo_min", 5)))["copies"])
    assert copied["logs"]["behind"] == "5 min"


def test_gateways_that_count_alone_share_the_budget_by_halves() -> None:
    seen = whole_seen(TRIAGE)
    assert seen.policy is not None
    alone = replace(seen, policy=replace(seen.policy, shared=None))
    row = shown(recovery_view(alone)["copies"])["count of spending"]
    assert row["how"] == "not copied: each gateway counts alone, so each gets $7,500"  # half of $15,000


def test_one_region_copies_nothing() -> None:
    assert "Copies in the other region" not in scenario_texts(CODER)[FILE]


def test_protected_data_lies_on_an_encrypted_disk_and_the_law_s_row_says_so() -> None:
    for scenario, article in ((CLINIC, "45 CFR 164.312(a)(2)(iv), 164.312(e)(2)(ii)"), (TRIAGE, "CC6.1")):
        texts = scenario_texts(scenario)
        volumes = YAML(typ="safe").load(texts["compose.yaml"])["volumes"]
        assert volumes["redis-data"]["driver_opts"]["device"] == "${STATE_FOLDER:?set it in .env}/redis"
        assert "\nSTATE_FOLDER=\n" in texts[".env.example"]
        rows = table(texts["docs/10-compliance.md"], "Duties and controls")
        assert "lie in STATE_FOLDER, on an encrypted disk" in rows[article][1]


def test_a_small_system_with_ordinary_data_names_no_encrypted_folder() -> None:
    assert "STATE_FOLDER" not in scenario_texts(HANDBOOK)["compose.yaml"]
