"""The live half of each card, in ipywidgets. Errors are shown in the card: elsewhere a notebook would swallow them.

Events come from the evaluation's thread; widgets are touched only from the kernel's own loop.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maquette.foundation.problems import Problem
from maquette.project.events import Event
from maquette.requirements.answers import asked
from maquette.requirements.questions import Question, QuestionKind

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card


class Frame:
    """What every live card has: its twin, a line for messages, and an ear for the project's events."""

    def __init__(self, card: "Card") -> None:
        import ipywidgets as w

        self.card = card
        self.message = w.HTML()
        self.picture = w.HTML(card.twin())
        self.code = w.HTML(_code(card.code))
        self._loop = _running_loop()
        self._end_listening = card.project.listen(self._hear)

    def box(self, *controls: Any) -> Any:
        """The card: controls, message, picture, and the line of code that does the same."""
        import ipywidgets as w

        box = w.VBox([*controls, self.message, self.picture, self.code])
        box.frame = self
        return box

    def button(self, label: str, do: Callable[[], None]) -> Any:
        """A button whose problems are shown in the card."""
        import ipywidgets as w

        button = w.Button(description=label)
        button.on_click(lambda _: self.attempt(do))
        return button

    def attempt(self, do: Callable[[], None]) -> None:
        """Do something for the user; whatever goes wrong stays readable in the card."""
        self.say("")
        try:
            do()
        except Problem as problem:
            self.say(str(problem), wrong=True)
        except Exception as bug:  # a notebook shows no traceback of a callback
            self.say(f"{type(bug).__name__}: {bug}", wrong=True)

    def say(self, text: str, *, wrong: bool = False) -> None:
        """The line for messages."""
        from html import escape

        colour = "#b00020" if wrong else "inherit"
        self.message.value = f"<span style='color:{colour}'>{escape(text)}</span>" if text else ""

    def show_code(self, line: str) -> None:
        """The line of Python that does what was done last."""
        self.code.value = _code(line)

    def refresh(self) -> None:
        """Draw the picture anew."""
        try:
            self.picture.value = self.card.twin()
        except Problem as problem:
            self.say(str(problem), wrong=True)

    def attempt_quietly(self, do: Callable[[], None]) -> None:
        """Do something that nobody asked for just now; a problem is shown, and the message stays otherwise."""
        try:
            do()
        except Problem as problem:
            self.say(str(problem), wrong=True)

    def _hear(self, event: Event) -> None:
        del event
        if self._loop is None:
            self.refresh()
        else:
            self._loop.call_soon_threadsafe(self.refresh)


def requirements(card: "Card") -> Any:
    """A form over the quick questions; each change is saved at once."""
    import ipywidgets as w

    frame = Frame(card)
    project = card.project
    said = project.view.document.requirements
    fields = [_field(frame, question) for question in asked(project.questions, said, quick=True)]
    undo = frame.button("Undo", lambda: frame.say(f"undone: {', '.join(project.undo()) or 'nothing'}"))
    redo = frame.button("Redo", lambda: frame.say(f"made again: {', '.join(project.redo()) or 'nothing'}"))
    box = frame.box(w.VBox(fields), w.HBox([undo, redo]))
    box.fields = {field.question: field for field in fields}
    return box


def _field(frame: Frame, question: Question) -> Any:
    """One question: its input, and a button for "I do not know"."""
    import ipywidgets as w

    project = frame.card.project
    value = project.view.document.requirements.answers.get(question.id, question.default)
    shown = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    label = {"description": question.id, "style": {"description_width": "16em"}, "layout": {"width": "32em"}}
    if question.kind is QuestionKind.ENUM:
        options = ["", *question.choices]
        entry = w.Dropdown(options=options, value=shown if shown in options else "", **label)
    else:
        entry = w.Text(value=shown, placeholder=question.ask, continuous_update=False, **label)

    def save(text: str) -> None:
        before = len(project.view.shortlist.candidates)
        project.change_by_text({question.id: text})
        after = len(project.view.shortlist.candidates)
        frame.code.value = _code(f"project.change_by_text({{{question.id!r}: {text!r}}})")
        frame.say(f"{question.id} saved; {before} models before, {after} now")

    entry.observe(lambda change: frame.attempt(lambda: save(change["new"])), names="value")
    row = w.HBox([entry, frame.button("I do not know", lambda: save("unknown"))])
    row.question, row.entry = question.id, entry
    return row


def _code(line: str) -> str:
    from html import escape

    return f"<code>{escape(line)}</code>"


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The kernel's loop, or None outside a kernel."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
