"""The export card: the plan, one file's diff with where its lines come from, an answer for each edit, parts, a zip."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from maquette.bundle.plan import BundlePlan, PlannedFile, Resolution
from maquette.foundation.problems import NotFound
from maquette.project import Project
from maquette.project.exporting_words import (
    DiffLine,
    diff_lines,
    edit_words,
    plan_words,
    possible,
    settled,
    state_words,
    unsettled,
)
from maquette_widgets.decision_card import fill
from maquette_widgets.live import Frame
from maquette_widgets.shortlist_html import code
from maquette_widgets.twins import card_html, table_html

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card

HEADINGS = ("", "file", "state", "your edit")
LINES = 400
"""So many lines of a diff; the command line shows all."""

_COLOUR = {"+": "#1a7f37", "-": "#b00020", "<": "#777777"}


def export_twin(project: Project) -> str:
    """What an export would write, as things stand."""
    plan = project.plan_export()
    return plan_html(plan, settled(plan))


def plan_html(plan: BundlePlan, said: Mapping[str, Resolution]) -> str:
    """A plan with what is said of edited files."""
    rows = [
        (one.state.mark, one.spec.path, state_words(one, said.get(one.spec.path)), edit_words(one))
        for one in plan.files
    ]
    return card_html("Export", table_html(HEADINGS, rows), f"{plan_words(plan)}. Nothing is written yet.")


def diff_html(lines: tuple[DiffLine, ...]) -> str:
    """Lines of a diff; the sign stands in each of them, and colour only helps."""
    shown = "".join(
        f"<span style='color:{_COLOUR.get(one.sign, 'inherit')}'>{escape(one.text)}\n</span>" for one in lines[:LINES]
    )
    more = f"{len(lines) - LINES} more lines: maquette export --diff --dry-run" if len(lines) > LINES else ""
    return f"<pre style='max-height:30em;overflow:auto'>{shown}{escape(more)}</pre>"


def export(card: "Card") -> Any:
    """Show the plan, answer for edited files, then write it."""
    return ExportFrame(card).card_box()


class ExportFrame(Frame):
    """The live half: one plan is looked at, and exactly that one is written."""

    def __init__(self, card: "Card") -> None:
        import ipywidgets as w

        self._plan: BundlePlan | None = None
        self._said: dict[str, Resolution] = {}
        super().__init__(card)
        wide, label = {"width": "32em"}, {"description_width": "4em"}
        self.only = w.Text(
            description="only", placeholder="parts between spaces; empty is all", layout=wide, style=label
        )
        self.origins = w.Checkbox(description="where lines come from", value=False, indent=False)
        self.file = w.Dropdown(description="file", layout=wide, style=label)
        self.answer = w.Dropdown(description="yours", style=label)
        self.archive = w.Text(value="bundle.zip", description="zip", style=label)
        self.detail = w.HTML()
        self.write = self.button("Write", self._put)
        self.write.disabled = True
        self.file.observe(lambda _: self.attempt_quietly(self.tell), names="value")
        self.answer.observe(lambda change: self.attempt_quietly(lambda: self._answer(change["new"])), names="value")

    def card_box(self) -> Any:
        """The controls from top to bottom."""
        import ipywidgets as w

        box = self.box(
            w.HBox(
                [self.only, self.origins, self.button("Plan", self.plan), self.write],
                layout={"flex_flow": "row wrap"},
            ),
            w.HBox([self.file, self.answer]),
            self.detail,
            w.HBox([self.archive, self.button("Zip", self.zip)]),
        )
        for name in ("only", "origins", "file", "answer", "archive", "detail", "plan", "write", "zip"):
            setattr(box, name, getattr(self, name))
        return box

    def plan(self) -> None:
        """Make the plan and show it; what was said of edited files before is asked anew."""
        plan = self.card.project.plan_export(only=self._parts(), traced=self.origins.value)
        self._plan, self._said = plan, settled(plan)
        self.write.disabled = False
        self.picture.value = plan_html(plan, self._said)
        fill(self.file, [(f"{one.state.mark} {one.spec.path}", one.spec.path) for one in plan.files])
        self.tell()

    def tell(self) -> None:
        """The diff of the selected file, and the answers that it allows."""
        file = self._file()
        if file is None:
            self.detail.value = ""
            return
        said = self._said.get(file.spec.path)
        fill(self.answer, [("", ""), *((one.value, one.value) for one in possible(file))])
        self.answer.disabled = not possible(file)
        self.answer.value = said.value if said is not None else ""
        self.detail.value = diff_html(diff_lines(file, said, origins=self.origins.value))

    def zip(self) -> None:
        """One archive of a fresh bundle; another file of that name is never replaced."""
        from maquette.adapters.bundle_files import write_zip

        name, only = self.archive.value.strip(), self._parts()
        if not name:
            raise NotFound("the archive has no name", fix="Name a file: bundle.zip.")
        files = self.card.project.render_export(only=only)
        write_zip(self.card.project.folder / name, files, replace=False)
        parts = "".join(f" --only {part}" for part in only)
        self.code.value = f"same on the command line: {code(f'maquette export --zip {name}{parts}')}"
        self.say(f"wrote {len(files)} files to {name}")

    def _answer(self, value: str) -> None:
        file = self._file()
        if file is None or self._plan is None or not possible(file):
            return
        if value:
            self._said[file.spec.path] = Resolution(value)
        else:
            self._said.pop(file.spec.path, None)
        self.picture.value = plan_html(self._plan, self._said)
        self.detail.value = diff_html(diff_lines(file, self._said.get(file.spec.path), origins=self.origins.value))

    def _put(self) -> None:
        plan = self._plan
        if plan is None:
            return
        waiting = unsettled(plan, self._said)
        if waiting:
            self.file.value = waiting[0].spec.path
            self.say(f"{waiting[0].spec.path}: {edit_words(waiting[0])} Say what becomes of it.", wrong=True)
            return
        edited = {path: answer for path, answer in self._said.items() if path in {one.spec.path for one in plan.files}}
        written = self.card.project.write_export(plan, edited)
        self.write.disabled = True
        told = ", ".join(f"{path!r}: Resolution.{answer.name}" for path, answer in edited.items())
        only = f"only={self._parts()!r}" if self._parts() else ""
        self.code.value = code(f"project.write_export(project.plan_export({only}), {{{told}}})")
        self.say(f"wrote {len(written)} files to {plan.out}")

    def _parts(self) -> list[str]:
        return [str(part) for part in self.only.value.split()]

    def _file(self) -> PlannedFile | None:
        files = self._plan.files if self._plan is not None else ()
        return next((one for one in files if one.spec.path == self.file.value), None)
