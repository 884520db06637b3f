"""Which model plays which role in this project: fast, balanced, strong, judge, embedding, rerank and fallback.

Each role has a rule that the data can bear, and says which. There is no blended score: without a measurement or a claim
nobody is called strong, and price is called price.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import median

from maquette.catalog.cards import Capability, Catalog, Hosting, Mode, ModelCard
from maquette.catalog.checks import Needs, No
from maquette.catalog.families import host, maker
from maquette.catalog.filters import active
from maquette.catalog.quoting import INPUT, OUTPUT
from maquette.catalog.shortlist import Candidate, Fit, Shortlist
from maquette.catalog.shortlisting import doubts
from maquette.foundation.expression import Facts
from maquette.foundation.sources import SourceKind
from maquette.foundation.units import readable_usd

RUNNERS_UP = 3
ENOUGH_CLAIMS = 3
"""Fewer claims than these on one benchmark compare too few models to choose by."""

_AROUND_THE_MODEL = frozenset({"input", "output", "tools", "context", "machine", "budget", "kind"})
"""The filters on what a chat model does; the others hold for every model that sees the data."""


class Role(StrEnum):
    """The roles, in the order in which they are told."""

    FAST = "fast"
    BALANCED = "balanced"
    STRONG = "strong"
    JUDGE = "judge"
    FALLBACK = "fallback"
    EMBEDDING = "embedding"
    RERANK = "rerank"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleBinding:
    """Who plays a role, or why nobody does.

    Attributes:
        model: The card's id; None when nobody fits.
        rule: How it was chosen.
        because: The figures of the choice, or why there is none.
        runners_up: Who would be next, by the same rule.
    """

    role: Role
    model: str | None
    rule: str
    because: str
    runners_up: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ranking:
    """A rule with its outcome: the models best first, and the figure of each in words."""

    rule: str
    models: Sequence[Candidate]
    figure: Callable[[Candidate], str]
    nobody: str = "no candidate is left"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pool:
    """The candidates to choose from, those that fit before those that nobody can vouch for."""

    candidates: tuple[Candidate, ...]
    threshold: Decimal | None
    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def without(self, keep: Callable[[Candidate], bool]) -> "_Pool":
        """The pool with those only that ``keep`` keeps."""
        kept = tuple(each for each in self.candidates if keep(each))
        return _Pool(candidates=kept, threshold=self.threshold, listed=self.listed)

    def preferring(self, keep: Callable[[Candidate], bool]) -> "_Pool":
        """The pool with those only that ``keep`` keeps, unless that leaves nobody."""
        kept = self.without(keep)
        return kept if kept.candidates else self


def bind(
    found: Shortlist,
    catalog: Catalog,
    facts: Facts,
    *,
    today: date,
    chosen: Sequence[str] = (),
    listed: Mapping[str, Sequence[str]] | None = None,
) -> tuple[RoleBinding, ...]:
    """A binding for each role, in the order of `Role`.

    Only models with a price above nothing are considered, and providers whose data terms the catalog knows come first:
    where it knows them of one candidate, no other is bound to a role.

    Args:
        found: Who may be considered.
        catalog: All cards; embedding and rerank models are no candidates of a shortlist.
        facts: The requirements.
        today: For retirement.
        chosen: The models that the user chose; the first is the primary that a fallback stands in for.
        listed: A role's name to ids in an order that somebody published, best first; used where nothing is measured.
    """
    needs = Needs.of(facts, today)
    pool = _Pool(candidates=found.candidates, threshold=needs.number("quality.threshold"), listed=listed or {})
    pool = pool.without(lambda each: _cost(each) != 0)
    pool = pool.preferring(lambda each: _terms_on_record(each.card))
    balanced = _bound(Role.BALANCED, _balanced(pool))
    primary = next((name for name in (*chosen, balanced.model) if name in catalog.cards), None)
    return (
        _bound(Role.FAST, _by_cost(pool)),
        balanced,
        _bound(Role.STRONG, _strong(pool)),
        _judge(pool, catalog, balanced.model),
        _fallback(pool, catalog, primary),
        _beside(Role.EMBEDDING, Mode.EMBEDDING, catalog, needs),
        _beside(Role.RERANK, Mode.RERANK, catalog, needs),
    )


def _bound(role: Role, ranking: _Ranking) -> RoleBinding:
    if not ranking.models:
        return RoleBinding(role=role, model=None, rule=ranking.rule, because=ranking.nobody)
    fits = [each for each in ranking.models if each.fit is Fit.FITS]
    ordered = [*fits, *(each for each in ranking.models if each.fit is not Fit.FITS)]
    first, rest = ordered[0], ordered[1 : 1 + RUNNERS_UP]
    unsaid = f"; nobody says {', '.join(first.unverified)}" if first.unverified else ""
    return RoleBinding(
        role=role,
        model=first.card.id,
        rule=ranking.rule,
        because=ranking.figure(first) + unsaid,
        runners_up=tuple(each.card.id for each in rest),
    )


def _terms_on_record(card: ModelCard) -> bool:
    """Whether the catalog knows anything of where the data goes: a provider of which it knows nothing is no default."""
    told = (card.regions, card.can(Capability.ZERO_RETENTION) is not None, card.can(Capability.BAA) is not None)
    return card.hosting is not Hosting.API or any(told)


def _cost(each: Candidate) -> Decimal | None:
    """A request's cost, or a token in and one out where no traffic is known; None on own machines."""
    if each.usd_per_request is not None or each.card.price is None:
        return each.usd_per_request
    prices = each.card.price.usd_per_unit
    return prices[INPUT] + prices[OUTPUT] if INPUT in prices and OUTPUT in prices else None


