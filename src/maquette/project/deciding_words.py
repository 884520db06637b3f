"""The decision stage as rows and sentences, the same in the terminal app and in notebooks. Text only, no markup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maquette.decision.basis import Stale
from maquette.decision.bindings import Binding, Part
from maquette.decision.comparing import Side
from maquette.decision.decision import Decision, Deviation, Experiment, OpenQuestion
from maquette.decision.effect_values import Effect, Versus
from maquette.decision.effects import GIVEN_UP, effect_words
from maquette.decision.lock_in import dependence_words
from maquette.decision.record import Record
from maquette.decision.refusing import Refusal
from maquette.foundation.sources import SourceKind
from maquette.foundation.units import readable_span
from maquette.project.deciding_options import options_side_by_side, who_plays_what
from maquette.project.deciding_records import records_of, stale_of
from maquette.project.releasing import ReleaseItem, ReleaseState, release_words
from maquette.project.serving import serving_words
from maquette.project.view import View
from maquette.rules.report import Finding, Status, Strength

SIDE_HEADINGS = ("option", "quality (95 %)", "month 1", "in all", "p95", "last day", "machines", "data", "risks")
PART_HEADINGS = ("part", "model", "because")
QUESTION_HEADINGS = ("weight", "fact", "learn it by", "rules that wait")
RULE_HEADINGS = ("what", "rule", "says", "because")
RELEASE_HEADINGS = ("state", "before a release", "owner", "evidence")

Section = tuple[str, tuple[str, ...]]
"""A heading and its lines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deciding:
    """Everything that the decision stage shows."""

    decision: Decision
    sides: tuple[Side, ...]
    parts: tuple[Binding, ...]
    stale: tuple[Stale, ...]
    sizing: tuple[str, ...]
    release: tuple[ReleaseItem, ...] = ()
    records: tuple[Record, ...] = ()


def deciding(view: View) -> Deciding:
    """Everything of it, as the project stands.

    Raises:
        Problem: An input of the projection is missing or wrong.
    """
    return Deciding(
        decision=view.decision,
        sides=options_side_by_side(view),
        parts=who_plays_what(view),
        stale=stale_of(view),
        sizing=tuple(f"{name}: {serving_words(plan)}" for name, plan in view.serving.items()),
        release=view.release,
        records=records_of(view),
    )


# -- the verdict --------------------------------------------------------------------------------------------------


def verdict(decision: Decision) -> str:
    """What is decided, who signed it, or what is recommended, or why nothing is."""
    choice = decision.choice
    if choice is None:
        if decision.recommended is not None:
            return f"Recommended: {decision.recommended}. Nothing is decided yet."
        return f"No recommendation: {decision.no_recommendation}"
    by = f", signed by {choice.signed_by}" if choice.signed_by else ""
    on = choice.signed_on or choice.decided_on
    fallback = f", fallback {choice.fallback}" if choice.fallback else ""
    return f"Decided: {choice.model}{fallback} ({choice.status} {on}{by}): {choice.because}"


def refusal_head(refusal: Refusal) -> str:
    """The no in one line, with the rule that says it."""
    return f"No: {refusal.what}" + (f" [{refusal.rule}]" if refusal.rule else "")


def refusal_lines(refusal: Refusal) -> tuple[str, ...]:
    """Its arithmetic, then what would change it."""
    return (*refusal.arithmetic, *(f"would change it: {line}" for line in refusal.change))


def next_lines(decision: Decision) -> tuple[str, ...]:
    """The best question to answer next, and the best thing to measure next."""
    lines = [f"ask next: {question_words(one)}" for one in decision.open_questions[:1]]
    return (*lines, *(f"measure next: {experiment_words(one)}" for one in decision.experiments[:1]))


def question_words(question: OpenQuestion) -> str:
    """The fact and how it is asked for."""
    return f"{question.fact}: {question.ask}"


def experiment_words(experiment: Experiment) -> str:
    """What to measure, why, and how."""
    return f"{experiment.what}, because {experiment.because} ({experiment.command})"


# -- the options side by side -------------------------------------------------------------------------------------


