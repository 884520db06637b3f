"""The live half of each card, in ipywidgets. Errors are shown in the card: elsewhere a notebook would swallow them.

Events come from the evaluation's thread; widgets are touched only from the kernel's own loop.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maquette.bundle.plan import BundlePlan
from maquette.cost.wording import difference_sentences
from maquette.foundation.problems import Problem
from maquette.project import Project
from maquette.project.events import Event
from maquette.requirements.answers import asked
from maquette.requirements.questions import Question, QuestionKind
from maquette_widgets.twins import list_html

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


def cost(card: "Card") -> Any:
    """The projection with its chart."""
    import ipywidgets as w

    from maquette_widgets.charts import cost_chart_html

    frame = Frame(card)
    chart = w.HTML()

    def draw() -> None:
        chart.value = cost_chart_html(card.project.view.projection) if card.project.view.cost_options else ""

    frame.attempt(draw)
    accept = frame.button("Accept", card.project.accept_cost)
    trying, fields, tried = _what_if(frame)
    box = frame.box(w.HBox([frame.button("Chart", draw), accept]), trying, chart)
    box.chart, box.fields, box.tried = chart, fields, tried
    return box


TRIED = (
    "scale.requests_per_day",
    "scale.growth_pct_month",
    "tokens.input_avg",
    "tokens.output_avg",
    "tokens.shared_prefix",
)
"""The answers that the cost card lets one try."""


def _what_if(frame: Frame) -> tuple[Any, dict[str, Any], Any]:
    """A field for each of `TRIED`, and what the values in them change; the project stays as it is."""
    import ipywidgets as w

    project, tried = frame.card.project, w.HTML()
    style = {"style": {"description_width": "14em"}, "layout": {"width": "24em"}}
    fields = {
        name: w.Text(description=f"what if {name}", placeholder=_now(project, name), continuous_update=False, **style)
        for name in TRIED
    }

    def show(_: object) -> None:
        changes: dict[str, object] = {name: field.value for name, field in fields.items() if field.value.strip()}
        if not changes:
            tried.value = ""
            return
        found = project.what_if(changes)
        tried.value = list_html(difference_sentences(found.differences))
        frame.code.value = _code(f"project.what_if({changes!r})")

    for field in fields.values():
        field.observe(lambda change: frame.attempt(lambda: show(change)), names="value")
    return w.VBox([*fields.values(), tried]), fields, tried


def _now(project: Project, name: str) -> str:
    value = project.view.facts.get(name)
    return "not answered" if value is None else f"{value} now"


def decision(card: "Card") -> Any:
    """Decide, with a reason; then accept, with another one where nothing is evaluated."""
    import ipywidgets as w

    frame = Frame(card)
    model = w.Text(placeholder="option")
    because = w.Text(placeholder="why, in your words", layout={"width": "32em"})

    def decide() -> None:
        if not because.value.strip():
            frame.say("a decision needs a reason", wrong=True)
            return
        card.project.decide(model=model.value, because=because.value.strip())

    unevaluated = w.Text(placeholder="if it is not evaluated: why accept it all the same", layout={"width": "32em"})

    def accept() -> None:
        card.project.sign(unevaluated_because=unevaluated.value)

    deciding = w.HBox([model, because, frame.button("Decide", decide)])
    box = frame.box(deciding, w.HBox([unevaluated, frame.button("Accept", accept)]))
    box.model, box.because, box.decide = model, because, decide
    box.unevaluated, box.accept = unevaluated, accept
    return box


def export(card: "Card") -> Any:
    """Show the plan, then write it."""
    import ipywidgets as w

    frame = Frame(card)
    planned: list[BundlePlan] = []

    def plan() -> None:
        planned[:] = [card.project.plan_export()]
        write.disabled = False
        frame.refresh()

    def put() -> None:
        written = card.project.write_export(planned[0], {})
        write.disabled = True
        frame.say(f"wrote {len(written)} files to {planned[0].out}")

    write = frame.button("Write", put)
    write.disabled = True
    box = frame.box(w.HBox([frame.button("Plan", plan), write]))
    box.plan, box.write = plan, write
    return box


def _code(line: str) -> str:
    from html import escape

    return f"<code>{escape(line)}</code>"


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The kernel's loop, or None outside a kernel."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
