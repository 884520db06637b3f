"""From a price map to a snapshot and to cards: nothing is lost, nothing is made up, a broken entry costs no other."""

import json
import sys
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.litellm_map import MAP_NAME, PriceMap, as_text, installed_map, map_from_file, snapshot_of
from maquette.adapters.price_files import SNAPSHOT, load_prices
from maquette.catalog.cards import Capability, Mode
from maquette.catalog.snapshot import cards_from_snapshot
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.foundation.shipped import shipped

DAY = date(2026, 11, 20)
GOOD = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}


def snapshot(**entries: Any) -> dict[str, Any]:
    return snapshot_of(PriceMap(content=json.dumps(entries).encode(), name="a map"), DAY)


def test_the_shipped_snapshot_holds_every_model_of_the_map_without_a_problem() -> None:
    prices = load_prices()
    assert len(prices.cards) == 4551
    assert prices.problems == ()
    assert sum(card.price is not None for card in prices.cards.values()) == 4457


def test_the_shipped_snapshot_is_what_the_converter_writes() -> None:
    content = shipped("catalog", "prices", SNAPSHOT).read_text(encoding="utf-8")
    assert as_text(json.loads(content)) == content


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        ("gpt-6-luna", Mode.CHAT),
        ("azure/codex-mini", Mode.CHAT),
        ("gpt-3.5-turbo-instruct", Mode.CHAT),
        ("whisper-1", Mode.TRANSCRIPTION),
        ("azure/speech/azure-tts", Mode.SPEECH),
        ("amazon.rerank-v1:0", Mode.RERANK),
        ("black_forest_labs/flux-kontext-pro", Mode.IMAGE),
        ("openai/sora-2", Mode.VIDEO),
        ("azure_ai/mistral-document-ai-2512", Mode.OCR),
        ("amazon.nova-2-sonic-v1:0", Mode.REALTIME),
        ("omni-moderation-2024-09-26", Mode.MODERATION),
        ("dataforseo/search", Mode.SEARCH),
        ("bedrock/guardrails", Mode.OTHER),
    ],
)
def test_a_model_is_of_the_kind_that_the_map_says(model: str, mode: Mode) -> None:
    assert load_prices().cards[model].mode is mode


def test_a_card_has_the_dimensions_flags_and_terms_of_its_entry() -> None:
    cards = load_prices().cards
    assert cards["amazon.nova-2-multimodal-embeddings-v1:0"].vector_dims == 3072
    luna = cards["gpt-6-luna"]
    assert luna.can(Capability.COMPUTER_USE) is True
    assert luna.can(Capability.PARALLEL_TOOLS) is True
    assert luna.can(Capability.AUDIO_OUTPUT) is None
    assert luna.price is not None
    assert luna.price.multipliers == {"eu": Decimal("1.1"), "us": Decimal("1.1")}
    haiku = cards["claude-haiku-5-5"].price
    assert haiku is not None
    assert (haiku.min_cacheable_tok, haiku.multipliers) == (512, {"us": Decimal("1.1")})


def test_figures_keep_the_digits_of_the_map() -> None:
    content = b'{"m": {"litellm_provider": "acme", "input_cost_per_token": 1.0000000000000001e-07}}'
    found = snapshot_of(PriceMap(content=content, name="a map"), DAY)
    assert found["models"]["m"]["input_cost_per_token"] == "1.0000000000000001e-07"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"input_cost_per_token": "free"}, "input_cost_per_token"),
        ({"input_cost_per_token": -1e-06}, "input_cost_per_token"),
        ({"input_cost_per_token": None}, "input_cost_per_token"),
        ({"input_cost_per_token": "NaN"}, "input_cost_per_token"),
        ({"input_cost_per_token": [1]}, "input_cost_per_token"),
        ({"input_cost_per_token": 2_000_000}, "input_cost_per_token"),
        ({"search_context_cost_per_query": "dear"}, "search_context_cost_per_query"),
        ({"tiered_pricing": [{"range": [0.5, 2], "input_cost_per_token": 1}]}, "tiered_pricing"),
        ({"tiered_pricing": [{"range": [0, 1000], "input_cost_per_token": "x"}]}, "input_cost_per_token"),
        ({"deprecation_date": "soon"}, "deprecation_date"),
        ({"litellm_provider": 7}, "litellm_provider"),
    ],
)
def test_a_broken_entry_is_a_problem_and_costs_no_other(wrong: dict[str, Any], field: str) -> None:
    found = cards_from_snapshot(snapshot(good=GOOD, bad={**GOOD, **wrong}))

    assert [problem.place.field for problem in found.problems] == [f"bad.{field}"]
    good = found.cards["good"].price
    assert good is not None
    assert good.usd_per_unit["input_cost_per_token"] == Decimal("0.000001")
    if "cost" in field or field == "tiered_pricing":
        assert found.cards["bad"].price is None


def test_a_wheel_and_a_file_with_its_map_make_the_same_models(tmp_path: Path) -> None:
    content = json.dumps({"m": GOOD, "sample_spec": GOOD, "fallback_generalizations": {"rules": []}})
    wheel, file = tmp_path / "litellm-1.2.3-py3-none-any.whl", tmp_path / "map.json"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"litellm/{MAP_NAME}", content)
    file.write_text(content, encoding="utf-8")

    first, second = (snapshot_of(map_from_file(path), DAY) for path in (wheel, file))

    assert first["models"] == second["models"]
    assert list(first["models"]) == ["m"]
    assert first["source"] == f"LiteLLM 1.2.3, {MAP_NAME}"


def test_the_installed_map_is_found_without_importing_the_library() -> None:
    loaded = "litellm" in sys.modules
    found = snapshot_of(installed_map(), DAY)
    assert len(found["models"]) > 2000
    assert ("litellm" in sys.modules) == loaded


@pytest.mark.parametrize("content", ["{", "[1, 2]", "{}", '{"a": 1}'])
def test_what_is_no_price_map_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput):
        snapshot_of(map_from_file(file), DAY)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        map_from_file(tmp_path / "none.whl")


def test_a_wheel_of_something_else_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "other-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other/x.py", "")
    with pytest.raises(InvalidInput):
        map_from_file(wheel)
