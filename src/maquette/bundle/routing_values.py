"""Tiers, thresholds, lifetimes and classes of requests as values, which documents and gateway configuration share.

A router, a cache of answers or a class is here only where it is decided, or stated of the design and not ruled out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from maquette.bundle.complexity import complexity_score, complexity_terms, fitted_threshold
from maquette.bundle.figures import FactSheet
from maquette.bundle.inputs import BundleInputs, GradedAnswer, RoleModel
from maquette.bundle.slots import decided
from maquette.catalog.cards import ModelCard
from maquette.cost.design_split import busiest, passed_on
from maquette.cost.response_cache import cache_kind
from maquette.decision.decision import Decision
from maquette.evals.run import Verdict
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind

DAY_S = 24 * 3600

LOW, HIGH = Decimal("0.3"), Decimal("0.7")
"""Scores of complexity from which the medium and the large model answer, until an evaluation has fitted them."""

THRESHOLD_SOURCE = Source(kind=SourceKind.CLAIMED, ref="rule R-ROUTE-04")

MOST_LOSS = Decimal("0.02")
"""What a smaller model, or a shorter context, may lose: the regression gate's two points, rule R-EVAL-08."""

FEWEST_GRADED = 30
"""Examples that both models answered, below which nothing is fitted to them."""

TIER_PRICE_RATIO = Decimal(2)
"""Two models are tiers apart where a request of the one costs at least twice that of the other; less pays no router."""

SIMILARITY = Decimal("0.95")
"""Cosine similarity from which a semantic cache answers: a strict start, lowered on labelled pairs only."""

SIMILARITY_SOURCE = Source(kind=SourceKind.ASSUMED, ref="a strict start, tuned on labelled pairs (R-CACHE-04)")

FALSE_HITS = Decimal("0.01")
"""The share of wrong answers from the cache above which the threshold is raised: rule R-CACHE-04."""

CHANGE_S: Mapping[str, int] = {
    "realtime": 0,
    "daily": DAY_S,
    "monthly": 30 * DAY_S,
    "yearly": 365 * DAY_S,
}
"""Seconds between two changes of the knowledge; what never changes has no entry."""

TTL_PART = 24
"""An answer lives for this part of the interval of change: at most one in so many is older than its source."""

