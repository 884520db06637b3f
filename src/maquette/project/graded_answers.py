"""The answers of the current run by model, to which the thresholds of a router are fitted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from maquette.bundle.inputs import GradedAnswer
from maquette.bundle.routing_values import wants_router
from maquette.evals.trials import RunState

if TYPE_CHECKING:
    from maquette.project.view import View


def graded_answers(view: "View") -> Mapping[str, tuple[GradedAnswer, ...]]:
    """Every scored answer of the finished run with the length of its prompt; empty where the design has no router."""
    run = view.current_run
    if run is None or run.state is not RunState.FINISHED or not wants_router(view.decision, view.rule_facts):
        return {}
    found: dict[str, list[GradedAnswer]] = {}
    for trial in view.trials_of(run.id):
        right = next((score.passed for score in trial.scores if score.metric == run.primary_metric), None)
        if right is not None and trial.input_tok is not None:
            answer = GradedAnswer(example=trial.example_id, input_tok=trial.input_tok, right=right)
            found.setdefault(trial.target_id, []).append(answer)
    return {model: tuple(answers) for model, answers in found.items()}
