"""The price engine against hand calculations and the providers' own rules, on the shipped snapshot."""

from decimal import Decimal
from typing import Any

import pytest

from maquette.catalog.lanes import tiers_offered
from maquette.catalog.metering import amounts
from maquette.catalog.prices import PriceTable, Quantity, Tier, Usage
from maquette.catalog.quoting import quote, steps_tok
from maquette.catalogs import load_catalog
from maquette.foundation.problems import InvalidInput
from maquette.foundation.sources import Source, SourceKind

SOURCE = Source(kind=SourceKind.CLAIMED, ref="test")


def table(**usd_per_unit: str) -> PriceTable:
    prices = {key.replace("__", "."): Decimal(price) for key, price in usd_per_unit.items()}
    return PriceTable(usd_per_unit=prices, source=SOURCE)


def shipped(model: str) -> PriceTable:
    price = load_catalog().cards[model].price
    assert price is not None
    return price


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        # by hand: (140,300 * 0.1 + 400 * 0.5) / 1e6
        ("gpt-6-luna", Usage(input_tok=140_300, output_tok=400), "0.01423"),
        # by hand: (300 * 0.1 + 140,000 * 0.01 + 400 * 0.5) / 1e6
        ("gpt-6-luna", Usage(input_tok=140_300, output_tok=400, cached_tok=140_000), "0.00163"),
        # above the step at 100,000 the whole request costs five times as much: (140,300 * 0.5 + 400 * 2.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=140_300, output_tok=400), "0.07115"),
        # at the step itself the lower prices hold: (100,000 * 0.1 + 400 * 0.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=100_000, output_tok=400), "0.0102"),
        # cached tokens count towards the step: (1 * 0.5 + 100,000 * 0.05 + 400 * 2.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=100_001, output_tok=400, cached_tok=100_000), "0.0060005"),
        # by hand: (140,300 * 2 + 400 * 10) / 1e6
        ("claude-sonnet-5-5", Usage(input_tok=140_300, output_tok=400), "0.2846"),
        # Anthropic, OpenAI: the batch lane costs half: (1,450 * 0.05 + 60 * 0.25) / 1e6
        ("gpt-6-luna", Usage(input_tok=1450, output_tok=60, tier=Tier.BATCH), "0.0000875"),
        # OpenAI's guide to flex processing: tokens cost what they cost in a batch, with the discount for cached ones:
        # by hand (450 * 0.05 + 1,000 * 0.005 + 60 * 0.25) / 1e6
        ("gpt-6-luna", Usage(input_tok=1450, output_tok=60, cached_tok=1000, tier=Tier.FLEX), "0.0000425"),
        # the step of the lane: (300,000 * 0.1 + 60 * 0.375) / 1e6
        ("gpt-6-luna", Usage(input_tok=300_000, output_tok=60, tier=Tier.FLEX), "0.0300225"),
        # Anthropic on prompt caching: 5-minute writes at 1.25, 1-hour writes at 2 times the input price of the entry:
        # by hand (250 * 0.1 + 1,200 * 0.125 + 60 * 0.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=1450, output_tok=60, cache_write_tok=1200), "0.000205"),
        # by hand (250 * 0.1 + 1,200 * 0.2 + 60 * 0.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=1450, output_tok=60, cache_write_1h_tok=1200), "0.000295"),
        # 12-hour writes: (450 * 0.1 + 1,000 * 0.25) / 1e6
        ("gpt-6-luna", Usage(input_tok=1450, cache_write_12h_tok=1000), "0.000295"),
        # OpenAI on data residency: token prices times 1.1 in a region: 1.1 * (1,000 * 0.1 + 100 * 0.5) / 1e6
        ("gpt-6-luna", Usage(input_tok=1000, output_tok=100, region="eu"), "0.000165"),
        # Gemini: longer prompts than 200,000 cost more; thinking is charged as output:
        # (200,001 * 2.5 + 100 * 15) / 1e6
        ("gemini/gemini-2.5-pro", Usage(input_tok=200_001, output_tok=100, reasoning_tok=40), "0.5015025"),
        # DeepSeek: a hit of the cache has a price of its own: (200 * 0.3 + 800 * 0.006 + 100 * 1.2) / 1e6
        ("deepseek-flash", Usage(input_tok=1000, output_tok=100, cached_tok=800), "0.0001848"),
        # Alibaba charges a call at the prices of the bracket that its prompt falls into, thinking apart:
        # (256,000 * 0.4 + 60 * 1.2 + 40 * 4) / 1e6 and (256,001 * 1.2 + 60 * 3.6 + 40 * 12) / 1e6
        ("dashscope/qwen-plus-2025-07-28", Usage(input_tok=256_000, output_tok=100, reasoning_tok=40), "0.102632"),
        ("dashscope/qwen-plus-2025-07-28", Usage(input_tok=256_001, output_tok=100, reasoning_tok=40), "0.3078972"),
        # audio tokens apart: (900 * 0.3 + 100 * 1 + 10 * 2.5) / 1e6
        ("gemini-2.5-flash", Usage(input_tok=1000, output_tok=10, audio_input_tok=100), "0.000395"),
        # images: 20 text and 80 cached image tokens in, 1,000 image tokens out: (20 * 5 + 80 * 2.5 + 1,000 * 40) / 1e6
        ("gpt-image-1", Usage(input_tok=100, cached_image_tok=80, output_tok=1000, image_output_tok=1000), "0.0403"),
        # ten seconds of speech: 10 * 0.0001
        ("whisper-1", Usage(amounts=amounts(input_audio_s=10)), "0.001"),
        ("azure_ai/mistral-document-ai-2512", Usage(amounts=amounts(pages=7)), "0.021"),
        ("mistral/mistral-ocr-latest", Usage(amounts=amounts(pages=7), tier=Tier.BATCH), "0.014"),
        ("amazon.rerank-v1:0", Usage(amounts=amounts(queries=3)), "0.003"),
        ("exa_ai/search", Usage(amounts=amounts(queries={"above_25_results": 2})), "0.05"),
        ("fal_ai/fal-ai/nano-banana-2", Usage(amounts=amounts(output_images={"2K": 2})), "0.24"),
        ("dashscope/wan3.0-video", Usage(amounts=amounts(output_video_s={"480p": 10})), "0.41256"),
        ("openai/sora-2", Usage(amounts=amounts(output_video_s=4)), "0.4"),
        # an hour of a reserved machine: 3,600 * 0.011
        (
            "bedrock/us-east-1/1-month-commitment/anthropic.claude-instant-v1",
            Usage(amounts=amounts(hosting_s=3600)),
            "39.6",
        ),
        # 1,000 tokens and two searches: 1,000 * 0.1 / 1e6 + 2 * 0.01; the batch lane does not change the search
        ("gpt-6-luna", Usage(input_tok=1000, amounts=amounts(web_searches=2)), "0.0201"),
        ("gpt-6-luna", Usage(input_tok=1000, amounts=amounts(web_searches={"high": 2}), tier=Tier.BATCH), "0.02005"),
    ],
)
def test_a_request_costs_what_a_hand_calculation_says(model: str, usage: Usage, usd: str) -> None:
    assert quote(shipped(model), usage).total_usd == Decimal(usd)


