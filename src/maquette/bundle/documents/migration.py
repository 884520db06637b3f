"""Leaving a model: which are bound, until when, what would come after them, how, and what holds the design to one."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.classifier import classifier_bound
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import VERDICTS, measured, percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.inputs import RoleModel
from maquette.bundle.slots import slot_views
from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.families import maker
from maquette.catalog.shortlist import Candidate
from maquette.catalog.traffic import request_usd, traffic_of
from maquette.decision.lock_in import Dependence
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

MOST_SUCCESSORS = 5
FEATURES: tuple[tuple[str, str, Capability], ...] = (
    ("prefix_cache", "prefix cache", Capability.PREFIX_CACHE),
    ("structured", "answers bound to a schema", Capability.JSON_SCHEMA),
    ("reasoning", "effort of reasoning", Capability.REASONING),
)
"""Decided slot, the feature of a model that it uses, and the capability that another model needs for it."""

_KEPT = figure("30 days", Source(kind=SourceKind.ASSUMED, ref="one bill and one budget period with the new model"))
_EXIT = figure("a quarter", Source(kind=SourceKind.CLAIMED, ref="rule R-MIG-01"))


def migration_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; empty while no model is chosen."""
    if not seen.roles:
        return {"bound": [], "successors": [], "procedure": [], "held": []}
    return {
        "bound": [*classifier_bound(seen), *(_bound(role, seen) for role in seen.roles)],
        "successors": list(_successors(seen)),
        "procedure": list(_procedure(seen)),
        "held": list(_held(seen)),
    }


def prices_day(seen: Seen) -> date | None:
    """The day of the prices, from which days are counted, so that a second export is the same."""
    projection = seen.inputs.projection
    return date.fromisoformat(projection.prices_as_of) if projection else None


def retirement_of(card: ModelCard) -> Figure | None:
    """The published last day of a model, claimed by its catalog entry; None where none is published."""
    if card.retires_on is None:
        return None
    return figure(card.retires_on.isoformat(), Source(kind=SourceKind.CLAIMED, ref=f"catalog entry of {card.id}"))


def _bound(role: RoleModel, seen: Seen) -> Mapping[str, Any]:
    day, card = prices_day(seen), role.card
    last = retirement_of(card) if card else None
    left = None
    if card is not None and card.retires_on is not None and day is not None:
        left = estimated(
            f"{(card.retires_on - day).days} days", f"from the prices of {day.isoformat()} to the last day"
        )
    return {
        "role": role.role,
        "model": role.model,
        "provider": card.provider if card else "",
        "last": last,
        "left": left,
    }


