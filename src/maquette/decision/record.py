"""Decision records as plain data, in the sections of MADR 4.0 (adr.github.io/madr). The bundle renders them.

Record 1 is the choice of the model. Each further record is a topic of the architecture with a slot that a `must` or
`strong` rule fills; what is merely to be considered makes no record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from maquette.decision.decision import Choice, Decision, DecisionStatus, Option
from maquette.decision.topics import MODEL, TOPICS, Topic
from maquette.foundation.expression import Facts
from maquette.requirements.questions import QuestionBook
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Rule, Slot, Status, Strength

_BINDING = (Strength.MUST, Strength.STRONG)


@dataclass(frozen=True, kw_only=True, slots=True)
class Driver:
    """A fact that drove the decision, with its value in words and its unit."""

    fact: str
    value: str
    unit: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsideredOption:
    """An option with what speaks for and against it; ``outcome`` is "chosen", "recommended", "open" or "not taken"."""

    name: str
    outcome: str
    pros: tuple[str, ...]
    cons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """Where common guidance and the evidence differ, by rule; both are kept."""

    rule: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """What would overturn the decision, and the rule that says so; no rule where it is computed."""

    text: str
    rule: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One architecture decision record.

    Attributes:
        id: "ADR-0001"; the number is the topic's, with gaps where a topic needs no record.
        slug: For the file's name.
        status: "proposed" or "accepted".
        decided_on: None while nothing is chosen.
        context: Paragraphs: the question that is decided.
        outcome: One sentence a decided slot; of the model's record, the choice or why there is none.
        reasons: Why, each with its source in brackets.
        good, bad: Consequences.
        rules: Ids of the rules behind it, in the order of the rule base.
        evidence: Fingerprint of what it was computed from, and run and projection where they carry it.
    """

    number: int
    id: str
    slug: str
    title: str
    status: str
    decided_on: date | None
    context: tuple[str, ...]
    drivers: tuple[Driver, ...]
    options: tuple[ConsideredOption, ...]
    outcome: tuple[str, ...]
    reasons: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    confirmation: tuple[Confirmation, ...]
    rules: tuple[str, ...]
    evidence: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]


def records(decision: Decision, *, facts: Facts, questions: QuestionBook) -> tuple[Record, ...]:
    """The model's record and one for every topic that binding rules decide, by number.

    Args:
        decision: As weighed.
        facts: What the rules were judged over; the drivers' values.
        questions: For the drivers' units.
    """
    found = [_model_record(decision, facts, questions)]
    for topic in TOPICS:
        slots = _binding_slots(decision, topic)
        if topic is not MODEL and slots:
            found.append(_topic_record(topic, slots, decision, facts, questions))
    return tuple(found)


def _model_record(decision: Decision, facts: Facts, questions: QuestionBook) -> Record:
    slots = _binding_slots(decision, MODEL)
    rules = _rules_behind(slots, decision)
    choice = decision.choice
    subject = choice.model if choice else decision.recommended
    option = next((option for option in decision.options if option.model == subject), None)
    limits = [fact for fact in ("quality.threshold", "latency.p95_ms", "budget.monthly_usd") if fact in facts]
    return Record(
        number=MODEL.number,
        id=_id(MODEL),
        slug=MODEL.slug,
        title=f"{MODEL.title}: {subject}" if subject else MODEL.title,
        status=_status(choice),
        decided_on=choice.decided_on if choice else None,
        context=(MODEL.question,),
        drivers=_drivers(limits, rules, facts, questions),
        options=tuple(_considered(option, decision) for option in decision.options),
        outcome=(*_model_outcome(decision), *(_slot_outcome(slot) for slot in slots)),
        reasons=(
            *(f"{reason.text} [{reason.source}]" for reason in decision.reasons),
            *_rationales(rules),
        ),
        good=option.for_it if option else (),
        bad=(*(option.against_it if option else ()), *_blocking(decision)),
        confirmation=(*(Confirmation(text=text, rule=None) for text in decision.flips), *_confirmations(rules)),
        rules=tuple(rule.id for rule in rules),
        evidence=(*dict.fromkeys(str(reason.source) for reason in decision.reasons), decision.computed_from),
        disagreements=_disagreements(rules),
    )


def _topic_record(
    topic: Topic, slots: Sequence[Slot], decision: Decision, facts: Facts, questions: QuestionBook
) -> Record:
    rules = _rules_behind(slots, decision)
    open_slots = any(slot.conflict for slot in slots)
    settled = _binding(rules)
    return Record(
        number=topic.number,
        id=_id(topic),
        slug=topic.slug,
        title=topic.title,
        status="proposed" if open_slots else _status(decision.choice),
        decided_on=decision.choice.decided_on if decision.choice else None,
        context=(topic.question,),
        drivers=_drivers([], rules, facts, questions),
        options=tuple(option for slot in slots for option in _slot_options(slot, rules)),
        outcome=tuple(_slot_outcome(slot) for slot in slots),
        reasons=_rationales(settled),
        good=tuple(dict.fromkeys(rule.recommend for rule in settled)),
        bad=_costs(slots, decision),
        confirmation=_confirmations(rules),
        rules=tuple(rule.id for rule in rules),
        evidence=(decision.computed_from,),
        disagreements=_disagreements(rules),
    )


def _id(topic: Topic) -> str:
    return f"ADR-{topic.number:04d}"


def _status(choice: Choice | None) -> str:
    return "accepted" if choice and choice.status is DecisionStatus.ACCEPTED else "proposed"