def _cost_in_words(each: Candidate) -> str:
    if each.usd_per_request is not None:
        return f"{readable_usd(each.usd_per_request)} a request"
    cost = _cost(each)
    return "no price by the token" if cost is None else f"{readable_usd(cost * 1_000_000)} a million tokens in and out"


def _cheapest(candidates: Iterable[Candidate]) -> list[Candidate]:
    priced = [(cost, each) for each in candidates if (cost := _cost(each)) is not None]
    return [each for _, each in sorted(priced, key=lambda pair: (pair[0], pair[1].card.id))]


def _by_cost(pool: _Pool) -> _Ranking:
    """The cheapest; on own machines, where nothing is priced by the token, the one that reads the fewest weights."""
    if cheapest := _cheapest(pool.candidates):
        rule = "the cheapest that fits; nobody publishes comparable speeds, so measure the time to the first token"
        return _Ranking(rule=rule, models=cheapest, figure=_cost_in_words)
    sized = [(size, each) for each in pool.candidates if (size := _active_b(each)) is not None]
    models = [each for _, each in sorted(sized, key=lambda pair: (pair[0], pair[1].card.id))]
    rule = "the fewest parameters that a token passes: what bounds the speed on own machines"
    return _Ranking(rule=rule, models=models, figure=lambda each: f"{_active_b(each)} billion a token")


def _active_b(each: Candidate) -> Decimal | None:
    weights = each.card.weights
    return None if weights is None else weights.active_params_b or weights.params_b


def _measured(pool: _Pool) -> list[Candidate]:
    """Best first."""
    found = [each for each in pool.candidates if each.quality and each.quality.source.kind is SourceKind.MEASURED]
    return sorted(found, key=_score, reverse=True)


def _score(each: Candidate) -> float:
    return each.quality.value if each.quality else 0.0


def _score_in_words(each: Candidate) -> str:
    return f"measured {_score(each):.3f}, {_cost_in_words(each)}"


