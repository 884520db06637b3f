"""`maquette catalog price`: every list, every line, exact text, and nothing pretended."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from maquette.cli.catalog.price_command import command
from maquette.foundation.problems import InvalidInput, NotFound


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def data(*arguments: str) -> dict[str, Any]:
    found = run(*arguments, "--json")
    assert found.exit_code == 0, found.output
    parsed: dict[str, Any] = json.loads(found.stdout)
    return parsed


def test_json_has_the_quote_with_exact_decimals_and_both_lists() -> None:
    found = data("gpt-6-luna", "--input-tokens", "1000", "--output-tokens", "100", "--cached-tokens", "600")

    # by hand (400 * 0.1 + 600 * 0.01 + 100 * 0.5) / 1e6
    assert found["total_usd"] == "0.000096"
    assert found["lines"][1] == {
        "name": "input, cached",
        "quantity": 600,
        "unit": "token",
        "usd_per_unit": "0.00000001",
        "total_usd": "0.000006",
        "key": "cache_read_input_token_cost",
        "source": found["source"],
    }
    assert (found["format"], found["tier"], found["offered"]) == (1, "standard", True)
    assert found["tiers_offered"] == ["standard", "batch", "flex", "priority"]
    assert [one["total_usd"] for one in found["sources"]] == ["0.000096", "0.000096"]
    assert found["sources"][1]["in_force_since"] == "2026-10-14"
    assert found["source"]["as_of"] == "2026-11-20"
    assert found["differences"] == []


def test_a_lane_that_is_not_offered_has_no_total_and_the_offered_ones_are_named() -> None:
    found = data("claude-haiku-5-5", "--input-tokens", "1000", "--tier", "flex")
    assert (found["total_usd"], found["offered"]) == (None, False)
    assert found["missing"] == ["the flex lane is not offered"]
    text = run("claude-haiku-5-5", "--input-tokens", "1000", "--tier", "flex").stdout
    assert "claude-haiku-5-5 in the flex lane: unpriced" in text
    assert "Offered lanes: standard, batch." in text


def test_meters_take_a_quantity_with_a_variant() -> None:
    found = data("fal_ai/fal-ai/nano-banana-2", "--output-images", "3@2K")
    assert found["total_usd"] == "0.36"
    assert data("whisper-1", "--input-audio-seconds", "1.5")["lines"][0]["quantity"] == "1.5"


def test_a_region_multiplies_the_token_prices_and_says_so() -> None:
    found = data("gpt-6-luna", "--input-tokens", "1000", "--region", "eu")
    assert found["total_usd"] == "0.00011"
    assert found["notes"] == [
        "processed in eu: every token price times 1.1",
        "the list also has prices for decisions, which are not reckoned here",
    ]


def test_on_a_day_the_dated_prices_are_shown_with_the_day_since_when() -> None:
    found = data("gpt-6-luna", "--input-tokens", "1000", "--on", "2026-10-20", "--tier", "flex")
    assert found["source"]["ref"].startswith("genai-prices")
    assert found["total_usd"] == "0.00005"
    assert "these prices are in force since 2026-10-14" in found["notes"]


def test_on_a_day_before_the_known_beginning_nothing_is_pretended() -> None:
    found = data("deepseek-flash", "--input-tokens", "1000", "--on", "2024-01-01")
    assert any("not since when these hold: perhaps not yet on 2024-01-01" in note for note in found["notes"])


def test_without_dated_prices_the_snapshot_is_shown_and_that_is_said() -> None:
    found = data("dashscope/qwen-flash", "--input-tokens", "1000", "--on", "2025-01-01")
    assert found["source"]["as_of"] == "2026-11-20"
    assert found["notes"][0] == "no list has dated prices of 2025-01-01: these are the prices read on 2026-11-20"


def test_a_day_after_the_list_was_read_says_that_it_may_have_changed() -> None:
    found = data("gpt-6-luna", "--input-tokens", "1000", "--on", "2030-01-01")
    assert "the list was read on 2026-11-20: what changed later is not known" in found["notes"]


def test_open_weights_are_unpriced_and_say_what_costs() -> None:
    found = data("open/qwen3-8b", "--input-tokens", "1000")
    assert found["total_usd"] is None
    assert found["missing"] == ["open weights have no price a token: hosting them is what costs"]
    assert found["sources"] == []


def test_an_unknown_model_is_not_found_and_a_close_one_is_named() -> None:
    found = run("gpt-6-lunna", "--input-tokens", "1")
    assert isinstance(found.exception, NotFound)
    assert "gpt-6-luna" in found.exception.fix


def test_parts_that_are_more_than_the_whole_are_refused() -> None:
    assert isinstance(run("gpt-6-luna", "--input-tokens", "1", "--cached-tokens", "2").exception, InvalidInput)


@pytest.mark.parametrize(
    "arguments",
    [(), ("--images", "x"), ("--images", "-1"), ("--pages", "nan"), ("--tier", "gold"), ("--on", "someday")],
)
def test_a_command_line_that_says_nothing_useful_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert run("gpt-6-luna", *arguments).exit_code == 2


def test_plain_text_has_no_table() -> None:
    text = run("gpt-6-luna", "--input-tokens", "1000", "--plain").stdout
    assert "line: input, fresh; quantity: 1000; unit: token; USD each: 0.0000001; USD: 0.0001" in text
    assert "---" not in text


def test_differences_of_two_lists_are_shown_with_their_ratio() -> None:
    found = data(DIFFERENT, "--input-tokens", "1000")
    assert found["differences"]
    for difference in found["differences"]:
        assert difference["usd_per_unit"] != difference["other_usd_per_unit"]
        assert difference["source"]["ref"] != difference["other_source"]["ref"]
    assert "unit priced differently" in run(DIFFERENT, "--input-tokens", "1000").stdout


DIFFERENT = "deepseek/deepseek-chat"
