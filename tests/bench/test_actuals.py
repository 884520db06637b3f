"""What a year of spend logs costs: ten million requests, summed by day, model, provider, tag and team in one import."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import duckdb
import pytest

Report = Callable[[str, float, float, str], None]

ROWS = int(os.environ.get("MAQUETTE_BENCH_ROWS", "10000000"))
_BUDGET_S = 5 * ROWS / 10_000_000
_METADATA = """'{"litellm_call_id": "' || md5((i + 7)::varchar) || '", "user_api_key_alias": "app",'
    || ' "additional_usage_values": {"cache_read_input_tokens": ' || (i % 500) || '}, "usage_object": {"prompt_tokens":'
    || ' 1000, "completion_tokens": 200, "prompt_tokens_details": {"cached_tokens": ' || (i % 500) || '}}}'"""
_LOG = """
copy (
    select 'chatcmpl-' || md5(i::varchar) as request_id, 'acompletion' as call_type,
        sha256((i % 40)::varchar) as api_key, (0.0001 + (i % 997) * 0.00001)::double as spend,
        1200 + (i % 300) as total_tokens, 1000 + (i % 300) as prompt_tokens, 200 as completion_tokens,
        timestamp '2026-01-01' + to_microseconds(i * (31536000000000 // {rows})) as "startTime",
        ['openai/gpt-6-luna', 'anthropic/claude-haiku-5-5', 'mistral/mistral-large-4'][1 + (i % 3)::int] as model,
        ['openai', 'anthropic', 'mistral'][1 + (i % 3)::int] as custom_llm_provider,
        '["app-' || (i % 5) || '"]' as request_tags, 'team-' || (i % 5) as team_id, 'success' as status,
        case when i % 10 = 0 then 'True' else 'False' end as cache_hit, {metadata} as metadata
    from range({rows}) as t(i)
) to '{path}' (format parquet, compression zstd)
"""
_READ = """
import resource, sys
from pathlib import Path
from time import perf_counter
from maquette.adapters.spend_files import HowToRead, read_spend
started = perf_counter()
found = read_spend(Path(sys.argv[1]), HowToRead())
taken = perf_counter() - started
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found.read, len(found.rows))
"""


@pytest.mark.parametrize(
    ("metadata", "words"), [("'{}'", "empty metadata"), (_METADATA, "metadata of each request")], ids=["empty", "full"]
)
def test_seconds_for_a_year_of_spend_logs(tmp_path: Path, report_ratio: Report, metadata: str, words: str) -> None:
    path = tmp_path / "spend.parquet"
    duckdb.sql(_LOG.format(rows=ROWS, path=path, metadata=metadata))
    started = perf_counter()
    done = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True)
    wall = perf_counter() - started
    taken, peak_mib, read, rows = done.stdout.split()
    assert (int(read), int(rows)) == (ROWS, 365 * 15)
    size = path.stat().st_size / 2**20
    print(f"\n{words}: {float(taken):.2f} s of {wall:.2f} s with the start of Python, {size:.0f} MiB, {rows} rows kept")
    report_ratio(f"{ROWS:,} requests, {words}", 1000 * float(taken), 1000 * _BUDGET_S, "ms")
    report_ratio("its memory at most", float(peak_mib), 2048, "MiB")
