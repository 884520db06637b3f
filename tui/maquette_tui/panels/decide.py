"""Stage 5: every no, the verdict, options, open questions, rules, what a release waits for, and the decision."""

from collections.abc import Sequence
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
    RELEASE_HEADINGS,
    RULE_HEADINGS,
    SIDE_HEADINGS,
    Deciding,
    RuleRow,
    deciding,
    next_lines,
    question_cells,
    question_detail,
    release_cells,
    release_head,
    rule_rows,
    sections,
    side_cells,
)
from maquette.project.releasing import ReleaseItem
from maquette.project.stages import Stage
from maquette.rules.explaining import explain
from maquette_tui.actions import bindings
from maquette_tui.panels.decide_text import compared, item_lines, lead_lines, option_lines, rule_lines
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.reading import ReadingScreen
from maquette_tui.words import cut, short

WIDE, TALL = 100, 30
NAME = {True: 26, False: 22}
"""So many characters of an option's name, on a wide terminal or not."""

_COLUMNS = {
    True: ("option", "quality (95 %)", "month 1", "in all", "p95", "last day"),
    False: ("option", "quality (95 %)", "month 1", "p95"),
}
_STAGE_OF = {"evaluate": Stage.EVALUATION, "price": Stage.COST}

Shown = Literal["options", "questions", "rules", "release"]


class DecidePanel(Panel):
    """Options, open questions, rules or what a release waits for, one a row."""

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
        self.lead("\n".join(lead_lines(found, self.app.size.width - 2, tall=self.app.size.height >= TALL)))
        if self._shown == "options":
            self._draw_options(found.sides)
        elif self._shown == "questions":
            self._draw_words(QUESTION_HEADINGS, [(one.fact, question_cells(one)) for one in self._questions])
        elif self._shown == "release":
            self._draw_words(RELEASE_HEADINGS, [(one.what, release_cells(one)) for one in found.release])
        else:
            self._draw_words(RULE_HEADINGS, [(row.key, row.cells) for row in rule_rows(found.decision)])
        self._tell()

    def _draw_words(self, headings: Sequence[str], rows: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """A table of words: on a narrow terminal without its last column."""
        told = headings if self._wide else headings[:-1]
        self.fill_columns(told, [(key, row[: len(told)]) for key, row in rows])

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
            told = rule_lines(row, found.decision) if row else ["Nothing deviates, and nothing stands against release."]
            self.detail("\n".join(told))
        elif self._shown == "release":
            item = self._item
            self.detail("\n".join(item_lines(item)) if item else "No model is decided for or recommended yet.")
        else:
            side = next((one for one in found.sides if one.model == self.row_key), None)
            asked = [cut(line, self.app.size.width - 2) for line in next_lines(found.decision)]
            told = option_lines(found, side) if side else ["There is no option yet. 2 chooses models."]
            self.detail("\n".join([*asked, *told]))

    # -- what the cursor stands on --------------------------------------------------------------------------------

    @property
    def _question(self) -> OpenQuestion | None:
        return next((one for one in self._questions if one.fact == self.row_key), None)

    @property
    def _questions(self) -> Sequence[OpenQuestion]:
        return self._found.decision.open_questions if self._found else ()

    @property
    def _item(self) -> ReleaseItem | None:
        items = self._found.release if self._found else ()
        return next((one for one in items if one.what == self.row_key), None)

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

    def action_release(self) -> None:
        """What a release waits for, or again the options."""
        self._turn("release")

    # -- reading --------------------------------------------------------------------------------------------------

    def action_compare(self) -> None:
        """The options side by side, then who plays which part."""
        found = self._found
        if found is not None:
            self.app.push_screen(ReadingScreen(lambda width: compared(found, width)))

    def action_everything(self) -> None:
        """All that is known of the decision."""
        found = self._found
        if found is not None:
            told = [(heading, "\n".join(lines)) for heading, lines in sections(found)]
            self.app.push_screen(ReadingScreen(lambda width: [*told, *compared(found, width)]))

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
        elif self._shown == "release" and (found := self._found) is not None and found.release:
            lines = "\n".join(": ".join(release_cells(one)) for one in found.release)
            self.app.push_screen(ReadingScreen(lambda _: [(release_head(found.release), lines)]))
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