def _widest_claims(pool: _Pool) -> tuple[str, dict[str, Decimal]]:
    """The benchmark on which most candidates have a claim, and their claims; empty when these are too few."""
    by_benchmark: dict[str, dict[str, Decimal]] = {}
    for each in pool.candidates:
        for claim in each.card.claims:
            by_benchmark.setdefault(claim.benchmark, {}).setdefault(each.card.id, claim.value)
    name, claims = max(by_benchmark.items(), key=lambda pair: (len(pair[1]), pair[0]), default=("", {}))
    return (name, claims) if len(claims) >= ENOUGH_CLAIMS else ("", {})


def _claimed_in_words(claims: Mapping[str, Decimal], benchmark: str) -> Callable[[Candidate], str]:
    return lambda each: f"claimed {claims[each.card.id]:f} on {benchmark}, {_cost_in_words(each)}"


def _balanced(pool: _Pool) -> _Ranking:
    """The cheapest that is good enough, by the best evidence there is of that; its maker known, for a judge's sake."""
    measured = _measured(pool)
    if measured and pool.threshold is not None:
        enough = [each for each in measured if _score(each) >= float(pool.threshold)]
        return _Ranking(
            rule=f"the cheapest that was measured at {pool.threshold} or above",
            models=_cheapest(enough) or enough,
            figure=_score_in_words,
            nobody=f"no measured model reaches {pool.threshold}",
        )
    pool = pool.preferring(lambda each: maker(each.card) is not None)
    benchmark, claims = _widest_claims(pool)
    if claims:
        middle = median(claims.values())
        enough = [each for each in pool.candidates if claims.get(each.card.id, Decimal(0)) >= middle]
        return _Ranking(
            rule=f"the cheapest that claims at least the middle of {len(claims)} claims on {benchmark}; measure it",
            models=_cheapest(enough) or enough,
            figure=_claimed_in_words(claims, benchmark),
        )
    if published := _published(pool, Role.BALANCED):
        return _Ranking(rule=_PUBLISHED_ORDER, models=published, figure=_cost_in_words)
    return _Ranking(
        rule="the cheapest that states reasoning, tools and JSON; no quality is measured or claimed",
        models=_cheapest(each for each in pool.candidates if _states_all(each)),
        figure=_cost_in_words,
        nobody="no candidate states reasoning, tools and JSON",
    )


def _states_all(each: Candidate) -> bool:
    return all(each.card.can(what) for what in (Capability.REASONING, Capability.TOOLS, Capability.JSON_SCHEMA))


def _strong(pool: _Pool, role: Role = Role.STRONG) -> _Ranking:
    """The best by measurement, by claims on one benchmark, or by an order that somebody published; else nobody."""
    if measured := _measured(pool):
        return _Ranking(rule="the best that was measured here", models=measured, figure=_score_in_words)
    benchmark, claims = _widest_claims(pool)
    if claims:
        ranked = sorted(
            (each for each in pool.candidates if each.card.id in claims),
            key=lambda each: (-claims[each.card.id], _cost(each) or Decimal(0), each.card.id),
        )
        rule = f"the highest of {len(claims)} claims on {benchmark}; measure it on your own examples"
        return _Ranking(rule=rule, models=ranked, figure=_claimed_in_words(claims, benchmark))
    return _Ranking(
        rule=_PUBLISHED_ORDER,
        models=_published(pool, role),
        figure=_cost_in_words,
        nobody="no candidate's quality is measured, claimed or listed, and a price says nothing of it: evaluate some",
    )


_PUBLISHED_ORDER = "the first of the catalog's published order; no quality is measured or claimed"


def _published(pool: _Pool, role: Role) -> list[Candidate]:
    by_id = {each.card.id: each for each in pool.candidates}
    return [by_id[name] for name in pool.listed.get(role.value, ()) if name in by_id]


