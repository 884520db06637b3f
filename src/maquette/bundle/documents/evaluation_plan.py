"""The plan of evaluation: which examples which fact asks for, what so many can show, and what gates a release."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import sqrt
from typing import Any

from maquette.bundle.documents.classifier import classifier_gates, classifier_runs
from maquette.bundle.documents.metric_words import LIMITS, METRICS
from maquette.bundle.documents.online import online_measures
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.visible_loss import DISCORDANT, shown_threshold
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.evals.statistics import examples_for_margin
from maquette.evals.statistics.planning import smallest_paired_difference
from maquette.evals.statistics.proportions import wilson
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count
from maquette.rules.report import Rule, Status

MARGIN = 0.02
"""The loss that the regression gate looks for, as a fraction; the guidance's two points (R-EVAL-08)."""

Z = 1.96


def evaluation_plan_view(seen: Seen) -> Mapping[str, Any]:
    """Rows and sentences of the plan; the results are in the view of the run."""
    return {
        "dataset": list(_dataset(seen)),
        "metrics": list(_metrics(seen)),
        "sample": list(_sample(seen)),
        "judge": list(_judge(seen)),
        "gates": list(_gates(seen)),
        "cadence": list(_cadence(seen)),
        "online": online_measures(seen),
    }


def _dataset(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """A row a kind of example that a fact asks for."""
    facts = seen.facts
    held = facts.figure("data.eval_examples") or facts.figure("data.labelled_examples")
    counted = facts.number("data.eval_examples") or facts.number("data.labelled_examples")
    if held is not None:
        words = "set aside and never trained on: " if counted else "none with a known answer so far: "
        yield _kind("normal cases, drawn as traffic comes", [words, held])
    languages = facts.number("quality.languages")
    if languages is not None and languages > 1:
        share = estimated("a score of its own for each", "quality.languages > 1")
        yield _kind("each language", [_must(facts.figure("quality.languages")), ": ", share])
    if facts.values.get("risk.untrusted_input") is True:
        yield _kind(
            "injected instructions in the input",
            ["outsiders' text reaches the prompt: ", _must(facts.figure("risk.untrusted_input"))],
        )
    if facts.text("io.output_format") in ("json", "label", "tool_calls"):
        yield _kind(
            "cases where the form breaks first: quotes, empty and long fields",
            ["answers must come as ", _must(facts.figure("io.output_format"))],
        )
    longest = facts.figure("tokens.input_p99")
    if longest is not None:
        yield _kind("the longest inputs", ["up to ", longest])
    if facts.values.get("knowledge.citations_required") is True:
        yield _kind(
            "questions that the documents do not answer",
            ["sources must be cited: ", _must(facts.figure("knowledge.citations_required"))],
        )
    if facts.text("agency.tools") not in (None, "none"):
        yield _kind(
            "tasks where the right act is to stop and ask",
            ["what the model may do: ", _must(facts.figure("agency.tools"))],
        )
    if facts.values.get("context.multi_turn") is True:
        yield _kind("long conversations, scored at their end", ["turns: ", _must(facts.figure("context.turns_avg"))])


def _kind(kind: str, because: Sentence) -> Mapping[str, Any]:
    return {"kind": kind, "because": because}


def _must(found: Figure | None) -> str | Figure:
    return "" if found is None else found


def _metrics(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The required metric, the run's scorer, and every rule of the area that says how to score."""
    wanted, run = seen.facts.text("quality.metric"), seen.inputs.run
    named = {wanted: "required"} if wanted else {}
    if run is not None and run.primary_metric not in named:
        named[run.primary_metric] = f"scores run {run.id}"
    for name, role in named.items():
        yield {"name": name, "role": role, "what": METRICS.get(name, ""), "limit": LIMITS.get(name, "")}
    for rule in _fired(seen, ("R-EVAL-11", "R-EVAL-12", "R-RAG-04", "R-MODEL-13")):
        yield {"name": rule.id, "role": rule.strength.value, "what": rule.recommend, "limit": rule.rationale}


def _sample(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    name = "data.eval_examples" if facts.number("data.eval_examples") else "data.labelled_examples"
    count, threshold = facts.number(name), facts.number("quality.threshold")
    held, wanted = facts.figure(name), facts.figure("quality.threshold")
    if count and threshold is not None and held and wanted and 0 < threshold < 1:
        yield from _intervals(
            int(count), float(threshold), clause(held, ", ", wanted), name, facts.text("quality.metric")
        )
    worst, tolerated = facts.number("quality.max_hallucination_rate"), facts.figure("quality.max_hallucination_rate")
    if worst and tolerated is not None and writes(seen):
        text = f"{readable_count((3 / worst).quantize(Decimal(1)))} examples without a failure"
        needed = estimated(text, "3 / quality.max_hallucination_rate (rule of three)")
        yield _shown("how many show that the rate of unsupported answers is low enough", needed, [tolerated])


def _intervals(
    count: int, threshold: float, rests_on: Sentence, name: str, metric: str | None
) -> Iterator[Mapping[str, Any]]:
    half = Z * sqrt(threshold * (1 - threshold) / count) * 100
    formula = f"1.96 x sqrt(p (1 - p) / n), p = quality.threshold, n = {name}"
    question = "how well a score near the threshold is known"
    other = _NO_SHARE.get(metric or "")
    if other is not None:
        question = f"how well a share of right answers is known; {other} is resampled from the run instead"
    yield _shown(question, estimated(f"±{half:.1f} points", formula), rests_on)
    if other is None:
        yield from _passing(count, threshold, rests_on)
    seen = smallest_paired_difference(count, DISCORDANT)
    planned = f"Connor 1987: n = {name}, {DISCORDANT * 100:.0f} % discordant, power 80 %"
    apart = (
        "no difference: choose on cost and latency"
        if seen is None
        else f"{seen * 100:.1f} points, closer ones are tied"
    )
    yield _shown("from which difference on two models are ranked", estimated(apart, planned), rests_on)
    if seen is None or seen > MARGIN:
        blind = estimated("no: the loss must be larger", planned)
        yield _shown("whether the regression gate's 2 points can be seen", blind, rests_on)
    if half > 100 * MARGIN:
        more = f"{readable_count(examples_for_margin(MARGIN, threshold))} examples"
        needed = estimated(more, "1.96^2 p (1 - p) / 0.02^2, p = quality.threshold")
        yield _shown("how many give a score to ±2 points", needed, rests_on)


def _passing(count: int, threshold: float, rests_on: Sentence) -> Iterator[Mapping[str, Any]]:
    """The fewest right answers of so many whose whole interval reaches the threshold."""
    least = next((right for right in range(count + 1) if wilson(right, count).low >= threshold), None)
    text = "not even all of them" if least is None else f"{readable_count(least)} of {readable_count(count)}"
    passing = estimated(text, "Wilson, 95 %: the fewest whose lower end reaches quality.threshold")
    yield _shown("how many right answers pass the release gate", passing, rests_on)


_NO_SHARE: Mapping[str, str] = {"macro_f1": "macro F1, a mean over labels,", "wer": "a word error rate"}
"""Metrics that are no share of right answers, in words: the formula of a share does not hold for them."""


def _shown(question: str, answer: Figure, rests_on: Sentence) -> Mapping[str, Any]:
    return {"question": question, "answer": [answer], "rests_on": rests_on}


def _judge(seen: Seen) -> Iterator[Sentence]:
    facts, run = seen.facts, seen.inputs.run
    judged = facts.values.get("quality.subjective") is True
    if not judged and not (run and run.primary_metric == "rubric_judge"):
        return
    labels = facts.figure("data.eval_human_labels")
    if judged:
        yield ["Quality is a matter of judgement: ", _must(facts.figure("quality.subjective")), "."]
    if labels is not None:
        yield ["Agreement with people is measured on ", labels, " graded by experts."]
        if judged:
            yield ["Asked: who decides where two raters of these ", labels, " differ?"]
    for rule in _fired(seen, ("R-EVAL-05",)):
        yield [f"{rule.recommend} ", _by(rule), "."]
    for rule in _named(seen, ("R-EVAL-04", "R-EVAL-06"), Status.UNKNOWN):
        yield [f"Not checked so far: {rule.recommend} ", _by(rule), "."]
    outside = facts.figure("data.external_processing_allowed")
    if facts.values.get("data.external_processing_allowed") is False and outside is not None:
        yield ["The judge runs where the data may be; a third party may process it: ", outside, "."]


def _gates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    metric, threshold = facts.figure("quality.metric"), facts.figure("quality.threshold")
    if metric and threshold:
        yield {
            "gate": "release",
            "condition": ["the whole 95 % interval of ", metric, " reaches ", threshold],
            "effect": "no release below it",
        }
        margin = figure("2 points", Source(kind=SourceKind.CLAIMED, ref="rule R-EVAL-08"))
        yield {
            "gate": "regression",
            "condition": [
                metric,
                " falls, with p < 0.05 in the paired test, by more than ",
                *shown_threshold(facts, Decimal(2), margin),
            ],
            "effect": "the change is blocked",
        }
    worst = facts.figure("quality.max_hallucination_rate")
    if worst is not None and writes(seen):
        yield {
            "gate": "unsupported answers",
            "condition": [
                "more than ",
                worst,
                " of the answers hold a statement that nothing supports",
                *_stricter(seen),
            ],
            "effect": "the change is blocked",
        }
    yield from classifier_gates(seen)
    yield from _safety_gates(seen)
    yield from _limit_gates(seen)


def _stricter(seen: Seen) -> Sentence:
    """Where faithfulness is asked for too, both lines are on the same answers: which of them counts."""
    facts = seen.facts
    worst, least = facts.number("quality.max_hallucination_rate"), facts.number("quality.threshold")
    if facts.text("quality.metric") != "faithfulness" or worst is None or least is None:
        return []
    asked = facts.figure("quality.threshold")
    if 1 - worst <= least:
        return clause("; faithfulness of ", asked, " is the stricter line and counts")
    line = estimated(f"{readable_count((100 * (1 - worst)).normalize())} %", "1 - quality.max_hallucination_rate")
    return clause("; faithfulness of ", line, " is stricter than ", asked, " and counts")


def _safety_gates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    if facts.values.get("risk.untrusted_input") is True:
        none = figure("0 cases", Source(kind=SourceKind.CLAIMED, ref="rule R-GUARD-02"))
        yield {
            "gate": "safety",
            "condition": ["injected instructions that got through: more than ", none],
            "effect": "release blocked, security review",
        }
    review = facts.figure("risk.human_review")
    if facts.text("risk.human_review") == "low_confidence" and review is not None:
        yield {
            "gate": "abstaining",
            "condition": ["confidence below the threshold fitted on validation examples: ", review],
            "effect": "the model abstains and a person decides",
        }


def _limit_gates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    latency = facts.figure("latency.p95_ms")
    if latency is not None:
        yield {
            "gate": "latency",
            "condition": ["P95 above ", latency, " under the peak load"],
            "effect": "no release above it",
        }
    limit = facts.figure("derived.cost_per_request_limit")
    if limit is not None:
        yield {
            "gate": "cost",
            "condition": ["a request costs more than ", limit],
            "effect": "the budget is passed at launch volume",
        }


def writes(seen: Seen) -> bool:
    """Whether answers are sentences, which can hold a claim that nothing supports."""
    return seen.facts.text("task.type") in ("summarisation", "rag_qa", "generation", "chat", "analysis", "translation")


def _cadence(seen: Seen) -> Iterator[Mapping[str, Any]]:
    cadence, spend = seen.facts.figure("lifecycle.change_cadence"), seen.facts.figure("eval.budget_usd")
    minutes, run = seen.facts.figure("eval.max_minutes"), seen.inputs.run
    names = ", ".join(role.model for role in seen.roles) or "the shortlisted models"
    limits = clause("at most ", spend, " and ", minutes)
    if cadence is not None:
        again = f"{names} on {run.dataset}" if run else names
        yield {"occasion": ["a change of model or prompt, ", cadence], "run": [f"{again}, ", *limits]}
    yield from classifier_runs(seen)
    for role in seen.roles:
        if role.card is not None and role.card.retires_on is not None:
            source = Source(kind=SourceKind.CLAIMED, ref=f"catalog entry of {role.card.id}")
            retires = figure(role.card.retires_on.isoformat(), source)
            yield {
                "occasion": [f"before {role.model} retires on ", retires],
                "run": ["its successor on the same examples"],
            }


def _fired(seen: Seen, ids: tuple[str, ...]) -> Iterator[Rule]:
    return _named(seen, ids, Status.FIRED)


def _named(seen: Seen, ids: tuple[str, ...], status: Status) -> Iterator[Rule]:
    decision = seen.inputs.decision
    for finding in decision.rules.with_status(status) if decision else ():
        if finding.rule.id in ids:
            yield finding.rule


def _by(rule: Rule) -> Figure:
    return figure(f"({rule.id})", Source(kind=SourceKind.CLAIMED, ref=f"rule {rule.id}"))
