"""From parsed data to a rule book that can be trusted: every fact, source, strength and id is one that exists.

All mistakes are found in one pass. Reading files is an adapter's work, judging is in `judging`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from maquette.foundation.expression import Expression, ExpressionError, parse
from maquette.foundation.problems import InvalidInput, Place, Problem, raise_all
from maquette.foundation.wording import suggestion
from maquette.rules.effect import effect_from_data, effect_mistakes
from maquette.rules.report import Rule, RuleBook, SlotValue, Strength

LineOf: TypeAlias = Callable[[str, str, int, str], int | None]
"""(file, area, index of the rule in it, key) to the line in the file, from 1; None when it cannot be told."""

_REQUIRED = ("id", "when", "recommend", "strength", "rationale", "source", "overturn")
_KEYS = frozenset({*_REQUIRED, "set", "overrides", "guidance", "conflict", "effect"})

OWN_AREA = "project"
"""The area of a project's own rule that names none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """One rule as it stands in a file."""

    file: str
    area: str
    index: int
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.data.get("id", f"{self.area}[{self.index}]"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What a rule may refer to."""

    facts: frozenset[str]
    sources: frozenset[str]
    ids: frozenset[str]


def rule_book_from_data(
    header: Mapping[str, Any],
    files: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    *,
    asked: Iterable[str],
    line_of: LineOf = lambda _file, _area, _index, _key: None,
) -> RuleBook:
    """The rule book.

    Args:
        header: ``as_of``, ``multi_slots``, ``sources`` (key to text), ``facts`` (group to name to kind and question).
        files: File name, as messages show it, to area to rules; in the order in which rules are judged and shown.
        asked: Ids of the questions and of the derived facts, which rules may name too.
        line_of: Where a key of a rule stands, for messages.

    Raises:
        InvalidInput: A rule is wrong; SeveralProblems when there are more mistakes than one.
    """
    entries = _entries(files)
    facts = {f"{group}.{name}": fact for group, names in header["facts"].items() for name, fact in names.items()}
    known = _Known(
        facts=frozenset({*facts, *asked}),
        sources=frozenset(header["sources"]),
        ids=frozenset(entry.id for entry in entries),
    )
    problems: list[Problem] = []
    rules: dict[str, Rule] = {}
    for entry in entries:
        mistakes = [*_mistakes(entry, known), *_repeated(entry, rules)]
        problems.extend(_problem(entry, *mistake, line_of=line_of) for mistake in mistakes)
        if not mistakes:
            rules[entry.id] = _rule(entry)
    if not problems:
        problems.extend(
            _problem(entry, *mistake, line_of=line_of) for entry in entries for mistake in _mixed(entry, rules)
        )
    raise_all(problems)
    return _book(header, facts, rules)


def rules_from_entries(
    entries: Sequence[Mapping[str, Any]],
    *,
    book: RuleBook,
    asked: Iterable[str],
    place_of: Callable[[str], Place],
    problems: list[Problem],
) -> dict[str, Rule]:
    """A project's own rules by id, checked against the shipped ones; what is wrong goes to ``problems``.

    Args:
        entries: Rules in the layout of the catalog. ``source`` may be absent, or text of the project's own.
        book: The shipped rules.
        asked: Ids of the questions and of the derived facts.
        place_of: ``rules.add.0.when`` to where it stands.
        problems: Grows by one for each mistake.
    """
    own = [_own_entry(index, data) for index, data in enumerate(entries)]
    known = _Known(
        facts=frozenset({*book.fact_kinds, *asked}),
        sources=frozenset({*book.sources, *(source for entry in own for source in entry.data["source"])}),
        ids=frozenset({*book.rules, *(entry.id for entry in own)}),
    )
    rules: dict[str, Rule] = {}
    for entry in own:
        mistakes = [*_mistakes(entry, known, facts_fix=_NO_FACT), *_repeated(entry, {**book.rules, **rules})]
        if not mistakes:
            rule = _rule(entry)
            mistakes = _mixed(entry, {**book.rules, rule.id: rule})
            rules[entry.id] = rule
        for key, what, fix in mistakes:
            place = place_of(f"rules.add.{entry.index}.{key}")
            problems.append(InvalidInput(what, place=place, fix=_ended(fix)))
    return rules


_NO_FACT = "Name a question's id or a fact of the rules: maquette rules facts"


def _own_entry(index: int, data: Mapping[str, Any]) -> _Entry:
    layout = {key: value for key, value in data.items() if key != "area" and value is not None}
    layout["source"] = layout.get("source") or []
    return _Entry(file="", area=str(data.get("area") or OWN_AREA), index=index, data=layout)


def _entries(files: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]) -> list[_Entry]:
    return [
        _Entry(file=file, area=area, index=index, data=data)
        for file, areas in files.items()
        for area, rules in areas.items()
        for index, data in enumerate(rules)
    ]


def _book(header: Mapping[str, Any], facts: Mapping[str, Sequence[str]], rules: Mapping[str, Rule]) -> RuleBook:
    return RuleBook(
        rules=rules,
        fact_kinds={name: kind for name, (kind, _) in facts.items()},
        fact_questions={name: question for name, (_, question) in facts.items()},
        multi_slots=frozenset(header["multi_slots"]),
        sources=dict(header["sources"]),
        as_of=str(header["as_of"]),
    )


_Mistake: TypeAlias = tuple[str, str, str]
"""The key that is wrong, what is wrong with it, and what to do."""


def _mistakes(entry: _Entry, known: _Known, *, facts_fix: str = "Add it to facts in rules.yaml") -> list[_Mistake]:
    """What is wrong with one rule by itself."""
    data = entry.data
    found = [(key, f"rule {entry.id} lacks {key!r}", f"Add {key}") for key in _REQUIRED if key not in data]
    found += [
        (key, f"rule {entry.id} has a key {key!r} that rules do not have", suggestion(key, _KEYS) or "Remove it")
        for key in sorted(set(data) - _KEYS)
    ]
    if found:
        return found
    if data["strength"] not in set(Strength):
        choices = ", ".join(Strength)
        found.append(("strength", f"{data['strength']!r} is not a strength", f"Use one of {choices}"))
    found += _condition_mistakes(str(data["when"]), known.facts, facts_fix)
    for source in data["source"]:
        if source not in known.sources:
            fix = suggestion(source, known.sources) or "Add it to sources in rules.yaml"
            found.append(("source", f"no source is called {source!r}", fix))
    for other in data.get("overrides", ()):
        if other == entry.id:
            found.append(("overrides", f"rule {entry.id} overrides itself", "Remove it"))
        elif other not in known.ids:
            fix = suggestion(other, known.ids) or "Name a rule that exists"
            found.append(("overrides", f"there is no rule {other!r} to override", fix))
    if "effect" in data:
        found += [("effect", what, fix) for what, fix in effect_mistakes(entry.id, data["effect"])]
    return found


def _condition_mistakes(when: str, facts: frozenset[str], otherwise: str) -> list[_Mistake]:
    condition = _parsed(when)
    if isinstance(condition, ExpressionError):
        return [("when", str(condition), "Write a condition over facts: and, or, not, comparisons, in, + - * /")]
    return [
        ("when", f"no fact is called {name!r}", suggestion(name, facts) or otherwise)
        for name in sorted(condition.names - facts)
    ]


@lru_cache(maxsize=1024)
def _parsed(when: str) -> Expression | ExpressionError:
    try:
        return parse(when)
    except ExpressionError as error:
        return error


def _repeated(entry: _Entry, rules: Mapping[str, Rule]) -> list[_Mistake]:
    if entry.id not in rules:
        return []
    return [("id", f"there are two rules {entry.id}", "Give one of them another id")]


def _mixed(entry: _Entry, rules: Mapping[str, Rule]) -> list[_Mistake]:
    """Values of one slot must be of one kind: true and 1 would be the same proposal."""
    kinds = {slot: type(value) for rule in reversed(list(rules.values())) for slot, value in rule.proposes.items()}
    return [
        ("set", f"slot {slot!r} gets {value!r} here and a {kinds[slot].__name__} elsewhere", "Use one kind of value")
        for slot, value in rules[entry.id].proposes.items()
        if type(value) is not kinds[slot]
    ]


def _problem(entry: _Entry, key: str, what: str, fix: str, *, line_of: LineOf) -> Problem:
    place = Place(file=entry.file, line=line_of(entry.file, entry.area, entry.index, key), field=f"{entry.id}.{key}")
    return InvalidInput(what, place=place, fix=_ended(fix))


def _ended(fix: str) -> str:
    return fix if fix.endswith(("?", ".")) else fix + "."


def _rule(entry: _Entry) -> Rule:
    data = entry.data
    when = _parsed(data["when"])
    assert isinstance(when, Expression), "an entry with a mistake makes no rule"
    proposes: Mapping[str, SlotValue] = dict(data.get("set", {}))
    return Rule(
        id=data["id"],
        area=entry.area,
        when=when,
        recommend=data["recommend"],
        strength=Strength(data["strength"]),
        proposes=proposes,
        overrides=tuple(data.get("overrides", ())),
        rationale=data["rationale"],
        sources=tuple(data["source"]),
        guidance=tuple(data.get("guidance", ())),
        conflict=data.get("conflict"),
        overturn=data["overturn"],
        effect=effect_from_data(data.get("effect")),
    )
