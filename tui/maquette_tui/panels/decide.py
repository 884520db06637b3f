"""Stage 5: every no, the verdict, the options side by side, what is open, and the decision with its name."""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, Literal

from textual.binding import BindingType
from textual.worker import get_current_worker

from maquette.decision.comparing import Side
from maquette.decision.decision import OpenQuestion
from maquette.foundation.problems import Problem
from maquette.project.deciding import is_evaluated
from maquette.project.deciding_said import about_rule, can_be_stated, stated_fact
from maquette.project.deciding_words import (
    QUESTION_HEADINGS,
    RULE_HEADINGS,
    SIDE_HEADINGS,
    Deciding,
    RuleRow,
    deciding,
    next_lines,
    part_cells,
    question_cells,
    question_detail,
    refusal_head,
    refusal_lines,
    rule_rows,
    sections,
    side_cells,
    verdict,
)
from maquette.project.stages import Stage
from maquette.rules.explaining import explain
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.reading import ReadingScreen
from maquette_tui.panels.side_text import hanging, side_text
from maquette_tui.words import cut, short

WIDE, TALL = 100, 30
NAME = {True: 26, False: 22}
"""So many characters of an option's name, on a wide terminal or not."""

_COLUMNS = {
    True: ("option", "quality (95 %)", "month 1", "in all", "p95", "last day"),
    False: ("option", "quality (95 %)", "month 1", "p95"),
}
_STAGE_OF = {"evaluate": Stage.EVALUATION, "price": Stage.COST}

Shown = Literal["options", "questions", "rules"]
Row = tuple[str, tuple[str, ...]]


