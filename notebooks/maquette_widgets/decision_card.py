"""The decision card: every no, the options side by side, what is open, the rules; deciding, answering and signing."""

from html import escape
from typing import TYPE_CHECKING, Any, Literal

from maquette.decision.decision import OpenQuestion
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.project import Project
from maquette.project.deciding_said import about_rule, can_be_stated, stated_fact
from maquette.project.deciding_words import (
    PART_HEADINGS,
    QUESTION_HEADINGS,
    RELEASE_HEADINGS,
    RULE_HEADINGS,
    SIDE_HEADINGS,
    Deciding,
    deciding,
    next_lines,
    part_cells,
    question_cells,
    question_detail,
    refusal_head,
    refusal_lines,
    release_cells,
    release_head,
    rule_rows,
    sections,
    side_cells,
    verdict,
)
from maquette.rules.explaining import explain
from maquette_widgets.live import Frame
from maquette_widgets.shortlist_html import code
from maquette_widgets.twins import card_html, list_html, table_html

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card

QUESTIONS = 8
"""So many open questions in the picture; all of them are in the list to answer from."""

_TABLES = ("Verdict", "Facts with two values", "Before a release", "Questions that are open", "Rules")
"""Sections that the card shows as its lead, in its first list or as tables."""


def decision_twin(project: Project) -> str:
    """The decision stage as HTML."""
    found = deciding(project.view)
    decision = found.decision
    noes = "".join(
        f"<p><b>{escape(refusal_head(no))}</b></p>{list_html(refusal_lines(no))}" for no in decision.refusals
    )
    told = [(heading, lines) for heading, lines in sections(found)[len(decision.refusals) :] if not _is_table(heading)]
    parts = (
        noes,
        list_html((*next_lines(decision), *(f"two values: {one.words}" for one in decision.conflicts))),
        _side_by_side(found),
        _table("Who plays which part", PART_HEADINGS, [part_cells(one) for one in found.parts]),
        list_html(reason.text for reason in decision.reasons),
        _table(release_head(found.release), RELEASE_HEADINGS, [release_cells(one) for one in found.release]),
        _table("Questions that are open", QUESTION_HEADINGS, _first_questions(found)),
        _table("Rules", RULE_HEADINGS, [row.cells for row in rule_rows(decision)]),
        *(f"<p><b>{escape(heading)}</b></p>{list_html(lines)}" for heading, lines in told),
    )
    return card_html("Decision", "".join(parts), verdict(decision))


def _is_table(heading: str) -> bool:
    return heading.startswith(_TABLES)


def _first_questions(found: Deciding) -> list[tuple[str, ...]]:
    return [question_cells(one) for one in found.decision.open_questions[:QUESTIONS]]


def _side_by_side(found: Deciding) -> str:
    """A row a field, a column an option."""
    headings, *rows = zip(SIDE_HEADINGS, *map(side_cells, found.sides), strict=True)
    return _table("Side by side", headings, rows if found.sides else [])


