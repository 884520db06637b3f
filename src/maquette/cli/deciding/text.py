"""What is said of a decision: every no, the verdict, deviations, what is open and what to measure, options compared."""

from collections.abc import Iterable, Iterator, Sequence

import click

from maquette.cli.console import print_table
from maquette.cli.deciding.wrapping import echo, echo_columns
from maquette.decision.bindings import Binding
from maquette.decision.comparing import Side
from maquette.decision.decision import Decision
from maquette.decision.lock_in import dependence_words
from maquette.foundation.units import readable_span
from maquette.project.deciding_words import (
    PART_HEADINGS,
    effect_line,
    experiment_words,
    machine_words,
    part_cells,
    refusal_head,
    refusal_lines,
    versus_words,
)
from maquette.rules.judging import STRONGEST_FIRST
from maquette.rules.report import Finding, Status, Strength

_EXPERIMENTS_SHOWN = 5
_QUESTIONS_SHOWN = 10
_SIDE_BY_SIDE = 3
_BINDING = (Strength.MUST, Strength.AVOID, Strength.STRONG)


def show_refusals(decision: Decision, *, plain_text: bool = False) -> None:
    """Every no with its arithmetic, before anything else."""
    for one in decision.refusals:
        echo(refusal_head(one), plain_text=plain_text)
        for line in refusal_lines(one):
            echo(line, indent=2, plain_text=plain_text)


def show_decision(decision: Decision, *, plain_text: bool = False) -> None:
    """The choice or the recommendation, its reasons, the options, the rules and what is open."""
    for line in _verdict(decision):
        echo(line, plain_text=plain_text)
    for reason in decision.reasons:
        echo(f"because {reason.text} [{reason.source}]", indent=2, plain_text=plain_text)
    for option in decision.options:
        for word, sentences in (("for", option.for_it), ("against", option.against_it)):
            for sentence in sentences:
                echo(f"{option.model}, {word}: {sentence}", indent=2, hanging=4, plain_text=plain_text)
    for flip in decision.flips:
        echo(f"What would overturn it: {flip}", plain_text=plain_text)
    _show_beside(decision, plain_text=plain_text)
    _show_rules(decision, plain_text=plain_text)
    _show_adaptation(decision, plain_text=plain_text)
    _show_lock_in(decision, plain_text=plain_text)
    _show_questions(decision, plain_text=plain_text)


def _verdict(decision: Decision) -> Iterator[str]:
    choice = decision.choice
    if choice is not None:
        fallback = f", fallback {choice.fallback}" if choice.fallback else ""
        yield f"Decided on {choice.decided_on}: {choice.model}{fallback} ({choice.status}): {choice.because}"
        if choice.signed_on:
            yield f"Accepted on {choice.signed_on} by {choice.signed_by or 'nobody by name'}"
        if choice.unevaluated_because:
            yield f"Accepted without an evaluation: {choice.unevaluated_because}"
    elif decision.recommended:
        yield f"Recommended: {decision.recommended}"
    else:
        yield f"No recommendation: {decision.no_recommendation or ''}"


def _show_beside(decision: Decision, *, plain_text: bool) -> None:
    """What the model in question does better and worse than each other option."""
    for one in decision.beside_others:
        echo(f"Beside {versus_words(one)}", plain_text=plain_text)


def _show_rules(decision: Decision, *, plain_text: bool) -> None:
    """What binds, the strongest first, with its effect; what is only to be considered is counted."""
    report = decision.rules
    counts = {status: len(report.with_status(status)) for status in Status}
    fired = sorted(report.with_status(Status.FIRED), key=lambda one: STRONGEST_FIRST.index(one.rule.strength))
    binding = [one for strength in _BINDING for one in fired if one.rule.strength is strength]
    click.echo(
        f"Rules: {counts[Status.FIRED]} fired, {counts[Status.UNKNOWN]} unknown, {counts[Status.NOT_FIRED]} not."
    )
    for one in binding:
        lead = f"{one.rule.strength.value:<7}{one.rule.id:<13}" if not plain_text else f"{one.rule.strength.value} "
        text = f"{lead}{one.rule.recommend}" if not plain_text else f"{lead}{one.rule.id}: {one.rule.recommend}"
        echo(text, indent=2, hanging=20, plain_text=plain_text)
        if effect := decision.effect_of(one.rule.id):
            echo(effect_line(effect), indent=22, hanging=2, plain_text=plain_text)
    if rest := [one.rule.id for one in fired if one.rule.strength is Strength.CONSIDER]:
        echo(f"To consider: {', '.join(rest)}", indent=2, plain_text=plain_text)
    for one in fired:
        if one.rule.strength is Strength.INFO:
            echo(f"{one.rule.recommend} ({one.rule.id})", indent=2, plain_text=plain_text)
    for slot in report.slots.values():
        if slot.conflict and slot.name != "role":
            values = ", ".join(f"{value} ({', '.join(rules)})" for value, rules in slot.proposals.items())
            echo(f"Conflict on {slot.name}: {values}; settle it: maquette rules override ID.", plain_text=plain_text)
    if differ := [one.rule.id for one in fired if one.rule.conflict]:
        echo(
            f"Guidance and evidence differ: {', '.join(differ)}; how: maquette rules explain ID.", plain_text=plain_text
        )


