"""Scores answers by a run's metrics. Metrics that ask a model do so through the run's own purse, retries and timeout.

What such calls cost stands in their score, so that a run that is resumed knows all that it has spent.
"""

import asyncio
import inspect
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from maquette.evals.asking import Asker, Pricer
from maquette.evals.breaker import EndpointGone
from maquette.evals.calls import Answer, Call, CallError, Message, Target, TargetSpec
from maquette.evals.dataset import Example
from maquette.evals.endpoints import Endpoint
from maquette.evals.metrics.protocol import AnyMetric, Embedder, Vector, checked, failed, scored, unscored
from maquette.evals.metrics.response import Response
from maquette.evals.purse import CapReached, Purse
from maquette.evals.run import MetricSpec, RunPlan
from maquette.evals.trials import Score
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import Usd

EMBEDDED_AT_ONCE = 64
"""Texts in one call to an embedding model."""
VECTORS_KEPT = 2_000
"""Vectors remembered by their texts' hashes: 50 MB at 3,072 numbers each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskingMetric(MetricSpec):
    """A metric with the identity of the model that it asks: another judge makes other scores.

    Attributes:
        asked_as: What tells the model's answers from another's, as for a target.
    """

    asked_as: tuple[object, ...]


OnLost = Callable[[Usd | None], None]
"""Hears of what attempts have cost, or may have, whose question is left open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Helpers:
    """The models that metrics ask, by id. The run starts them; the caller closes them, and prices them like targets.

    Attributes:
        specs: How they are reached, by which one without a price may be allowed.
    """

    judges: Sequence[Target] = ()
    embedders: Sequence[Embedder] = ()
    specs: Sequence[TargetSpec] = ()

    @property
    def _all(self) -> tuple[Target | Embedder, ...]:
        return (*self.judges, *self.embedders)

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids."""
        return tuple(helper.id for helper in self._all)

    @property
    def told(self) -> tuple[Target, ...]:
        """The judges whose spec is known: they keep the pace of their endpoint."""
        known = {spec.id for spec in self.specs}
        return tuple(judge for judge in self.judges if judge.id in known)

    @property
    def allowed_unpriced(self) -> frozenset[str]:
        """Ids of those that may be asked without a price: on this machine, or with ``allow_unpriced``."""
        here = {judge.id for judge in self.judges if judge.shares_machine}
        allowed = {spec.id for spec in self.specs if spec.on_this_machine or spec.options.get("allow_unpriced")}
        return frozenset(here | allowed)

    async def start(self) -> None:
        """Start them all.

        Raises:
            Unavailable: One of them cannot start.
        """
        for helper in self._all:
            await helper.start()

    async def close(self) -> None:
        """Close them all, after the run: some libraries close the connections of all their models at once."""
        for helper in self._all:
            await helper.close()


class Scorer:
    """Scores under one plan and one purse.

    Attributes:
        cap_reached: A call of a metric could not be covered; its answer stays unscored.
    """

    def __init__(
        self,
        plan: RunPlan,
        metrics: Sequence[AnyMetric],
        helpers: Helpers,
        *,
        pricer: Pricer,
        purse: Purse,
        endpoints: Mapping[str, Endpoint] | None = None,
        on_lost: OnLost | None = None,
    ) -> None:
        self.cap_reached = False
        self._metrics: list[tuple[MetricSpec, Any]] = list(zip(plan.metrics, metrics, strict=True))
        self._payer = _Payer(plan, pricer, purse, endpoints, on_lost)
        self._judges = {judge.id: judge for judge in helpers.judges}
        self._embedders = {embedder.id: embedder for embedder in helpers.embedders}
        self._vectors: dict[tuple[str, bytes], Vector] = {}

    @property
    def calls(self) -> bool:
        """Whether a metric asks a model, so that a score takes time and may cost money."""
        return any(model_of(metric) is not None for _, metric in self._metrics)

    async def scores(self, example: Example, response: Response, on_record: Sequence[Score] = ()) -> tuple[Score, ...]:
        """Each metric's score under the plan's name for it.

        A score ``on_record`` of the same answer, by the same metric and the same model, is not paid for again.
        """
        known = {score.made_by: score for score in on_record if score.made_by and score.value is not None}
        found = []
        for spec, metric in self._metrics:
            mark = mark_of(spec)
            if mark in known:
                score = replace(known[mark], cost_usd=None)
            else:
                score = replace(await self._score(metric, example, response), made_by=mark)
            found.append(replace(score, metric=spec.name))
        return tuple(found)

    async def _score(self, metric: Any, example: Example, response: Response) -> Score:
        model = model_of(metric)
        if model is not None:
            return await self._by_asking(metric, model, example, response)
        if getattr(metric, "waits", False):
            return await asyncio.to_thread(scored, metric, example, response)
        return scored(metric, example, response)

    async def _by_asking(self, metric: Any, model: str, example: Example, response: Response) -> Score:
        ask: _Ask | _Embed
        if model in self._judges:
            ask = _Ask(self._payer, self._judges[model])
        elif model in self._embedders:
            ask = _Embed(self._payer, self._embedders[model], self._vectors)
        else:
            return unscored(metric.name, f"there is no model {model!r} to ask")
        try:
            score = checked(await metric.score(example, response, ask))
        except CapReached:
            self.cap_reached = True
            score = unscored(metric.name, "the cap in dollars was reached before this was scored")
        except EndpointGone:
            score = unscored(metric.name, f"{model} failed too often in a row")
        except CallError as error:
            score = unscored(metric.name, f"{model} failed: {error.kind}: {error.detail}")
        except Exception as error:  # a metric is a stranger's code: its failure is data, the run goes on
            score = failed(metric.name, error)
        return replace(score, cost_usd=ask.cost_usd)


def model_of(metric: object) -> str | None:
    """The id of the model that a metric asks; None when it asks none."""
    asks = inspect.iscoroutinefunction(getattr(metric, "score", None))
    return str(getattr(metric, "model", "")) if asks else None


def mark_of(spec: MetricSpec) -> str:
    """What the metric's scores bear as ``made_by``; empty where it asks nobody, or nobody knows whom."""
    return fingerprint(spec) if isinstance(spec, AskingMetric) else ""


