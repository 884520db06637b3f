"""The topics that a project keeps decision records about: which areas of the rule base make up each, and its number.

A topic keeps its number whether or not other topics have a record, so that a record keeps its file.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """One decision record's subject.

    Attributes:
        number: Of the record, from 1.
        slug: For the file's name.
        areas: The areas of the rules whose slots are decided here.
    """

    number: int
    slug: str
    title: str
    question: str
    areas: tuple[str, ...]


MODEL = Topic(
    number=1,
    slug="model",
    title="The model",
    question="Which model answers the requests, and how is it known to be good enough?",
    areas=("model", "latency", "evaluation"),
)

ADAPTATION = Topic(
    number=3,
    slug="adaptation-and-knowledge",
    title="How the model gets to know the task",
    question="How is the model adapted to the task, and where does its knowledge come from?",
    areas=("scope", "adaptation", "context", "rag", "multimodal"),
)

TOPICS = (
    MODEL,
    Topic(
        number=2,
        slug="hosting",
        title="Where the model runs",
        question="Who runs the model, on what, in which number format?",
        areas=("hosting", "quantisation", "serving"),
    ),
    ADAPTATION,
    Topic(
        number=4,
        slug="traffic",
        title="How requests flow",
        question="Which requests are cached, queued, batched or routed?",
        areas=("batch", "queue", "cache", "routing"),
    ),
    Topic(
        number=5,
        slug="reliability",
        title="What happens when something fails",
        question="Which failures does the system survive, and how?",
        areas=("reliability", "region"),
    ),
    Topic(
        number=6,
        slug="output",
        title="The form of the answers",
        question="Which form do answers have, and how do they reach the user?",
        areas=("structure", "streaming"),
    ),
    Topic(
        number=7,
        slug="safety",
        title="Guardrails and agency",
        question="What may the model do by itself, and what is checked before it takes effect?",
        areas=("guardrails", "security", "agents"),
    ),
    Topic(
        number=8,
        slug="data-protection",
        title="Data protection and the law",
        question="Where may data go, what is stored, and which rules bind?",
        areas=("privacy", "residency", "compliance"),
    ),
    Topic(
        number=9,
        slug="operation",
        title="Operation and money",
        question="What is watched, what is limited, and how does a change reach users?",
        areas=("observability", "budget", "cost", "rollout", "migration"),
    ),
)
