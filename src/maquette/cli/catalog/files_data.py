"""GGUF files as data for --json and as rows for a table."""

from collections.abc import Iterable

from maquette.catalog.cards import ModelCard
from maquette.catalog.weights import Weights
from maquette.cli.catalog.contracts import FileData, FilesData
from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.foundation.problems import Problem

HEADINGS = ("file", "architecture", "params", "quantisation", "bytes", "layers", "KV heads", "context", "KV B/token")


def files_data(cards: Iterable[ModelCard], problems: Iterable[Problem]) -> FilesData:
    """Every readable file, and what is wrong with the others."""
    return {
        "format": FORMAT,
        "files": [_file_data(card, card.weights) for card in cards if card.weights is not None],
        "problems": [problem.as_data() for problem in problems],
    }


def _file_data(card: ModelCard, weights: Weights) -> FileData:
    return {
        "model": card.id,
        "path": card.path,
        "architecture": _architecture(weights),
        "params_b": exact_or_none(weights.params_b),
        "active_params_b": exact_or_none(weights.active_params_b),
        "quantisation": weights.native_quantisation,
        "weight_bytes": weights.file_bytes,
        "layers": weights.layers,
        "kv_heads": _kv_heads(weights),
        "context_tok": card.context_tok,
        "experts": weights.experts,
        "kv_bytes_per_token": weights.kv_bytes_per_tok,
        "kv_bytes_at_context": weights.kv_bytes(card.context_tok) if card.context_tok else None,
        "licence": weights.licence,
        "notes": list(weights.notes),
    }


def rows(cards: Iterable[ModelCard]) -> list[tuple[str, ...]]:
    """A row for each file; a dash for what it does not say."""
    return [_row(card, card.weights) for card in cards if card.weights is not None]


def _row(card: ModelCard, weights: Weights) -> tuple[str, ...]:
    return (
        card.path or card.id,
        _architecture(weights),
        _params(weights),
        weights.native_quantisation or "-",
        f"{weights.file_bytes:,}" if weights.file_bytes is not None else "-",
        _or_dash(weights.layers),
        "/".join(map(str, _kv_heads(weights))) or "-",
        _or_dash(card.context_tok),
        _or_dash(weights.kv_bytes_per_tok),
    )


def _architecture(weights: Weights) -> str:
    return (weights.attention or "unknown").partition(":")[0]


def _kv_heads(weights: Weights) -> list[int]:
    """The KV heads that occur, each once."""
    return sorted({group.heads for group in weights.cache if group.value_dim and group.kind != "state"})


def _params(weights: Weights) -> str:
    if weights.params_b is None:
        return "-"
    return f"{weights.params_b:.2f} B" if weights.params_b >= 1 else f"{weights.params_b * 1000:.2f} M"


def _or_dash(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