def _table(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return f"<p><b>{escape(title)}</b></p>{table_html(headings, rows)}" if rows else ""


def decision(card: "Card") -> Any:
    """Decide and sign; answer what is open; say why the project deviates."""
    return DecisionFrame(card).card_box()


class DecisionFrame(Frame):
    """The live half."""

    def __init__(self, card: "Card") -> None:
        import ipywidgets as w

        super().__init__(card)
        wide, label = {"width": "32em"}, {"description_width": "5em"}
        self.model = w.Combobox(placeholder="option", ensure_option=False)
        self.fallback = w.Combobox(placeholder="fallback, or nothing", ensure_option=False)
        self.because = w.Text(placeholder="why, in your words", layout=wide)
        self.by = w.Text(placeholder="who accepts it; the name stands in the record")
        self.unevaluated = w.Text(placeholder="if it is not evaluated: why accept it all the same", layout=wide)
        self.question = w.Dropdown(description="open", layout=wide, style=label)
        self.answer = w.Text(placeholder="the answer; unknown is one too")
        self.rule = w.Dropdown(description="rule", layout=wide, style=label)
        self.reason = w.Text(placeholder="why, in your words", layout=wide)
        self.detail = w.HTML()
        self.picture.layout = w.Layout(max_width="100%", overflow="auto")
        self.question.observe(lambda _: self.attempt_quietly(self.tell), names="value")
        self.attempt_quietly(self.fill)

    def card_box(self) -> Any:
        """The controls from top to bottom."""
        import ipywidgets as w

        rows = (
            [self.model, self.because, self.fallback, self.button("Decide", self.decide)],
            [self.by, self.unevaluated, self.button("Accept", self.accept)],
            [self.question, self.answer, self.button("Answer", self.keep_answer)],
            [self.rule, self.reason, *self._about_rules()],
        )
        box = self.box(*(w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows), self.detail)
        for name in ("model", "fallback", "because", "by", "unevaluated", "question", "answer", "rule", "reason"):
            setattr(box, name, getattr(self, name))
        for name in ("detail", "decide", "accept", "keep_answer", "deviate", "mute", "why"):
            setattr(box, name, getattr(self, name))
        return box

    def _about_rules(self) -> list[Any]:
        pairs = (("Deviate", self.deviate), ("Mute", self.mute), ("Why", self.why))
        return [self.button(label, do) for label, do in pairs]

    # -- showing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw everything anew: the project has changed."""
        super().refresh()
        self.attempt_quietly(self.fill)

    def fill(self) -> None:
        """The options, the open questions and the rules, each list with what was selected in it."""
        decision = self.card.project.view.decision
        self.model.options = self.fallback.options = tuple(option.model for option in decision.options)
        fill(self.question, [(f"{one.weight}  {one.fact} ({one.how})", one.fact) for one in decision.open_questions])
        fill(self.rule, [(f"{row.rule}: {row.cells[0]}", row.rule) for row in rule_rows(decision)])
        self.tell()

    def tell(self) -> None:
        """How the selected question is asked, and what its answers would do."""
        one = self._question()
        self.detail.value = list_html(question_detail(one)) if one is not None else ""

    def why(self) -> None:
        """Why the selected rule fired."""
        view, name = self.card.project.view, self._rule()
        text = explain(view.rule_book, view.report, name, view.rule_facts).as_text()
        self.detail.value = f"<pre>{escape(text)}</pre>"
        self.code.value = f"same on the command line: {code(f'maquette rules explain {name}')}"

    # -- saying ---------------------------------------------------------------------------------------------------

    def decide(self) -> None:
        """Decide for the option, as a draft."""
        model, because, fallback = self.model.value, self.because.value.strip(), self.fallback.value.strip() or None
        if not because:
            raise InvalidInput("a decision needs a reason", fix="Say why, in your words.")
        self.card.project.decide(model=model, because=because, fallback=fallback)
        self.code.value = code(f"project.decide(model={model!r}, because={because!r}, fallback={fallback!r})")
        self.say(f"decided for {model}, as a draft")

    def accept(self) -> None:
        """Accept the decision, under the name that is given and no other."""
        by, why = self.by.value.strip() or None, self.unevaluated.value.strip() or None
        self.card.project.sign(unevaluated_because=why, by=by)
        self.code.value = code(f"project.sign(unevaluated_because={why!r}, by={by!r})")
        self.say(f"accepted by {by}" if by else "accepted; nobody's name stands under it")

    def keep_answer(self) -> None:
        """Answer the selected question, or state the fact about the design."""
        one, text, project = self._question(), self.answer.value.strip(), self.card.project
        if one is None or not text:
            raise InvalidInput("there is no answer to keep", fix="Select a question and type its answer.")
        if one.how == "answer":
            project.change_by_text({one.fact: text})
            self.code.value = code(f"project.change_by_text({{{one.fact!r}: {text!r}}})")
        elif one.how == "review" and can_be_stated(one.fact):
            changes = stated_fact(project.view, one.fact, text)
            project.set_settings(changes)
            self.code.value = code(f"project.set_settings({changes!r})")
        else:
            raise InvalidInput(f"{one.fact} is not typed in", fix=f"Find it out: {one.how}.")
        self.answer.value = ""
        self.say(f"{one.fact} is kept")

    def deviate(self) -> None:
        """Say why the project deviates from the selected rule."""
        self._say_about("override")

    def mute(self) -> None:
        """Judge the selected rule no more."""
        self._say_about("mute")

    def _say_about(self, key: Literal["override", "mute"]) -> None:
        name, because = self._rule(), self.reason.value
        self.card.project.set_settings(about_rule(self.card.project.view, key, name, because))
        self.reason.value = ""
        command = f"maquette rules {key} {name} --because TEXT"
        self.code.value = f"same on the command line: {code(command)}"
        self.say(f"{name}: {'overridden' if key == 'override' else 'muted'}")

    def _question(self) -> OpenQuestion | None:
        questions = self.card.project.view.decision.open_questions
        return next((one for one in questions if one.fact == self.question.value), None)

    def _rule(self) -> str:
        if self.rule.value is None:
            raise NotFound("no rule is selected", fix="Select one in the list; it is empty while nothing deviates.")
        return str(self.rule.value)


def fill(dropdown: Any, pairs: list[tuple[str, str]]) -> None:
    """Other entries, the selected one kept where it is still there."""
    named = list({value: (label, value) for label, value in pairs}.values())
    if list(dropdown.options) == named:
        return
    before = dropdown.value
    dropdown.options = named
    values = [value for _, value in named]
    dropdown.value = before if before in values else next(iter(values), None)
