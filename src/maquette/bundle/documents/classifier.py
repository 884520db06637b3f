"""The classifier that answers most of the traffic before any model: one more thing to test, name and replace.

Its rows for the documents that list models; all empty where no classifier is decided.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.diagrams.providers import own_region
from maquette.bundle.documents.cascade import passed_share
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, clause
from maquette.bundle.slots import decided
from maquette.cost.design_split import ENCODER

NAME = "a small encoder, trained on own examples"


def has_classifier(seen: Seen) -> bool:
    """Whether a trained encoder answers what it is sure of."""
    return decided(seen.inputs.decision).get("adaptation_first") == ENCODER


def classifier_card(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Its row among the models of the system card."""
    if has_classifier(seen):
        yield {
            "role": "classifier",
            "model": NAME,
            "runs": "your organisation",
            "region": own_region(seen),
            "context": None,
            "retires": None,
            "licence": "of the base that is taken",
        }


def classifier_bound(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Its row among the models that the design is bound to."""
    if has_classifier(seen):
        yield {"role": "classifier", "model": NAME, "provider": "your organisation", "last": None, "left": None}


def classifier_gates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What a release of it has to pass: by itself, and in what it leaves to the model."""
    metric, wanted = seen.facts.figure("quality.metric"), seen.facts.figure("quality.threshold")
    if not has_classifier(seen) or metric is None or wanted is None:
        return
    condition: Sentence = ["of what the classifier answers itself, ", metric, " stays below ", wanted]
    more = clause("; or it passes on more than ", passed_share(seen))
    yield {"gate": "classifier", "condition": [*condition, *more], "effect": "its release is held; the model answers"}


def classifier_runs(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """When it is evaluated."""
    examples = seen.facts.figure("data.eval_examples")
    if has_classifier(seen) and examples is not None:
        run: Sentence = [examples, ": the classifier alone at its threshold, then with the model behind it"]
        yield {"occasion": ["a new release of the classifier"], "run": run}


def classifier_ready(seen: Seen) -> Sentence:
    """Why it is not ready yet, for the checklist; empty where there is none."""
    if not has_classifier(seen):
        return []
    wanted = seen.facts.figure("quality.threshold")
    return ["not trained, not evaluated", *clause("; asked for: ", wanted)]
