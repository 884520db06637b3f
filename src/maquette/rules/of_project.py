"""What a project says about the rules: rules of its own, rules that it mutes, rules that it deviates from, and why.

A `must` rule cannot be muted: whoever deviates from it says so, and it stays in the risk register.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias

from maquette.foundation.problems import InvalidInput, Place, Problem, raise_all
from maquette.foundation.wording import shown, suggestion
from maquette.rules.loading import rules_from_entries
from maquette.rules.report import Overruling, Rule, RuleBook, Strength

PlaceOf: TypeAlias = Callable[[str], Place]
"""A dotted field of the project's file, such as ``rules.mute.0.id``, to where it stands."""

_NO_RULES: Mapping[str, Rule] = MappingProxyType({})
_NO_REASONS: Mapping[str, str] = MappingProxyType({})
_NO_OVERRULINGS: Mapping[str, Overruling] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRules:
    """What a project says about the rules, each with its reason in the project's words.

    Attributes:
        added: Rules of the project's own, by id.
        muted: Rule id to why it is not judged.
        overruled: Rule id to why the project deviates from it, and until when.
    """

    added: Mapping[str, Rule] = field(default_factory=lambda: _NO_RULES)
    muted: Mapping[str, str] = field(default_factory=lambda: _NO_REASONS)
    overruled: Mapping[str, Overruling] = field(default_factory=lambda: _NO_OVERRULINGS)

    def counting_on(self, today: date | None) -> list[object]:
        """What of it decides a report, for a fingerprint; empty when nothing was said."""
        counting = sorted(name for name, reason in self.overruled.items() if reason.counts_on(today))
        return [sorted(self.muted), counting] if self.muted or counting else []


NOTHING_SAID = ProjectRules()


def extended(book: RuleBook, said: ProjectRules) -> RuleBook:
    """The rule base with the project's own rules behind the shipped ones."""
    return replace(book, rules={**book.rules, **said.added}) if said.added else book


def project_rules(
    *,
    add: Sequence[Mapping[str, Any]],
    mute: Sequence[tuple[str, str]],
    override: Sequence[tuple[str, str, date | None]],
    book: RuleBook,
    asked: Iterable[str],
    place_of: PlaceOf,
) -> ProjectRules:
    """What a project's file says, checked against the rule base.

    Args:
        add: Rules in the layout of the catalog, with ``area`` where they have one; ``source`` may be left out, or be
            text of the project's own.
        mute: Rule ids, each with the reason.
        override: Rule ids, each with the reason and the last day on which it counts.
        book: The shipped rules.
        asked: Ids of the questions and of the derived facts, which rules may name.
        place_of: Where a field of ``rules`` stands.

    Raises:
        InvalidInput, SeveralProblems: A name does not exist, stands twice, or belongs to a rule that must stand.
    """
    problems: list[Problem] = []
    added = rules_from_entries(add, book=book, asked=asked, place_of=place_of, problems=problems)
    every = {**book.rules, **added}
    problems += _unknown("mute", [name for name, _ in mute], every, place_of)
    problems += _unknown("override", [name for name, _, _ in override], every, place_of)
    for index, (name, _) in enumerate(mute):
        if name in every and every[name].strength is Strength.MUST:
            problems.append(_must_stand(name, place_of(f"rules.mute.{index}.id")))
    raise_all(problems)
    return ProjectRules(
        added=added,
        muted=dict(mute),
        overruled={name: Overruling(because=because, until=until) for name, because, until in override},
    )


def _unknown(key: str, names: Sequence[str], rules: Mapping[str, Rule], place_of: PlaceOf) -> list[Problem]:
    found: list[Problem] = []
    for index, name in enumerate(names):
        place = place_of(f"rules.{key}.{index}.id")
        if name not in rules:
            fix = suggestion(name, rules) or "List them: maquette rules list."
            found.append(InvalidInput(f"there is no rule {shown(name)} to {key}", fix=fix, place=place))
        elif name in names[:index]:
            found.append(InvalidInput(f"{shown(name)} stands there twice", fix="Keep one of them.", place=place))
    return found


def _must_stand(name: str, place: Place) -> Problem:
    return InvalidInput(
        f"{name} is a must, and a must cannot be muted",
        fix="Put it under rules.override with a reason: it then stands in the risk register.",
        place=place,
    )
