"""Runbooks of quality: form, refusals, unsupported claims, regressions, an old index, a drifting classifier."""

from collections.abc import Callable, Iterator, Mapping

from maquette.bundle.figures import Sentence, clause
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.operating import answerer, escalated
from maquette.bundle.runbooks.scene import CONFIG, Scene
from maquette.bundle.runbooks.values import Body, Step


def _changes(scene: Scene) -> Step:
    log = f"git log --oneline --since='2 days ago' -- {CONFIG}"
    prompt = scene.prompt_changes()
    where = " The second command is for the project's folder." if prompt else ""
    return Step(
        text=[f"What was changed.{where}"],
        command=f"{log}\n{prompt}" if prompt else log,
        healthy=["nothing"],
        branches=(["A change: it is the first suspect; take it back before anything else."],),
    )


def _replay(scene: Scene) -> Step:
    run = scene.op.seen.inputs.run
    on = f"the {run.results[0].planned} examples of {run.dataset}" if run and run.results else "the examples"
    return Step(
        text=[f"Replay {on} with the models as they are now, and compare."],
        command="maquette eval run",
        healthy=clause("at or above ", scene.fact("quality.threshold")),
    )


def invalid(scene: Scene) -> Body:
    """RB-05."""
    return Body(
        impact=(*scene.usual(), scene.share_per_minute(scene.op.limits["invalid_share"].value, "At the threshold: ")),
        diagnose=(
            *scene.watch("LLMSchemaInvalid"),
            scene.look(
                ["Whether answers are cut off."],
                promql.answers("truncated", "30m", answerer(scene.op)),
                ["`0`"],
                ["More: `max_tokens` is below what the form needs."],
            ),
            _changes(scene),
        ),
        mitigate=(
            Step(
                text=[
                    "Turn the provider's own enforcement of the form on (`response_format` with a schema), which ",
                    _form(scene),
                    " allows.",
                ]
            ),
            scene.prompt_back(),
            *scene.swap(),
        ),
        verify=scene.look(
            ["The invalid share of half an hour."], promql.answers("invalid", "30m", answerer(scene.op)), _below(scene)
        ),
        undo=(scene.back(), scene.prompt_again()),
        keep=["The hour's answers that did not parse, with their finish reason."],
    )


def _below(scene: Scene) -> Sentence:
    return ["below ", scene.limit("invalid_share", "%", percent=True)]


def _form(scene: Scene) -> str:
    return scene.op.seen.facts.text("io.output_format") or "the output"


def refusing(scene: Scene) -> Body:
    """RB-06."""
    return Body(
        impact=(*scene.usual(), scene.share_per_minute(scene.op.limits["invalid_share"].value, "At the threshold: ")),
        diagnose=(
            *scene.watch("LLMRefusalSpike"),
            Step(
                text=[
                    "Read ",
                    scene.limit("sample_read", "refused requests"),
                    ": is one topic, one language or one caller behind them?",
                ],
                healthy=["no pattern"],
            ),
            _changes(scene),
        ),
        mitigate=(scene.prompt_back(), *scene.swap()),
        verify=scene.look(
            ["The refused share of the hour."],
            promql.answers("refused", "1h", answerer(scene.op)),
            ["that of last week"],
        ),
        undo=(scene.back(), scene.prompt_again()),
        keep=["The refused requests that were read, for the edge cases of the evaluation."],
    )


def unsupported(scene: Scene) -> Body:
    """RB-07: a reported hallucination or a fallen sample."""
    review = scene.fact("risk.human_review")
    worst = scene.op.seen.facts.number("quality.max_hallucination_rate")
    return Body(
        impact=(
            *scene.usual(),
            scene.share_per_minute(worst, "At the tolerated rate: ") if worst else [],
            clause("A person checks before an answer takes effect: ", review, "."),
        ),
        diagnose=(
            *scene.watch(
                "LLMFaithfulnessDrop",
                ["One report is enough to read on: compare every claim of that answer with its source."],
            ),
            _changes(scene),
            Step(
                text=["Is the source in the prompt whole, or was it cut?"],
                healthy=clause("at most ", scene.fact("tokens.input_p99")),
            ),
            _replay(scene),
        ),
        mitigate=(
            Step(
                text=[
                    "Tell the readers: answers are drafts until further notice, each claim is compared with its source."
                ]
            ),
            scene.prompt_back(),
            *scene.swap(),
        ),
        verify=scene.look(
            ["The next day's checked answers."],
            "sum(increase(app_unsupported_answers_total[1d])) / sum(increase(app_checked_answers_total[1d]))",
            clause("below ", scene.fact("quality.max_hallucination_rate"))
            or clause("quality at ", scene.fact("quality.threshold")),
        ),
        undo=(scene.back(), ["Take the notice to the readers back."]),
        keep=["The reported answers with source and verdict of two raters; they become examples."],
    )


