"""Caches of whole responses: which share of the requests reaches a model all the same."""

from collections.abc import Mapping
from decimal import Decimal

from maquette.cost.projection import ByCase
from maquette.foundation.expression import Facts

KINDS: Mapping[str, tuple[str, ...]] = {
    "exact": ("traffic.exact_repeat_share",),
    "semantic": ("traffic.exact_repeat_share", "traffic.repeat_share"),
}
"""The caches that answer in place of a model, and the shares of requests that each may answer."""

FORBIDDEN = "the design has one, but answers that hold such data are not shared (rules R-CACHE-03 and R-CACHE-05)"

NOT_SHARED = frozenset({"pii", "phi", "pci", "secret"})
"""The sensitivities of data whose answers go to nobody else."""

EXPECTED_SHARE = Decimal("0.7")
"""Of the repeats, what a cache is expected to answer: the rest comes after its entry has expired, or for somebody else.

The rule R-CACHE-06 of the rule book takes the measured share of repeats times 0.7 as the target.
"""


def reaching(shares: Mapping[str, Decimal | None]) -> tuple[ByCase, str]:
    """The share of requests that no cache of responses answers, and what it rests on.

    In the cheap case every repeat is answered, in the expected one 0.7 of them, in the dear one none.

    Args:
        shares: By the name of the fact, the share of requests that are repeats of one kind; None is unknown. A cache
            of similar requests stands behind one of equal ones, and equal requests are similar: the larger one counts.
    """
    known = {name: share for name, share in shares.items() if share is not None}
    if not known:
        band = ByCase(low=Decimal(1), base=Decimal(1), high=Decimal(1))
        return band, f"{' and '.join(shares)} not answered: no repeats are counted"
    name = max(known, key=lambda each: known[each])
    band = ByCase(low=1 - known[name], base=1 - EXPECTED_SHARE * known[name], high=Decimal(1))
    return band, f"{name}: all of them, {EXPECTED_SHARE} of them (as R-CACHE-06), none of them"


def cache_kind(facts: Facts) -> str | None:
    """The cache of responses that is counted on: none that the design does not have, or that the data forbid.

    Where only some may see an answer, similar requests of others are not answered with it, equal ones of a tenant are.
    """
    kind = facts.get("design.cache")
    if not isinstance(kind, str) or kind not in KINDS or facts.get("data.sensitivity") in NOT_SHARED:
        return None
    apart = facts.get("knowledge.acl") is True or facts.get("users.multi_tenant") is True
    return "exact" if apart else kind
