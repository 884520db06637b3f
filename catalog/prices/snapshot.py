"""Make the offline price snapshot from LiteLLM's price map.

Run:  python snapshot.py WHEEL --version 1.109.1 --read-on 2026-11-20 > litellm-1.109.1.json

WHEEL is the wheel of that version of litellm; the map lies in it. Chat models only, one a line, sorted; prices keep the
digits of the map as text, so that no figure passes through a float. The map is MIT licensed.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from typing import Any

MAP_NAME = "litellm/model_prices_and_context_window_backup.json"
MODES = ("chat", "responses")
KEPT = frozenset(
    {
        "litellm_provider",
        "mode",
        "max_input_tokens",
        "max_output_tokens",
        "deprecation_date",
        "supported_regions",
        "supported_modalities",
        "prompt_cache_min_tokens",
        "source",
        "supports_response_schema",
        "supports_native_structured_output",
        "supports_function_calling",
        "supports_vision",
        "supports_pdf_input",
        "supports_audio_input",
        "supports_video_input",
        "supports_prompt_caching",
        "supports_reasoning",
        "supports_sampling_params",
        "supports_assistant_prefill",
        "supports_system_messages",
    }
)


def kept(entry: dict[str, Any]) -> dict[str, Any]:
    """The parts of one entry that the catalog reads: every flat price, and the fields named above."""
    prices = {key: value for key, value in entry.items() if "cost" in key and isinstance(value, str)}
    return {**{key: value for key, value in entry.items() if key in KEPT}, **prices}


def main() -> None:
    """Read the wheel, write the snapshot to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel")
    parser.add_argument("--version", required=True)
    parser.add_argument("--read-on", required=True)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        content = wheel.read(MAP_NAME)
    entries = json.loads(content, parse_float=str)
    chat = {name: kept(entry) for name, entry in sorted(entries.items()) if entry.get("mode") in MODES}
    chat.pop("sample_spec", None)
    header = {
        "source": f"LiteLLM {arguments.version}, model_prices_and_context_window_backup.json",
        "licence": "MIT",
        "read_on": arguments.read_on,
        "entries_in_map": len(entries),
        "sha256_of_map": hashlib.sha256(content).hexdigest(),
    }
    lines = [f" {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in chat.items()]
    sys.stdout.write(json.dumps(header, indent=1)[:-2] + ',\n "models": {\n' + ",\n".join(lines) + "\n }\n}\n")


if __name__ == "__main__":
    main()
