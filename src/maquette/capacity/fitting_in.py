"""Whether a model with a load fits a replica, what binds, and changes that would make it fit, each of them tried."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from maquette.capacity.memory import MemoryPlan, kv_bytes_on_one, plan_memory
from maquette.capacity.setup import Engine, Precision, Setup
from maquette.capacity.shapes import precision_of
from maquette.catalog.attention import KvDtype
from maquette.catalog.hardware import Accelerator

MOST_CHANGES = 3
_LEAST_TOK = 256
_WIDEST = 8
_BITS = {Precision.BF16: 16, Precision.FP8: 8, Precision.INT8: 8, Precision.FP4: 4, Precision.INT4: 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change that makes it fit, and what it leads to.

    Attributes:
        what: In a few words.
        sequences: That fit at the change's context.
    """

    what: str
    setup: Setup
    context_tok: int
    concurrency: int
    sequences: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """Whether it fits.

    Attributes:
        fits: Whether all sequences at that context are in memory at once.
        binds: What keeps it out: "weights", "activations", "cache" or "context of the model"; what is the largest
            where it fits.
        needs_bytes: On each accelerator, for weights, activations, runtime and the cache.
        sequences: That fit at that context.
        changes: Up to three that make it fit, the mildest first; empty where it fits or nothing helps.
    """

    plan: MemoryPlan
    fits: bool
    binds: str
    needs_bytes: int
    sequences: int
    changes: tuple[Change, ...] = ()


