"""Whether a model fits, as data and as rows."""

from collections.abc import Iterator

from typing_extensions import TypedDict

from maquette.capacity.fitting_in import Change, Fit
from maquette.cli.capacity.explain_data import SetupData, setup_data
from maquette.cli.contract_parts import FORMAT

HEADINGS = ["on each accelerator", "GiB", "share"]
_GIB = 2**30


class MemoryData(TypedDict):
    """Bytes on each accelerator."""

    total: int
    usable: int
    weights: int
    activations: int
    runtime: int
    kv_room: int


class ChangeData(TypedDict):
    """A change that makes it fit."""

    what: str
    setup: SetupData
    context_tok: int
    concurrency: int
    sequences: int


class FitsData(TypedDict):
    """`maquette capacity fits --json`."""

    format: int
    setup: SetupData
    context_tok: int
    concurrency: int
    fits: bool
    binds: str
    weights_format: str
    estimated: bool
    bytes: MemoryData
    needs_bytes: int
    sequences: int
    longest_context_tok: int
    changes: list[ChangeData]


def fits_data(found: Fit, context_tok: int, concurrency: int) -> FitsData:
    """The answer."""
    plan = found.plan
    return {
        "format": FORMAT,
        "setup": setup_data(plan.setup),
        "context_tok": context_tok,
        "concurrency": concurrency,
        "fits": found.fits,
        "binds": found.binds,
        "weights_format": plan.format,
        "estimated": plan.estimated,
        "bytes": {
            "total": plan.total_bytes,
            "usable": plan.usable_bytes,
            "weights": plan.weights_bytes,
            "activations": plan.activations_bytes,
            "runtime": plan.runtime_bytes,
            "kv_room": plan.kv_room_bytes,
        },
        "needs_bytes": found.needs_bytes,
        "sequences": found.sequences,
        "longest_context_tok": plan.max_context_tok(concurrency),
        "changes": [_change(one) for one in found.changes],
    }


def _change(one: Change) -> ChangeData:
    return {
        "what": one.what,
        "setup": setup_data(one.setup),
        "context_tok": one.context_tok,
        "concurrency": one.concurrency,
        "sequences": one.sequences,
    }


def memory_rows(found: Fit) -> Iterator[tuple[str, ...]]:
    """What takes the memory of each accelerator."""
    plan = found.plan
    for name, size in (
        (f"weights ({plan.format})", plan.weights_bytes),
        ("activations", plan.activations_bytes),
        ("runtime", plan.runtime_bytes),
        ("room for the KV cache", plan.kv_room_bytes),
        ("that the engine may take", plan.usable_bytes),
        ("in all", plan.total_bytes),
    ):
        yield name, f"{size / _GIB:.2f}", f"{100 * size / plan.total_bytes:.1f} %"


def verdict(found: Fit, context_tok: int, concurrency: int) -> str:
    """The answer in a sentence."""
    several = _sequences(concurrency)
    asked = f"{several} of {context_tok:,} tokens"
    verb = "need" if concurrency > 1 else "needs"
    if found.fits:
        longest = found.plan.max_context_tok(concurrency)
        more = f"{found.sequences:,} such would fit, or {several} of {longest:,} tokens"
        return f"It fits: {asked} {verb} {found.needs_bytes / _GIB:.2f} GiB on each; {more}."
    needs = f"{found.needs_bytes / _GIB:.2f} GiB on each of {found.plan.usable_bytes / _GIB:.2f} that may be taken"
    return f"It does not fit: {asked} {verb} {needs}; what binds is the {found.binds}."


def _sequences(count: int) -> str:
    return f"{count:,} sequences" if count != 1 else "one sequence"


def change_lines(found: Fit) -> Iterator[str]:
    """What would make it fit."""
    if found.fits:
        return
    if not found.changes:
        yield "No single change that was tried makes it fit."
    for one in found.changes:
        yield f"To make it fit, {one.what}; that holds {_sequences(one.sequences)} of {one.context_tok:,} tokens."
