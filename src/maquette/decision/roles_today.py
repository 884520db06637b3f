"""Which models play the role that the rules name, today: the catalog's own order without those that do not fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maquette.catalog.shortlist import Shortlist
from maquette.rules.report import RuleReport

ROLE = "role"
"""The slot that names a role."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleToday:
    """A role with who fills it.

    Attributes:
        rules: Those that propose the role.
        models: Who fits, best first by the catalog's order; empty when nobody does.
        gone: Who stands before the first of them and is not in the catalog any more, or does not fit.
    """

    role: str
    rules: tuple[str, ...]
    models: tuple[str, ...]
    gone: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For a person: ``role fast (R-SELECT-05): gpt-6-luna, then mistral/mistral-small-latest``."""
        who = ", then ".join(self.models[:_SHOWN]) or "nobody in the catalog fits"
        return f"role {self.role} ({', '.join(self.rules)}): {who}"


_SHOWN = 3


def roles_today(report: RuleReport, roles: Mapping[str, Sequence[str]], shortlist: Shortlist) -> tuple[RoleToday, ...]:
    """Every role that a rule proposes and the catalog lists, the strongest proposal first.

    Args:
        report: Of the rules.
        roles: The catalog's lists by role, best first.
        shortlist: Who fits.
    """
    slot = report.slots.get(ROLE)
    return tuple(
        _today(str(role), rules, roles[str(role)], shortlist)
        for role, rules in (slot.proposals.items() if slot else ())
        if str(role) in roles
    )


def _today(role: str, rules: tuple[str, ...], listed: Sequence[str], shortlist: Shortlist) -> RoleToday:
    fits = [name for name in listed if shortlist.candidate(name) is not None]
    before = listed[: listed.index(fits[0])] if fits else listed
    return RoleToday(role=role, rules=rules, models=tuple(fits), gone=tuple(before))