@pytest.mark.parametrize(
    ("key", "meter", "quantity", "usd"),
    [
        ("input_cost_per_image", "input_images", 3, "6"),
        ("output_cost_per_image", "output_images", 3, "6"),
        ("input_cost_per_pixel", "input_pixels", 3, "6"),
        ("output_cost_per_pixel", "output_pixels", 3, "6"),
        ("input_cost_per_character", "input_characters", 3, "6"),
        ("output_cost_per_character", "output_characters", 3, "6"),
        ("input_cost_per_audio_per_second", "input_audio_s", Decimal("1.5"), "3"),
        ("input_cost_per_second", "input_audio_s", 3, "6"),
        ("output_cost_per_second", "output_audio_s", 3, "6"),
        ("input_cost_per_video_per_second", "input_video_s", 3, "6"),
        ("output_cost_per_video_per_second", "output_video_s", 3, "6"),
        ("ocr_cost_per_page", "pages", 3, "6"),
        ("annotation_cost_per_page", "annotated_pages", 3, "6"),
        ("ocr_cost_per_credit", "reading_credits", 3, "6"),
        ("input_cost_per_text_message", "text_messages", 3, "6"),
        ("citation_cost_per_token", "citation_tokens", 3, "6"),
        ("input_cost_per_query", "queries", 3, "6"),
        ("cost_per_second", "hosting_s", 3, "6"),
        ("google_maps_grounding_cost_per_query", "maps_queries", 3, "6"),
        ("code_interpreter_cost_per_session", "code_sessions", 3, "6"),
        # listed for a thousand: 3 * 2 / 1,000
        ("file_search_cost_per_1k_calls", "file_searches", 3, "0.006"),
        ("file_search_cost_per_gb_per_day", "file_storage_gb_days", 3, "6"),
        ("vector_store_cost_per_gb_per_day", "vector_storage_gb_days", 3, "6"),
        ("computer_use_input_cost_per_1k_tokens", "computer_input_tokens", 3, "0.006"),
        ("computer_use_output_cost_per_1k_tokens", "computer_output_tokens", 3, "0.006"),
        ("guardrail_cost_per_unit__contentPolicyUnits", "guardrail_units", 3, "6"),
        ("search_context_cost_per_query__search_context_size_medium", "web_searches", 3, "6"),
    ],
)
def test_every_meter_is_charged_by_its_key_and_unpriced_without_it(
    key: str, meter: str, quantity: Quantity, usd: str
) -> None:
    usage = Usage(amounts=amounts(**{meter: quantity}))

    found = quote(table(**{key: "2"}), usage)
    assert found.total_usd == Decimal(usd)
    assert [line.key for line in found.lines] == [key.replace("__", ".")]
    assert sum(line.quantity * line.usd_per_unit for line in found.lines) == found.total_usd

    without = quote(table(input_cost_per_token="1"), usage)
    assert without.total_usd is None
    assert len(without.missing) == 1


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("cached_tok", "cache_read_input_token_cost"),
        ("cached_tok", "input_cost_per_token_cache_hit"),
        ("cached_audio_tok", "cache_read_input_audio_token_cost"),
        ("cached_image_tok", "cache_read_input_image_token_cost"),
        ("cache_write_tok", "cache_creation_input_token_cost"),
        ("cache_write_1h_tok", "cache_creation_input_token_cost_above_1hr"),
        ("cache_write_12h_tok", "cache_creation_input_token_cost_above_12hr"),
        ("audio_input_tok", "input_cost_per_audio_token"),
        ("image_input_tok", "input_cost_per_image_token"),
        ("video_input_tok", "input_cost_per_video_token"),
        ("reasoning_tok", "output_cost_per_reasoning_token"),
        ("audio_output_tok", "output_cost_per_audio_token"),
        ("image_output_tok", "output_cost_per_image_token"),
        ("video_output_tok", "output_cost_per_video_token"),
    ],
)
def test_every_part_of_the_tokens_is_charged_by_its_key_and_the_rest_as_text(field: str, key: str) -> None:
    prices = table(input_cost_per_token="1", output_cost_per_token="10", **{key: "100"})

    part: dict[str, Any] = {field: 2}
    found = quote(prices, Usage(input_tok=5, output_tok=5, **part))

    rest = 3 * 1 + 5 * 10 if field not in OUTPUT_FIELDS else 5 * 1 + 3 * 10
    assert found.total_usd == rest + 2 * 100


