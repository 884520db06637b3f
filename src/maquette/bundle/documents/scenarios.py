"""Quality scenarios in the form stimulus, response, measure: only those whose measure somebody required."""

from collections.abc import Mapping
from typing import Any

from maquette.bundle.documents.evaluation_plan import writes
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause


def quality_scenarios(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows with the quality concerned, the stimulus as a sentence, the response, and the measure as a figure."""
    facts = seen.facts
    rows = (
        ("latency", _load(seen), "the complete answer is there", _at_most(facts.said("latency.p95_ms"), "P95")),
        (
            "first token",
            _load(seen),
            "the reader sees the first token",
            _at_most(facts.said("latency.ttft_ms"), "P95"),
        ),
        ("quality", _case(seen), "the answer counts as good", _quality(seen)),
        (
            "availability",
            ["a model or its provider fails"],
            "requests are still answered",
            _least(seen, "availability.target"),
        ),
        (
            "recovery",
            ["the region or the machine is lost"],
            "the service is back",
            _at_most(facts.said("availability.rto_min"), ""),
        ),
        ("cost", _growth(seen), _at_ceiling(seen), _at_most(facts.said("budget.monthly_usd"), "")),
    )
    return [
        {"quality": quality, "stimulus": stimulus, "response": response, "measure": measure}
        for quality, stimulus, response, measure in rows
        if measure is not None
    ]


def _load(seen: Seen) -> Sentence:
    peak = seen.facts.said("derived.rps_peak")
    tokens = seen.facts.said("tokens.input_avg")
    words: list[str | Figure] = ["a request"]
    words += [" of ", tokens] if tokens else []
    return [*words, *clause(" at the peak of ", peak)]


_CASES: Mapping[str, str] = {
    "agent": "one task of the agent",
    "rag_qa": "one question",
    "code": "one coding task",
    "chat": "one conversation",
    "classification": "one text to classify",
    "summarisation": "one text to summarise",
}


def _case(seen: Seen) -> Sentence:
    kind = seen.facts.text("task.type")
    examples = seen.facts.said("data.eval_examples")
    said = seen.facts.in_words("task.type", kind) if kind else ""
    words: list[str | Figure] = [_CASES.get(kind or "", f"one request: {said}" if said else "a request")]
    return [*words, *clause(" out of ", examples, " kept for evaluation")]


def _quality(seen: Seen) -> Sentence | None:
    metric, threshold = seen.facts.said("quality.metric"), seen.facts.said("quality.threshold")
    if metric is None or threshold is None:
        return None
    worst = seen.facts.said("quality.max_hallucination_rate") if writes(seen) else None
    words: list[str | Figure] = [metric, " at least ", threshold]
    return [*words, *clause("; answers with an unsupported statement at most ", worst)]


def _growth(seen: Seen) -> Sentence:
    volume, growth = seen.facts.said("scale.requests_per_day"), seen.facts.said("scale.growth_pct_month")
    words: list[str | Figure] = ["traffic of ", volume] if volume else ["the traffic of a month"]
    return [*words, *clause(", growing by ", growth)]


def _at_ceiling(seen: Seen) -> str:
    hard = seen.facts.text("budget.hardness") == "hard"
    return "requests are refused at the ceiling" if hard else "the service degrades at the ceiling, it does not stop"


def _least(seen: Seen, name: str) -> Sentence | None:
    found = seen.facts.said(name)
    return None if found is None else ["at least ", found, " in 30 days"]


def _at_most(found: Figure | None, what: str) -> Sentence | None:
    return None if found is None else [f"{what} at most ".lstrip(), found]
