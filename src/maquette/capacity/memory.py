"""What fits: the memory of a replica's accelerators by purpose, and the sequences and contexts it leaves room for."""

from dataclasses import dataclass

from maquette.capacity.memory_cache import kv_bytes_on_one, kv_bytes_per_sequence
from maquette.capacity.memory_engines import divided
from maquette.capacity.memory_weights import weights_bytes, weights_of, weights_on_one
from maquette.capacity.setup import Setup

__all__ = [
    "MemoryPlan",
    "kv_bytes_on_one",
    "kv_bytes_per_sequence",
    "plan_memory",
    "room_for_sequences",
    "weights_bytes",
]

_UNBOUNDED_TOK = 16_777_216


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryPlan:
    """The memory of each accelerator of a replica, in bytes.

    Attributes:
        format: The format of the weights.
        total_bytes: What the driver reports.
        usable_bytes: What the engine may take.
        weights_bytes: What lies on one accelerator.
        activations_bytes: The largest chunk of prefill, with the logits.
        runtime_bytes: Context, exchange buffers, captured graphs.
        kv_room_bytes: What is left for the cache; negative where the rest already exceeds what is usable.
        estimated: Whether the weights' format is a mixed recipe, or the model's parts are not known.
    """

    setup: Setup
    format: str
    total_bytes: int
    usable_bytes: int
    weights_bytes: int
    activations_bytes: int
    runtime_bytes: int
    kv_room_bytes: int
    estimated: bool

    @property
    def replica_weights_bytes(self) -> int:
        """Of all accelerators, copies counted."""
        return self.weights_bytes * self.setup.gpus

    def max_sequences(self, context_tok: int) -> int:
        """Sequences of ``context_tok`` tokens that fit into the replica at once; 0 when not even one does.

        Raises:
            InvalidInput: The model's cache is not known.
        """
        each = kv_bytes_on_one(self.setup, max(context_tok, 1))
        return max(self.kv_room_bytes, 0) // max(each, 1) * max(self.setup.data_parallel, 1)

    def max_context_tok(self, sequences: int = 1) -> int:
        """The longest context at which ``sequences`` fit, up to what the model takes; 0 when not even a token does.

        Raises:
            InvalidInput: The model's cache is not known.
        """
        most = self.setup.card.context_tok or _UNBOUNDED_TOK
        if self.max_sequences(most) >= sequences:
            return most
        good, bad = 0, most
        while bad - good > 1:
            middle = (good + bad) // 2
            if self.max_sequences(middle) >= sequences:
                good = middle
            else:
                bad = middle
        return good


def plan_memory(setup: Setup) -> MemoryPlan:
    """How the memory of each accelerator is used.

    Raises:
        InvalidInput: The weights, the width or the accelerator's memory are not known; the message says which.
    """
    weights, found = weights_on_one(setup), weights_of(setup)
    parts = divided(setup)
    left = parts.usable - weights - parts.activations - parts.runtime
    return MemoryPlan(
        setup=setup,
        format=found.format,
        total_bytes=parts.total,
        usable_bytes=parts.usable,
        weights_bytes=weights,
        activations_bytes=parts.activations,
        runtime_bytes=parts.runtime,
        kv_room_bytes=int(left * parts.free_share) if left > 0 else left,
        estimated=found.estimated,
    )


def room_for_sequences(setup: Setup, context_tok: int) -> int:
    """Sequences of ``context_tok`` tokens that fit into the replica at once; see `plan_memory` for what it raises."""
    return plan_memory(setup).max_sequences(context_tok)