def fits(setup: Setup, context_tok: int, concurrency: int = 1, *, larger: Sequence[Accelerator] = ()) -> Fit:
    """Whether ``concurrency`` sequences of ``context_tok`` tokens fit into the replica.

    Args:
        setup: The replica.
        context_tok: Prompt and answer of the longest sequence.
        concurrency: Sequences in memory at once.
        larger: Accelerators that may be proposed instead.

    Raises:
        InvalidInput: Something that is needed is not known; the message says what.
    """
    plan = plan_memory(setup)
    sequences = plan.max_sequences(context_tok)
    too_long = setup.card.context_tok is not None and context_tok > setup.card.context_tok
    good = sequences >= concurrency and not too_long
    ranks = max(setup.data_parallel, 1)
    cache = kv_bytes_on_one(setup, context_tok) * -(-concurrency // ranks)
    needs = plan.weights_bytes + plan.activations_bytes + plan.runtime_bytes + cache
    found = Fit(
        plan=plan,
        fits=good,
        binds="context of the model" if too_long else _binds(plan, cache),
        needs_bytes=needs,
        sequences=sequences,
    )
    return found if good else replace(found, changes=_changes(setup, context_tok, concurrency, plan, larger))


def _binds(plan: MemoryPlan, cache: int) -> str:
    if plan.weights_bytes > plan.usable_bytes:
        return "weights"
    if plan.kv_room_bytes <= 0:
        return "activations"
    if cache > plan.kv_room_bytes:
        return "cache"
    parts = {"weights": plan.weights_bytes, "activations": plan.activations_bytes, "cache": cache}
    return max(parts, key=lambda name: parts[name])


def _changes(
    setup: Setup, context_tok: int, concurrency: int, plan: MemoryPlan, larger: Sequence[Accelerator]
) -> tuple[Change, ...]:
    found: list[Change] = []
    tried = (
        *_lighter(setup, context_tok, concurrency),
        *_smaller_loads(setup, context_tok, concurrency, plan),
        *_larger(setup, context_tok, concurrency, larger),
        *_together(setup, context_tok, concurrency),
    )
    for change in tried:
        if len(found) == MOST_CHANGES:
            break
        if change is not None:
            found.append(change)
    return tuple(found)


def _tried(what: str, setup: Setup, context_tok: int, concurrency: int) -> Change | None:
    """The change, when it really makes it fit."""
    longest = setup.card.context_tok
    if context_tok < 1 or concurrency < 1 or (longest is not None and context_tok > longest):
        return None
    sequences = plan_memory(setup).max_sequences(context_tok)
    if sequences < concurrency:
        return None
    return Change(what=what, setup=setup, context_tok=context_tok, concurrency=concurrency, sequences=sequences)


def _lighter(setup: Setup, context_tok: int, concurrency: int) -> Iterator[Change | None]:
    """A narrower cache, narrower weights, more accelerators: the first width and the first format that do."""
    for what, one in _caches(setup):
        yield _tried(what, one, context_tok, concurrency)
    yield _first(_tried(what, one, context_tok, concurrency) for what, one in _formats(setup))
    yield _first(_tried(what, one, context_tok, concurrency) for what, one in _wider(setup))


def _caches(setup: Setup) -> Iterator[tuple[str, Setup]]:
    if setup.kv_dtype is KvDtype.BF16:
        narrow = KvDtype.Q8_0 if setup.engine is Engine.LLAMA_CPP else KvDtype.FP8
        yield f"keep the cache in {narrow.value}", replace(setup, kv_dtype=narrow)


def _formats(setup: Setup) -> Iterator[tuple[str, Setup]]:
    if setup.engine is Engine.LLAMA_CPP:
        for name in ("Q8_0", "Q6_K", "Q4_K_M"):
            if setup.quantisation != name:
                yield f"take the weights in {name}", replace(setup, quantisation=name, precision=None)
        return
    bits = _BITS[precision_of(setup.card, setup.precision)]
    for precision in (Precision.FP8, Precision.FP4 if setup.accelerator.fp4_tflops else Precision.INT4):
        if _BITS[precision] < bits:
            yield (
                f"take the weights in {precision.value}",
                replace(setup, precision=precision, quantisation=None),
            )


def _wider(setup: Setup) -> Iterator[tuple[str, Setup]]:
    if setup.accelerator.unified_memory:
        return
    if setup.engine is Engine.LLAMA_CPP:
        for stages in (2, 4, 8):
            if stages > setup.pipeline_parallel:
                yield f"split the layers over {stages}", replace(setup, gpus=stages, pipeline_parallel=stages)
        return
    factor = 2
    while setup.tensor_parallel * factor <= _WIDEST:
        wide = replace(setup, tensor_parallel=setup.tensor_parallel * factor, gpus=setup.gpus * factor)
        yield f"split the model over {wide.tensor_parallel} accelerators", wide
        factor *= 2


def _smaller_loads(setup: Setup, context_tok: int, concurrency: int, plan: MemoryPlan) -> Iterator[Change | None]:
    fewer = plan.max_sequences(context_tok)
    if 1 <= fewer < concurrency:
        yield _tried(f"take {fewer} sequences at once", setup, context_tok, fewer)
    shorter = plan.max_context_tok(concurrency)
    if _LEAST_TOK <= shorter < context_tok:
        yield _tried(f"limit the context to {shorter} tokens", setup, shorter, concurrency)


def _larger(
    setup: Setup, context_tok: int, concurrency: int, accelerators: Iterable[Accelerator]
) -> Iterator[Change | None]:
    own = setup.accelerator.memory_gb or 0
    more = [one for one in accelerators if one.memory_gb is not None and one.memory_gb > own]
    by_size = sorted(more, key=lambda one: (one.memory_gb or 0, one.name))
    yield _first(
        _tried(f"take {one.name}", replace(setup, accelerator=one), context_tok, concurrency) for one in by_size
    )


def _together(setup: Setup, context_tok: int, concurrency: int) -> Iterator[Change | None]:
    """A narrower format on more accelerators, for what no single change helps."""
    yield _first(
        _tried(f"{what}, and {wider}", wide, context_tok, concurrency)
        for what, narrow in _formats(setup)
        for wider, wide in _wider(narrow)
    )


def _first(changes: Iterable[Change | None]) -> Change | None:
    return next((change for change in changes if change is not None), None)
