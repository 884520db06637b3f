"""What each lever changes in a project, or why it cannot be tried: which fact is missing, or that it is in use."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from maquette.catalog.cards import Capability
from maquette.catalog.traffic import days_per_month, traffic_of
from maquette.cost.design_split import routed_by_step
from maquette.cost.levers import Basis, Lever, LeverKind, State
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase
from maquette.cost.response_cache import NOT_SHARED
from maquette.foundation.problems import Problem
from maquette.foundation.units import Usd, readable_count, readable_usd
from maquette.project.costing import with_cascade
from maquette.project.lever_bench import Bench, Proposal, Setting
from maquette.project.lever_prompts import (
    answered,
    compression,
    instruction_tuning,
    number,
    percent,
    preprocessing,
)

Propose: TypeAlias = Callable[[Bench, Decimal | None], "Lever | Proposal"]

_SIMILAR = Decimal("0.6")


def prefix_cache(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """The prefix read from the provider's cache: in use where the projection counts on it."""
    kind, prefix = LeverKind.PREFIX_CACHE, number(bench, "tokens.shared_prefix")
    if taken is not None:
        return Proposal(
            apply=lambda setting: answered(setting, {"tokens.shared_prefix": taken}),
            change=f"{readable_count(taken)} tokens open every request",
            basis="assumption",
            rests_on=(f"tokens.shared_prefix = {readable_count(taken)}, as you say",),
            metric_before="0 %",
            metric_after=_cached_share(bench, taken),
        )
    if prefix is None or not bench.is_answered("tokens.shared_prefix"):
        return Lever(kind=kind, state="not computable", missing=("tokens.shared_prefix is not answered",))
    without = replace(bench.own.card, capabilities={**bench.own.card.capabilities, Capability.PREFIX_CACHE: False})
    rests_on = (f"tokens.shared_prefix = {readable_count(prefix)}",)
    why = bench.said("share of the shared prefix read from the cache")
    lever = used(bench, kind, Setting(option=replace(bench.own, card=without)), rests_on, why or "nothing is cached")
    cached = traffic_of(bench.facts).cached
    most = Decimal(cached.cached_tok) if cached is not None else prefix
    after = _cached_share(bench, most) if lever.state == "in use" else "0 %"
    return replace(lever, metric_before="0 %", metric_after=after)


def _cached_share(bench: Bench, most: Decimal) -> str:
    """Of an average prompt, where all is read that a cache which forgets nothing holds."""
    average = number(bench, "tokens.input_avg")
    return f"at most {percent(min(Decimal(1), most / average))}" if average else ""