OUTPUT_FIELDS = {"reasoning_tok", "audio_output_tok", "image_output_tok", "video_output_tok"}


def test_a_fee_a_request_is_charged_once() -> None:
    prices = table(input_cost_per_token="1", input_cost_per_request="7")
    assert quote(prices, Usage(input_tok=2)).total_usd == 9


def test_a_lane_that_is_not_offered_is_said_and_not_replaced() -> None:
    found = quote(shipped("claude-haiku-5-5"), Usage(input_tok=10, output_tok=10, tier=Tier.FLEX))
    assert found.total_usd is None
    assert not found.offered
    assert found.missing == ("the flex lane is not offered",)
    assert tiers_offered(shipped("claude-haiku-5-5")) == (Tier.STANDARD, Tier.BATCH)


def test_a_lane_without_prices_for_long_prompts_is_unpriced_there() -> None:
    # OpenAI's page on priority processing excludes long contexts.
    prices = shipped("azure/us/gpt-5.4")
    assert quote(prices, Usage(input_tok=272_000, tier=Tier.PRIORITY)).total_usd is not None
    assert quote(prices, Usage(input_tok=272_001, tier=Tier.PRIORITY)).missing == (
        "the priority lane has no prices above 272k tokens",
    )


def test_a_missing_price_is_unpriced_and_never_zero() -> None:
    found = quote(table(input_cost_per_token="0.000001"), Usage(input_tok=10, output_tok=10))
    assert found.total_usd is None
    assert found.missing == ("output: no output_cost_per_token",)