class DecidePanel(Panel):
    """Options, open questions or rules, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("decision")]
    HEADINGS = ("", *_COLUMNS[True])
    _found: Deciding | None = None
    _shown: Shown = "options"

    # -- showing --------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """The decision as it stands, in a thread: it rests on the projection."""
        if self._found is None:
            self.lead("weighing ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="decide")

    def _load(self) -> None:
        worker = get_current_worker()
        try:
            found = deciding(self.project.view)
        except Problem as problem:
            self.app.call_from_thread(self.told, problem)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._take, found)

    def _take(self, found: Deciding) -> None:
        self._found = found
        self._draw()

    def on_resize(self) -> None:
        """Other columns fit."""
        self._draw()

    @property
    def _wide(self) -> bool:
        return self.app.size.width >= WIDE

    def _draw(self) -> None:
        found = self._found
        if found is None:
            return
        self.set_class(self.app.size.height < TALL, "-short")
        self.lead("\n".join(_lead(found, self.app.size.width - 2, tall=self.app.size.height >= TALL)))
        if self._shown == "options":
            self._draw_options(found.sides)
        elif self._shown == "questions":
            rows = [(one.fact, question_cells(one)) for one in found.decision.open_questions]
            self.fill_columns(QUESTION_HEADINGS, self._fitting(rows, (8, 32, 12)))
        else:
            rows = [(row.key, row.cells) for row in rule_rows(found.decision)]
            told = RULE_HEADINGS if self._wide else RULE_HEADINGS[:-1]
            self.fill_columns(told, self._fitting(rows, (30, 12, 44) if self._wide else (28, 12)))
        self._tell()

    def _fitting(self, rows: Sequence[Row], widths: Sequence[int]) -> list[Row]:
        """The cells cut so that the columns fit; one column more than ``widths``, which takes what is left."""
        most = [*widths, self.app.size.width - sum(widths) - 2 * len(widths) - 4]
        return [(key, tuple(cut(cell, wide) for cell, wide in zip(cells, most, strict=False))) for key, cells in rows]

    def _draw_options(self, sides: Sequence[Side]) -> None:
        decision = self._found.decision if self._found else None
        choice = decision.choice if decision else None
        chosen = choice.model if choice else decision.recommended if decision else None
        rows = []
        for side in sides:
            cells = dict(zip(SIDE_HEADINGS, side_cells(side), strict=True)) | {
                "option": short(side.model, NAME[self._wide])
            }
            mark = "◉" if side.model == chosen else "2" if side.standing == "fallback" else " "
            rows.append((side.model, (mark, *(cells[name] for name in _COLUMNS[self._wide]))))
        self.fill_columns(("", *_COLUMNS[self._wide]), rows)

    def on_data_table_row_highlighted(self) -> None:
        """The cursor stands on another row."""
        self._tell()

    def _tell(self) -> None:
        """The row under the cursor below the table; next to the options also what to ask and to measure next."""
        found = self._found
        if found is None:
            return
        if self._shown == "questions":
            one = self._question
            self.detail("\n".join(question_detail(one)) if one else "Every fact that a rule waits for is known.")
        elif self._shown == "rules":
            row = self._rule
            self.detail(_rule_lines(row) if row else "Nothing deviates, and nothing stands against release.")
        else:
            side = next((one for one in found.sides if one.model == self.row_key), None)
            asked = [cut(line, self.app.size.width - 2) for line in next_lines(found.decision)]
            self.detail("\n".join([*asked, *(_option_lines(found, side) if side else _NO_OPTIONS)]))

    # -- what the cursor stands on --------------------------------------------------------------------------------

    @property
    def _question(self) -> OpenQuestion | None:
        questions = self._found.decision.open_questions if self._found else ()
        return next((one for one in questions if one.fact == self.row_key), None)

    @property
    def _rule(self) -> RuleRow | None:
        rows = rule_rows(self._found.decision) if self._found else ()
        return next((row for row in rows if row.key == self.row_key), None)

    def _turn(self, to: Shown) -> None:
        self._shown = "options" if self._shown == to else to
        self._draw()

    def action_open(self) -> None:
        """The open questions, or again the options."""
        self._turn("questions")

    def action_rules(self) -> None:
        """The deviations and rules, or again the options."""
        self._turn("rules")

    # -- reading --------------------------------------------------------------------------------------------------

    def action_compare(self) -> None:
        """The options side by side, then who plays which part."""
        found = self._found
        if found is not None:
            self.app.push_screen(ReadingScreen(lambda width: _compared(found, width)))

    def action_everything(self) -> None:
        """All that is known of the decision."""
        found = self._found
        if found is not None:
            told = [(heading, "\n".join(lines)) for heading, lines in sections(found)]
            self.app.push_screen(ReadingScreen(lambda width: [*told, *_compared(found, width)]))

    def on_data_table_row_selected(self) -> None:
        """Enter on a row."""
        self.action_look()

    def action_look(self) -> None:
        """Go to the question's answer, read why the rule fired, or read all of an option."""
        if self._shown == "questions":
            self._answer(self._question)
        elif self._shown == "rules" and (row := self._rule) is not None:
            view = self.project.view
            why = explain(view.rule_book, view.report, row.rule, view.rule_facts).as_text()
            self.app.push_screen(ReadingScreen(lambda _: [(f"maquette rules explain {row.rule}", why)]))
        else:
            self.action_compare()

    # -- answering ------------------------------------------------------------------------------------------------

    def action_next_question(self) -> None:
        """Go to the answer that could change most."""
        self._answer(next(iter(self._found.decision.open_questions), None) if self._found else None)

    def _answer(self, question: OpenQuestion | None) -> None:
        if question is None:
            self.say("No question is open.")
        elif question.how == "answer":
            self.post_message(self.GoTo(Stage.REQUIREMENTS, question.fact))
        elif question.how in _STAGE_OF:
            self.post_message(self.GoTo(_STAGE_OF[question.how]))
        elif can_be_stated(question.fact):
            self.ask(f"{question.ask} It is kept under design_facts", "", lambda text: self._state(question.fact, text))
        else:
            self.say(f"{question.fact} is found out from outside: {question.ask}")

    def _state(self, fact: str, text: str) -> None:
        if not text.strip():
            self.say("Nothing was stated.")
            return
        self.attempt_in_thread(
            lambda: self.project.set_settings(stated_fact(self.project.view, fact, text)),
            lambda: self.say(f"{fact} is stated. u takes it back."),
        )

    # -- deciding -------------------------------------------------------------------------------------------------

    def action_decide(self) -> None:
        """Decide for the option under the cursor, with a reason."""
        model = self._option
        if model is not None:
            prompt = f"Why {model}? In your words; it goes into the decision record"
            self.ask(prompt, "", lambda why: self._decide(model, why))

    @property
    def _option(self) -> str | None:
        """The option under the cursor; where there is none, that is said."""
        if self._shown == "options" and self.row_key is not None:
            return self.row_key
        self.say("There is no option yet. 2 chooses models." if self._shown == "options" else "Go back to the options.")
        return None

    def _decide(self, model: str, why: str) -> None:
        if not why.strip():
            self.say("A decision needs a reason; nothing was decided.")
            return
        choice = self.project.view.document.choice
        fallback = choice.fallback if choice and choice.fallback != model else None
        self.attempt_in_thread(
            lambda: self.project.decide(model=model, because=why.strip(), fallback=fallback),
            lambda: self.say(f"Decided for {model}, as a draft. a accepts it, 6 exports the bundle."),
        )

    def action_fallback(self) -> None:
        """The option under the cursor answers when the first does not, or no longer."""
        choice, model = self.project.view.document.choice, self._option
        if model is None:
            return
        if choice is None or model == choice.model:
            self.say("A fallback stands behind another model that is decided for: d decides.")
            return
        fallback = None if model == choice.fallback else model
        self.attempt_in_thread(
            lambda: self.project.decide(model=choice.model, because=choice.because, fallback=fallback),
            lambda: self.say(f"Fallback {fallback}; a draft again." if fallback else "No fallback; a draft again."),
        )

    def action_sign(self) -> None:
        """Accept the decision as it stands: without an evaluation with a reason, and with the name that is typed."""
        choice = self.project.view.document.choice
        if choice is None:
            self.say("Nothing is decided yet. d decides for the option under the cursor.")
        elif is_evaluated(self.project.view, choice.model):
            self._ask_name(None)
        else:
            prompt = f"{choice.model} is not evaluated. Why accept it all the same? It goes into the decision record"
            self.ask(prompt, "", self._without_evaluation)

    def _without_evaluation(self, why: str) -> None:
        if why.strip():
            self._ask_name(why)
        else:
            self.say("Without an evaluation it needs a reason; nothing was accepted.")

    def _ask_name(self, why: str | None) -> None:
        prompt = "Who accepts it? The name stands in the record; empty leaves it without one"
        self.ask(prompt, "", lambda name: self._sign(why, name))

    def _sign(self, why: str | None, name: str) -> None:
        by = name.strip() or None
        told = f"Accepted by {by}." if by else "Accepted; nobody's name stands under it."
        self.attempt_in_thread(
            lambda: self.project.sign(unevaluated_because=why, by=by), lambda: self.say(f"{told} 6 exports the bundle.")
        )

    # -- rules ----------------------------------------------------------------------------------------------------

    def action_reason(self) -> None:
        """Say why the project deviates from the rule under the cursor."""
        self._say_about("override", "deviate from", "overridden")

    def action_mute(self) -> None:
        """Judge the rule under the cursor no more, with a reason."""
        self._say_about("mute", "mute", "muted")

    def _say_about(self, key: Literal["override", "mute"], verb: str, done: str) -> None:
        row = self._rule if self._shown == "rules" else None
        if row is None:
            self.say("x lists the rules; then r gives a reason for the one under the cursor.")
            return

        def keep(because: str) -> None:
            self.attempt_in_thread(
                lambda: self.project.set_settings(about_rule(self.project.view, key, row.rule, because)),
                lambda: self.say(f"{row.rule} is {done}. u takes it back."),
            )

        self.ask(f"Why {verb} {row.rule}? In your words; it is kept in maquette.yaml", "", keep)


