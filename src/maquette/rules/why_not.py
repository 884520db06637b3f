"""Why a rule did not fire: which parts of its condition are false, and the smallest single change that would fire it.

For an unknown rule: which facts it needs, and what each answer would do. Nothing here knows a rule.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from maquette.foundation.expression import Expression, ExpressionError, Facts, FactValue, parse
from maquette.requirements.questions import QuestionBook, QuestionKind
from maquette.rules.explaining import finding_named, readable_fact
from maquette.rules.judging import judged
from maquette.rules.probing import Vocabulary, answers, beside, figures, inputs_of, readable, with_fact
from maquette.rules.report import Rule, RuleBook, RuleReport, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of a condition: a comparison or fact that stands by itself.

    Attributes:
        text: As the rule says it.
        holds: True, False, or None while it is unknown.
        facts: The facts in it, sorted, with their values; None when unknown.
        either: It stands in an "or": another part may hold instead.
    """

    text: str
    holds: bool | None
    facts: tuple[tuple[str, FactValue | None], ...]
    either: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One fact whose change alone would fire the rule: ``how`` is "=", "at least", "more than", "at most", ..."""

    fact: str
    now: FactValue | None
    how: str
    to: FactValue

    @property
    def words(self) -> str:
        """For a person."""
        to = readable(self.to) if isinstance(self.to, Decimal) else readable_fact(self.to)
        return f"{self.fact} {self.how} {to} (now {readable_fact(self.now)})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What an answer to an open fact does to the rule."""

    fact: str
    answer: str
    status: Status


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyNot:
    """What stands between a rule and its firing.

    Attributes:
        parts: Every part of the condition.
        changes: Single changes that would fire it, the smallest of each fact.
        together: Where none does alone: one change of each fact that stands against it, which together fire it.
        effects: What each answer to a fact that it needs would do; empty unless the rule is unknown.
        needs: The facts that are asked for, the inputs of derived facts in their stead.
    """

    rule: Rule
    status: Status
    parts: tuple[Part, ...]
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    needs: tuple[str, ...]
    muted_because: str | None
    together: tuple[Change, ...] = ()

    def as_text(self) -> str:
        """For a person, in lines, without markup."""
        lines = [f"{self.rule.id}  {self.rule.recommend}", f"  when       {self.rule.when.text}"]
        if self.status is Status.FIRED:
            return "\n".join([f"{lines[0]}", "  It fired: maquette rules explain says why."])
        if self.muted_because is not None:
            lines.append(f"  muted here because {self.muted_because}; without that:")
        for part in self.parts:
            values = ", ".join(f"{name} = {readable_fact(value)}" for name, value in part.facts)
            either = "  (one of several would do)" if part.either and part.holds is not True else ""
            lines.append(f"  {_WORDS[part.holds]:<10} {part.text}: {values}{either}")
        lines += [f"  needs      {name}" for name in self.needs]
        lines += self._outcomes()
        lines += [f"  fires with {change.words}" for change in self.changes]
        if self.status is Status.NOT_FIRED and not self.changes:
            lines.append("  fires with no change of a single fact")
        if self.together:
            lines.append(f"  fires with all of: {'; '.join(change.words for change in self.together)}")
        return "\n".join(lines)

    def _outcomes(self) -> Iterator[str]:
        """What answers do, those that do the same in one line."""
        for (fact, status), found in groupby(self.effects, key=lambda one: (one.fact, one.status)):
            yield f"  if         {fact} is {' or '.join(one.answer for one in found)}: {_OUTCOMES[status]}"


_WORDS = {True: "holds", False: "false", None: "unknown"}
_OUTCOMES = {
    Status.FIRED: "it fires",
    Status.NOT_FIRED: "it does not apply",
    Status.UNKNOWN: "still unknown",
    Status.MUTED: "muted",
}


def why_not(book: RuleBook, report: RuleReport, rule_id: str, facts: Facts, questions: QuestionBook) -> WhyNot:
    """Why the rule of that id did not fire under ``facts``, which ``report`` was judged over.

    Raises:
        NotFound: There is no such rule; the message proposes the closest.
    """
    finding = finding_named(report, rule_id)
    rule = finding.rule
    status = judged(rule, facts).status
    known = Vocabulary(questions=questions, kinds=book.fact_kinds)
    inputs = sorted(inputs_of(rule.when.names, questions))
    unknown = [name for name in inputs if name not in facts] if status is Status.UNKNOWN else []
    changes = tuple(_changes(rule, inputs, facts, known)) if status is Status.NOT_FIRED else ()
    return WhyNot(
        rule=rule,
        status=finding.status,
        parts=tuple(_parts(rule.when.tree, facts, either=False)),
        changes=changes,
        effects=tuple(effect for name in unknown for effect in _effects(rule, name, facts, known)),
        needs=tuple(unknown),
        muted_because=finding.muted_because,
        together=_together(rule, facts, known) if status is Status.NOT_FIRED and not changes else (),
    )


