"""What the account of a provider lets through, against the busiest minute; and how it grows beyond that."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_demand import GROWTH, HORIZON, model_share, model_tpm, uncached_tpm
from maquette.bundle.documents.capacity_figures import computed, month_reached, times, whole_up
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.gateway.view import above_the_limit
from maquette.catalog.cards import Hosting

LIMIT = "cat.rate_limit_tpm"
WARNING_SHARE = Decimal("0.8")
"""The share of a limit at which more is asked for: the rest bears the time that a provider takes to answer."""


def limit_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """A row for each model behind an API; empty where none is."""
    return [row for role in seen.roles if role.card is not None and role.card.hosting is Hosting.API
            for row in _rows(seen, role.role, role.model)]  # fmt: skip


def limit_findings(seen: Seen) -> list[Sentence]:
    """What the comparison means, a sentence each; empty where the limit or the demand is unknown."""
    peak, limit = model_tpm(seen), seen.facts.number(LIMIT)
    if not any(role.card is not None and role.card.hosting is Hosting.API for role in seen.roles):
        return []
    if peak is None:
        return []
    if not limit:
        return [_unstated(seen)]
    return list(_findings(seen, peak, limit))


def _rows(seen: Seen, role: str, model: str) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    rate, peak, (part, named) = facts.number("derived.rps_peak"), model_tpm(seen), model_share(seen)
    if rate is None:
        return
    requests = computed(rate * 60 * part, "requests/min", f"60 x derived.rps_peak{named}")
    limit = facts.number(LIMIT)
    share = times(peak[0] / limit, f"{peak[2]} / {LIMIT}") if peak is not None and limit else None
    yield {
        "role": role,
        "model": model,
        "requests": requests,
        "tokens": peak[1] if peak is not None else None,
        "limit": facts.figure(LIMIT),
        "share": share,
    }


def _unstated(seen: Seen) -> Sentence:
    """The limit to ask for, where nobody says which one holds."""
    wanted = model_tpm(seen)
    assert wanted is not None  # checked by the caller
    ask = computed(wanted[0] / WARNING_SHARE, "tokens/min", f"{wanted[2]} / {WARNING_SHARE}")
    return ["Nobody states the account's limit (", LIMIT, "); the busiest minute needs one of ", ask, "."]


def _findings(seen: Seen, asked: tuple[Decimal, Figure, str], limit: Decimal) -> Iterator[Sentence]:
    facts = seen.facts
    peak, tokens, formula = asked
    over, allowed = peak > limit, facts.figure(LIMIT)
    words = " is above the account's limit of " if over else " is within the account's limit of "
    yield ["The busiest minute of ", tokens, words, _text(allowed), "."]
    if over:
        count = whole_up(peak / (limit * WARNING_SHARE))
        need = estimated(f"{count} limits of that size", f"{formula} / ({WARNING_SHARE} x {LIMIT}), rounded up")
        yield ["Either a raised limit or ", need, " bear it: other regions, accounts, or the fallback's provider."]
        yield from _without_prefix(seen, limit)
        yield from _mean(seen, limit)
    else:
        yield from _later(seen, peak, limit)


def _without_prefix(seen: Seen, limit: Decimal) -> Iterator[Sentence]:
    """What is left where a provider does not count what it reads from its cache."""
    fresh = uncached_tpm(seen.facts)
    if fresh is not None:
        part, named = model_share(seen)
        if named:
            fresh = fresh[0] * part, computed(fresh[0] * part, "tokens/min", f"tokens not read from a cache{named}")
        side = "within" if fresh[0] <= limit else "still above"
        held = f" remain, {side} the limit while the prefix stays cached."
        yield ["Where cached tokens are not counted, ", fresh[1], held]


def _mean(seen: Seen, limit: Decimal) -> Iterator[Sentence]:
    """Whether the mean fits: then the limit binds at peaks only."""
    facts = seen.facts
    rate, length, answer = (
        facts.number(name) for name in ("derived.rps_mean", "tokens.input_avg", "tokens.output_avg")
    )
    if rate is None or length is None or answer is None:
        return
    part, named = model_share(seen)
    mean = rate * 60 * (length + answer) * part
    formula = f"derived.rps_mean x 60 x (tokens.input_avg + tokens.output_avg){named}"
    above = f"fits, so that only what peaks send above the limit {above_the_limit(seen.policy)}"
    place = above if mean <= limit else "does not fit either"
    yield ["The mean of ", computed(mean, "tokens/min", formula), f" {place}."]


def _later(seen: Seen, peak: Decimal, limit: Decimal) -> Iterator[Sentence]:
    facts = seen.facts
    growth, horizon = facts.number(GROWTH), facts.number(HORIZON)
    if growth is None or horizon is None:
        return
    month = month_reached(peak, limit * WARNING_SHARE, growth, int(horizon))
    share = estimated("80 % of it", f"{WARNING_SHARE} x {LIMIT}")
    if month is None:
        yield ["Growth of ", *clause(facts.figure(GROWTH)), " does not reach ", share, " within the horizon."]
    else:
        formula = (
            f"the first month with derived.peak_tpm x (1 + {GROWTH} / 100)^(month - 1) > {WARNING_SHARE} x {LIMIT}"
        )
        yield ["Ask for more by ", estimated(f"month {month}", formula), ": the peak then passes ", share, "."]


def _text(found: Figure | None) -> Figure | str:
    return "" if found is None else found
