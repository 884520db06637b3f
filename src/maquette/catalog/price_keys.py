"""The keys of a price map: which there are, which charge by the token, and the names that people write for them.

A key is a base, perhaps a step (``_above_200k_tokens``), perhaps a lane (``_batches``).
"""

import re
from collections.abc import Mapping

FRIENDLY: Mapping[str, str] = {
    "input": "input_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "output": "output_cost_per_token",
    "reasoning": "output_cost_per_reasoning_token",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
    "batch_input": "input_cost_per_token_batches",
    "batch_cached_input": "cache_read_input_token_cost_batches",
    "batch_output": "output_cost_per_token_batches",
    "flex_input": "input_cost_per_token_flex",
    "flex_cached_input": "cache_read_input_token_cost_flex",
    "flex_output": "output_cost_per_token_flex",
    "priority_input": "input_cost_per_token_priority",
    "priority_cached_input": "cache_read_input_token_cost_priority",
    "priority_output": "output_cost_per_token_priority",
}
"""What people write under usd_per_mtok, and the price map's key for it."""

_UNITS = (
    "token|audio_token|image_token|video_token|reasoning_token|character|image|pixel|query|request|second|text_message|"
    "audio_per_second|video_per_second|page|credit|session|unit"
)
_TOOLS = "code_interpreter|google_maps_grounding|search_context|guardrail"
_BASES = (
    rf"(input|output|ocr|annotation|citation|{_TOOLS})_cost_per_({_UNITS})",
    r"(input|output)_dbu_cost_per_token",
    r"(explicit_)?cache_(read|creation)_input_((audio|image)_)?token_cost",
    r"(file_search|vector_store)_cost_per_(1k_calls|gb_per_day)",
    r"computer_use_(input|output)_cost_per_1k_tokens",
    r"cost_per_second",
)
_STEP = r"(_above_1hr)?(_above_\d+k_tokens|_above_\d+s_interval)?"
_LANE = r"(_batches|_flex|_priority|_balanced|_decisions|_ultrafast|_cache_hit)?"
_SIZE = r"(_(0\.5K|[124]K|512|1024|1536|1080p|2k|4k|480p|720p|768p))?"
_NESTED = r"(\.[a-z0-9_]+)?"
_KEY = re.compile(f"({'|'.join(_BASES)}){_STEP}{_SIZE}{_LANE}{_NESTED}")


def is_price_key(key: str) -> bool:
    """Whether a price map could hold the key."""
    return _KEY.fullmatch(key) is not None


def per_token(key: str) -> bool:
    """Whether the key charges for each token."""
    return "_token" in key and "_1k_tokens" not in key
