"""Stage 1: the questions with their answers; the shortlist's count follows each change."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.requirements.answers import asked
from maquette.requirements.questions import Question
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel


class RequirePanel(Panel):
    """Questions, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("requirements")]
    HEADINGS = ("question", "answer", "unit", "asked")
    _all = False

    def show(self) -> None:
        """Every question that is asked, with its answer or the default that stands in."""
        view = self.project.view
        self.fill([(question.id, self._cells(question)) for question in self._questions()])
        out = "  ".join(f"{name} -{count}" for name, count in view.shortlist.funnel.items() if count)
        self.lead(f"{view.shortlist.catalog_size} models -> {len(view.shortlist.candidates)} left   {out}")
        self._explain()

    def on_data_table_row_highlighted(self) -> None:
        """The cursor stands on another question."""
        self._explain()

    def on_data_table_row_selected(self) -> None:
        """Enter on a question."""
        self.action_edit()

    def action_edit(self) -> None:
        """Answer the question under the cursor."""
        question = self._current()
        if question is None:
            return
        value = self.project.view.document.requirements.answers.get(question.id, "")
        typed = ", ".join(value) if isinstance(value, tuple) else str(value)
        choices = f" ({', '.join(question.choices)})" if question.choices else ""
        self.ask(f"{question.ask}{choices}", typed, lambda text: self._answer(question, text))

    def action_unknown(self) -> None:
        """Answer "I do not know"."""
        question = self._current()
        if question is not None:
            self._answer(question, "unknown")

    def action_all_questions(self) -> None:
        """Quick questions, or all."""
        self._all = not self._all
        self.show()

    def open_question(self, name: str) -> None:
        """Go to a question, whether or not it is a quick one, and let it be answered."""
        if name not in {question.id for question in self._questions()}:
            self._all = True
            self.show()
        if name in {question.id for question in self._questions()}:
            self.table.move_cursor(row=self.table.get_row_index(name))
            self.action_edit()

    def _answer(self, question: Question, text: str) -> None:
        before = len(self.project.view.shortlist.candidates)
        if self.attempt(lambda: self.project.change_by_text({question.id: text})):
            after = len(self.project.view.shortlist.candidates)
            self.say(f"{question.id} saved; {before} models before, {after} now. u takes it back.")

    def _questions(self) -> tuple[Question, ...]:
        return asked(self.project.questions, self.project.view.document.requirements, quick=not self._all)

    def _current(self) -> Question | None:
        return self.project.questions.questions.get(self.row_key or "")

    def _cells(self, question: Question) -> tuple[str, ...]:
        said = self.project.view.document.requirements
        if question.id in said.answers:
            answer, how = said.answers[question.id], "answered"
        elif question.id in said.unknown:
            answer, how = "unknown", "unknown"
        elif question.default is not None:
            answer, how = question.default, "assumed"
        else:
            needless = question.ask_if is not None and question not in self.project.view.open_questions
            answer, how = "", "follow-up" if needless else "open"
        shown = ", ".join(answer) if isinstance(answer, tuple) else str(answer)
        return (question.id, shown, question.unit or "", how)

    def _explain(self) -> None:
        question = self._current()
        if question is not None:
            choices = f"\nOne of: {', '.join(question.choices)}" if question.choices else ""
            self.detail(f"{question.ask}\n{question.background}{choices}")
