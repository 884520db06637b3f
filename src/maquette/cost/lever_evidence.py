"""How each lever is held to its promise: the metric that must move, where it is read, and what was published on it.

The series are those that LiteLLM's gateway exports; the bundle's monitoring reads the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from maquette.cost.levers import LeverKind
from maquette.foundation.sources import Source, SourceKind

REQUESTS = "litellm_proxy_total_requests_metric_total"
SPEND = "litellm_spend_metric_total"
INPUT, OUTPUT = "litellm_input_tokens_metric_total", "litellm_output_tokens_metric_total"
CACHED = "litellm_input_cached_tokens_metric_total"
HITS, MISSES = "litellm_cache_hits_metric_total", "litellm_cache_misses_metric_total"


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What shows whether a lever works.

    Attributes:
        metric: In words.
        series: The expression over the gateway's series, or the command that reads it from somewhere else.
        guard: What must not get worse meanwhile, and how that is seen.
    """

    metric: str
    series: str
    guard: str


_SAME_EXAMPLES = "the paired evaluation on the same examples: maquette eval compare"

WATCHES: Mapping[LeverKind, Watch] = {
    LeverKind.PREFIX_CACHE: Watch(
        metric="share of the input tokens read from the provider's cache",
        series=f"sum(rate({CACHED}[1h])) / sum(rate({INPUT}[1h]))",
        guard="nothing: the answers are the same",
    ),
    LeverKind.OUTPUT_CAP: Watch(
        metric="output tokens a request",
        series=f"sum(rate({OUTPUT}[1h])) / sum(rate({REQUESTS}[1h]))",
        guard=f"answers that end at the cap; {_SAME_EXAMPLES}",
    ),
    LeverKind.SMALLER_TIER: Watch(
        metric="USD a request", series=f"sum(rate({SPEND}[1h])) / sum(rate({REQUESTS}[1h]))", guard=_SAME_EXAMPLES
    ),
    LeverKind.BATCH: Watch(
        metric="share of the requests in the batch lane",
        series="maquette cost actuals, the bill's lines by lane",
        guard="hours until the last answer of a batch",
    ),
    LeverKind.CASCADE: Watch(
        metric="share of the requests that the dearer model answers",
        series=f"sum by (model) (rate({REQUESTS}[1h])) / scalar(sum(rate({REQUESTS}[1h])))",
        guard=f"wrong answers that were not escalated; {_SAME_EXAMPLES}",
    ),
    LeverKind.ROUTING: Watch(
        metric="share of the requests that the dearer model answers",
        series=f"sum by (model) (rate({REQUESTS}[1h])) / scalar(sum(rate({REQUESTS}[1h])))",
        guard=f"the score of each route; {_SAME_EXAMPLES}",
    ),
    LeverKind.EXACT_CACHE: Watch(
        metric="share of the requests answered from the cache",
        series=f"sum(rate({HITS}[1h])) / (sum(rate({HITS}[1h])) + sum(rate({MISSES}[1h])))",
        guard="answers older than what they rest on",
    ),
    LeverKind.SEMANTIC_CACHE: Watch(
        metric="share of the requests answered from the cache",
        series=f"sum(rate({HITS}[1h])) / (sum(rate({HITS}[1h])) + sum(rate({MISSES}[1h])))",
        guard="false hits, labelled on a sample",
    ),
    LeverKind.COMPRESSION: Watch(
        metric="input tokens a request",
        series=f"sum(rate({INPUT}[1h])) / sum(rate({REQUESTS}[1h]))",
        guard=_SAME_EXAMPLES,
    ),
    LeverKind.INSTRUCTION_TUNING: Watch(
        metric="input tokens a request",
        series=f"sum(rate({INPUT}[1h])) / sum(rate({REQUESTS}[1h]))",
        guard=_SAME_EXAMPLES,
    ),
    LeverKind.PREPROCESSING: Watch(
        metric="input tokens of the answering model a request",
        series=f"sum by (model) (rate({INPUT}[1h])) / scalar(sum(rate({REQUESTS}[1h])))",
        guard=f"what the first stage left out; {_SAME_EXAMPLES}",
    ),
}
"""Lever to what shows that it works."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """What somebody published on a lever; it stands beside the computed figure and never enters it."""

    says: str
    source: Source


def _study(says: str, ref: str, as_of: date | None = None) -> Study:
    return Study(says=says, source=Source(kind=SourceKind.CLAIMED, ref=ref, as_of=as_of))


STUDIES: Mapping[LeverKind, Study] = {
    LeverKind.ROUTING: _study(
        "35 to 85 % less cost by benchmark, at 95 % of the strong model's quality", "arXiv:2406.18665"
    ),
    LeverKind.CASCADE: _study(
        "35 to 85 % less cost by benchmark, at 95 % of the strong model's quality", "arXiv:2406.18665"
    ),
    LeverKind.SEMANTIC_CACHE: _study(
        "20 to 45 % of the requests hit in production", "preto.ai and tianpan.co, 2026-04"
    ),
    LeverKind.EXACT_CACHE: _study("15 to 30 % of the requests hit in production", "preto.ai and tianpan.co, 2026-04"),
    LeverKind.COMPRESSION: _study(
        "up to 18 % quicker end to end inside an operating window, a loss outside", "arXiv:2604.02985"
    ),
    LeverKind.INSTRUCTION_TUNING: _study(
        "prompts up to 26 times shorter, 40 % fewer operations and 4.2 % less time, on LLaMA-7B and FLAN-T5-XXL",
        "arXiv:2304.08467, Gist Tokens, NeurIPS 2023",
    ),
}
"""Lever to a published result; one without has none that was read."""
