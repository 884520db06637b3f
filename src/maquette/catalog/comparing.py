"""Models side by side, in or out: every field that differs, what each lacks, and who is beaten by whom on what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Capability, Catalog, ModelCard
from maquette.catalog.checks import Needs
from maquette.catalog.dominance import beaten, standings
from maquette.catalog.families import host, maker
from maquette.catalog.filters import active
from maquette.catalog.quoting import CACHED, INPUT, OUTPUT
from maquette.catalog.shortlist import Candidate, Shortlist
from maquette.catalog.shortlisting import candidate_of, doubts, failures, unheard_of
from maquette.foundation.expression import Facts
from maquette.foundation.units import readable_count, readable_span, readable_usd

NOT_KNOWN = "not known"
_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One field, with its value for each model in words."""

    field: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the models have different values."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """``winner`` is at least as good and as cheap as ``loser`` on one yardstick, and better in one of the two."""

    winner: str
    loser: str
    on: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Models side by side.

    Attributes:
        models: The ids, as they were asked for.
        rows: All fields, in reading order.
        lacks: Each model's unmet requirements, why, by filter; empty when nothing is against it.
        unsaid: What nobody says of each model.
        beats: Who is beaten by whom; empty when no two have a price and a score on the same yardstick.
    """

    models: tuple[str, ...]
    rows: tuple[Row, ...]
    lacks: Mapping[str, Mapping[str, str]]
    unsaid: Mapping[str, tuple[str, ...]]
    beats: tuple[Beat, ...]


def compare(catalog: Catalog, found: Shortlist, models: Sequence[str], facts: Facts, today: date) -> Comparison:
    """Compare models of the catalog, candidates or not.

    Raises:
        NotFound: The catalog has no such model; close names are proposed.
    """
    names = tuple(dict.fromkeys(models))
    needs = Needs.of(facts, today)
    checks = active(needs)
    candidates = [_seen(catalog, found, name, needs) for name in names]
    lacks = {each.card.id: failures(each.card, checks) for each in candidates}
    verdict = tuple(
        f"out at {next(iter(lacks[each.card.id]))}" if lacks[each.card.id] else each.fit.value for each in candidates
    )
    fields = ((name, tuple(read(each) for each in candidates)) for name, read in _fields(candidates).items())
    return Comparison(
        models=names,
        rows=tuple(Row(field=name, values=values) for name, values in (("shortlist", verdict), *fields)),
        lacks=lacks,
        unsaid={each.card.id: doubts(each.card, checks) for each in candidates},
        beats=tuple(_beats(candidates)),
    )


def _seen(catalog: Catalog, found: Shortlist, name: str, needs: Needs) -> Candidate:
    """The candidate as the shortlist has it, with its measured quality; an excluded model as if it were one."""
    candidate = found.candidate(name)
    if candidate is not None:
        return candidate
    if name not in catalog.cards:
        raise unheard_of(found, name)
    return candidate_of(catalog.cards[name], (), needs)


def _beats(candidates: Sequence[Candidate]) -> Iterator[Beat]:
    """Each pair of one yardstick, so that everybody who is beaten is told by whom."""
    for yardstick, group in standings(candidates).items():
        for one in group:
            for other in group:
                if beaten((one, other)).get(other.model) == one.model:
                    yield Beat(winner=one.model, loser=other.model, on=yardstick)


def _fields(candidates: Sequence[Candidate]) -> dict[str, Callable[[Candidate], str]]:
    named: dict[str, Callable[[Candidate], str]] = {
        "provider": lambda each: each.card.provider,
        "run by": lambda each: host(each.card),
        "made by": lambda each: maker(each.card) or NOT_KNOWN,
        "hosting": lambda each: each.card.hosting.value.replace("_", " "),
        "makes": lambda each: each.card.mode.value,
        "context": lambda each: _count(each.card.context_tok),
        "longest answer": lambda each: _count(each.card.max_output_tok),
        "regions": lambda each: ", ".join(each.card.regions) or NOT_KNOWN,
        "$/M in": lambda each: _price(each.card, INPUT),
        "$/M out": lambda each: _price(each.card, OUTPUT),
        "$/M cached in": lambda each: _price(each.card, CACHED),
        "$/request": lambda each: readable_usd(each.usd_per_request),
        "$/month": lambda each: readable_span(each.usd_per_month),
        "quality": _quality,
        "retires": lambda each: each.card.retires_on.isoformat() if each.card.retires_on else "not published",
        "licence": _licence,
        "parameters": _parameters,
        "caches from": lambda each: _count(each.card.min_cacheable_tok),
        "refuses": lambda each: ", ".join(each.card.rejected_parameters) or "nothing known",
        "watch": lambda each: " ".join(each.cautions),
    }
    for capability in Capability:
        if any(each.card.can(capability) is not None for each in candidates):
            named[f"can: {capability.value}"] = _can(capability)
    for benchmark in dict.fromkeys(claim.benchmark for each in candidates for claim in each.card.claims):
        named[f"claimed: {benchmark}"] = _claim(benchmark)
    return named


def _can(capability: Capability) -> Callable[[Candidate], str]:
    words = {True: "yes", False: "no", None: NOT_KNOWN}
    return lambda each: words[each.card.can(capability)]


def _claim(benchmark: str) -> Callable[[Candidate], str]:
    def read(each: Candidate) -> str:
        return next((f"{claim.value:f}" for claim in each.card.claims if claim.benchmark == benchmark), NOT_KNOWN)

    return read


def _count(count: int | None) -> str:
    return NOT_KNOWN if count is None else readable_count(count)


def _price(card: ModelCard, key: str) -> str:
    usd = card.price.usd_per_unit.get(key) if card.price else None
    return "unpriced" if usd is None else readable_usd(usd * _MILLION)


def _quality(each: Candidate) -> str:
    quality = each.quality
    if quality is None:
        return NOT_KNOWN
    on = quality.benchmark or quality.source.ref
    return f"{quality.value:.3f} {quality.source.kind.mark} ({on})"


def _licence(each: Candidate) -> str:
    weights = each.card.weights
    if weights is None:
        return "the provider's terms"
    return (weights.terms.id if weights.terms else weights.licence) or NOT_KNOWN


def _parameters(each: Candidate) -> str:
    params_b = each.card.weights.params_b if each.card.weights else None
    return NOT_KNOWN if params_b is None else f"{readable_count(params_b)} billion"