def regressed(scene: Scene) -> Body:
    """RB-21."""
    return Body(
        impact=(
            *scene.usual(),
            clause("Required: ", scene.fact("quality.metric"), " of ", scene.fact("quality.threshold"), "."),
        ),
        diagnose=(
            *scene.watch("LLMQualityRegression"),
            _changes(scene),
            _replay(scene),
            *_judge(scene),
        ),
        mitigate=(
            Step(text=["Freeze changes of model and prompt (", scene.fact("lifecycle.change_cadence") or "any", ")."]),
            scene.prompt_back(),
            scene.config_back(["Put the gateway's configuration back as it was before its last change."]),
        ),
        verify=scene.look(
            ["The online sample of the next day."],
            "min(app_quality_sample_ratio)",
            clause("at or above ", scene.fact("quality.threshold")),
        ),
        undo=(scene.back(),),
        keep=["Both runs, their paired test, and the model and prompt version of each."],
    )


def _judge(scene: Scene) -> list[Step]:
    """Where a judge scores, it may be what changed."""
    run = scene.op.seen.inputs.run
    scored = run.primary_metric if run else scene.op.seen.facts.text("quality.metric") or ""
    if "judge" not in scored and scene.op.seen.facts.values.get("quality.subjective") is not True:
        return []
    text = "Did the judge change? Score the human-labelled anchor set again."
    return [Step(text=[text], healthy=["the same verdicts as at its calibration"])]


def stale(scene: Scene) -> Body:
    """RB-16."""
    return Body(
        impact=(
            *scene.usual(),
            clause(
                "Sources: ",
                scene.fact("knowledge.corpus_tokens"),
                ", they change ",
                scene.fact("knowledge.change_freq"),
                ".",
            ),
        ),
        diagnose=(
            *scene.watch("RAGIndexStale", ["Old: the indexing job failed; read its log."]),
            *scene.watch(
                "RAGRecallDrop", ["Low with a fresh index: chunking, embedding model or the right filter changed."]
            ),
        ),
        mitigate=(
            Step(
                text=[
                    (
                        "Run the indexing job over what changed since the last "
                        "good day; switch the alias only when recall is measured."
                    )
                ]
            ),
        ),
        verify=scene.look(["The index's age in seconds."], "max(app_index_age_seconds)", ["within the limit above"]),
        undo=(["Point the alias at the earlier index again."],),
        keep=["The list of documents that were missing."],
    )


def drifting(scene: Scene) -> Body:
    """RB-26: the encoder is unsure more often."""
    most, shown = escalated(scene.op)
    planned = most / scene.op.limits["escalated_rise"].value
    labelled = scene.limit("sample_labelled", "are labelled")
    return Body(
        impact=(
            scene.share_per_minute(planned, "Planned for the model: "),
            scene.share_per_minute(most, "At the threshold: "),
            clause("Every one more is paid at the price of ", scene.impact["usd_per_hour"], " for all of the traffic."),
        ),
        diagnose=tuple(_unsure(scene)),
        mitigate=(
            Step(text=["Put classifier and threshold back as they were before their last release."]),
            Step(
                text=[
                    "Messages of the new kind go to people until ",
                    labelled,
                    "; then train, fit the threshold on validation examples, and release.",
                ]
            ),
        ),
        verify=scene.look(["The escalated share of the hour."], promql.answers("escalated", "1h"), ["below ", shown]),
        undo=(["Release the newer classifier again once its escalated share on new messages is within the limit."],),
        keep=["The messages of the new kind with the label that people gave them."],
    )


def _unsure(scene: Scene) -> Iterator[Step]:
    """Which messages the classifier passes on, and what was changed."""
    new: Sentence = ["A new kind of message: read ", scene.limit("sample_labelled", "of them"), " and name it."]
    by_language = (
        'sum by (language) (rate(app_answers_total{outcome="escalated"}[1h])) '
        "/ sum by (language) (rate(app_answers_total[1h]))"
    )
    yield from scene.watch("LLMEscalationShare")
    yield from scene.watch("ClassifierNewLabel", new)
    yield scene.look(["Which language it is."], by_language, clause("alike in ", scene.fact("quality.languages")))
    yield Step(text=["Was the classifier or its threshold released just before the share rose?"], healthy=["no"])


QUALITY_BODIES: Mapping[str, Callable[[Scene], Body]] = {
    "RB-05": invalid,
    "RB-06": refusing,
    "RB-07": unsupported,
    "RB-16": stale,
    "RB-21": regressed,
    "RB-26": drifting,
}