_NO_OPTIONS = ("There is no option yet. 2 chooses models.",)


def _lead(found: Deciding, width: int, *, tall: bool) -> list[str]:
    """Every no before anything else, then the verdict, what is stale and what stands against release."""
    decision, lines = found.decision, []
    for refusal in decision.refusals[: None if tall else 1]:
        lines += _at_most_two(refusal_head(refusal), width)
        lines += [cut(f"  {line}", width) for line in refusal_lines(refusal)[: 5 if tall else 2]]
    if len(decision.refusals) > 1 and not tall:
        lines.append(f"{len(decision.refusals) - 1} more no; v reads them.")
    lines += _at_most_two(verdict(decision), width)
    lines += [cut(f"! {stale.words}", width) for stale in found.stale[: 3 if tall else 1]]
    if decision.blocking:
        lines.append(cut(f"! against release (x): {', '.join(decision.blocking)}", width))
    return lines


def _at_most_two(text: str, width: int) -> list[str]:
    first, *rest = wrap(text, width) or [""]
    return [first, cut(" ".join(rest), width)] if rest else [first]


def _option_lines(found: Deciding, side: Side) -> list[str]:
    """What speaks for and against an option, and what the columns leave out."""
    option = next(one for one in found.decision.options if one.model == side.model)
    cells = dict(zip(SIDE_HEADINGS, side_cells(side), strict=True))
    lines = [("for", "; ".join(option.for_it)), ("against", "; ".join(option.against_it))]
    lines += [(name, cells[name]) for name in ("machines", "data", "last day")]
    return [f"{name}: {text}" for name, text in lines if text]


def _rule_lines(row: RuleRow) -> str:
    what, rule, says, because = row.cells
    lines = [f"{what}; {rule} says {says}", f"because {because}"]
    return "\n".join([*lines, "r gives a reason." if row.lacks_reason else "enter reads why it fired."])


def _compared(found: Deciding, width: int) -> list[tuple[str, str]]:
    sides = side_text(found.sides, width) if found.sides else "There is no option yet."
    return [("Side by side", sides), ("Who plays which part", hanging([part_cells(one) for one in found.parts], width))]
