"""The selection of models: how the catalog shrank, what was compared with what, and which model plays which role."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from maquette.bundle.documents.computed import card_source
from maquette.bundle.documents.providers import providers_view
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.bundle.inputs import PairedModels, RoleModel
from maquette.bundle.slots import slot_views
from maquette.catalog.shortlist import Candidate, Fit, Shortlist
from maquette.evals.run import TargetResult, Verdict
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Range, Usd, readable_count, readable_usd
from maquette.rules.explaining import readable_fact

MOST_CANDIDATES = 8
ROLE_SLOTS = ("judge", "embedding", "reranker", "router", "llm_tier", "local_dev")
"""Slots that bind a role without naming a model."""


def selection_view(seen: Seen) -> Mapping[str, Any]:
    """Funnel, candidates, comparison, smallest that passes, roles; each empty where there is nothing to show."""
    shortlist = seen.inputs.shortlist
    return {
        "funnel": list(_funnel(shortlist)) if shortlist else [],
        "unchecked": list(shortlist.unchecked) if shortlist else [],
        "front": [_candidate(one) for one in _front(shortlist)] if shortlist else [],
        "more": _more(shortlist) if shortlist else None,
        "heads": _heads(shortlist) if shortlist else {},
        "providers": providers_view(seen),
        "results": list(_results(seen)),
        "smallest": list(_smallest(seen)),
        "roles": [*_roles(seen), *_slot_roles(seen)],
    }


def _funnel(shortlist: Shortlist) -> Iterator[Mapping[str, Any]]:
    """A row a filter that took a model out, with how many were left behind it."""
    left = shortlist.catalog_size
    yield {"filter": "catalog", "out": "", "left": readable_count(left), "example": None}
    for name, out in shortlist.funnel.items():
        if out:
            left -= out
            first = next((one for one in shortlist.exclusions if one.filter == name), None)
            example = figure(f"{first.card.id}: {first.detail}", first.card.source) if first else None
            yield {"filter": name, "out": readable_count(out), "left": readable_count(left), "example": example}


def _heads(shortlist: Shortlist) -> Mapping[str, Figure]:
    """The headings of columns whose counts all come from the catalog's filters."""
    filters = ", ".join(name for name, out in shortlist.funnel.items() if out)
    counted = f"entries of the catalog that the filters take out, one after the other: {filters or 'none'}"
    unverified = "candidates of the shortlist with and without a term that nobody published"
    return {
        "out": estimated("Taken out", counted),
        "left": estimated("Left", counted),
        "fits": estimated("Surely fit", unverified),
        "unverified": estimated("Fit unless unpublished terms say otherwise", unverified),
    }


def _front(shortlist: Shortlist) -> list[Candidate]:
    """Candidates that no other one beats on price and quality, with a price; those that surely fit first."""
    priced = [one for one in shortlist.candidates if one.on_front and one.usd_per_request is not None]
    ordered = sorted(priced, key=lambda one: (one.fit is not Fit.FITS, one.usd_per_request or 0, one.card.id))
    return ordered[:MOST_CANDIDATES]


def _more(shortlist: Shortlist) -> Mapping[str, str]:
    fits = sum(one.fit is Fit.FITS for one in shortlist.candidates)
    return {
        "all": readable_count(len(shortlist.candidates)),
        "fits": readable_count(fits),
        "unverified": readable_count(len(shortlist.candidates) - fits),
    }


def _candidate(one: Candidate) -> Mapping[str, Any]:
    price = one.card.price
    month = one.usd_per_month
    formula = f"price of {one.card.id}, {price.source if price else 'unpriced'}"
    quality = one.quality
    return {
        "model": one.card.id,
        "provider": one.card.provider,
        "request": estimated(readable_usd(one.usd_per_request), formula),
        "month": None if month is None else estimated(_between(month), formula),
        "quality": None
        if quality is None
        else figure(f"{percent(quality.value)} {quality.benchmark or ''}".strip(), quality.source),
        "unverified": list(one.unverified),
        "cautions": list(one.cautions),
    }


def _between(month: Range[Usd]) -> str:
    low, high = readable_usd(month.low), readable_usd(month.high)
    return low if low == high else f"{low} to {high}"


