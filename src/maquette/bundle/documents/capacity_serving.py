"""The machines of self-hosted models in a capacity plan: memory, cache, what binds, replicas, headroom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_demand import GROWTH, HORIZON
from maquette.bundle.documents.capacity_figures import computed, month_reached, three_digits
from maquette.bundle.documents.long_answers import answer_tok, late_answers_of, longest_answer
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet, Figure, Sentence, clause, estimated, figure
from maquette.bundle.serving import ServedModel
from maquette.capacity.memory import MemoryPlan, kv_bytes_on_one, plan_memory
from maquette.capacity.memory_cache import PAGE_TOK
from maquette.capacity.sizing import Demand
from maquette.foundation.problems import Problem
from maquette.foundation.sources import Source, SourceKind

GIB = 2**30
_TARGETS = {"TTFT": "latency.ttft_ms", "TPOT": "derived.min_decode_tps", "p95": "latency.p95_ms"}
"""What binds a replica, and the fact behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Memory:
    """The memory of a replica; absent parts are not known."""

    plan: MemoryPlan
    each_tok: int
    longest: int
    mean_fit: int


def served_tables(seen: Seen) -> list[Mapping[str, Any]]:
    """For each sized model: rows of memory and speed, what binds, the settings that the engine is started with."""
    return [_table(one, seen.facts) for one in seen.served]


def machine_totals(seen: Seen) -> list[Sentence]:
    """All models' accelerators against those that are there; empty where one model is served or none is owned."""
    owned = seen.facts.figure("infra.gpu_available")
    kept = [one for one in seen.served if one.owned]
    have = max((one.owned or 0 for one in kept), default=0)
    if owned is None or len(kept) < 2:
        return []
    needed = sum(one.sized.gpus for one in kept)
    formula = " + ".join(f"{one.sized.gpus} for {one.role.model}" for one in kept)
    rest = "none is left for tests or a second release" if needed == have else f"{have - needed} left"
    words = rest if needed <= have else f"too few by {needed - have}, the models cannot stand by at the same time"
    return [["Together they take ", estimated(f"{needed} accelerators", formula), " of ", owned, f": {words}."]]