def side_cells(side: Side) -> tuple[str, ...]:
    """One option, in the order of `SIDE_HEADINGS`; empty where nothing is known."""
    return (
        f"{side.model} ({side.standing})" if side.standing else side.model,
        _quality(side),
        readable_span(side.usd_first_month),
        readable_span(side.usd_total),
        _speed(side),
        side.retires_on.isoformat() if side.retires_on else "",
        machine_words(side),
        side.terms,
        "; ".join(side.risks),
    )


def _quality(side: Side) -> str:
    if side.score is None or side.interval is None:
        return side.verdict.replace("_", " ")
    return f"{side.score:.3f} ({side.interval.low:.3f} - {side.interval.high:.3f})"


def _speed(side: Side) -> str:
    if side.speed is None:
        return ""
    kind = SourceKind.MEASURED if side.speed.measured else SourceKind.ESTIMATED
    return f"{side.speed.p95_s:.3g} s {kind.mark}"


def machine_words(side: Side) -> str:
    """The machines of an option and what they bear; empty where it needs none of its own."""
    if side.machines is None:
        return ""
    bears = side.machines.requests_per_s
    return side.machines.words + (f", {bears:.3g}/s" if bears is not None else "")


def part_cells(binding: Binding) -> tuple[str, ...]:
    """Who plays one part, in the order of `PART_HEADINGS`."""
    part = f"{binding.part.value} {binding.place}" if binding.part is Part.FALLBACK else binding.part.value
    return (part, binding.model or "nobody", binding.because)


# -- what is open -------------------------------------------------------------------------------------------------


def question_cells(question: OpenQuestion) -> tuple[str, ...]:
    """One open question, in the order of `QUESTION_HEADINGS`."""
    return (str(question.weight), question.fact, question.how, ", ".join(question.rules))


def question_detail(question: OpenQuestion) -> tuple[str, ...]:
    """How it is asked, and what each answer would do."""
    return (question.ask, *(question.could_change or ("No answer to it alone changes anything.",)))


# -- rules and the project ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleRow:
    """A rule of which the project must know, or about which it says something.

    Attributes:
        key: Unique among the rows.
        rule: Its id.
        lacks_reason: Whether the stated design deviates from it and nobody says why.
    """

    key: str
    rule: str
    cells: tuple[str, ...]
    lacks_reason: bool = False


def rule_rows(decision: Decision) -> tuple[RuleRow, ...]:
    """Deviations, a must's first, then what stands against release, then what the project overrides or mutes."""
    deviating = sorted(decision.deviations, key=lambda one: one.strength != Strength.MUST)
    rows = [row for one in deviating for row in _deviating(one)]
    told = {row.rule for row in rows}
    for name in decision.blocking:
        finding = decision.rules.finding(name)
        if finding is not None and name not in told:
            cells = ("against release", name, finding.rule.recommend, finding.rule.rationale)
            rows.append(RuleRow(key=f"against {name}", rule=name, cells=cells))
    for finding in decision.rules.findings:
        if said := _said(finding):
            cells = (said[0], finding.rule.id, finding.rule.recommend, said[1])
            rows.append(RuleRow(key=f"said {finding.rule.id}", rule=finding.rule.id, cells=cells))
    return tuple(rows)


def _deviating(one: Deviation) -> Iterator[RuleRow]:
    what = f"{one.fact} is {one.stated}"
    for name in one.rules:
        cells = (what, name, f"{one.strength}: {one.proposed}", one.because or "nobody says why")
        yield RuleRow(key=f"{one.slot} {name}", rule=name, cells=cells, lacks_reason=one.because is None)


def _said(finding: Finding) -> tuple[str, str] | None:
    """What the project says of a rule, and why."""
    if finding.muted_because is not None:
        return ("muted", finding.muted_because)
    if finding.status is not Status.FIRED:
        return None
    if finding.overruled is not None:
        until = f" until {finding.overruled.until.isoformat()}" if finding.overruled.until else ""
        return (f"overridden{until}", finding.overruled.because)
    if finding.lapsed is not None and finding.lapsed.until is not None:
        return ("no longer overridden", f"that counted until {finding.lapsed.until.isoformat()}")
    return None


# -- before a release ---------------------------------------------------------------------------------------------


