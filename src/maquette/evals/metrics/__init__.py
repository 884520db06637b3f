"""Metrics: small dataclasses with one `score` each. What cannot be scored is unscored: never a crash, never zero.

Each is registered as an entry point under ``maquette.metrics``, like a stranger's. Names resolve on demand (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from maquette.evals.metrics.protocol import (
    AnyMetric,
    Ask,
    CallingMetric,
    Embed,
    Embedded,
    Embedder,
    EmbeddingMetric,
    Metric,
)
from maquette.evals.metrics.response import Response

if TYPE_CHECKING:
    from maquette.evals.metrics.citations import Citation as Citation
    from maquette.evals.metrics.embedding import EmbeddingSimilarity as EmbeddingSimilarity
    from maquette.evals.metrics.json_answers import JsonFields as JsonFields
    from maquette.evals.metrics.json_answers import JsonSchema as JsonSchema
    from maquette.evals.metrics.judging import RubricJudge as RubricJudge
    from maquette.evals.metrics.labels import Label as Label
    from maquette.evals.metrics.limits import Cost as Cost
    from maquette.evals.metrics.limits import Latency as Latency
    from maquette.evals.metrics.limits import Length as Length
    from maquette.evals.metrics.limits import Ttft as Ttft
    from maquette.evals.metrics.numeric import Numeric as Numeric
    from maquette.evals.metrics.overlap import Bleu as Bleu
    from maquette.evals.metrics.overlap import Chrf as Chrf
    from maquette.evals.metrics.overlap import EditSimilarity as EditSimilarity
    from maquette.evals.metrics.overlap import Rouge as Rouge
    from maquette.evals.metrics.refusals import RefusalV1 as RefusalV1
    from maquette.evals.metrics.text_matches import Contains as Contains
    from maquette.evals.metrics.text_matches import ExactMatch as ExactMatch
    from maquette.evals.metrics.text_matches import NotContains as NotContains
    from maquette.evals.metrics.text_matches import Regex as Regex
    from maquette.evals.metrics.tool_calls import ToolCallMatch as ToolCallMatch

_MODULES = {
    "citations": ("Citation",),
    "embedding": ("EmbeddingSimilarity",),
    "json_answers": ("JsonFields", "JsonSchema"),
    "judging": ("RubricJudge",),
    "labels": ("Label",),
    "limits": ("Cost", "Latency", "Length", "Ttft"),
    "numeric": ("Numeric",),
    "overlap": ("Bleu", "Chrf", "EditSimilarity", "Rouge"),
    "refusals": ("RefusalV1",),
    "text_matches": ("Contains", "ExactMatch", "NotContains", "Regex"),
    "tool_calls": ("ToolCallMatch",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AnyMetric",
    "Ask",
    "Bleu",
    "CallingMetric",
    "Chrf",
    "Citation",
    "Contains",
    "Cost",
    "EditSimilarity",
    "Embed",
    "Embedded",
    "Embedder",
    "EmbeddingMetric",
    "EmbeddingSimilarity",
    "ExactMatch",
    "JsonFields",
    "JsonSchema",
    "Label",
    "Latency",
    "Length",
    "Metric",
    "NotContains",
    "Numeric",
    "RefusalV1",
    "Regex",
    "Response",
    "Rouge",
    "RubricJudge",
    "ToolCallMatch",
    "Ttft",
]


def __getattr__(name: str) -> Any:
    """Resolve a metric when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'maquette.evals.metrics' has no attribute {name!r}")
    return getattr(import_module(f"maquette.evals.metrics.{_HOMES[name]}"), name)
