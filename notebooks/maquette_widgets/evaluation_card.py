"""The live evaluation: the estimate, a run that follows, charts, one model looked into, and the models in pairs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maquette.evals.run import EvalRun
from maquette.evals.run_words import estimate_words
from maquette.foundation.problems import NotFound
from maquette.project.eval_details import Remembered
from maquette_widgets import evaluation_html as html
from maquette_widgets.charts import cost_and_score_html, scores_html
from maquette_widgets.live import Frame
from maquette_widgets.shortlist_html import code

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Card


def evaluation(card: "Card") -> Any:
    """Estimate, then start; a start returns at once and the results follow."""
    return EvaluationFrame(card).card_box()


class EvaluationFrame(Frame):
    """The card. What is computed of a run that is over is remembered."""

    def __init__(self, card: "Card") -> None:
        import ipywidgets as w

        super().__init__(card)
        self._remembered = Remembered()
        self._tell: Callable[[], str] = str
        self.start = self.button("Start", self._start)
        self.start.disabled = True
        self.models = w.Dropdown(description="model", layout={"width": "32em"})
        self.detail = w.HTML()
        self._list_models()

    def card_box(self) -> Any:
        """The controls from top to bottom."""
        import ipywidgets as w

        running = (self.button("Estimate", self.estimate), self.start, self.button("Stop", self.stop))
        asking = ("Details", self.details), ("Compare", self.compare), ("Charts", self.charts)
        looking = [self.button(label, do) for label, do in asking]
        box = self.box(w.HBox(running), w.HBox([self.models, *looking]), self.detail)
        for name in ("estimate", "start", "models", "detail", "details", "compare", "charts"):
            setattr(box, name, getattr(self, name))
        return box

    def estimate(self) -> None:
        """What a run will take, before anything is spent."""
        project = self.card.project
        told = estimate_words(project.estimate(), project.view.plan.cap_usd)
        self.say(". ".join((told, *project.run_warnings())))
        self.start.disabled = False

    def stop(self) -> None:
        """Stop the run; finished calls are kept."""
        self.card.project.stop_evaluation()

    def details(self) -> None:
        """The selected model: slices, confusion, failures and wrong answers."""
        target = self.models.value or self._run().results[0].target_id
        self._told(
            lambda: html.details_html(self._remembered.details(self.card.project.view, self._run(), target)),
            f"model_details(project.view, project.view.run, {target!r})",
            "maquette eval show",
        )

    def compare(self) -> None:
        """The models of the run in pairs."""
        self._told(
            lambda: html.comparison_html(self._remembered.comparison(self.card.project.view, self._run()), self._run()),
            f"compare_runs(project.view, [{self._run().id!r}])",
            f"maquette eval compare {self._run().id}",
        )

    def charts(self) -> None:
        """Scores with their intervals, and cost against score."""
        self._told(
            lambda: scores_html(self._run()) + cost_and_score_html(self._run()),
            "[(one.target_id, one.score, one.interval) for one in project.view.run.results]",
            "maquette eval show --json",
        )

    def refresh(self) -> None:
        """Draw everything anew, what was asked for as well: the project has changed."""
        super().refresh()
        self.attempt_quietly(self._list_models)
        evaluation = self.card.project.evaluation
        if evaluation is None or not evaluation.running:
            self.attempt_quietly(lambda: setattr(self.detail, "value", self._tell()))
        elif waiting := evaluation.waiting_for:
            self.say(f"still waiting: {waiting[0]}")

    def _start(self) -> None:
        self.card.project.start_evaluation()
        self.say("started; finished calls are kept whatever happens")

    def _list_models(self) -> None:
        run = self.card.project.view.run
        names = [result.target_id for result in run.results] if run is not None else []
        if names != list(self.models.options):
            before = self.models.value
            self.models.options = names
            self.models.value = before if before in names else next(iter(names), None)

    def _run(self) -> EvalRun:
        run = self.card.project.view.run
        if run is None:
            raise NotFound("nothing is evaluated yet", fix="Press Estimate, then Start.")
        return run

    def _told(self, tell: Callable[[], str], python: str, command: str) -> None:
        self.detail.value = tell()
        self._tell = tell
        self.code.value = f"{code(python)} same on the command line: {code(command)}"
