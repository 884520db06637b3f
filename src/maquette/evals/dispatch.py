"""A run under way: answers on record first, then one call to each model alone, then all the others."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from maquette.evals.asking import Asker, GivenUp, UnderWay
from maquette.evals.breaker import EndpointGone
from maquette.evals.calls import Answer, Target
from maquette.evals.dataset import Example, PromptRenderer
from maquette.evals.ending import Ending
from maquette.evals.metrics.response import Response
from maquette.evals.preflight import PROBES, hopeless
from maquette.evals.purse import CapReached
from maquette.evals.recording import FLUSH_EVERY_TRIALS, Recorder
from maquette.evals.run import RunPlan
from maquette.evals.scoring import Scorer
from maquette.evals.trials import Cache, Score, Trial
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import Usd

HOUSEKEEPING_S = 0.1

OnWaiting = Callable[[tuple[UnderWay, ...]], None]
"""Called now and then with the calls under way, so that one that is stuck can be named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is left to do for one target: answers on record to take over, and questions to ask, with their keys."""

    target: Target
    reuse: Sequence[tuple[Example, str]]
    ask: Sequence[tuple[Example, str]]
    answers: Mapping[str, Trial]


Questions = Iterator[tuple[Example, str]]


class Dispatch:
    """The state of one run while it is under way.

    Attributes:
        cap_reached: A call could not be covered.
    """

    def __init__(
        self,
        plan: RunPlan,
        prompts: PromptRenderer,
        asker: Asker,
        scorer: Scorer,
        recorder: Recorder,
        ending: Ending,
        *,
        check_first: bool,
        on_waiting: OnWaiting | None,
    ) -> None:
        self.cap_reached = False
        self._plan = plan
        self._prompts = prompts
        self._asker = asker
        self._scorer = scorer
        self._recorder = recorder
        self._ending = ending
        self._check_first = check_first
        self._on_waiting = on_waiting

    async def all(self, works: Sequence[Work]) -> None:
        """Answers on record first, then the calls: remote targets together, those on this machine in turn."""
        remote = [work for work in works if not work.target.shares_machine]
        local = [work for work in works if work.target.shares_machine]
        async with asyncio.TaskGroup() as group:
            housekeeping = group.create_task(self._keep_house())
            for work in works:
                await self._take_over(work)
            # A missing key or server is told before any call is paid for.
            async with asyncio.TaskGroup() as starts:
                for work in remote:
                    if self._to_ask(work):
                        starts.create_task(work.target.start())
            questions = [(work, iter(work.ask)) for work in remote]
            async with asyncio.TaskGroup() as firsts:
                for work, those in questions:
                    firsts.create_task(self._ask_first(work.target, those))
            async with asyncio.TaskGroup() as calls:
                for work, those in questions:
                    calls.create_task(self._ask_all(work.target, those))
                calls.create_task(self._one_after_another(local))
            housekeeping.cancel()

    def _to_ask(self, work: Work) -> bool:
        return bool(work.ask) and not self._ending.is_set()

    async def _keep_house(self) -> None:
        clock, most_s = self._recorder.clock, self._plan.most_s
        started_s = clock.monotonic()
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            await self._recorder.flush_if_due()
            if most_s is not None and clock.monotonic() - started_s >= most_s:
                self._ending.time_is_up(most_s)
            if self._on_waiting is not None:
                self._on_waiting(tuple(self._asker.under_way.values()))
            if self._ending.is_set():
                for task in self._asker.resting:
                    task.cancel()

    async def _take_over(self, work: Work) -> None:
        """An answer on record is not paid for again; its scores are today's metrics'."""
        on_record = enumerate(work.reuse)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._plan.concurrency if self._scorer.calls else 1):
                group.create_task(self._take_from(work, on_record))

    async def _take_from(self, work: Work, on_record: Iterator[tuple[int, tuple[Example, str]]]) -> None:
        for number, (example, key) in on_record:
            if number % FLUSH_EVERY_TRIALS == 0:
                await asyncio.sleep(0)
            if self._ending.is_set():
                return
            known = work.answers[key]
            self._recorder.record(
                replace(
                    known,
                    target_id=work.target.id,
                    example_id=example.id,
                    **_about(example),
                    scores=await self._scorer.scores(example, Response.of_trial(known), known.scores),
                    from_cache=True,
                    cache=Cache.HIT,
                )
            )

    async def _one_after_another(self, works: Sequence[Work]) -> None:
        for work in works:
            if self._to_ask(work):
                questions = iter(work.ask)
                await work.target.start()
                await self._ask_first(work.target, questions)
                await self._ask_all(work.target, questions)
                await work.target.close()

    async def _ask_first(self, target: Target, questions: Questions) -> None:
        """One call alone, and a second when it fails, before all others: what cannot work costs no more than that.

        Raises:
            Unavailable: The target cannot be asked; nothing of it is recorded, and a resume asks again.
        """
        if not self._check_first or self._ending.is_set():
            return
        failed: list[Trial] = []
        probes = 1 if self._plan.fail_fast else PROBES
        try:
            while len(failed) < probes and (question := next(questions, None)) is not None:
                trial = await self._trial(target, *question)
                if trial.failure is None:
                    self._recorder.record(trial)
                    break
                failed.append(trial)
                if problem := hopeless(failed):
                    self._recorder.lose(sum((one.cost_usd or Usd(0) for one in failed), Usd(0)))
                    raise problem
        except CapReached:
            self.cap_reached = True
        except (GivenUp, EndpointGone):
            pass
        for trial in failed:
            self._record(trial)

    async def _ask_all(self, target: Target, questions: Questions) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(target.concurrency, self._plan.concurrency)):
                group.create_task(self._worker(target, questions))

    async def _worker(self, target: Target, questions: Questions) -> None:
        while not self._ending.is_set():
            question = next(questions, None)
            if question is None:
                return
            try:
                self._record(await self._trial(target, *question))
            except CapReached:
                self.cap_reached = True
                return
            except (GivenUp, EndpointGone):
                return

    def _record(self, trial: Trial) -> None:
        self._recorder.record(trial)
        if self._plan.fail_fast and trial.failure is not None:
            self._ending.failed_fast(trial)

    async def _trial(self, target: Target, example: Example, key: str) -> Trial:
        messages = self._prompts.messages(self._plan.prompt, example)
        outcome = await self._asker.ask(target, messages, example_id=example.id, tools=example.tools)
        answer = outcome.answer
        trial = Trial(
            key=key,
            target_id=target.id,
            example_id=example.id,
            **_about(example),
            output=None,
            failure=outcome.failure,
            scores=(),
            attempts=outcome.attempts,
            input_tok=None,
            output_tok=None,
            cached_tok=None,
            latency_s=None,
            ttft_s=None,
            cost_usd=outcome.cost_usd,
            finished_at=self._recorder.clock.now(),
            asked=fingerprint(messages),
            cache=self._recorder.why_asked(key, target.id, example.id),
        )
        if answer is None:
            return trial
        try:
            scores = await self._scorer.scores(example, Response.of_answer(answer, outcome.cost_usd))
        except asyncio.CancelledError:
            self._recorder.lose(outcome.cost_usd)
            raise
        return _answered(trial, answer, scores)


def _about(example: Example) -> dict[str, Any]:
    """What a trial knows of its example besides the id: how it is grouped and counted."""
    return {
        "stratum": example.stratum,
        "cluster": example.cluster or "",
        "weight": example.weight,
        "must_pass": example.must_pass,
    }


def _answered(trial: Trial, answer: Answer, scores: tuple[Score, ...]) -> Trial:
    """The trial with what came back."""
    return replace(
        trial,
        output=answer.text,
        scores=scores,
        input_tok=answer.input_tok,
        output_tok=answer.output_tok,
        cached_tok=answer.cached_tok,
        latency_s=answer.latency_s,
        ttft_s=answer.ttft_s,
        client=answer.client,
        reasoning_tok=answer.reasoning_tok,
        itl_p50_s=answer.itl_p50_s,
        itl_p95_s=answer.itl_p95_s,
        loop_lag_s=answer.loop_lag_s,
        left_out=answer.left_out,
        finish_reason=answer.finish_reason,
        tool_calls=answer.tool_calls,
    )