LONGEST_TTL_S = 7 * DAY_S
"""A week: what is asked less often is not worth the memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """A model that takes the requests of a range of complexity.

    Attributes:
        name: "small", "medium" or "large"; also the gateway's model group.
        card: The catalog's id.
        low, high: The range of the score, the upper bound not included but for 1.
    """

    name: str
    model: str
    card: str
    usd_per_request: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """How requests are shared out over tiers, cheapest tier first.

    Attributes:
        kind: "complexity" by a score, "step" by what a step of an agent does.
    """

    kind: str
    tiers: tuple[Tier, ...]
    source: Source

    @property
    def thresholds(self) -> tuple[Decimal, ...]:
        """The scores at which the next tier begins; none for steps."""
        return tuple(tier.low for tier in self.tiers[1:]) if self.kind == "complexity" else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseCache:
    """A cache of answers.

    Attributes:
        kind: "exact" or "semantic".
        similarity: From which similarity it answers; None for an exact one.
        ttl_s: 0 where nothing may be kept.
        scope: "tenant" or "all".
    """

    kind: str
    similarity: Decimal | None
    ttl_s: int
    scope: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PriorityClass:
    """Requests that wait together.

    Attributes:
        rank: From 1, which is served first.
        share: Of the capacity while all classes wait; None for what takes only what others leave.
        wait_s: How long one may wait; None where no latency is required.
    """

    rank: int
    name: str
    share: Decimal | None
    wait_s: Decimal | None


def router(inputs: BundleInputs, facts: FactSheet) -> Router | None:
    """The router of the design; None without one, with fewer than two tiers, or where few parts are wanted."""
    if not wants_router(inputs.decision, facts.values):
        return None
    kind = "step" if decided(inputs.decision).get("subagents") == "fast_tier" else "complexity"
    names = _chosen(inputs)
    bounds, source = _bounds(inputs, facts, [model for model, _, _ in names])
    tiers = _tiers(names, bounds)
    return Router(kind=kind, tiers=tiers, source=source) if len(tiers) > 1 else None


def wants_router(decision: Decision | None, facts: Facts) -> bool:
    """Whether the design routes: by step, as decided, or as stated where no rule decides against it."""
    slots = decided(decision)
    if slots.get("complexity_budget") == "minimal":
        return False
    if slots.get("subagents") == "fast_tier":
        return True
    if "router" not in slots:
        return facts.get("design.router") is True
    return slots["router"] not in ("none", False)


def _chosen(inputs: BundleInputs) -> list[tuple[str, str, Decimal]]:
    """The compared models by price of a request: the cheapest, one between, the dearest that does not fail.

    The primary takes the place of one that costs about the same; one between is apart from both. Empty where fewer
    than two are left, or where they cost about the same.
    """
    priced = sorted(_priced(inputs), key=lambda one: (one[2], one[0]))
    while priced and _fails(inputs, priced[-1][0]):
        priced.pop()
    if len(priced) < 2 or priced[-1][2] < TIER_PRICE_RATIO * priced[0][2]:
        return []
    first, last = priced[0], priced[-1]
    choice = inputs.decision.choice if inputs.decision else None
    primary = next((one for one in priced if choice is not None and one[0] == choice.model), None)
    if primary is not None and _alike(first, primary):
        first = primary
    elif primary is not None and _alike(primary, last):
        last = primary
    if _alike(first, last):
        return []
    between = [
        one for one in priced if not _alike(first, one) and not _alike(one, last) and first[2] < one[2] < last[2]
    ]
    middle = primary if primary in between else between[len(between) // 2] if between else None
    return [first, *([middle] if middle else []), last]


def _alike(one: tuple[str, str, Decimal], other: tuple[str, str, Decimal]) -> bool:
    """Whether they cost about the same, the cheaper one first."""
    return other[2] < TIER_PRICE_RATIO * one[2]


def _tiers(chosen: list[tuple[str, str, Decimal]], bounds: tuple[Decimal, ...]) -> tuple[Tier, ...]:
    names = ("small", "medium", "large") if len(chosen) == 3 else ("small", "large")
    return tuple(
        Tier(name=name, model=model, card=card, usd_per_request=usd, low=low, high=high)
        for name, (model, card, usd), (low, high) in zip(names, chosen, pairwise(bounds), strict=False)
    )


def _bounds(inputs: BundleInputs, facts: FactSheet, models: list[str]) -> tuple[tuple[Decimal, ...], Source]:
    """The ends of the tiers' ranges: fitted to the run where it can show them, else those that guidance names."""
    fitted = [_fitted(inputs, facts, small, large) for small, large in pairwise(models)]
    known = [one for one in fitted if one is not None]
    if inputs.run is not None and known and len(known) == len(fitted):
        rising = [max(known[: place + 1]) for place in range(len(known))]
        source = Source(kind=SourceKind.MEASURED, ref=f"run {inputs.run.id}")
        return (Decimal(0), *rising, Decimal(1)), source
    middle = (LOW, HIGH) if len(models) == 3 else (LOW,)
    return (Decimal(0), *middle, Decimal(1)), THRESHOLD_SOURCE


def _fitted(inputs: BundleInputs, facts: FactSheet, small: str, large: str) -> Decimal | None:
    """The score below which ``small`` loses little against ``large``, by the lengths of the examples' prompts.

    An example tells no other term of the score, which then counts 0.
    """
    terms = complexity_terms(facts)
    length = next((place for place, term in enumerate(terms) if term.name == "length"), None)
    prefix = facts.number("tokens.shared_prefix") or Decimal(0)
    longest = facts.number("tokens.input_p99")
    if length is None or longest is None:
        return None
    others = {one.example: one.right for one in _answers(inputs, large)}
    graded = []
    for one in _answers(inputs, small):
        if one.example in others:
            part = (one.input_tok - prefix) / (longest - prefix)
            score = complexity_score([part if place == length else Decimal(0) for place in range(len(terms))])
            graded.append((score, one.right, others[one.example]))
    if len(graded) < FEWEST_GRADED:
        return None
    found = fitted_threshold(graded, MOST_LOSS)
    return None if found is None else found.quantize(Decimal("0.01"), ROUND_FLOOR)


def _answers(inputs: BundleInputs, model: str) -> tuple[GradedAnswer, ...]:
    """The run's answers of a model, under its own name or that of its target."""
    names = [model, *(target.id for target in inputs.targets if target.card == model)]
    return next((inputs.graded[name] for name in names if name in inputs.graded), ())


