"""What the decision's panel says in words: above its table, below it, and in the tables' cells."""

from textwrap import wrap

from maquette.decision.comparing import Side
from maquette.decision.decision import Decision
from maquette.project.deciding_words import (
    SIDE_HEADINGS,
    Deciding,
    RuleRow,
    effect_line,
    part_cells,
    refusal_head,
    refusal_lines,
    release_head,
    side_cells,
    verdict,
    versus_words,
)
from maquette.project.releasing import ReleaseItem
from maquette_tui.panels.side_text import hanging, side_text
from maquette_tui.words import cut


def lead_lines(found: Deciding, width: int, *, tall: bool) -> list[str]:
    """Every no before anything else, then the verdict, what is stale, and what stands against release."""
    decision, lines = found.decision, []
    for refusal in decision.refusals[: None if tall else 1]:
        lines += at_most_two(refusal_head(refusal), width)
        lines += [cut(f"  {line}", width) for line in refusal_lines(refusal)[: 5 if tall else 2]]
    if len(decision.refusals) > 1 and not tall:
        lines.append(f"{len(decision.refusals) - 1} more no; v reads them.")
    lines += at_most_two(verdict(decision), width)
    lines += [cut(f"! {stale.words}", width) for stale in found.stale[: 3 if tall else 1]]
    if decision.conflicts:
        names = ", ".join(one.name for one in decision.conflicts)
        lines.append(cut(f"! two values (v): {names}", width))
    if decision.blocking:
        lines.append(cut(f"! against release (x): {', '.join(decision.blocking)}", width))
    if found.release and (tall or not decision.refusals):
        lines.append(cut(f"{release_head(found.release)} (b)", width))
    return lines


def at_most_two(text: str, width: int) -> list[str]:
    """A sentence on two lines, the rest of it left out."""
    first, *rest = wrap(text, width) or [""]
    return [first, cut(" ".join(rest), width)] if rest else [first]


def option_lines(found: Deciding, side: Side) -> list[str]:
    """What speaks for and against an option, and what the columns leave out."""
    option = next(one for one in found.decision.options if one.model == side.model)
    cells = dict(zip(SIDE_HEADINGS, side_cells(side), strict=True))
    lines = [("for", "; ".join(option.for_it)), ("against", "; ".join(option.against_it))]
    lines += [(name, cells[name]) for name in ("machines", "data", "last day")]
    beside = [versus_words(one) for one in found.decision.beside_others if one.other == side.model]
    lines += [(f"{_in_question(found.decision)} beside it", line.partition(": ")[2]) for line in beside]
    if side.model == _in_question(found.decision):
        lines.append(("tied to its provider by", _ties(found.decision)))
    return [f"{name}: {text}" for name, text in lines if text]


def _in_question(decision: Decision) -> str | None:
    return decision.choice.model if decision.choice else decision.recommended


def _ties(decision: Decision) -> str:
    """The features that tie the design to the provider, those that nobody else has marked as such."""
    words = {True: " (nobody else has it)", False: "", None: " (not known who else has it)"}
    return "; ".join(f"{one.feature}{words[one.locks]}" for one in decision.lock_in)


def rule_lines(row: RuleRow, decision: Decision) -> list[str]:
    """The rule in full, what following it does here, and which key goes on."""
    what, rule, says, because = row.cells
    effect = decision.effect_of(rule)
    does = [f"does: {effect_line(effect)}"] if effect is not None else []
    next_key = "r gives a reason." if row.lacks_reason else "enter reads why it fired."
    return [f"{what}; {rule} says {says}", f"because {because}", *does, next_key]


def item_lines(item: ReleaseItem) -> list[str]:
    """One item of a release in full."""
    return [f"{item.state}: {item.what}", f"evidence: {item.evidence}", f"looked after by: {item.owner}"]


def compared(found: Deciding, width: int) -> list[tuple[str, str]]:
    """The options side by side, then who plays which part."""
    sides = side_text(found.sides, width) if found.sides else "There is no option yet."
    return [("Side by side", sides), ("Who plays which part", hanging([part_cells(one) for one in found.parts], width))]
