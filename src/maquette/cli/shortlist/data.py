"""The shortlist's values as the plain data of `contracts`. No arithmetic, no wording."""

from collections.abc import Sequence
from decimal import Decimal

from maquette.catalog.comparing import Comparison
from maquette.catalog.diversity import Diversity
from maquette.catalog.filter_terms import FilterLine
from maquette.catalog.nearly import Near
from maquette.catalog.reasons import Met, Reason
from maquette.catalog.roles import RoleBinding
from maquette.catalog.shortlist import Candidate
from maquette.cli.contract_parts import FORMAT, RangeData
from maquette.cli.shortlist import contracts as c
from maquette.cli.shortlist.opening import Opened
from maquette.foundation.expression import FactValue
from maquette.foundation.units import Range, Usd


def shortlist_data(
    here: Opened, *, line: FilterLine, matching: Sequence[Candidate], nearly: Sequence[Near]
) -> c.ShortlistData:
    """The whole catalog, sorted into candidates and exclusions."""
    found = here.shortlist
    return {
        "format": FORMAT,
        "catalog": found.catalog_size,
        "prices_as_of": here.catalog.prices_as_of.isoformat(),
        "funnel": dict(found.funnel),
        "candidates": [candidate_data(candidate, chosen=here.chosen) for candidate in found.candidates],
        "excluded": [{"id": out.card.id, "filter": out.filter, "detail": out.detail} for out in found.exclusions],
        "chosen": list(here.chosen),
        "basis": "project" if here.is_project else "catalog",
        "filter": str(line),
        "matching": [candidate.card.id for candidate in matching],
        "unchecked": list(found.unchecked),
        "nearly": [near_data(near) for near in nearly],
    }


def candidate_data(candidate: Candidate, *, chosen: tuple[str, ...]) -> c.CandidateData:
    """One candidate."""
    quality = candidate.quality
    return {
        "id": candidate.card.id,
        "provider": candidate.card.provider,
        "hosting": candidate.card.hosting.value,
        "fit": candidate.fit.value,
        "unverified": list(candidate.unverified),
        "usd_per_request": _text(candidate.usd_per_request),
        "usd_per_month": _range(candidate.usd_per_month),
        "quality": None
        if quality is None
        else {"value": quality.value, "kind": quality.source.kind.value, "source": quality.source.ref},
        "context_tok": candidate.card.context_tok,
        "on_front": candidate.on_front,
        "dominated_by": candidate.dominated_by,
        "cautions": list(candidate.cautions),
        "chosen": candidate.card.id in chosen,
    }


def near_data(near: Near) -> c.NearData:
    """One change of one requirement."""
    return {
        "requirement": near.requirement,
        "present": _fact(near.present),
        "proposed": _fact(near.proposed),
        "models": list(near.gained),
        "fit": near.fit,
        "duty": near.duty,
    }


def nearly_data(found: Sequence[Near]) -> c.NearlyData:
    """All changes."""
    return {"format": FORMAT, "nearly": [near_data(near) for near in found]}


def why_data(candidate: Candidate, reasons: Sequence[Reason], nearly: Sequence[Near]) -> c.WhyData:
    """One model against every requirement."""
    return {
        "format": FORMAT,
        "id": candidate.card.id,
        "excluded_by": next((reason.filter for reason in reasons if reason.met is Met.NO), None),
        "reasons": [
            {
                "filter": reason.filter,
                "wants": reason.wants,
                "says": reason.says,
                "met": reason.met.value,
                "detail": reason.detail,
                "source": str(reason.source),
            }
            for reason in reasons
        ],
        "usd_per_request": _text(candidate.usd_per_request),
        "usd_per_month": _range(candidate.usd_per_month),
        "dominated_by": candidate.dominated_by,
        "cautions": list(candidate.cautions),
        "notes": list(candidate.card.notes),
        "nearly": [near_data(near) for near in nearly],
    }


def comparison_data(comparison: Comparison) -> c.ComparisonData:
    """Models side by side, the fields that do not differ among them."""
    return {
        "format": FORMAT,
        "models": list(comparison.models),
        "rows": [{"field": row.field, "values": list(row.values), "differs": row.differs} for row in comparison.rows],
        "lacks": {model: dict(why) for model, why in comparison.lacks.items()},
        "unsaid": {model: list(what) for model, what in comparison.unsaid.items()},
        "beats": [{"winner": beat.winner, "loser": beat.loser, "on": beat.on} for beat in comparison.beats],
    }


def roles_data(bindings: Sequence[RoleBinding], told: Diversity, *, of: str) -> c.RolesData:
    """Who plays which role, and what fails together."""
    return {
        "format": FORMAT,
        "roles": [
            {
                "role": binding.role.value,
                "model": binding.model,
                "rule": binding.rule,
                "because": binding.because,
                "runners_up": list(binding.runners_up),
            }
            for binding in bindings
        ],
        "diversity_of": of,
        "diversity": {
            "by_host": {name: list(models) for name, models in told.by_host.items()},
            "makers": list(told.makers),
            "takes_all": told.takes_all,
        },
    }


def _fact(value: FactValue) -> str | bool | list[str]:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool) else str(value)


def _range(span: Range[Usd] | None) -> RangeData | None:
    return None if span is None else {"low": str(span.low), "base": str(span.base), "high": str(span.high)}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
