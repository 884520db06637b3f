"""The capacity card: the machines that the open models take, what fills their memory, and the same as command lines."""

from html import escape
from typing import TYPE_CHECKING, Any

from maquette.capacity.sizing import Demand, Sized
from maquette.foundation.problems import Problem, each_problem
from maquette.project import Project
from maquette.project.sizing import ProjectSizing
from maquette.project.sizing_words import (
    HEADINGS,
    memory_parts,
    memory_words,
    serve_words,
    sizing_lead,
    sizing_notes,
    sizing_rows,
    twin_commands,
    why_out,
)
from maquette_widgets.live import Frame
from maquette_widgets.twins import card_html, list_html, table_html

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card

_COLOURS = {
    "weights": "#4878a8",
    "KV cache": "#e0904a",
    "activations": "#8a6fb0",
    "runtime": "#7f7f7f",
    "free for cache": "#f3d9c0",
    "kept free": "#e6e6e6",
}


def capacity_twin(project: Project) -> str:
    """The table, then the settings, the memory and the commands of each model's best option."""
    try:
        found = project.view.sizing
    except Problem as problem:
        return card_html("Capacity", list_html(f"{part.what}. {part.fix}" for part in each_problem(problem)))
    table = table_html(HEADINGS, (row.cells for row in sizing_rows(found))) if found.models else ""
    options = "".join(_option(found, model.best) for model in found.models if model.best is not None)
    out = [f"{model.card.id}: {why}" for model in found.models for why in why_out(model)]
    return card_html("Capacity", table + options + list_html([*sizing_notes(found), *out]), sizing_lead(found))


def capacity(card: "Card") -> Any:
    """The picture with a choice of option, whose settings, memory and commands are shown."""
    return CapacityFrame(card).card_box()


class CapacityFrame(Frame):
    """The live half: one option at a time in detail."""

    def __init__(self, card: "Card") -> None:
        import ipywidgets as w

        super().__init__(card)
        self.option = w.Dropdown(description="option", layout={"width": "48em"}, style={"description_width": "4em"})
        self.detail = w.HTML()
        self.option.observe(lambda _: self.attempt(self.tell), names="value")
        self.attempt_quietly(self.fill)

    def card_box(self) -> Any:
        """The controls from top to bottom."""
        box = self.box(self.option, self.detail)
        box.option, box.detail = self.option, self.detail
        return box

    def refresh(self) -> None:
        """Draw everything anew: the project has changed."""
        super().refresh()
        self.attempt_quietly(self.fill)

    def fill(self) -> None:
        """Every option, one in detail: the same as before where it is still there."""
        before = self.option.value
        rows = [row for row in sizing_rows(self.card.project.view.sizing) if row.sized is not None]
        self.option.options = [(f"{row.cells[0]}: {row.cells[1]}", row.key) for row in rows]
        keys = [row.key for row in rows]
        self.option.value = before if before in keys else next(iter(keys), None)
        self.tell()

    def tell(self) -> None:
        """The settings, the memory and the commands of the option."""
        found = self.card.project.view.sizing
        row = next((one for one in sizing_rows(found) if one.key == self.option.value), None)
        self.detail.value = "" if row is None or row.sized is None else _option(found, row.sized)


def _option(found: ProjectSizing, sized: Sized) -> str:
    title = f"{sized.setup.card.id} on {sized.setup.gpus}x {sized.setup.accelerator.name}"
    commands = "".join(f"<div><code>{escape(line)}</code></div>" for line in twin_commands(found, sized))
    return f"<p><b>{escape(title)}</b><br>{escape(serve_words(sized))}</p>{memory_bar(sized, found.load)}{commands}"


def memory_bar(sized: Sized, load: Demand) -> str:
    """One accelerator's memory as a bar with a legend; a sentence where it is not known."""
    try:
        parts = memory_parts(sized, load)
    except Problem:
        return f"<p>{escape(memory_words(sized, load))}</p>"
    total = sum(part.gib for part in parts)
    bar = "".join(
        f"<div title='{escape(part.name)} {part.gib:.1f} GiB' "
        f"style='width:{100 * part.gib / total:.2f}%;background:{_COLOURS[part.name]}'></div>"
        for part in parts
    )
    return (
        f"<div style='display:flex;height:1.2em;max-width:48em'>{bar}</div><p>{escape(memory_words(sized, load))}</p>"
    )
