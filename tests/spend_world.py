"""Spend logs and bills as their makers export them, small enough to reckon by hand."""

import csv
import resource
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SECRET = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
LITELLM = (
    *("request_id", "call_type", "api_key", "spend", "total_tokens", "prompt_tokens", "completion_tokens"),
    *("startTime", "endTime", "model", "model_group", "custom_llm_provider", "user", "metadata", "cache_hit"),
    *("request_tags", "team_id", "end_user", "messages", "status"),
)


def litellm_row(number: int, **changes: object) -> dict[str, object]:
    """One request of October 3rd: a tenth of a cent, 1,000 tokens in, 400 of them cached, 200 out."""
    row: dict[str, object] = {
        "request_id": f"chatcmpl-{number * 7919 % 10007:05}",
        "call_type": "acompletion",
        "api_key": SECRET,
        "spend": "0.001",
        "total_tokens": 1200,
        "prompt_tokens": 1000,
        "completion_tokens": 200,
        "startTime": "2026-10-03 10:00:00.123",
        "endTime": "2026-10-03 10:00:01",
        "model": "gpt-6-luna",
        "model_group": "chat",
        "custom_llm_provider": "openai",
        "user": "someone@example.com",
        "metadata": '{"user_api_key": "' + SECRET + '", "additional_usage_values": {"cache_read_input_tokens": 400}}',
        "cache_hit": "False",
        "request_tags": '["support", "User-Agent: curl"]',
        "team_id": "team-a",
        "end_user": "",
        "messages": '{"content": "a, \\"secret\\" prompt"}',
        "status": "success",
    }
    return {**row, **changes}


def write_csv(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> Path:
    """The rows under the names of their columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Files cannot grow beyond ``size`` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