def release_cells(item: ReleaseItem) -> tuple[str, ...]:
    """One item, in the order of `RELEASE_HEADINGS`."""
    return (item.state.value, item.what, item.owner, item.evidence)


def release_head(items: Sequence[ReleaseItem]) -> str:
    """How far the release is: "Before a release: 7 block, 3 open, 4 of 14 done"."""
    return f"Before a release: {release_words(items)}" if items else ""


# -- everything ---------------------------------------------------------------------------------------------------


def sections(found: Deciding) -> tuple[Section, ...]:
    """All that is to be read, the verdict first; without the options and the parts, which are tables."""
    decision, report = found.decision, found.decision.rules
    fired, unknown = len(report.with_status(Status.FIRED)), len(report.with_status(Status.UNKNOWN))
    told: list[Section] = [(refusal_head(one), refusal_lines(one)) for one in decision.refusals]
    told.append(("Verdict", (verdict(decision), *(f"because {reason.text}" for reason in decision.reasons))))
    told.append(("Records that are stale", tuple(one.words for one in found.stale)))
    told.append(("Facts with two values", tuple(one.words for one in decision.conflicts)))
    told.append((release_head(found.release), tuple(map(_item_line, _unfinished(found.release)))))
    told.append(("What would change it", decision.flips))
    told.append(("What the choice does beside the others", tuple(map(versus_words, decision.beside_others))))
    shown = [one for one in decision.effects if one.rule.proposes and one.rule.strength in _BINDING]
    told.append(("What each recommendation does", tuple(f"{one.rule.id}: {effect_line(one)}" for one in shown)))
    told.append(("What ties the design to its provider", tuple(map(dependence_words, decision.lock_in))))
    told.append(("How the model gets to know the task", adaptation_lines(decision)))
    told.append(("Next to measure", tuple(map(experiment_words, decision.experiments))))
    told.append(("Questions that are open", tuple(map(_open_line, decision.open_questions))))
    rows = (f"{one.cells[0]}; {one.rule} says {one.cells[2]}; because {one.cells[3]}" for one in rule_rows(decision))
    told.append((f"Rules: {fired} fired, {unknown} unknown", tuple(rows)))
    told.append(("Accepted risks", decision.accepted_risks))
    told.append(("Sizing", found.sizing))
    told.append(("Records", tuple(f"{one.id}  {one.title} ({one.status})" for one in found.records)))
    return tuple((heading, lines) for heading, lines in told if lines)


_BINDING = (Strength.MUST, Strength.STRONG)


def effect_line(effect: Effect) -> str:
    """The three axes in one line, with the figures."""
    return "; ".join(f"{axis}: {words}" for axis, words in effect_words(effect) if axis != GIVEN_UP)


def adaptation_lines(decision: Decision) -> tuple[str, ...]:
    """Each yes of the path, what it would be tuned from, what recorded runs reached, and whether to fine-tune."""
    found = decision.adaptation
    if found is None:
        return ()
    tuned, ladder = decision.tuned, decision.ladder
    return (
        *(step.words for step in found.steps if step.yes),
        *((tuned.words, *tuned.warnings) if tuned is not None else ()),
        *(f"step {rung.words}" for rung in (ladder.rungs if ladder is not None else ())),
        *(f"out of order: {early}" for early in (ladder.out_of_order if ladder is not None else ())),
        f"fine-tune? {'yes' if found.fine_tune else 'no'}: {found.because}",
    )


def _unfinished(items: Sequence[ReleaseItem]) -> tuple[ReleaseItem, ...]:
    return tuple(one for one in items if one.state is not ReleaseState.DONE)


def _item_line(item: ReleaseItem) -> str:
    return f"{item.state}: {item.what} ({item.owner}): {item.evidence}"


def versus_words(one: Versus) -> str:
    """What the model in question does better and worse than another one."""
    return f"{one.other}: " + ", ".join(f"{change.axis} {change.text}" for change in one.changes)


def _open_line(question: OpenQuestion) -> str:
    changes = f" ({'; '.join(question.could_change)})" if question.could_change else ""
    return f"{question.weight}  {question.how}: {question_words(question)}{changes}"
