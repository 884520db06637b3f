"""The live shortlist: a filter line as in the terminal, why, side by side, what would let more in, and the choice."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from maquette.catalog.checks import Needs
from maquette.catalog.filter_terms import HELP, FilterLine, parse
from maquette.catalog.filtering import apply, strange_word
from maquette.catalog.nearly import Near, nearly
from maquette.catalog.shortlist import Candidate
from maquette.catalog.shortlisting import candidate_of
from maquette.foundation.problems import Problem
from maquette_widgets import shortlist_html as html
from maquette_widgets.live import Frame
from maquette_widgets.twins import table_html

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card

TOLD = 5
"""So many of the selected models are told of at once."""


def shortlist(card: "Card") -> Any:
    """Find models with a filter line, look at why, compare, and choose."""
    return ShortlistFrame(card).card_box()


class ShortlistFrame(Frame):
    """The card. A keystroke in the filter line draws at most `html.SHOWN` rows anew; the rest waits for a change."""

    def __init__(self, card: "Card") -> None:
        import ipywidgets as w

        super().__init__(card)
        self._line = FilterLine()
        self._tell: Callable[[], str] = str
        self._known: dict[str, tuple[str, Any]] = {}
        wide = {"layout": {"width": "48em"}, "style": {"description_width": "4em"}}
        self.entry = w.Text(description="filter", placeholder="eu json ctx>=32k $<300 by:quality", **wide)
        self.hint = w.HTML()
        self.out = w.Checkbox(description="show those that are out", indent=False)
        self.models = w.SelectMultiple(description="models", rows=8, **wide)
        self.detail = w.HTML()
        self.entry.observe(lambda _: self.attempt(self.filter), names="value")
        self.out.observe(lambda _: self.attempt(self.show), names="value")
        self.show()

    def card_box(self) -> Any:
        """The controls from top to bottom."""
        import ipywidgets as w

        looking = ("Why", self.why), ("Compare", self.compare), ("Nearly", self.nearly)
        asking = (*looking, ("Providers", self.providers), ("Filter terms", self.terms))
        choosing = ("Choose", self.choose), ("Drop", self.drop), ("Clear", self.clear)
        rows = [w.HBox([self.button(label, do) for label, do in row]) for row in (asking, choosing)]
        box = self.box(w.HBox([self.entry, self.out]), self.hint, self.models, *rows, self.detail)
        for name in ("entry", "hint", "out", "models", "detail", "why", "compare", "nearly", "providers"):
            setattr(box, name, getattr(self, name))
        for name in ("choose", "drop", "clear"):
            setattr(box, name, getattr(self, name))
        return box

    def filter(self) -> None:
        """Keep what the line says; a slip is told below it and changes nothing."""
        try:
            self._line = parse(self.entry.value)
        except Problem as problem:
            self.hint.value = html.remark(str(problem), wrong=True)
            return
        self.show()
        self.code.value = html.code(f"apply(parse({str(self._line)!r}), project.view.shortlist.candidates)")

    def show(self) -> None:
        """Draw the models that the line keeps."""
        project, view = self.card.project, self.card.project.view
        everybody = self._excluded() if self.out.value else view.shortlist.candidates
        matching = apply(self._line, everybody)
        shown = matching[: html.SHOWN]
        chosen = view.document.chosen
        before = self.models.value
        options = [(f"{html.mark(each.card.id, chosen)}{each.card.id}", each.card.id) for each in shown]
        if options != list(self.models.options):
            self.models.options = options
            kept = {value for _, value in options}
            self.models.value = tuple(name for name in before if name in kept)
        strange = None if matching else strange_word(self._line, everybody)
        self.hint.value = html.remark(strange or html.count(self._line, len(matching), len(everybody)))
        self.picture.value = html.listing(project, shown, self._nearly())

    def refresh(self) -> None:
        """Draw everything anew, what was asked for as well: the project has changed."""
        try:
            self.show()
            self.detail.value = self._tell()
        except Problem as problem:
            self.say(str(problem), wrong=True)

    def why(self) -> None:
        """Each selected model against every requirement."""
        names = self._selected()[:TOLD]
        self._told(lambda: "".join(html.why(self.card.project, name) for name in names))
        self.code.value = html.code(f"why_not(project.view.shortlist, {names[0]!r})")

    def compare(self) -> None:
        """The chosen and the selected models side by side."""
        names = tuple(dict.fromkeys((*self.card.project.view.document.chosen, *self.models.value)))
        if len(names) < 2:
            self.say("select two models, or choose one and select another", wrong=True)
            return
        self._told(partial(html.comparison, self.card.project, names))
        self.code.value = html.code(f"compare(view.catalog, view.shortlist, {list(names)!r}, view.facts, view.today)")

    def nearly(self) -> None:
        """Each change of one requirement that would let more models in."""
        self._told(lambda: html.changes(self._nearly()))
        self.code.value = html.code("nearly(view.catalog, view.facts, view.today)")

    def providers(self) -> None:
        """What each provider says of what the requirements ask of one."""
        self._told(lambda: html.providers(self.card.project))
        self.code.value = f"same on the command line: {html.code('maquette shortlist providers')}"

    def terms(self) -> None:
        """Every form of a filter term."""
        self._told(lambda: table_html(("term", "meaning"), HELP))

    def choose(self) -> None:
        """Choose the selected models besides those that are chosen."""
        self._put((*self.card.project.view.document.chosen, *self._selected()))

    def drop(self) -> None:
        """Choose the selected models no longer."""
        selected = self._selected()
        self._put([name for name in self.card.project.view.document.chosen if name not in selected])

    def clear(self) -> None:
        """Choose nobody."""
        self._put(())

    def _put(self, names: Sequence[str]) -> None:
        chosen = list(dict.fromkeys(names))
        self.card.project.choose(chosen)
        self.code.value = html.code(f"project.choose({chosen!r})")
        self.say(f"{len(chosen)} chosen")

    def _selected(self) -> tuple[str, ...]:
        if not self.models.value:
            raise html.nobody_selected()
        return tuple(self.models.value)

    def _told(self, tell: Callable[[], str]) -> None:
        self._tell = tell
        self.detail.value = tell()

    def _nearly(self) -> tuple[Near, ...]:
        view = self.card.project.view
        found: tuple[Near, ...] = self._once("nearly", lambda: nearly(view.catalog, view.facts, view.today))
        return found

    def _excluded(self) -> tuple[Candidate, ...]:
        view = self.card.project.view
        needs = Needs.of(view.facts, view.today)
        found: tuple[Candidate, ...] = self._once(
            "excluded", lambda: tuple(candidate_of(out.card, (), needs) for out in view.shortlist.exclusions)
        )
        return found

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        """Computed once for the same requirements and catalog."""
        view = self.card.project.view
        key = f"{view.shortlist.fingerprint} {view.today}"
        if self._known.get(name, ("", None))[0] != key:
            self._known[name] = (key, compute())
        return self._known[name][1]
