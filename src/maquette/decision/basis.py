"""What each decision record was made from, a line each, and which of these lines read otherwise today.

A line is ``name = value``: a fact, a slot, a rule that fired, a price, a last day, a figure of a run. They stand in the
project's file, so that a later change marks exactly the records that rest on it, and can say what it was before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from maquette.catalog.cards import ModelCard
from maquette.decision.contenders import Contender
from maquette.decision.decision import Decision, Option
from maquette.decision.record import Record, topic_slots
from maquette.decision.topics import MODEL, TOPICS
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import readable_usd
from maquette.requirements.questions import QuestionBook
from maquette.rules.explaining import readable_fact
from maquette.rules.probing import inputs_of
from maquette.rules.report import RuleReport

_BETWEEN = " = "
_LIMITS = ("quality.threshold", "latency.p95_ms", "budget.monthly_usd")
_OBSERVED = ("eval.", "cost.", "cat.", "ops.")
"""Facts that stand in the lines of the model itself, or change by the day: a record names what they came to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """One line that reads otherwise than when the decision was made; None where it was not there, or is not now."""

    name: str
    before: str | None
    now: str | None

    @property
    def words(self) -> str:
        """For a person: ``scale.requests_per_day 400 -> 4000``."""
        return f"{self.name} {self.before or 'not there'} -> {self.now or 'not there'}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stale:
    """A record that no longer rests on what it was made from."""

    record: str
    slug: str
    moved: tuple[Moved, ...]

    @property
    def words(self) -> str:
        """For a person, one line."""
        shown = "; ".join(one.words for one in self.moved[:_SHOWN])
        more = f" and {len(self.moved) - _SHOWN} more" if len(self.moved) > _SHOWN else ""
        return f"{self.record} ({self.slug}) is stale: {shown}{more}"


_SHOWN = 3


def bases(
    decision: Decision,
    records: Sequence[Record],
    *,
    facts: Facts,
    questions: QuestionBook,
    cards: Mapping[str, ModelCard],
) -> dict[str, tuple[str, ...]]:
    """Record id to its lines, in the order of the records.

    Args:
        decision: As weighed now.
        records: The records of that decision.
        facts: What the rules were judged over.
        questions: For the inputs of derived facts.
        cards: What the project calls a model, to its card.
    """
    found: dict[str, tuple[str, ...]] = {}
    for record in records:
        lines = [*_of_rules(record, decision.rules, facts, questions), *_of_slots(record, decision)]
        if record.number == MODEL.number:
            lines += _of_models(decision, facts, cards)
        found[record.id] = tuple(dict.fromkeys(f"{name}{_BETWEEN}{value}" for name, value in lines))
    return found


def stale_records(
    stored: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]], records: Iterable[Record]
) -> tuple[Stale, ...]:
    """The records whose lines changed, by number; one that came or went is stale by its slots."""
    slugs = {f"ADR-{topic.number:04d}": topic.slug for topic in TOPICS} | {one.id: one.slug for one in records}
    found = []
    for name in sorted({*stored, *now}):
        before, after = (dict(_split(lines.get(name, ()))) for lines in (stored, now))
        moved = tuple(
            Moved(name=key, before=before.get(key), now=after.get(key))
            for key in dict.fromkeys([*before, *after])
            if before.get(key) != after.get(key)
        )
        if moved:
            ordered = sorted(moved, key=lambda one: (one.before is None or one.now is None, one.name))
            found.append(Stale(record=name, slug=slugs.get(name, ""), moved=tuple(ordered)))
    return tuple(found)


def _split(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(_BETWEEN)
        yield name, value


def _of_rules(record: Record, report: RuleReport, facts: Facts, questions: QuestionBook) -> Iterator[tuple[str, str]]:
    """Each rule behind the record, and each stated fact that it names; what is observed is told with the model."""
    for name in record.rules:
        finding = report.finding(name)
        if finding is None:
            continue
        rule = finding.rule
        what = fingerprint(rule.when.text, rule.recommend, rule.strength, rule.proposes, rule.overrides)
        deviation = " overridden" if finding.overruled else ""
        yield f"rule {name}", f"{finding.status.value}{deviation} {what[:8]}"
        for fact in sorted(inputs_of(rule.when.names, questions)):
            if not fact.startswith(_OBSERVED):
                yield fact, readable_fact(facts.get(fact))


def _of_slots(record: Record, decision: Decision) -> Iterator[tuple[str, str]]:
    for slot in topic_slots(decision, record.number):
        yield f"slot {slot.name}", "open" if slot.conflict else readable_value(slot.value)


def readable_value(value: object) -> str:
    """A slot's value in words."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _of_models(decision: Decision, facts: Facts, cards: Mapping[str, ModelCard]) -> Iterator[tuple[str, str]]:
    """The limits, the recommendation, and the figures of the model that was chosen and of its fallback."""
    for fact in _LIMITS:
        yield fact, readable_fact(facts.get(fact))
    choice = decision.choice
    yield "recommended", decision.recommended or "none"
    options = {option.model: option for option in decision.options}
    for name in dict.fromkeys(filter(None, (choice.model, choice.fallback) if choice else (decision.recommended,))):
        if name in options:
            yield from _figures(options[name])
        if name in cards:
            yield from _of_card(name, cards[name])


def _figures(option: Option) -> Iterator[tuple[str, str]]:
    result, name = option.result, option.model
    one = Contender(model=name, result=result, cost=option.cost, card=None)
    if result is not None and result.score is not None:
        yield f"score of {name}", f"{result.correct} of {result.scored}"
        yield f"verdict on {name}", result.verdict.value
    else:
        yield f"score of {name}", "not evaluated"
    if one.first_month_usd is not None:
        yield f"first month of {name}", readable_usd(one.first_month_usd)


def _of_card(name: str, card: ModelCard) -> Iterator[tuple[str, str]]:
    yield f"last day of {name}", card.retires_on.isoformat() if card.retires_on else "none published"
    if card.price is not None:
        for key, usd in sorted(card.price.usd_per_unit.items()):
            if key in _PRICES:
                yield f"price of {name}, {key}", f"{usd:f}"


_PRICES = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