def _binding_slots(decision: Decision, topic: Topic) -> tuple[Slot, ...]:
    """The slots of the topic whose strongest proposal is binding; a slot belongs to the area of that rule."""
    by_id = {finding.rule.id: finding.rule for finding in decision.rules.findings}
    found: list[Slot] = []
    for slot in decision.rules.slots.values():
        strongest = by_id[next(iter(slot.proposals.values()))[0]]
        if strongest.area in topic.areas and strongest.strength in _BINDING:
            found.append(slot)
    return tuple(found)


def topic_slots(decision: Decision, number: int) -> tuple[Slot, ...]:
    """The slots that the record of that number decides."""
    return next((_binding_slots(decision, topic) for topic in TOPICS if topic.number == number), ())


def _rules_behind(slots: Iterable[Slot], decision: Decision) -> tuple[Rule, ...]:
    behind = {rule for slot in slots for ids in slot.proposals.values() for rule in ids}
    return tuple(finding.rule for finding in decision.rules.findings if finding.rule.id in behind)


def _binding(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.strength in _BINDING)


def _drivers(first: Iterable[str], rules: Iterable[Rule], facts: Facts, questions: QuestionBook) -> tuple[Driver, ...]:
    """The known facts that the rules' conditions name, after ``first``."""
    named = [*first, *(name for rule in rules for name in sorted(rule.when.names))]
    units = {name: question.unit for name, question in questions.questions.items()}
    return tuple(
        Driver(fact=name, value=readable_fact(facts[name]), unit=units.get(name))
        for name in dict.fromkeys(named)
        if name in facts
    )


def _considered(option: Option, decision: Decision) -> ConsideredOption:
    chosen = decision.choice.model if decision.choice else None
    outcome = "not taken"
    if option.model == chosen:
        outcome = "chosen"
    elif option.model == decision.recommended:
        outcome = "recommended"
    return ConsideredOption(name=option.model, outcome=outcome, pros=option.for_it, cons=option.against_it)


def _model_outcome(decision: Decision) -> tuple[str, ...]:
    choice = decision.choice
    if choice is not None:
        fallback = f", with {choice.fallback} as fallback" if choice.fallback else ", without a fallback"
        unevaluated = choice.unevaluated_because
        return (
            f"{choice.model}{fallback}, because {choice.because}",
            *_not_borne_out(decision),
            *([f"It was accepted without an evaluation, because {unevaluated}"] if unevaluated else []),
        )
    if decision.recommended is not None:
        return (f"{decision.recommended} is recommended; nobody has decided yet",)
    return (decision.no_recommendation or "Nothing is decided",)


def _not_borne_out(decision: Decision) -> tuple[str, ...]:
    """What is known against that reason, beside it."""
    return (f"Beside that reason: {'; '.join(decision.doubts)}",) if decision.doubts else ()


def _slot_outcome(slot: Slot) -> str:
    if slot.conflict:
        values = " or ".join(readable_fact(value) for value in slot.proposals)
        return f"{slot.name}: open, {values}; rules of equal strength disagree"
    if isinstance(slot.value, tuple):
        return f"{slot.name}: {', '.join(readable_fact(value) for value in slot.value)}"
    return f"{slot.name}: {readable_fact(slot.value)}"


def _slot_options(slot: Slot, rules: Iterable[Rule]) -> tuple[ConsideredOption, ...]:
    by_id = {rule.id: rule for rule in rules}
    taken = slot.value if isinstance(slot.value, tuple) else (slot.value,)
    return tuple(
        ConsideredOption(
            name=f"{slot.name}: {readable_fact(value)}",
            outcome="open" if slot.conflict else "chosen" if value in taken else "not taken",
            pros=tuple(f"{by_id[rule].recommend} ({rule}, {by_id[rule].strength})" for rule in ids),
            cons=(),
        )
        for value, ids in slot.proposals.items()
    )


def _rationales(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(f"{rule.rationale} [{rule.id}: {', '.join(rule.sources)}]" for rule in rules)


def _costs(slots: Iterable[Slot], decision: Decision) -> tuple[str, ...]:
    """What is given up: proposals that lost their slot, and rules that were overridden."""
    lost = [
        f"{slot.name} is not {readable_fact(value)}, which {', '.join(ids)} would propose"
        for slot in slots
        if not slot.conflict and not isinstance(slot.value, tuple)
        for value, ids in slot.proposals.items()
        if value != slot.value
    ]
    names = {slot.name for slot in slots}
    overridden = [
        f"{finding.rule.id} does not count: {finding.overridden_by} overrides it ({finding.rule.recommend})"
        for finding in decision.rules.findings
        if finding.overridden_by and names & finding.rule.proposes.keys()
    ]
    return (*lost, *overridden)


def _blocking(decision: Decision) -> tuple[str, ...]:
    """Each rule that stands against release, in its own words."""
    return tuple(
        f"stands against release: {finding.rule.recommend} ({finding.rule.id})"
        for finding in decision.rules.with_status(Status.FIRED)
        if finding.rule.id in decision.blocking
    )


def _confirmations(rules: Iterable[Rule]) -> tuple[Confirmation, ...]:
    return tuple(Confirmation(text=rule.overturn, rule=rule.id) for rule in rules if rule.overturn != "none")


def _disagreements(rules: Iterable[Rule]) -> tuple[Disagreement, ...]:
    return tuple(Disagreement(rule=rule.id, text=rule.conflict) for rule in rules if rule.conflict)