def _show_adaptation(decision: Decision, *, plain_text: bool) -> None:
    found = decision.adaptation
    if found is None:
        return
    click.echo("How the model gets to know the task:")
    for step in found.steps:
        if step.yes:
            echo(step.words, indent=2, plain_text=plain_text)
    no, unknown = ([step.rule for step in found.steps if step.yes is answer] for answer in (False, None))
    rest = f"Does not apply: {', '.join(no) or 'none'}. Unknown: {', '.join(unknown) or 'none'}."
    echo(rest, indent=2, plain_text=plain_text)
    if decision.tuned is not None:
        for line in (decision.tuned.words, *decision.tuned.warnings):
            echo(line, indent=2, plain_text=plain_text)
    for rung in decision.ladder.rungs if decision.ladder else ():
        echo(f"Step {rung.words}", indent=2, plain_text=plain_text)
    for early in decision.ladder.out_of_order if decision.ladder else ():
        echo(f"Out of order: {early}", indent=2, plain_text=plain_text)
    echo(f"Fine-tune? {'yes' if found.fine_tune else 'no'}: {found.because}", indent=2, plain_text=plain_text)
    for role in decision.roles:
        echo(role.words, indent=2, plain_text=plain_text)


def _show_lock_in(decision: Decision, *, plain_text: bool) -> None:
    if not decision.lock_in:
        return
    click.echo("What ties the design to its provider:")
    for one in decision.lock_in:
        echo(dependence_words(one), indent=2, hanging=4, plain_text=plain_text)


def _show_questions(decision: Decision, *, plain_text: bool) -> None:
    if decision.open_questions:
        click.echo("Not known yet, by how much it could change:")
    for question in decision.open_questions[:_QUESTIONS_SHOWN]:
        swing = decision.swing_of(question.fact)
        count = len(question.rules)
        waits = [f"{count} {'rule waits' if count == 1 else 'rules wait'}"] if count else []
        waits += [swing.words] if swing is not None else []
        echo(
            f"{question.fact} ({question.how}): {question.ask} [{'; '.join(waits)}]",
            indent=2,
            hanging=4,
            plain_text=plain_text,
        )
    if (more := len(decision.open_questions) - _QUESTIONS_SHOWN) > 0:
        echo(f"and {more} more: maquette rules facts", indent=2, plain_text=plain_text)


def show_more(decision: Decision, *, plain_text: bool = False) -> None:
    """Deviations, what the project accepts or mutes, and what to measure next."""
    for conflict in decision.conflicts:
        echo(f"Two values: {conflict.words}", plain_text=plain_text)
    for one in decision.deviations:
        reason = f"because {one.because}" if one.because else "and nobody says why: rules.override in maquette.yaml"
        rules = ", ".join(one.rules)
        echo(
            f"Deviates: {one.fact} is {one.stated}, {rules} ({one.strength}) proposes {one.proposed}, {reason}",
            plain_text=plain_text,
        )
    for finding in decision.rules.findings:
        if line := _what_the_project_says(finding):
            echo(line, plain_text=plain_text)
    for experiment in decision.experiments[:_EXPERIMENTS_SHOWN]:
        echo(f"Next to measure: {experiment_words(experiment)}", plain_text=plain_text)


def _what_the_project_says(finding: Finding) -> str:
    if finding.muted_because is not None:
        return f"Muted: {finding.rule.id}, because {finding.muted_because}"
    if finding.status is not Status.FIRED:
        return ""
    if finding.overruled is not None:
        until = f" until {finding.overruled.until.isoformat()}" if finding.overruled.until else ""
        return f"Overridden{until}: {finding.rule.id} ({finding.rule.strength}), because {finding.overruled.because}"
    if finding.lapsed is not None and finding.lapsed.until is not None:
        return f"No longer overridden: {finding.rule.id}, that counted until {finding.lapsed.until.isoformat()}"
    return ""


_HEADINGS = ("model", "quality (95 %)", "month 1", "total", "p95", "machines", "last day", "data", "risks")


def show_comparison(sides: Sequence[Side], parts: Iterable[Binding], *, plain_text: bool) -> None:
    """The options side by side, three at a time, then who plays which part."""
    rows = [_cells(side) for side in sides]
    if plain_text:
        print_table(_HEADINGS, rows, plain_text=True)
    for start in range(0, 0 if plain_text else len(rows), _SIDE_BY_SIDE):
        some = rows[start : start + _SIDE_BY_SIDE]
        echo_columns([(name, *(row[place] for row in some)) for place, name in enumerate(_HEADINGS)])
        click.echo()
    named = [part_cells(one) for one in parts]
    if plain_text:
        print_table(PART_HEADINGS, named, plain_text=True)
        return
    for part, model, because in named:
        echo(f"{part}: {model}. {because[:1].upper()}{because[1:]}")


def _cells(side: Side) -> tuple[str, ...]:
    quality = side.verdict
    if side.score is not None and side.interval is not None:
        quality = f"{side.score:.3f} ({side.interval.low:.3f} - {side.interval.high:.3f})"
    speed = ""
    if side.speed is not None:
        speed = f"{side.speed.p95_s:.3g} s {'measured' if side.speed.measured else 'predicted'}"
    return (
        f"{side.model} ({side.standing})" if side.standing else side.model,
        quality,
        readable_span(side.usd_first_month),
        readable_span(side.usd_total),
        speed,
        machine_words(side),
        side.retires_on.isoformat() if side.retires_on else "",
        side.terms,
        "; ".join(side.risks),
    )
