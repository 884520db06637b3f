"""Which model answers which request: tiers with their shares of complexity, the score, thresholds, calibration."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.complexity import average_score, complexity_terms
from maquette.bundle.documents.capacity_figures import three_digits
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.routing_values import MOST_LOSS, Router, Tier, router
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_usd

READS, CHANGES, AGAIN = (
    "search, list, read, summarise",
    "plan, edit, call a tool that changes something",
    "a step whose tests failed on a smaller model",
)
"""What a step of an agent does, from the smallest tier up: rule R-AGENT-04."""


def routing_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of the router; empty lists where the design has none."""
    found = router(seen.inputs, seen.facts)
    if found is None:
        return {"kind": "", "tiers": [], "terms": [], "scores": [], "calibration": [], "commands": []}
    scored = found.kind == "complexity"
    return {
        "kind": found.kind,
        "tiers": [_tier(seen, found, tier) for tier in found.tiers],
        "terms": list(_terms(seen)) if scored else [],
        "scores": list(_scores(seen, found)) if scored else [],
        "calibration": list(_calibration(seen, found)),
        "commands": _commands(seen, found),
    }


def threshold_figure(found: Router, value: Decimal) -> Figure:
    """A threshold with where it comes from."""
    return figure(f"{value}", found.source)


def is_fitted(found: Router) -> bool:
    """Whether the thresholds rest on a run of this project."""
    return found.source.kind is SourceKind.MEASURED


def _tier(seen: Seen, found: Router, tier: Tier) -> Mapping[str, Any]:
    return {
        "name": tier.name,
        "model": tier.model,
        "card": tier.card,
        "takes": _range(found, tier) if found.kind == "complexity" else _steps(found, tier),
        "price": estimated(f"{readable_usd(tier.usd_per_request)} a request", f"cost of {tier.model}, a request"),
        "score": _score(seen, tier),
    }


def _range(found: Router, tier: Tier) -> Sentence:
    if tier is found.tiers[0]:
        return ["complexity below ", threshold_figure(found, tier.high)]
    if tier is found.tiers[-1]:
        return ["complexity from ", threshold_figure(found, tier.low)]
    low, high = threshold_figure(found, tier.low), threshold_figure(found, tier.high)
    return ["complexity from ", low, " to below ", high]


def _steps(found: Router, tier: Tier) -> Sentence:
    if tier is found.tiers[0]:
        return [READS]
    if tier is not found.tiers[-1]:
        return [CHANGES]
    return [AGAIN] if len(found.tiers) > 2 else [f"{CHANGES}; {AGAIN}"]


def _score(seen: Seen, tier: Tier) -> Figure | None:
    run = seen.inputs.run
    result = run.result(tier.model) if run else None
    if run is None or result is None or result.score is None or result.interval is None:
        return None
    return measured(f"{percent(result.score)} ({percent(result.interval.low)} to {percent(result.interval.high)})", run)


def _terms(seen: Seen) -> Iterator[Mapping[str, Any]]:
    for term in complexity_terms(seen.facts):
        average = None if term.average is None else estimated(three_digits(term.average), term.formula)
        yield {
            "name": term.name,
            "fact": seen.facts.figure(term.fact),
            "from": term.fact,
            "formula": term.formula,
            "zero": term.zero,
            "one": term.one,
            "average": average,
        }


def _scores(seen: Seen, found: Router) -> Iterator[Mapping[str, Any]]:
    """Where the average request lands."""
    terms = complexity_terms(seen.facts)
    score = average_score(terms)
    if score is None:
        return
    held = next((tier for tier in reversed(found.tiers) if score >= tier.low), found.tiers[0])
    formula = f"the mean of {len(terms)} terms, those of unknown share at 0"
    shown = estimated(three_digits(score), formula)
    yield {"what": "score of the average request", "then": [shown, f": {held.name}, {held.model}"]}
    bounds = [part for value in found.thresholds for part in (" and ", threshold_figure(found, value))]
    how = "fitted to the run: below them the smaller model loses at most "
    if not is_fitted(found):
        how = "not fitted yet; a run of these models moves them to where the smaller one loses at most "
    most = figure(f"{100 * MOST_LOSS:.0f} points", Source(kind=SourceKind.CLAIMED, ref="rule R-EVAL-08"))
    yield {"what": "thresholds", "then": [*bounds[1:], ", ", how, most]}


def _calibration(seen: Seen, found: Router) -> Iterator[Mapping[str, Any]]:
    """Slice by slice what the cheapest tier loses against the dearest on the same examples."""
    run, first, last = seen.inputs.run, found.tiers[0], found.tiers[-1]
    small, large = (run.result(tier.model) if run else None for tier in (first, last))
    if run is None or small is None or large is None:
        return
    for name in small.by_stratum:
        if name not in large.by_stratum:
            continue
        (asked, right), (others, better) = small.by_stratum[name], large.by_stratum[name]
        if not asked or not others:
            continue
        loss = Decimal(better) / others - Decimal(right) / asked
        keeps = loss <= MOST_LOSS
        yield {
            "slice": name,
            "small": measured(f"{right} of {asked}", run),
            "large": measured(f"{better} of {others}", run),
            "loss": estimated(f"{100 * loss:.1f} points", f"run {run.id}: share of {last.model} - of {first.model}"),
            "verdict": f"stays with {first.model}" if keeps else f"goes to {last.model}",
        }


def _commands(seen: Seen, found: Router) -> list[str]:
    run, first, last = seen.inputs.run, found.tiers[0].model, found.tiers[-1].model
    if run is None:
        return ["maquette eval run", f"maquette eval compare --margin {MOST_LOSS} --examples"]
    pair = f"{run.id}:{first} {run.id}:{last}"
    return [f"maquette eval compare {pair} --margin {MOST_LOSS} --examples"]


def routing_notes(seen: Seen) -> list[Sentence]:
    """What a decision record says of the router: who takes which range, and on what the thresholds rest."""
    found = router(seen.inputs, seen.facts)
    if found is None:
        return []
    said: list[Sentence] = []
    for tier in found.tiers:
        takes = _range(found, tier) if found.kind == "complexity" else _steps(found, tier)
        said.append([f"{tier.name}: {tier.model}, ", *takes, *clause("; measured ", _score(seen, tier))])
    if found.kind == "complexity":
        words = (
            "are fitted to the run" if is_fitted(found) else "are placeholders until a run of these models fits them"
        )
        parts = [part for value in found.thresholds for part in (", ", threshold_figure(found, value))]
        said.append(["Thresholds ", *parts[1:], f" {words}."])
    return said