def _results(seen: Seen) -> Iterator[Mapping[str, Any]]:
    run = seen.inputs.run
    if run is None:
        return
    for result in run.results:
        latency, interval, cost = result.latency, result.interval, _per_thousand(seen, result.target_id)
        yield {
            "model": result.target_id,
            "score": None if result.score is None else measured(percent(result.score), run),
            "interval": None if interval is None else f"{percent(interval.low)} to {percent(interval.high)}",
            "latency": None
            if latency is None
            else measured(f"{latency.p50_s:.3g} / {latency.p95_s:.3g} / {latency.p99_s:.3g} s", run),
            "tokens": _tokens(result),
            "cost": cost,
            "failed": sum(result.failures.values()),
            "verdict": _VERDICTS[result.verdict],
        }


_VERDICTS = {
    Verdict.PASSES: "passes",
    Verdict.FAILS: "fails",
    Verdict.NOT_ENOUGH_DATA: "too few examples to tell",
    Verdict.NO_THRESHOLD: "no threshold required",
}


def _tokens(result: TargetResult) -> str | None:
    if result.mean_input_tok is None or result.mean_output_tok is None:
        return None
    return f"{result.mean_input_tok:.0f} in, {result.mean_output_tok:.0f} out"


def _per_thousand(seen: Seen, model: str) -> Figure | None:
    option = seen.inputs.projection.option(model) if seen.inputs.projection else None
    if option is None or option.usd_per_request is None:
        return None
    return estimated(readable_usd(option.usd_per_request * 1000), f"cost of {model}, 1,000 requests at launch")


def _smallest(seen: Seen) -> Iterator[Sentence]:
    """What decides between the cheapest that passes and the next one; nothing without a run."""
    run, decision = seen.inputs.run, seen.inputs.decision
    if run is None or decision is None:
        return
    passing = [one for one in run.results if one.verdict is Verdict.PASSES]
    if decision.recommended:
        yield [f"{decision.recommended} is the cheapest that passes ", _source(run.id), "."]
    elif decision.no_recommendation:
        yield [f"{decision.no_recommendation.rstrip('.')}."]
    for first, second in pairwise(passing):
        if first.interval and second.interval:
            overlap = first.interval.low <= second.interval.high and second.interval.low <= first.interval.high
            words = "overlap, so the score does not rank them" if overlap else "do not overlap"
            yield [f"The intervals of {first.target_id} and {second.target_id} {words} ", _source(run.id), "."]
    for pair in seen.inputs.paired:
        yield _paired(pair)


def _paired(pair: PairedModels) -> Sentence:
    source = Source(kind=SourceKind.MEASURED, ref=f"run {pair.run}, the same examples asked of both")
    return [
        f"On the same examples {pair.first} is ahead of {pair.second} by ",
        figure(
            f"{pair.points:+.1f} points (95 % interval {pair.low:+.1f} to {pair.high:+.1f}, p = {pair.p:.2g})", source
        ),
        f": {pair.gained} examples only the first got right, {pair.lost} only the second.",
    ]


def _source(run_id: str) -> Figure:
    return figure(f"in run {run_id}", Source(kind=SourceKind.MEASURED, ref=f"run {run_id}"))


def _roles(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for role in seen.roles:
        card = role.card
        facts: list[Sentence] = []
        if card and card.context_tok:
            context = figure(f"{readable_count(card.context_tok)} tokens", card_source(card, "context_tok"))
            facts.append(["context ", context])
        if card and card.retires_on:
            facts.append(["retires ", figure(card.retires_on.isoformat(), card_source(card, "retires_on"))])
        if role.local or card:
            facts.append(["on your own machines" if role.local else f"by {card.provider}" if card else ""])
        told = [part for one in facts for part in (", ", *one)][1:]
        yield {"role": role.role, "model": role.model, "facts": told, "why": _why(seen, role), "rules": []}


def _why(seen: Seen, role: RoleModel) -> str:
    choice = seen.inputs.decision.choice if seen.inputs.decision else None
    if role.role == "primary" and choice is not None:
        return choice.because
    verdict = _VERDICTS[role.result.verdict] if role.result else "not evaluated"
    return verdict if role.role != "primary" else "recommended"


def _slot_roles(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for view in slot_views(seen.inputs.decision):
        if view.name in ROLE_SLOTS and view.state == "decided" and not isinstance(view.value, tuple):
            yield {
                "role": view.name.replace("_", " "),
                "model": readable_fact(view.value),
                "facts": [],
                "why": view.rules[0].recommend,
                "rules": [rule.id for rule in view.rules],
            }
