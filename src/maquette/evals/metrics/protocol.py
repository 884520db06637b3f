"""What a metric is: a name, and a score of a response against an example. How its calls are paid is in `scoring`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from maquette.evals.calls import Answer, Message
from maquette.evals.dataset import Example
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score

DETAIL_CHARS = 500
"""A detail is a remark, not a copy of the answer."""


class Metric(Protocol):
    """Scores one response against one example; no calls of its own.

    One that waits, for a child process say, has an attribute ``waits = True``: it is then scored in a thread.
    """

    @property
    def name(self) -> str:
        """The name under which the scores are stored."""

    def score(self, example: Example, response: Response) -> Score:
        """The score of ``response`` for ``example``; unscored when the two cannot be compared."""


class Ask(Protocol):
    """Asks the model that a metric names; each call is covered by the run's cap before it is sent."""

    async def __call__(self, messages: tuple[Message, ...], max_output_tok: int) -> Answer:
        """The answer, after retries.

        Raises:
            CallError: All attempts failed.
            CapReached: The cap cannot cover the call; nothing was sent.
        """


class CallingMetric(Protocol):
    """Scores by asking a model, such as a judge."""

    @property
    def name(self) -> str:
        """The name under which the scores are stored."""

    @property
    def model(self) -> str:
        """The id of the target to ask."""

    async def score(self, example: Example, response: Response, ask: Ask) -> Score:
        """The score of ``response`` for ``example``; unscored when the model's answer says nothing.

        Raises:
            CallError, CapReached: From ``ask``; whoever scores makes an unscored score of it.
        """


Vector = Sequence[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """One vector a text, in their order; ``input_tok`` None where the model does not tell it."""

    vectors: tuple[Vector, ...]
    input_tok: int | None


class Embedder(Protocol):
    """A model that makes vectors of texts."""

    @property
    def id(self) -> str:
        """The id of its spec."""

    async def start(self) -> None:
        """Load the library.

        Raises:
            Unavailable: A library or a key is missing.
        """

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of one batch, in one call.

        Raises:
            CallError: The call failed.
        """

    async def close(self) -> None:
        """Give everything back; may be called twice."""


class Embed(Protocol):
    """Makes vectors with the model that a metric names; each call is covered by the run's cap before it is sent."""

    async def __call__(self, texts: Sequence[str]) -> tuple[Vector, ...]:
        """One vector a text, in their order.

        Raises:
            CallError: The call failed.
            CapReached: The cap cannot cover the call; nothing was sent.
        """


class EmbeddingMetric(Protocol):
    """Scores by vectors of the texts."""

    @property
    def name(self) -> str:
        """The name under which the scores are stored."""

    @property
    def model(self) -> str:
        """The id of the embedding model."""

    async def score(self, example: Example, response: Response, embed: Embed) -> Score:
        """The score of ``response`` for ``example``.

        Raises:
            CallError, CapReached: From ``embed``; whoever scores makes an unscored score of it.
        """


AnyMetric = Metric | CallingMetric | EmbeddingMetric


def scored(metric: Metric, example: Example, response: Response) -> Score:
    """The metric's score; a metric that fails, be it a stranger's, leaves it unscored with the reason."""
    try:
        return checked(metric.score(example, response))
    except Exception as error:  # the failure of one score is data, the run goes on
        return failed(metric.name, error)


def checked(score: Score) -> Score:
    """The score as it may stand in the log: unscored when its value is no number from 0 to 1, its detail cut."""
    if score.value is not None and not 0 <= score.value <= 1:
        return unscored(score.metric, f"{score.value} is not between 0 and 1", raw=score.raw)
    return score if len(score.detail) <= DETAIL_CHARS else replace(score, detail=short(score.detail))


def failed(metric: str, error: Exception) -> Score:
    """Unscored for an exception, with its class and its words."""
    return unscored(metric, f"{type(error).__name__}: {error}")


def unscored(metric: str, why: str, *, raw: float | None = None) -> Score:
    """No score, and why."""
    return Score(metric=metric, value=None, raw=raw, detail=short(why))


def verdict(metric: str, right: bool, detail: str = "") -> Score:
    """1 or 0."""
    return Score(metric=metric, value=float(right), detail=short(detail))


def short(text: str, chars: int = DETAIL_CHARS) -> str:
    """``text`` cut to ``chars`` characters, three full stops included where it was longer."""
    return text if len(text) <= chars else text[: chars - 3] + "..."


def texts_expected(example: Example) -> tuple[str, ...] | None:
    """The expected text, or each of several acceptable ones; None when the example expects no text, or an empty one."""
    expected = example.expected
    several = expected if isinstance(expected, list | tuple) else (expected,)
    texts = tuple(text for text in several if isinstance(text, str) and text.strip())
    return texts if texts and len(texts) == len(several) else None


NO_TEXT = "the expected answer is not text"
"""Why a metric of texts leaves an example unscored."""