class _Payer:
    """Asks with the plan's attempts and timeout, each attempt covered by the purse and in its endpoint's turn."""

    def __init__(
        self,
        plan: RunPlan,
        pricer: Pricer,
        purse: Purse,
        endpoints: Mapping[str, Endpoint] | None,
        on_lost: OnLost | None,
    ) -> None:
        self._plan = plan
        self._endpoints = endpoints
        self._on_lost = on_lost
        self._pricer = pricer
        self._purse = purse

    async def ask(
        self, target: Target, messages: tuple[Message, ...], max_output_tok: int
    ) -> tuple[Answer | CallError, Usd | None]:
        """The answer or the failure, and what all attempts cost; None when the target is unpriced."""
        asked = replace(self._plan.parameters, max_output_tok=max_output_tok, temperature=0.0, answer_schema=None)
        plan = replace(self._plan, parameters=asked)
        asker = Asker(plan, self._pricer, self._purse, self._endpoints, on_lost=self._on_lost)
        outcome = await asker.ask(target, messages)
        if outcome.answer is not None:
            return outcome.answer, outcome.cost_usd
        assert outcome.failure is not None
        return CallError(outcome.failure.kind, outcome.failure.detail), outcome.cost_usd


class _Ask:
    """Asks a judge on behalf of one score, and adds up what that costs."""

    def __init__(self, payer: _Payer, target: Target) -> None:
        self.cost_usd: Usd | None = None
        self._payer = payer
        self._target = target

    async def __call__(self, messages: tuple[Message, ...], max_output_tok: int) -> Answer:
        """The answer after retries.

        Raises:
            CallError: All attempts failed.
            CapReached: The cap cannot cover the call; nothing was sent.
        """
        answer, cost_usd = await self._payer.ask(self._target, messages, max_output_tok)
        if cost_usd is not None:
            self.cost_usd = (self.cost_usd or Usd(0)) + cost_usd
        if isinstance(answer, CallError):
            raise answer
        return answer


class _Embed:
    """Makes vectors on behalf of one score; texts that were embedded before are not paid for again."""

    def __init__(self, payer: _Payer, embedder: Embedder, known: dict[tuple[str, bytes], Vector]) -> None:
        self._target = _EmbedderAsTarget(embedder)
        self._ask = _Ask(payer, self._target)
        self._known = known

    @property
    def cost_usd(self) -> Usd | None:
        return self._ask.cost_usd

    async def __call__(self, texts: Sequence[str]) -> tuple[Vector, ...]:
        """One vector a text, in their order.

        Raises:
            CallError: All attempts failed.
            CapReached: The cap cannot cover the call; nothing was sent.
        """
        keys = [(self._target.id, sha256(text.encode(errors="surrogatepass")).digest()) for text in texts]
        found = {key: self._known[key] for key in keys if key in self._known}
        missing = list({key: text for key, text in zip(keys, texts, strict=True) if key not in found}.items())
        for start in range(0, len(missing), EMBEDDED_AT_ONCE):
            batch = missing[start : start + EMBEDDED_AT_ONCE]
            await self._ask(tuple(Message(role="user", content=text) for _, text in batch), 0)
            found |= {key: vector for (key, _), vector in zip(batch, self._target.vectors, strict=True)}
        for key, vector in found.items():
            self._known[key] = vector
        while len(self._known) > VECTORS_KEPT:
            del self._known[next(iter(self._known))]
        return tuple(found[key] for key in keys)


class _EmbedderAsTarget:
    """An embedding model in the shape of a target: a message a text, so that the same attempts and purse serve it.

    Attributes:
        vectors: Those of the last call.
    """

    concurrency = 1
    shares_machine = False

    def __init__(self, embedder: Embedder) -> None:
        self.id = embedder.id
        self.vectors: tuple[Vector, ...] = ()
        self._embedder = embedder

    async def start(self) -> None:
        """Nothing: the caller started the embedder."""

    async def answer(self, call: Call) -> Answer:
        """The vectors of the messages' texts, which stay here; the answer is empty."""
        embedded = await self._embedder.embed([message.content for message in call.messages])
        self.vectors = tuple(array("d", vector) for vector in embedded.vectors)
        return Answer(
            text="",
            input_tok=embedded.input_tok,
            output_tok=0,
            cached_tok=None,
            latency_s=0.0,
            ttft_s=None,
            finish_reason="stop",
        )

    async def close(self) -> None:
        """Nothing: the caller closes the embedder."""
