"""What each recommendation does to performance, cost and safety in this project: the rule's word joined with figures.

A rule says where an axis goes in general. Where a lever, a line of the bill, a measurement or a sizing of this project
says it for this project, that figure decides the direction, and stands beside it with its source.
"""

from collections.abc import Iterable

from maquette.decision.effect_figures import figures_of, versus
from maquette.decision.effect_values import Effect, Known, Versus
from maquette.rules.effect import PERFORMANCE, Axis, Direction
from maquette.rules.report import RuleReport, Status

_ORDER = list(Axis)


def effects(report: RuleReport, known: Known) -> tuple[Effect, ...]:
    """The effect of every rule that fired and that no other one overrides, in the order of the rule base."""
    return tuple(
        Effect(
            rule=one.rule,
            changes=tuple(sorted(figures_of(one.rule, known), key=lambda found: _ORDER.index(found.axis))),
        )
        for one in report.with_status(Status.FIRED)
        if one.overridden_by is None
    )


def against_others(names: Iterable[str], known: Known) -> tuple[Versus, ...]:
    """The model in question beside each other one of which something is known; empty while nothing is decided."""
    if known.model is None:
        return ()
    found = [versus(known.model, name, known) for name in names if name != known.model]
    return tuple(one for one in found if one.changes)


def effect_words(effect: Effect) -> tuple[tuple[str, str], ...]:
    """The three axes, and what is given up where something is, each with its words: "cost", "better, $120 less ..."."""
    found = [("performance", _performance(effect)), ("cost", _axis(effect, Axis.COST))]
    found.append(("safety", _axis(effect, Axis.SAFETY)))
    gives_up = effect.rule.effect.gives_up
    return (*found, (GIVEN_UP, gives_up)) if gives_up else tuple(found)


def _performance(effect: Effect) -> str:
    """The parts that move, with their figures; "same" where none does."""
    if all(effect.of(axis) is None for axis in PERFORMANCE):
        return NOT_SAID
    parts = [f"{axis.value} {_axis(effect, axis)}" for axis in PERFORMANCE if _tells(effect, axis)]
    return ", ".join(parts) or Direction.SAME.value


def _tells(effect: Effect, axis: Axis) -> bool:
    return effect.of(axis) not in {None, Direction.SAME} or bool(effect.on(axis))


def _axis(effect: Effect, axis: Axis) -> str:
    direction = effect.of(axis)
    word = NOT_SAID if direction is None else direction.value
    figures = "; ".join(one.text for one in effect.on(axis))
    if not figures:
        return word
    return f"{word} ({figures})" if axis in PERFORMANCE else f"{word}, {figures}"


GIVEN_UP = "gives up"
NOT_SAID = "not said"
"""Of an axis that a rule of the project's own leaves out."""
