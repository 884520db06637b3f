"""Stage 5: the options side by side, the reasons, what is open, and the decision."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.decision.decision import Decision
from maquette.foundation.problems import Problem
from maquette.rules.report import Status
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel


class DecidePanel(Panel):
    """Options, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("decision")]
    HEADINGS = ("", "option", "for", "against")

    def show(self) -> None:
        """The decision as it stands, in a thread: it rests on the projection."""
        self.lead("weighing ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="decide")

    def _load(self) -> None:
        try:
            decision = self.project.view.decision
        except Problem as problem:
            self.app.call_from_thread(self.detail, f"{problem.what}. {problem.fix}")
            return
        self.app.call_from_thread(self._show_decision, decision)

    def _show_decision(self, decision: Decision) -> None:
        choice = decision.choice
        chosen = choice.model if choice else decision.recommended
        self.fill(
            [
                (
                    option.model,
                    (
                        "◉" if option.model == chosen else " ",
                        option.model,
                        "; ".join(option.for_it),
                        "; ".join(option.against_it),
                    ),
                )
                for option in decision.options
            ]
        )
        if choice is not None:
            self.lead(f"{choice.model} ({choice.status}, {choice.decided_on}): {choice.because}")
        elif decision.recommended is not None:
            self.lead(f"Recommended: {decision.recommended}")
        else:
            self.lead(f"No recommendation: {decision.no_recommendation}")
        self.detail(_reasons(decision))

    def action_decide(self) -> None:
        """Decide for the option under the cursor, with a reason."""
        model = self.row_key
        if model is None:
            self.say("There is no option yet. 2 chooses models.")
            return
        self.ask(
            f"Why {model}? In your words; it goes into the decision record", "", lambda why: self._decide(model, why)
        )

    def _decide(self, model: str, why: str) -> None:
        if not why.strip():
            self.say("A decision needs a reason; nothing was decided.")
            return
        if self.attempt(lambda: self.project.decide(model=model, because=why.strip())):
            self.say(f"Decided for {model}, as a draft. 6 exports the bundle.")


def _reasons(decision: Decision) -> str:
    report = decision.rules
    fired, unknown = len(report.with_status(Status.FIRED)), len(report.with_status(Status.UNKNOWN))
    lines = [f"because {reason.text}" for reason in decision.reasons]
    lines += [f"would change it: {flip}" for flip in decision.flips]
    lines.append(f"rules: {fired} fired, {unknown} unknown")
    lines += [f"open: {question.fact} ({question.how})" for question in decision.open_questions[:6]]
    return "\n".join(lines)