def output_cap(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """Shorter answers: the average falls to what the cap leaves of it."""
    kind, cap = LeverKind.OUTPUT_CAP, taken if taken is not None else number(bench, "tokens.output_max")
    average = number(bench, "tokens.output_avg")
    if cap is None:
        return Lever(kind=kind, state="not computable", missing=("tokens.output_max is not answered",))
    if average is None:
        return Lever(kind=kind, state="not computable", missing=("tokens.output_avg is not answered",))
    left, how = _left_of(bench, cap, average)
    basis: Basis = "measured" if how.startswith("measured") else "assumption" if taken is not None else "fact"
    return Proposal(
        apply=lambda setting: answered(setting, {"tokens.output_avg": left, "tokens.output_max": cap}),
        change=_told_length(round(left, 2), average),
        basis=basis,
        rests_on=(f"a cap of {readable_count(cap)} tokens" + (", as you say" if taken is not None else ""), how),
        conflicts=("an answer that is cut off is a wrong one: instruct and evaluate it short",),
        metric_before=f"{readable_count(average)} tokens",
        metric_after=f"{readable_count(round(left, 2))} tokens",
    )


def _told_length(left: Decimal, average: Decimal) -> str:
    if left == average:
        return f"{readable_count(average)} tokens of output on average, as without it"
    return f"{readable_count(left)} tokens of output on average instead of {readable_count(average)}"


def _left_of(bench: Bench, cap: Decimal, average: Decimal) -> tuple[Decimal, str]:
    """The average with the cap, from measured lengths where there are some."""
    run = bench.view.current_run
    if run is not None and run.result(bench.name) is not None:
        trials = bench.view.trials_of(run.id)
        lengths = [t.output_tok for t in trials if t.target_id == bench.name and t.output_tok is not None]
        if sum(lengths):
            share = Decimal(sum(min(length, int(cap)) for length in lengths)) / Decimal(sum(lengths))
            return (average * share).quantize(Decimal("0.01")), f"measured lengths of {len(lengths):,} answers"
    if cap < average:
        return cap, "no answer is longer than the cap; how much shorter they are is not measured"
    return average, "the lengths are not measured: a cap above the average leaves it as it is, and bounds the dear case"


def smaller_tier(bench: Bench, _: Decimal | None) -> Lever | Proposal:
    """A cheaper model answers everything; never one that fails the quality gate."""
    found = bench.smaller
    if found is None:
        return _no_smaller(LeverKind.SMALLER_TIER)
    name = found.option.name
    return Proposal(
        apply=lambda setting: replace(setting, option=found.option),
        change=f"{name} answers everything",
        basis="measured" if found.passes is not None else "assumption",
        rests_on=(found.known,),
        conflicts=() if found.passes else (f"evaluate {name} before it answers anybody",),
        option=name,
        state=None if found.passes else "fails the quality gate" if found.passes is False else "quality not shown",
        metric_before=_each(bench, bench.month(bench.today)[0]),
        metric_after=_each(bench, found.month_usd),
    )


def batch(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """The batch lane for what may wait: in use where the projection takes it."""
    kind, share = LeverKind.BATCH, number(bench, "scale.async_share")
    if taken is not None:
        return Proposal(
            apply=lambda setting: answered(setting, {"scale.async_share": taken}),
            change=f"{percent(taken)} of the requests may wait for hours",
            basis="assumption",
            rests_on=(f"scale.async_share = {taken}, as you say",),
            metric_before=percent(share or Decimal(0)),
            metric_after=percent(taken),
        )
    nobody_waits = bench.facts.get("latency.mode") == "batch"
    if not nobody_waits and (share is None or not bench.is_answered("scale.async_share")):
        return Lever(kind=kind, state="not computable", missing=("scale.async_share is not answered",))
    if not nobody_waits and not share:
        return Lever(kind=kind, state="no saving", rests_on=("scale.async_share = 0: nothing may wait",))
    answers = {"scale.async_share": "0"} | ({"latency.mode": "interactive"} if nobody_waits else {})
    fact = "latency.mode = batch" if nobody_waits else f"scale.async_share = {share}"
    why = bench.said("that may wait") or "what may wait costs as much as the rest"
    lever = used(bench, kind, replace(bench.today, answers=answers), (fact,), why)
    after = Decimal(1) if nobody_waits else share or Decimal(0)
    return replace(lever, metric_before="0 %", metric_after=percent(after if lever.state == "in use" else Decimal(0)))


def cascade(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """The smaller model answers first; today's answers a share of the requests again."""
    kind, found = LeverKind.CASCADE, bench.smaller
    if (by_step := _by_step(bench, kind, taken)) is not None:
        return by_step
    if found is None:
        return _no_smaller(kind)
    easy = number(bench, "traffic.easy_share")
    if taken is None and easy is None:
        return Lever(kind=kind, state="not computable", missing=("traffic.easy_share is not answered",))
    inputs = replace(bench.view.cost_inputs, options=(found.option,))
    try:
        large = bench.own.card.id
        both = with_cascade(bench.view, inputs, small=found.option.name, large=large, share=taken).options[-1]
    except Problem as problem:
        return Lever(kind=kind, state="not computable", missing=(problem.what,))
    escalated = taken if taken is not None else 1 - (easy or Decimal(0))
    return Proposal(
        apply=lambda setting: replace(setting, option=both),
        change=f"{found.option.name} answers everything, {bench.name} {percent(escalated)} of it again",
        basis="fact" if taken is None else "assumption",
        rests_on=(_easy(taken, easy, "escalated"), found.known),
        conflicts=(
            "what the small model answers wrongly and does not escalate stays wrong: evaluate the cascade",
            "an escalated request takes the time of both models",
        ),
        option=both.name,
        metric_before="100 %",
        metric_after=percent(escalated),
    )


def routing(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """A router sends the easy requests to the smaller model, and each request is answered once."""
    kind, found = LeverKind.ROUTING, bench.smaller
    easy = taken if taken is not None else number(bench, "traffic.easy_share")
    if (by_step := _by_step(bench, kind, taken)) is not None:
        return by_step
    if found is None:
        return _no_smaller(kind)
    if easy is None:
        return Lever(kind=kind, state="not computable", missing=("traffic.easy_share is not answered",))
    if found.option.card.price is None or bench.own.card.price is None:
        return Lever(kind=kind, state="not computable", missing=("both models need a price a token to share requests",))
    routed = _routed(bench.own, found.option, easy)
    return Proposal(
        apply=lambda setting: replace(setting, option=routed),
        change=f"{found.option.name} answers {percent(easy)}, {bench.name} the rest",
        basis="fact" if taken is None else "assumption",
        rests_on=(_easy(taken, number(bench, "traffic.easy_share"), "easy"), found.known),
        conflicts=("a router is taken to know the easy requests; what it takes itself is not in it",),
        option=routed.name,
        metric_before="100 %",
        metric_after=percent(1 - easy),
    )


def _routed(own: CostOption, small: CostOption, easy: Decimal) -> CostOption:
    from maquette.cost.streams import Route

    share = ByCase(low=easy, base=easy, high=easy)
    route = Route(name=f"easy, {small.name}", card=small.card, share=share)
    return replace(own, name=f"{own.name}, easy to {small.name}", routes=(*own.routes, route))


def exact_cache(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """Answers kept for requests that are the same to the byte."""
    return _response_cache(bench, taken, LeverKind.EXACT_CACHE, "exact", "traffic.exact_repeat_share")


def semantic_cache(bench: Bench, taken: Decimal | None) -> Lever | Proposal:
    """Answers kept for requests that mean nearly the same."""
    return _response_cache(bench, taken, LeverKind.SEMANTIC_CACHE, "semantic", "traffic.repeat_share")


def _response_cache(bench: Bench, taken: Decimal | None, kind: LeverKind, cache: str, fact: str) -> Lever | Proposal:
    share = taken if taken is not None else number(bench, fact)
    planned = bench.facts.get("design.cache")
    if taken is None and share is not None and (planned == cache or (planned == "semantic" and cache == "exact")):
        without = replace(bench.today, design={"design.cache": "none"})
        repeated = f"{percent(share)} of the requests repeat, but none of their answers is shared"
        why = repeated if share else "no request is repeated"
        lever = used(bench, kind, without, (f"design.cache = {planned}",), why)
        return replace(lever, metric_before="0 %", metric_after=_hit_rate(bench, bench.today) or "0 %")
    if share is None:
        plan = f", and design.cache = {planned} plans with it" if planned in {"exact", "semantic"} else ""
        return Lever(kind=kind, state="not computable", missing=(f"{fact} is not answered{plan}",))
    answers: dict[str, Decimal] = {} if taken is None else {fact: taken}
    alike = "the same as" if cache == "exact" else "nearly the same as"
    with_it = answered(replace(bench.today, design={"design.cache": cache}), answers)
    return Proposal(
        apply=lambda setting: answered(replace(setting, design={**setting.design, "design.cache": cache}), answers),
        change=f"{percent(share)} of the requests are {alike} another",
        basis="fact" if taken is None else "assumption",
        rests_on=(f"{fact} = {share}" + ("" if taken is None else ", as you say"), *_hits(bench, with_it)),
        conflicts=tuple(_against_cache(bench, cache, share)),
        metric_before=_hit_rate(bench, bench.today) or "0 %",
        metric_after=_hit_rate(bench, with_it) or "0 %",
    )


def _hits(bench: Bench, with_it: Setting) -> list[str]:
    """The hit rate that the projection takes, in its own words."""
    found = bench.inputs(with_it).projection().assumptions
    hits = (f"{one.name}: {one.value} ({one.source.ref})" for one in found if "cache answers" in one.name)
    return [*hits, "what the cache itself takes to look up is not in it"]


def _hit_rate(bench: Bench, setting: Setting) -> str:
    """The share of the requests that the projection takes a cache to answer; empty without one."""
    found = bench.inputs(setting).projection().assumptions
    return next((f"{one.value} %" for one in found if "cache answers" in one.name), "")


def _each(bench: Bench, month: Usd | None) -> str:
    """A request of that month."""
    daily = number(bench, "scale.requests_per_day")
    return "" if month is None or not daily else readable_usd(month / (daily * days_per_month(bench.facts)))


def _against_cache(bench: Bench, cache: str, share: Decimal) -> list[str]:
    found = []
    if cache == "semantic" and share < _SIMILAR:
        found.append(f"the guidance's range is for 60 % similar requests and more; here {percent(share)} are")
    sensitivity = bench.facts.get("data.sensitivity")
    if sensitivity in NOT_SHARED:
        found.append(f"data.sensitivity = {sensitivity}: a near-match from another person is a disclosure (R-CACHE-05)")
    if bench.facts.get("knowledge.change_freq") in {"daily", "realtime"}:
        found.append("the knowledge changes daily or faster: answers that are kept go stale (R-CACHE-07)")
    return found


def used(bench: Bench, kind: LeverKind, without: Setting, rests_on: tuple[str, ...], why_not: str) -> Lever:
    """A lever that the projection counts on already, held against the month without it."""
    today, _ = bench.month(bench.today)
    before, reasons = bench.month(without)
    if today is None or before is None:
        return Lever(kind=kind, state="not computable", missing=reasons)
    state: State = "in use" if before > today else "no saving"
    said = rests_on if before > today else (*rests_on, why_not)
    return Lever(kind=kind, state=state, before_usd=before, after_usd=today, change="", basis="fact", rests_on=said)


def _easy(taken: Decimal | None, easy: Decimal | None, what: str) -> str:
    return f"traffic.easy_share = {easy}" if taken is None else f"{percent(taken)} {what}, as you say"


def _by_step(bench: Bench, kind: LeverKind, taken: Decimal | None) -> Lever | None:
    """Why nothing is shared out by difficulty where a classifier does so already, or the steps of a task are."""
    if taken is not None:
        return None
    if bench.own.encoder_first:
        missing = "the classifier in front answers the easy requests: who shares out the rest is not known"
        return Lever(kind=kind, state="not computable", missing=(missing,))
    if not routed_by_step(bench.view.side_basis.slots):
        return None
    missing = "requests are routed by their step, not by their difficulty: how many steps each tier gets is not known"
    return Lever(kind=kind, state="not computable", missing=(missing,))


def _no_smaller(kind: LeverKind) -> Lever:
    missing = "no cheaper model is among the options: choose one (maquette shortlist), or name it with --smaller"
    return Lever(kind=kind, state="not computable", missing=(missing,))


PROPOSE: Mapping[LeverKind, Propose] = {
    LeverKind.PREFIX_CACHE: prefix_cache,
    LeverKind.OUTPUT_CAP: output_cap,
    LeverKind.SMALLER_TIER: smaller_tier,
    LeverKind.BATCH: batch,
    LeverKind.CASCADE: cascade,
    LeverKind.ROUTING: routing,
    LeverKind.EXACT_CACHE: exact_cache,
    LeverKind.SEMANTIC_CACHE: semantic_cache,
    LeverKind.COMPRESSION: compression,
    LeverKind.INSTRUCTION_TUNING: instruction_tuning,
    LeverKind.PREPROCESSING: preprocessing,
}
"""Lever to what proposes it."""