def _together(rule: Rule, facts: Facts, known: Vocabulary) -> tuple[Change, ...]:
    """One change for each part of an "and" that does not hold; empty where they do not fire the rule after all."""
    tree = rule.when.tree
    if not isinstance(tree, ast.BoolOp) or not isinstance(tree.op, ast.And):
        return ()
    found: list[Change] = []
    changed = dict(facts)
    for node in tree.values:
        part = replace(rule, when=parse(ast.unparse(node)))
        if _holds(part.when, changed) is True:
            continue
        names = sorted(inputs_of(part.when.names, known.questions))
        change = next(iter(_changes(part, names, changed, known)), None)
        if change is None:
            return ()
        found.append(change)
        changed = with_fact(changed, change.fact, _just(change, known), known.questions)
    return tuple(found) if _holds(rule.when, changed) is True else ()


def _just(change: Change, known: Vocabulary) -> FactValue:
    """The value that a change stands for: just beside its figure where it says more or less than it."""
    if isinstance(change.to, Decimal) and change.how in {"more than", "less than"}:
        below, above = beside(change.fact, change.to, known)
        return above if change.how == "more than" else below
    return change.to


def _parts(node: ast.expr, facts: Facts, *, either: bool) -> Iterator[Part]:
    """The parts in the order of the text; "and" and "or" are taken apart, whatever else is one part."""
    if isinstance(node, ast.BoolOp):
        for inner in node.values:
            yield from _parts(inner, facts, either=either or isinstance(node.op, ast.Or))
        return
    part = parse(ast.unparse(node))
    values = tuple((name, facts.get(name)) for name in sorted(part.names))
    yield Part(text=part.text, holds=_holds(part, facts), facts=values, either=either)


def _holds(part: Expression, facts: Facts) -> bool | None:
    try:
        return part.holds(facts)
    except ExpressionError:
        return None


def _changes(rule: Rule, inputs: Iterable[str], facts: Facts, known: Vocabulary) -> Iterator[Change]:
    for name in inputs:
        found = _change(rule, name, facts, known)
        if found is not None:
            yield found


def _change(rule: Rule, name: str, facts: Facts, known: Vocabulary) -> Change | None:
    """The smallest change of one fact that fires the rule; None when no value of it does."""
    now = facts.get(name)
    if known.is_number(name):
        return _of_number(rule, name, facts, known)
    asked = known.question(name)
    if asked is not None and asked.kind is QuestionKind.MULTI and isinstance(now, tuple):
        return _of_several(rule, name, now, facts, known)
    for answer in answers(name, [rule], facts, known):
        if answer.value != now and _fires(rule, name, answer.value, facts, known):
            return Change(fact=name, now=now, how="=", to=answer.value)
    return None


def _of_several(rule: Rule, name: str, now: tuple[str, ...], facts: Facts, known: Vocabulary) -> Change | None:
    """One entry more, or one less."""
    asked = known.question(name)
    more = [(*now, choice) for choice in (asked.choices if asked else ()) if choice not in now]
    less = [tuple(each for each in now if each != gone) for gone in now]
    for value in (*more, *less):
        if _fires(rule, name, value, facts, known):
            return Change(fact=name, now=now, how="=", to=value)
    return None


def _of_number(rule: Rule, name: str, facts: Facts, known: Vocabulary) -> Change | None:
    now = facts.get(name)
    here = Decimal(str(now)) if isinstance(now, int | float | Decimal) else None
    found: list[Change] = []
    for figure in figures(name, [rule], facts, known):
        below, above = beside(name, figure, known)
        if here is None or figure >= here:
            found += _first(rule, name, facts, known, [(figure, "at least", figure), (above, "more than", figure)])
        if here is None or figure <= here:
            found += _first(rule, name, facts, known, [(figure, "at most", figure), (below, "less than", figure)])
    return min(found, key=lambda change: abs(Decimal(str(change.to)) - (here or Decimal(0))), default=None)


def _first(
    rule: Rule, name: str, facts: Facts, known: Vocabulary, tries: Iterable[tuple[Decimal, str, Decimal]]
) -> list[Change]:
    for value, how, figure in tries:
        if known.allows(name, value) and _fires(rule, name, value, facts, known):
            return [Change(fact=name, now=facts.get(name), how=how, to=figure)]
    return []


def _effects(rule: Rule, name: str, facts: Facts, known: Vocabulary) -> Iterator[Effect]:
    for answer in answers(name, [rule], facts, known):
        changed = with_fact(facts, name, answer.value, known.questions)
        yield Effect(fact=name, answer=answer.words, status=judged(rule, changed).status)


def _fires(rule: Rule, name: str, value: FactValue, facts: Facts, known: Vocabulary) -> bool:
    changed = with_fact(facts, name, value, known.questions)
    try:
        return rule.when.holds(changed) is True
    except ExpressionError:
        return False