def tier_roles(inputs: BundleInputs, roles: tuple[RoleModel, ...], facts: FactSheet) -> tuple[RoleModel, ...]:
    """The router's models that play no role of their own, each under the name of its tier."""
    found, held = router(inputs, facts), {role.model for role in roles}
    return tuple(
        RoleModel(
            role=tier.name,
            model=tier.model,
            target=next((one for one in inputs.targets if one.id == tier.model), None),
            card=_card(inputs, tier.card),
            result=inputs.run.result(tier.model) if inputs.run else None,
            cost=inputs.projection.option(tier.model) if inputs.projection else None,
        )
        for tier in (found.tiers if found else ())
        if roles and tier.model not in held
    )


def _card(inputs: BundleInputs, name: str) -> ModelCard | None:
    held = inputs.shortlist.candidate(name) if inputs.shortlist else None
    return held.card if held else None


def _priced(inputs: BundleInputs) -> list[tuple[str, str, Decimal]]:
    """Name, catalog id and price of a request of every compared model that has a price and fits."""
    cards = {target.id: target.card for target in inputs.targets}
    found = []
    for option in inputs.projection.options if inputs.projection else ():
        card = cards.get(option.option) or option.option
        held = inputs.shortlist.candidate(card) if inputs.shortlist else None
        if held is not None and option.usd_per_request:
            found.append((option.option, held.card.id, option.usd_per_request))
    return found


def _fails(inputs: BundleInputs, model: str) -> bool:
    result = inputs.run.result(model) if inputs.run else None
    return result is not None and result.verdict is Verdict.FAILS


def response_cache(inputs: BundleInputs, facts: FactSheet) -> ResponseCache | None:
    """The cache of answers that is decided, or stated and neither forbidden by the data nor beyond what is wanted."""
    slots = decided(inputs.decision)
    kind = slots.get("cache") or cache_kind(facts.values)
    if kind not in ("exact", "semantic") or slots.get("complexity_budget") == "minimal":
        return None
    tenant = slots.get("cache_scope") == "tenant"
    if tenant and kind == "semantic" and "cache" not in slots:
        return None
    return ResponseCache(
        kind=str(kind),
        similarity=SIMILARITY if kind == "semantic" else None,
        ttl_s=answer_ttl_s(facts),
        scope="tenant" if tenant else "all",
    )


def answer_ttl_s(facts: FactSheet) -> int:
    """How long an answer may be given again: a part of the interval in which the knowledge behind it changes.

    A week where no knowledge is behind it, or it never changes: then only a new prompt or model makes it wrong.
    """
    often = facts.text("knowledge.change_freq")
    behind = facts.text("knowledge.need") not in (None, "none")
    if not behind or often is None or often not in CHANGE_S:
        return LONGEST_TTL_S
    return min(LONGEST_TTL_S, CHANGE_S[often] // TTL_PART)


def peak_over_limit(facts: FactSheet, slots: Mapping[str, object]) -> Decimal | None:
    """Tokens of the busiest minute that reach a model as a multiple of the account's limit; None where unknown."""
    peak, limit = facts.number("derived.peak_tpm"), facts.number("cat.rate_limit_tpm")
    return busiest(peak, passed_on(facts.values, slots)) / limit if peak is not None and limit else None


def priority_classes(inputs: BundleInputs, facts: FactSheet) -> tuple[PriorityClass, ...]:
    """A class for each tier of users, each with twice the share of the next one, and one for what may wait for hours.

    Empty where all requests are alike: one tier, and none that may wait.
    """
    slots = decided(inputs.decision)
    tiers = max(1, int(facts.number("users.tiers") or 1))
    waits = slots.get("batch_lane") is True
    if tiers == 1 and not waits:
        return ()
    p95_ms, hours = facts.number("latency.p95_ms"), facts.number("scale.active_hours")
    nobody = facts.text("latency.mode") == "batch"
    found = [
        PriorityClass(
            rank=rank,
            name=f"tier {rank}" if tiers > 1 else "people who wait",
            share=Decimal(2 ** (tiers - rank)) / (2**tiers - 1),
            wait_s=None if p95_ms is None else rank * p95_ms / 1000,
        )
        for rank in range(1, tiers + 1)
        if not nobody
    ]
    if waits:
        night = None if hours is None else 3600 * (24 - hours if hours < 24 else hours)
        found.append(PriorityClass(rank=len(found) + 1, name="batch lane", share=None, wait_s=night))
    return tuple(found)