def replica_triggers(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """When each sized model needs one replica more."""
    for one in seen.served:
        if one.demand is not None:
            yield _trigger(one, one.demand, seen.facts)


def _table(one: ServedModel, facts: FactSheet) -> Mapping[str, Any]:
    sized, settings = one.sized, one.sized.settings
    memory = _memory(one)
    return {
        "model": one.role.model,
        "role": one.role.role,
        "load": figure(one.load, Source(kind=SourceKind.REQUIRED, ref="answers on scale.* and tokens.*, at the peak")),
        "rows": [*_memory_rows(one, memory), *_speed_rows(one, facts), *_replica_rows(one)],
        "binds": _binds(one, memory, facts),
        "settings": [
            {"name": name, "value": value}
            for name, value in (
                ("max_model_len", settings.max_model_len),
                ("max_num_seqs", settings.max_num_seqs),
                ("tensor_parallel", settings.tensor_parallel),
                ("weights", settings.precision),
                ("KV cache", settings.kv_dtype),
            )
        ],
        "engine": sized.setup.engine.value,
        "sized": estimated("Value", f"sizing for {one.load}"),
    }


def _memory(one: ServedModel) -> _Memory | None:
    setup, demand = one.sized.setup, one.demand
    if demand is None:
        return None
    page = PAGE_TOK[setup.engine]
    longest = -(-demand.longest_tok // page) * page
    try:
        plan = plan_memory(setup)
        whole = kv_bytes_on_one(setup, longest)
        return _Memory(
            plan=plan,
            each_tok=(kv_bytes_on_one(setup, longest + page) - whole) // page,
            longest=whole,
            mean_fit=plan.max_sequences(round(demand.input_tok + demand.output_tok)),
        )
    except Problem:
        return None


def _memory_rows(one: ServedModel, memory: _Memory | None) -> Iterator[Mapping[str, Any]]:
    if memory is None or one.demand is None:
        return
    plan, card = memory.plan, one.role.card
    weights = card.weights if card else None
    size = "" if weights is None else f"{weights.params_b} x 10^9 parameters "
    width = f"{plan.setup.gpus} accelerator" + ("s" if plan.setup.gpus > 1 else "")
    yield _row("weights on one accelerator", _gib(plan.weights_bytes, f"{size}in {plan.format} over {width}"))
    usable = f"{plan.setup.accelerator.name}: what the driver reports times what the engine may take"
    yield _row("memory that the engine may take", _gib(plan.usable_bytes, usable))
    beside = "the largest chunk of prefill, context, exchange buffers and captured graphs"
    yield _row("activations and runtime", _gib(plan.activations_bytes + plan.runtime_bytes, beside))
    yield _row("left for the KV cache", _gib(plan.kv_room_bytes, "usable memory less weights, activations, runtime"))
    each = f"2 x heads x head size x bytes over the layers that see all tokens, {one.sized.settings.kv_dtype}"
    yield _row("KV cache of one more token", computed(memory.each_tok, "bytes", each))
    longest = f"KV cache of {one.demand.longest_tok} tokens, in whole pages"
    yield _row(f"KV cache of the longest request, {one.demand.longest_tok:,} tokens", _gib(memory.longest, longest))
    fit = "room for the KV cache / the cache of a mean request"
    yield _row("mean requests that memory takes at once", computed(memory.mean_fit, "", fit))


def _speed_rows(one: ServedModel, facts: FactSheet) -> Iterator[Mapping[str, Any]]:
    sized, demand = one.sized, one.demand
    if demand is not None:
        prefill = demand.rate_per_s * demand.input_tok * (1 - demand.prefix_share)
        formula = (
            f"{demand.rate_per_s:.4g} requests/s x {demand.input_tok:g} tokens x (1 - {demand.prefix_share:.2g} cached)"
        )
        yield _row("prefill of the busiest minute", computed(prefill, "tokens/s", formula))
        decode = demand.rate_per_s * demand.output_tok
        formula = f"{demand.rate_per_s:.4g} requests/s x {demand.output_tok:g} tokens"
        yield _row("decode of the busiest minute", computed(decode, "tokens/s", formula))
    held = f"a roofline prediction with {sized.in_flight} in flight"
    ttft, tpot = sized.ttft_s, sized.tpot_s
    spread = f"{1000 * ttft.low:.0f} to {1000 * ttft.high:.0f}"
    yield _row("TTFT", estimated(f"{1000 * ttft.value:.0f} ms, 80 % interval {spread}", held))
    spread = f"{1000 * tpot.low:.1f} to {1000 * tpot.high:.1f}"
    yield _row("TPOT", estimated(f"{1000 * tpot.value:.1f} ms, 80 % interval {spread}", held))
    yield from _whole_rows(one, held, facts)


def _whole_rows(one: ServedModel, held: str, facts: FactSheet) -> Iterator[Mapping[str, Any]]:
    """The whole answer, of the length that is sized for and as long as the cap allows."""
    length = answer_tok(one)
    of = "" if length is None else f" of {length:,.0f} tokens"
    formula = f"{held}, an answer{of} after the slow end of TTFT"
    yield _row(f"whole answer{of}", estimated(f"{one.sized.p95_s:.1f} s", formula))
    longest = longest_answer(one, facts)
    if longest is not None:
        yield _row("whole answer as long as the cap allows", longest)


def _replica_rows(one: ServedModel) -> Iterator[Mapping[str, Any]]:
    sized = one.sized
    rate = f"{sized.in_flight} in flight / (TTFT + output tokens x TPOT), Little's law"
    yield _row("a replica bears", computed(sized.rate_per_replica_s, "requests/s", rate))
    if one.demand is not None:
        kept = f"{three_digits(sized.rate_per_replica_s)} requests/s x {one.demand.utilisation:g}"
        yield _row("of which the peak may take", computed(sized.planned_per_s[1], "requests/s", kept))
    ranged = f", {sized.replicas_low} to {sized.replicas_high} by the interval" if _ranged(one) else ""
    needed = f"the peak / what a replica may take, rounded up{ranged}"
    yield _row("replicas for the peak", estimated(f"{sized.replicas}{ranged}", needed))
    formula = f"({sized.replicas} + {sized.spare} spare) x {sized.setup.gpus} each"
    owned = f" of your {one.owned}" if one.owned else ""
    machines = estimated(f"{sized.gpus} x {sized.setup.accelerator.name}{owned}", formula)
    yield _row(f"accelerators, with {sized.spare} spare replica", machines)


def _ranged(one: ServedModel) -> bool:
    return one.sized.replicas_low < one.sized.replicas_high


def _binds(one: ServedModel, memory: _Memory | None, facts: FactSheet) -> list[Sentence]:
    """Why a replica is filled so far and not further."""
    sized = one.sized
    fact = _TARGETS.get(sized.binds)
    taken = estimated(f"{sized.in_flight} requests at once", f"the most at which {sized.binds} holds")
    if fact is None:
        return [["A replica takes ", taken, f"; {sized.binds} binds."]]
    limit = facts.figure(fact)
    said: list[Sentence] = [["A replica takes ", taken, f"; {sized.binds} binds", *clause(" at ", limit), "."]]
    if memory is not None and memory.mean_fit > sized.in_flight:
        fit = computed(memory.mean_fit, "", "room for the KV cache / the cache of a mean request")
        why = ": a replica is sized at the latency-bounded point, not at peak throughput, which misses the target."
        said.append(["Its memory takes ", fit, why])
    return [*said, *_slower_pace(one, facts), *_late(one, facts)]


def _late(one: ServedModel, facts: FactSheet) -> Iterator[Sentence]:
    found = list(late_answers_of(one, facts))
    yield from found
    if found:
        cap = facts.number("tokens.output_max")
        yield [f"What would bear the longest answers: `maquette capacity size --output-p95 {cap:f}`."]


def _slower_pace(one: ServedModel, facts: FactSheet) -> list[Sentence]:
    """Why the whole answer is in time although a token takes longer than the demand allows it."""
    whole, first, answer = (facts.number(name) for name in ("latency.p95_ms", "latency.ttft_ms", "tokens.output_avg"))
    if whole is None or first is None or not answer or one.sized.p95_s * 1000 > whole:
        return []
    pace, ttft_ms = (whole - first) / answer, 1000 * one.sized.ttft_s.value
    if 1000 * one.sized.tpot_s.value <= pace or ttft_ms >= first:
        return []
    formula = "(latency.p95_ms - latency.ttft_ms) / tokens.output_avg"
    early = estimated(f"{ttft_ms:.0f} ms", f"a roofline prediction with {one.sized.in_flight} in flight")
    slack = ", which leaves its tokens more than the "
    return [["The first token comes after ", early, slack, computed(pace, "ms", formula), " of the demand above."]]


def _trigger(one: ServedModel, demand: Demand, facts: FactSheet) -> Mapping[str, Any]:
    sized = one.sized
    bears = Decimal(str(sized.planned_per_s[1])) * sized.replicas
    formula = f"{sized.replicas} replicas x {three_digits(sized.planned_per_s[1])} requests/s"
    when = _when(Decimal(str(demand.rate_per_s)), bears, facts)
    return {
        "what": f"replica of {one.role.model}",
        "headroom": [computed(bears - Decimal(str(demand.rate_per_s)), "requests/s", f"{formula} - the peak")],
        "trigger": ["the busiest minute passes ", computed(bears, "requests/s", formula)],
        "when": when,
    }


def _when(now: Decimal, limit: Decimal, facts: FactSheet) -> Sentence:
    growth, horizon = facts.number(GROWTH), facts.number(HORIZON)
    if growth is None or horizon is None:
        return []
    month = month_reached(now, limit, growth, int(horizon))
    formula = f"the first month with the peak x (1 + {GROWTH} / 100)^(month - 1) above it"
    return [estimated("not within the horizon" if month is None else f"month {month}", formula)]


def _gib(count: int, formula: str) -> Figure:
    return estimated(f"{three_digits(count / GIB)} GiB", formula)


def _row(what: str, found: Figure) -> Mapping[str, Any]:
    return {"what": what, "figure": found}
