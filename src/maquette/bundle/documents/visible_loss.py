"""Thresholds on differences of scores: none is asked for that the project's examples cannot show."""

from decimal import Decimal

from maquette.bundle.figures import FactSheet, Figure, Sentence, clause, estimated
from maquette.evals.statistics.planning import smallest_paired_difference

DISCORDANT = 0.1
"""Share of examples on which two good models differ, for planning; the upper end of what R-EVAL-02 names."""


def smallest_shown(facts: FactSheet) -> tuple[float | None, str] | None:
    """The smallest paired difference that the examples can show, and from which count; None without examples.

    The difference is None where even all examples on which two models differ would not do.
    """
    name = "data.eval_examples" if facts.number("data.eval_examples") else "data.labelled_examples"
    count = facts.number(name)
    return None if not count else (smallest_paired_difference(int(count), DISCORDANT), name)


def shown_threshold(facts: FactSheet, wanted: Decimal, claimed: Figure) -> Sentence:
    """``claimed`` of ``wanted`` points where the examples can show as much, else what they can show, and why."""
    found = smallest_shown(facts)
    if found is None or (found[0] is not None and Decimal(str(100 * found[0])) <= wanted):
        return [claimed]
    least, name = found
    why = clause("; ", facts.figure(name), " cannot show the ", claimed, " of the rule")
    if least is None:
        return ["any number of points", *why]
    planned = f"Connor 1987: n = {name}, {DISCORDANT * 100:.0f} % discordant, power 80 %"
    return [estimated(f"{100 * least:.1f} points", planned), *why]