def _judge(pool: _Pool, catalog: Catalog, judged: str | None) -> RoleBinding:
    """The strongest of another maker than the model that it judges: models favour answers of their own family."""
    made = maker(catalog.cards[judged]) if judged is not None else None
    rule = f"of another maker than the balanced model ({made or 'unknown'})"
    if made is None:
        because = "the balanced model's maker is not known, so none can be shown to be another"
        return RoleBinding(role=Role.JUDGE, model=None, rule=rule, because=because)
    others = pool.without(lambda each: (other := maker(each.card)) is not None and other != made)
    ranking = _strong(others, Role.JUDGE)
    if not ranking.models:
        capable = _cheapest(each for each in others.candidates if _states_all(each))
        ranking = _Ranking(
            rule="the cheapest that states reasoning, tools and JSON; calibrate it on graded answers",
            models=capable,
            figure=_cost_in_words,
            nobody="no candidate of another maker states reasoning, tools and JSON",
        )
    bound = _bound(Role.JUDGE, ranking)
    return RoleBinding(
        role=Role.JUDGE,
        model=bound.model,
        rule=f"{rule}: {ranking.rule}",
        because=bound.because,
        runners_up=bound.runners_up,
    )


def _fallback(pool: _Pool, catalog: Catalog, primary: str | None) -> RoleBinding:
    """Another provider than the primary's, and another maker where there is one: outages and faults are two things."""
    if primary is None:
        return RoleBinding(
            role=Role.FALLBACK, model=None, rule="another provider than the primary's", because="there is no primary"
        )
    first = catalog.cards[primary]
    elsewhere = pool.without(lambda each: host(each.card) != host(first))
    made = maker(first)
    others = elsewhere.without(lambda each: maker(each.card) not in {None, made})
    kind, among = "guards against a provider's outage and a model's fault", others
    if made is None:
        kind, among = "guards against a provider's outage; who made the primary is not known", elsewhere
    elif not others.candidates:
        kind, among = "guards against a provider's outage only: the same maker's model", elsewhere
    ranking = _balanced(among)
    if not ranking.models:
        ranking = _by_cost(among)
    bound = _bound(Role.FALLBACK, ranking)
    return RoleBinding(
        role=Role.FALLBACK,
        model=bound.model,
        rule=f"for {primary}, from another provider than {host(first)}: {ranking.rule}",
        because=f"{kind}; {bound.because}"
        if bound.model
        else f"no candidate is from another provider than {host(first)}",
        runners_up=bound.runners_up,
    )


def _beside(role: Role, mode: Mode, catalog: Catalog, needs: Needs) -> RoleBinding:
    """A model of another kind, under the same filters on who may touch the data."""
    checks = {name: check for name, check in active(needs).items() if name not in _AROUND_THE_MODEL}
    fitting = [
        card
        for card in catalog.cards.values()
        if card.mode is mode and not any(isinstance(check(card), No) for check in checks.values())
    ]
    rule = "the cheapest by the token that the data may be sent to; its quality is not compared"
    if not fitting:
        because = f"no {mode.value} model in the catalog may see the data"
        return RoleBinding(role=role, model=None, rule=rule, because=because)
    ordered = sorted(fitting, key=lambda card: (bool(doubts(card, checks)), *_input_price(card), card.id))
    first = ordered[0]
    unsaid = doubts(first, checks)
    needed = "" if needs.facts.get("knowledge.need", "none") != "none" else "only if knowledge is looked up; "
    return RoleBinding(
        role=role,
        model=first.id,
        rule=rule,
        because=needed + _input_in_words(first) + (f"; nobody says {', '.join(unsaid)}" if unsaid else ""),
        runners_up=tuple(card.id for card in ordered[1 : 1 + RUNNERS_UP]),
    )


def _input_price(card: ModelCard) -> tuple[bool, Decimal]:
    """Priced by the token first; a price of nothing is a trial, or charged in another unit."""
    usd = card.price.usd_per_unit.get(INPUT) if card.price else None
    free_elsewhere = card.hosting is Hosting.API and not usd
    return free_elsewhere, usd or Decimal(0)


def _input_in_words(card: ModelCard) -> str:
    usd = card.price.usd_per_unit.get(INPUT) if card.price else None
    return f"{readable_usd(usd * 1_000_000)} a million tokens" if usd else "no price by the token"
