"""Stage 5: the options side by side, the reasons, what is open, and the decision."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from maquette.decision.decision import Decision
from maquette.foundation.problems import Problem
from maquette.project.deciding import is_evaluated
from maquette.project.serving import serving_words
from maquette.rules.report import Status
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel

if TYPE_CHECKING:
    from maquette.bundle.inputs import ServingPlan


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
            view = self.project.view
            decision, serving = view.decision, view.serving
        except Problem as problem:
            self.app.call_from_thread(self.detail, f"{problem.what}. {problem.fix}")
            return
        self.app.call_from_thread(self._show_decision, decision, serving)

    def _show_decision(self, decision: Decision, serving: "Mapping[str, ServingPlan]") -> None:
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
        sizing = [f"sizing {name}: {serving_words(plan)}" for name, plan in serving.items()]
        self.detail("\n".join([*sizing, _reasons(decision)]))

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
            self.say(f"Decided for {model}, as a draft. a accepts it, 6 exports the bundle.")

    def action_sign(self) -> None:
        """Accept the decision as it stands; without an evaluation, with a reason."""
        choice = self.project.view.document.choice
        if choice is None:
            self.say("Nothing is decided yet. d decides for the option under the cursor.")
        elif is_evaluated(self.project.view, choice.model):
            self._sign(None)
        else:
            prompt = f"{choice.model} is not evaluated. Why accept it all the same? It goes into the decision record"
            self.ask(prompt, "", self._sign)

    def _sign(self, why: str | None) -> None:
        if self.attempt(lambda: self.project.sign(unevaluated_because=why)):
            self.say("Accepted. 6 exports the bundle.")


def _reasons(decision: Decision) -> str:
    report = decision.rules
    fired, unknown = len(report.with_status(Status.FIRED)), len(report.with_status(Status.UNKNOWN))
    lines = [f"because {reason.text}" for reason in decision.reasons]
    lines += [f"would change it: {flip}" for flip in decision.flips]
    lines.append(f"rules: {fired} fired, {unknown} unknown")
    lines += [f"open: {question.fact} ({question.how})" for question in decision.open_questions[:6]]
    return "\n".join(lines)