def _successors(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The cheapest candidates that outlive the primary and were not compared away, other makers among them."""
    shortlist = seen.inputs.shortlist
    bound = {role.model for role in seen.roles} | {role.card.id for role in seen.roles if role.card}
    if shortlist is None:
        return
    primary = _primary_usd(seen)
    fitting = [one for one in shortlist.candidates if one.card.id not in bound and _outlives(one.card, seen)]
    own = seen.roles[0].card is not None and seen.roles[0].card.price is None
    priced = [one for one in fitting if one.usd_per_request or (own and one.card.price is None)]
    for one in _one_a_maker(sorted(priced, key=lambda one: _rank(one, primary, seen)))[:MOST_SUCCESSORS]:
        yield {
            "model": one.card.id,
            "provider": one.card.provider,
            "price": _price(one, primary, seen.roles[0].model),
            "quality": _quality(one, seen),
            "last": retirement_of(one.card),
            "lacks": _lacking(one.card, seen),
        }


def _primary_usd(seen: Seen) -> Decimal | None:
    """A request to the primary at the average lengths without caching, as the shortlist counts its candidates'."""
    card = seen.roles[0].card
    return None if card is None else request_usd(card, traffic_of(seen.facts.values))


def _rank(one: Candidate, primary: Decimal | None, seen: Seen) -> tuple[bool, bool, bool, Decimal, str]:
    """Measured here first, then those that none beats, then with a known score, then the nearest price."""
    run, price = seen.inputs.run, one.usd_per_request or Decimal(0)
    usual = primary or price
    apart = max(price / usual, usual / price) if price and usual else Decimal(0)
    untried = run is None or run.result(one.card.id) is None
    return untried, not one.on_front, one.quality is None, apart, one.card.id


def _one_a_maker(ranked: list[Candidate]) -> list[Candidate]:
    """The best of each maker: a list of one maker's models is no way out."""
    best: dict[str, Candidate] = {}
    for one in ranked:
        best.setdefault(maker(one.card) or one.card.provider, one)
    return list(best.values())


def _outlives(card: ModelCard, seen: Seen) -> bool:
    ends = [role.card.retires_on for role in seen.roles if role.card and role.card.retires_on]
    if card.retires_on is None:
        return True
    return bool(ends) and card.retires_on > min(ends)


def _price(one: Candidate, primary: Decimal | None, name: str) -> Sentence:
    if one.usd_per_request is None:
        return []
    shown = estimated(readable_usd(one.usd_per_request), f"price list x mean tokens of {one.card.id}")
    if not primary:
        return [shown, " a request"]
    change = f"{(one.usd_per_request / primary - 1) * 100:+.0f} %".replace("-0 %", "0 %").replace("+0 %", "0 %")
    against = f"against {readable_usd(primary)} of {name}, price list x mean tokens"
    return [shown, " a request, ", estimated(change, against)]


def _quality(one: Candidate, seen: Seen) -> Sentence:
    run = seen.inputs.run
    result = run.result(one.card.id) if run else None
    if run and result and result.score is not None:
        return [measured(percent(result.score), run), f", {VERDICTS[result.verdict].partition(':')[0]}"]
    return []


def _needed(seen: Seen) -> list[tuple[str, str, Capability]]:
    slots = {view.name: view.value for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    needed = [one for one in FEATURES if slots.get(one[0]) not in (None, False, "none")]
    if seen.facts.text("agency.tools") not in (None, "none"):
        needed.append(("agency.tools", "calls of tools", Capability.TOOLS))
    return needed


def _lacking(card: ModelCard, seen: Seen) -> str:
    without = [what for _, what, capability in _needed(seen) if card.can(capability) is False]
    unsure = [what for _, what, capability in _needed(seen) if card.can(capability) is None]
    said = [*without, *(f"{what}: nobody says" for what in unsure)]
    return ", ".join(said)


def _procedure(seen: Seen) -> Iterator[Mapping[str, Any]]:
    primary = seen.roles[0].model
    yield _stage("alias", [f"applications ask for primary, which is {primary} today; only gateway/config.yaml changes"])
    yield from _tried(seen, primary)
    switch = clause("by the steps of the rollout; traffic ", seen.facts.figure("scale.requests_per_day"))
    yield _stage("switch", switch or ["by the steps of the rollout"])
    keep: Sentence = (
        [f"{primary} stays as the second group for ", _KEPT]
        if len(seen.roles) < 2
        else [f"{primary} becomes the fallback for ", _KEPT, f", then {seen.roles[1].model} again"]
    )
    yield _stage("keep back", keep)
    cadence = seen.facts.figure("lifecycle.change_cadence")
    if cadence is not None and len(seen.roles) > 1:
        exits: Sentence = [
            "once ",
            _EXIT,
            " the fallback answers everything for an hour; changes are allowed ",
            cadence,
        ]
        yield _stage("exit test", exits)


def _tried(seen: Seen, primary: str) -> Iterator[Mapping[str, Any]]:
    """What the new model must show before it takes over."""
    facts, run = seen.facts, seen.inputs.run
    if run is not None:
        planned = measured(f"{run.results[0].planned if run.results else 0} examples of {run.dataset}", run)
        yield _stage("dual run", ["both models on ", planned, ", then a day of real inputs in the shadow"])
        prompt = seen.inputs.prompt or run.prompt
        yield _stage("prompt", [f"a version of {prompt} for the new model; it is never the old one unchanged"])
    gate = clause(
        "the whole 95 % interval of ",
        facts.figure("quality.metric"),
        " reaches ",
        facts.figure("quality.threshold"),
        f", and the paired test against {primary} shows no loss",
    )
    if gate:
        yield _stage("gate", gate)


def _stage(step: str, what: Sentence) -> Mapping[str, Any]:
    return {"step": step, "what": list(what)}


def _held(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What ties this design to the primary's provider, and the prompt that was tuned to the primary."""
    for one in seen.inputs.decision.lock_in if seen.inputs.decision else ():
        yield {
            "feature": one.feature,
            "by": one.because,
            "able": _elsewhere(one),
            "locks": _LOCKS[one.locks],
            "cost": _dearer(seen) or one.effort if one.feature.startswith("prefix cache") else one.effort,
        }
    run, primary = seen.inputs.run, seen.roles[0]
    if run is not None and run.prompt:
        yield {
            "feature": f"prompt tuned to {primary.model}",
            "by": run.prompt,
            "able": [],
            "locks": _LOCKS[True],
            "cost": "a prompt and an evaluation for each model",
        }


_LOCKS: Mapping[bool | None, str] = {True: "yes", False: "no", None: "not known"}


def _elsewhere(one: Dependence) -> Sentence:
    """How many models of other companies have it, at how many companies, and of how many nobody says."""
    if one.own or not one.others:
        return []
    formula = f"shortlisted models of other companies whose catalog entry has {one.feature}"
    count = estimated(f"{readable_count(one.able)} of {readable_count(one.others)}", formula)
    companies = len(one.companies)
    at = ["" if not one.able else f" models, at {companies} {'company' if companies == 1 else 'companies'}"]
    if not one.unsaid:
        return [count, *at]
    return [count, *at, "; of ", estimated(readable_count(one.unsaid), f"{formula}: unknown"), " nobody says"]


def _dearer(seen: Seen) -> str | None:
    """What the month costs without the cache, where that was tried."""
    cost = seen.roles[0].cost
    return next((flip for flip in cost.flip if "prefix caching" in flip), None) if cost else None