def test_without_a_price_for_cached_tokens_the_request_is_unpriced_and_the_total_as_fresh_ones_is_said() -> None:
    prices = table(input_cost_per_token="0.000001", output_cost_per_token="0.000002")
    found = quote(prices, Usage(input_tok=100, output_tok=1, cached_tok=50))
    assert found.total_usd is None
    assert found.missing == ("input, cached: no cache_read_input_token_cost",)
    assert found.notes == ("charged as fresh input, the tokens without a price would make a total of $0.000102",)


def test_writing_to_a_cache_without_a_price_is_plain_input_and_that_is_said() -> None:
    prices = table(input_cost_per_token="0.000001", cache_read_input_token_cost="0.0000001")
    found = quote(prices, Usage(input_tok=100, cache_write_tok=50))
    assert found.total_usd == Decimal("0.0001")
    assert "writing to the cache" in found.notes[0]


def test_a_longer_write_is_unpriced_where_only_the_shorter_one_has_a_price() -> None:
    prices = table(input_cost_per_token="1", cache_creation_input_token_cost="2")
    assert quote(prices, Usage(input_tok=100, cache_write_1h_tok=50)).total_usd is None


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (Usage(input_tok=600, cached_tok=511), 600 * 1),
        (Usage(input_tok=600, cached_tok=512), 88 * 1 + 512 * Decimal("0.1")),
        (Usage(input_tok=600, cache_write_tok=511), 600 * 1),
        (Usage(input_tok=600, cached_tok=300, cache_write_tok=300), 300 * 1 + 300 * Decimal("1.25")),
    ],
)
def test_a_prefix_below_the_minimum_is_charged_as_fresh_input(usage: Usage, usd: Decimal) -> None:
    prices = PriceTable(
        usd_per_unit={
            "input_cost_per_token": Decimal(1),
            "cache_read_input_token_cost": Decimal("0.1"),
            "cache_creation_input_token_cost": Decimal("1.25"),
        },
        source=SOURCE,
        min_cacheable_tok=512,
    )
    assert quote(prices, usage).total_usd == usd


def test_xai_charges_the_longer_prompts_price_from_the_step_on() -> None:
    prices = shipped("xai/grok-4.3")
    step = steps_tok(prices)[0]
    assert quote(prices, Usage(input_tok=step)).lines[0].key.endswith("k_tokens")
    assert not quote(prices, Usage(input_tok=step - 1)).lines[0].key.endswith("k_tokens")


def test_off_peak_hours_are_said_and_not_reckoned_with() -> None:
    found = quote(shipped("deepseek-flash"), Usage(input_tok=1_000_000))
    assert found.total_usd == Decimal("0.3")
    assert "off-peak" in found.notes[-1]
    assert "Sat Sun all day" in found.notes[-1]


def test_steps_are_read_from_the_keys_and_from_the_brackets() -> None:
    assert steps_tok(shipped("claude-haiku-5-5")) == (100_000,)
    assert steps_tok(shipped("gpt-6-luna")) == (272_000,)
    assert steps_tok(shipped("dashscope/qwen3-coder-flash")) == (32_000, 128_000, 256_000)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input_tok=10, cached_tok=6, cache_write_tok=5),
        Usage(output_tok=10, reasoning_tok=11),
        Usage(input_tok=-1),
        Usage(input_tok=10, cached_tok=-1),
        Usage(amounts=(("pages", -1),)),
    ],
)
def test_a_usage_that_contradicts_itself_is_refused(usage: Usage) -> None:
    with pytest.raises(InvalidInput):
        quote(shipped("gpt-6-luna"), usage)


def test_an_unknown_meter_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(InvalidInput, match="web_searches"):
        amounts(websearches=1)


def test_every_line_carries_the_key_that_it_comes_from() -> None:
    found = quote(shipped("claude-haiku-5-5"), Usage(input_tok=150_000, output_tok=10, cached_tok=1000))
    assert [line.key for line in found.lines] == [
        "input_cost_per_token_above_100k_tokens",
        "cache_read_input_token_cost_above_100k_tokens",
        "output_cost_per_token_above_100k_tokens",
    ]
    assert sum(line.quantity * line.usd_per_unit for line in found.lines) == found.total_usd
    assert "litellm" in str(found.source).lower()
