"""The consequences of a decision record: what its choice makes better and worse, by how much, and what it gives up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, figure
from maquette.decision.effect_figures import LEVER_OF
from maquette.decision.effect_values import Change, Effect, Versus
from maquette.decision.record import Record
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_usd
from maquette.rules.effect import PERFORMANCE, Axis, Direction, RuleEffect
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Rule

WORDS: Mapping[Direction, str] = {
    Direction.BETTER: "good",
    Direction.WORSE: "bad",
    Direction.SAME: "same",
    Direction.DEPENDS: "depends",
}
_RESTS_ON_PRICE = frozenset({"hosting", "tier", "tie_break"})
"""Slots whose choice another volume may turn."""


def consequences(record: Record, seen: Seen) -> list[Mapping[str, Any]]:
    """A row for each rule whose proposal was taken, or is still open: its effect on the three axes here."""
    decision = seen.inputs.decision
    found = [decision.effect_of(name) for name in record.rules] if decision else []
    refused = {option.name for option in record.options if option.outcome == "not taken"}
    return [_row(one, seen) for one in found if one is not None and _taken(one.rule, refused)]


def _taken(rule: Rule, refused: frozenset[str] | set[str]) -> bool:
    return any(f"{slot}: {readable_fact(value)}" not in refused for slot, value in rule.proposes.items())


def _row(effect: Effect, seen: Seen) -> Mapping[str, Any]:
    return {
        "id": effect.rule.id,
        "choice": ", ".join(f"{slot}: {readable_fact(value)}" for slot, value in effect.rule.proposes.items()),
        "performance": _performance(effect),
        "cost": [*_axis(effect, Axis.COST), *_turn(effect, seen)],
        "safety": _axis(effect, Axis.SAFETY),
        "gives_up": effect.rule.effect.gives_up,
    }


def _performance(effect: Effect) -> Sentence:
    """The parts that move, the better ones first: "good: latency; bad: quality"."""
    told: list[str | Figure] = []
    for direction in (Direction.BETTER, Direction.WORSE, Direction.DEPENDS):
        parts = effect.going(direction, PERFORMANCE)
        for place, axis in enumerate(parts):
            lead = f"{WORDS[direction]}: " if place == 0 else ", "
            told += [f"; {lead}" if told and place == 0 else lead, axis.value, *_bracketed(effect.on(axis))]
    still = [one for axis in effect.going(Direction.SAME, PERFORMANCE) for one in effect.on(axis)]
    if still:
        told += ["; " if told else "", "same:", *_figures(still)]
    return told or [WORDS[Direction.SAME]]


def _bracketed(changes: Iterable[Change]) -> Sentence:
    figures = list(_figures(changes))
    return [" (", *figures[1:], ")"] if figures else []


def _figures(changes: Iterable[Change]) -> Iterator[str | Figure]:
    for place, one in enumerate(changes):
        yield "; " if place else " "
        yield figure(one.text, one.source)


def _axis(effect: Effect, axis: Axis) -> Sentence:
    direction, figures = effect.of(axis), list(_figures(effect.on(axis)))
    word = "not said" if direction is None else WORDS[direction]
    return [f"{word}:", *figures] if figures else [word]


def _turn(effect: Effect, seen: Seen) -> Iterator[str | Figure]:
    """The volume from which another option is the cheapest, of a choice that rests on price."""
    costs = seen.inputs.costs
    if costs is None or not _RESTS_ON_PRICE & effect.rule.proposes.keys():
        return
    for one in costs.crossings:
        if one.budget is None and one.fact == "scale.requests_per_day" and one.value > 0:
            source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {one.from_option}, projected at other volumes")
            yield "; "
            yield figure(one.sentence, source)
            return


def beside_others(record: Record, seen: Seen) -> list[Mapping[str, Any]]:
    """Of the model's record a row for each other option: what the chosen one does better and worse than it."""
    decision = seen.inputs.decision
    if decision is None or record.number != 1:
        return []
    return [_versus(one) for one in decision.beside_others]


def _versus(one: Versus) -> Mapping[str, Any]:
    cells = {"quality": one.quality, "latency": one.latency, "cost": one.cost}
    return {"other": one.other, **{name: _cell(change) for name, change in cells.items()}}


def _cell(change: Change | None) -> Sentence:
    if change is None or change.direction is None:
        return []
    said = figure(change.text, change.source)
    return [said] if change.direction is Direction.SAME else [f"{WORDS[change.direction]}: ", said]


def against_release(record: Record, seen: Seen) -> list[Rule]:
    """Of the model's record the rules that stand against release."""
    decision = seen.inputs.decision
    if decision is None or record.number != 1:
        return []
    found = (decision.rules.finding(name) for name in decision.blocking)
    return [one.rule for one in found if one is not None]


def left_bad(record: Record, blocking: Iterable[Rule]) -> list[str]:
    """What the record holds against the choice beside its effects: not what other sections of it say already."""
    told = {f"stands against release: {rule.recommend} ({rule.id})" for rule in blocking}
    lost = tuple(
        "{} is not {},".format(*option.name.split(": ", 1))
        for option in record.options
        if option.outcome == "not taken" and ": " in option.name
    )
    return [text for text in record.bad if text not in told and not text.startswith(lost)]


def proposers(option: str, seen: Seen) -> list[Rule]:
    """The fired rules that propose an option of a slot, by its name "slot: value"; empty for a model."""
    decision = seen.inputs.decision
    name, _, shown = option.partition(": ")
    slot = decision.rules.slots.get(name) if decision else None
    if decision is None or slot is None:
        return []
    ids = {rule for value, rules in slot.proposals.items() if readable_fact(value) == shown for rule in rules}
    return [finding.rule for finding in decision.rules.findings if finding.rule.id in ids]


def moves(effect: RuleEffect | Effect) -> str:
    """What moves, in one cell: "good: latency; bad: cost, safety"; empty where nothing is said."""
    told = [
        f"{WORDS[direction]}: {', '.join(axes)}"
        for direction in (Direction.BETTER, Direction.WORSE, Direction.DEPENDS)
        if (axes := [axis.value for axis in Axis if effect.of(axis) is direction])
    ]
    return "; ".join(told)


def effect_here(rule: Rule, seen: Seen) -> RuleEffect | Effect:
    """A rule's effect with the figures of this project where it fired, else its own word."""
    decision = seen.inputs.decision
    return (decision.effect_of(rule.id) if decision else None) or rule.effect


def lever_months(record: Record, seen: Seen) -> Mapping[str, tuple[str, Figure, Figure]]:
    """Option of a slot that pulls a lever, to the slot's name and the first month with it and without it."""
    decision = seen.inputs.decision
    chosen = {option.name for option in record.options if option.outcome == "chosen"}
    found: dict[str, tuple[str, Figure, Figure]] = {}
    for effect in filter(None, (decision.effect_of(name) for name in record.rules) if decision else ()):
        for slot in effect.rule.proposes.items():
            name = f"{slot[0]}: {readable_fact(slot[1])}"
            change = next((one for one in effect.changes if one.months_usd), None) if slot in LEVER_OF else None
            if change is not None and change.months_usd is not None and name in chosen:
                without, with_it = (figure(readable_usd(usd), change.source) for usd in change.months_usd)
                found[name] = (slot[0], with_it, without)
    return found
