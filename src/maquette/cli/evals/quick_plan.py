"""What a quick evaluation does: the target that its options mean, the plan, its price, and the run itself."""

import asyncio
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from maquette.adapters.datasets import read_dataset
from maquette.catalog.cards import ModelCard
from maquette.evals.asking import most_input_tok
from maquette.evals.calls import CallParameters, TargetSpec
from maquette.evals.dataset import Dataset, PromptRenderer
from maquette.evals.preflight import try_metrics
from maquette.evals.pricing import FREE, CardPricer
from maquette.evals.quick import AS_IT_IS, AsItIs, NoRecord
from maquette.evals.registry import open_metric, open_target
from maquette.evals.results import Tally
from maquette.evals.run import EvalRun, MetricSpec, RunPlan, manifest_of, without_pace
from maquette.evals.runner import run_evaluation
from maquette.evals.trials import RunState
from maquette.foundation.problems import InvalidInput, Place, Problem
from maquette.foundation.units import Usd

ATTEMPTS = 3
_GGUF = ".gguf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quick:
    """A quick evaluation, ready to run; ``worst_usd`` is the most that one attempt of every call can cost."""

    plan: RunPlan
    prompts: PromptRenderer
    pricer: CardPricer
    worst_usd: Usd

    @property
    def examples(self) -> int:
        """How many examples are asked."""
        return len(self.plan.dataset.examples)


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


def target_spec(  # what the options say
    model: str,
    *,
    base_url: str | None,
    via: str | None,
    api_key_env: str | None,
    concurrency: int,
    allow_unpriced: bool,
    pace: Mapping[str, float] | None = None,
) -> TargetSpec:
    """How the model is reached: a file, a server with a base URL, or a provider through LiteLLM.

    Raises:
        InvalidInput: The direct client is asked for without an address.
    """
    options: dict[str, Any] = {**(pace or {}), **({"allow_unpriced": True} if allow_unpriced else {})}
    if model.endswith(_GGUF):
        return TargetSpec(id=model, card=model, adapter="llama_cpp", model=model, options=options)
    if via == "direct" and base_url is None:
        raise InvalidInput("the direct client needs an address", place=Place(field="--via"), fix="Add --base-url URL.")
    direct = base_url is not None and via != "litellm"
    return TargetSpec(
        id=model,
        card=model,
        adapter="openai" if direct else "litellm",
        model=model if direct or base_url is None else f"openai/{model}",
        base_url=base_url,
        api_key_env=api_key_env,
        options={**options, "concurrency": concurrency},
    )


def planned(  # noqa: PLR0913  # what the options say
    spec: TargetSpec,
    *,
    data: str,
    prompt: str | None,
    metrics: Sequence[str],
    concurrency: int,
    longest: int,
    limit: int | None,
    most_minutes: float | None = None,
    fail_fast: bool = False,
) -> Quick:
    """The plan, without a cap yet.

    Raises:
        NotFound, InvalidInput: A file is missing or wrong, or the model has no price and nobody allowed that.
    """
    prompts: PromptRenderer = AsItIs()
    written = AS_IT_IS
    if prompt is not None:
        from maquette.adapters.prompts import JinjaPrompts, read_prompt

        prompts, written = JinjaPrompts(), read_prompt(Path(prompt), name=prompt)
    plan = RunPlan(
        dataset=_examples(data, limit),
        prompt=written,
        targets=(spec,),
        metrics=tuple(MetricSpec(kind=kind, settings={}) for kind in metrics),
        parameters=CallParameters(max_output_tok=longest),
        concurrency=concurrency,
        attempts=ATTEMPTS,
        cap_usd=None,
        threshold=None,
        most_s=None if most_minutes is None else 60 * most_minutes,
        fail_fast=fail_fast,
    )
    pricer = CardPricer({spec.id: _card(spec)})
    _refuse_unpriced(spec, pricer)
    return Quick(plan=plan, prompts=prompts, pricer=pricer, worst_usd=_worst_usd(plan, prompts, pricer))


def _examples(data: str, limit: int | None) -> Dataset:
    dataset = read_dataset(Path(data), name=data)
    return dataset if limit is None else replace(dataset, examples=dataset.examples[:limit])


def run_quick(quick: Quick, cap_usd: Usd | None) -> tuple[EvalRun, Problem | None]:
    """Run it to its end, or until Ctrl-C; what ended it before, if something did.

    Raises:
        Problem: It could not begin: no price and nobody allowed that, a wrong metric, a model that cannot be reached.
    """
    plan = replace(quick.plan, cap_usd=cap_usd)
    clock, metrics = _Clock(), [open_metric(metric) for metric in plan.metrics]
    tally = Tally(manifest=manifest_of(plan, started_at=clock.now()), threshold=None)
    try_metrics(plan, metrics)
    target = open_target(without_pace(plan.targets[0]), folder=Path())
    problem: Problem | None = None

    async def work(stop: threading.Event) -> RunState:
        try:
            return await run_evaluation(
                plan,
                targets=[target],
                metrics=metrics,
                prompts=quick.prompts,
                pricer=quick.pricer,
                log=NoRecord(),
                clock=clock,
                on_trial=tally.add,
                stop=stop,
                check_first=True,
            )
        finally:
            await target.close()

    state = RunState.STOPPED
    with _stop_on_interrupt() as stop:
        try:
            state = asyncio.run(work(stop))
        except Problem as ended:
            if not tally.done:
                raise
            problem = ended
    tally.end(state, clock.now())
    return tally.run(), problem


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """Ctrl-C stops the run kindly: no further call is sent, and what is finished is told."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _card(spec: TargetSpec) -> ModelCard | None:
    """The card whose price the calls have; a server's own price is not known."""
    if spec.adapter == "llama_cpp":
        from maquette.adapters.gguf_files import read_card

        path = Path(spec.model)
        return read_card(path) if path.is_file() else None
    if spec.base_url is not None:
        return None
    from maquette.catalogs import prices_in_force

    prices, _, _ = prices_in_force()
    return prices.cards.get(spec.model) or prices.cards.get(spec.model.partition("/")[2])


def _refuse_unpriced(spec: TargetSpec, pricer: CardPricer) -> None:
    """A model on this machine costs no money a call; any other needs a price or leave."""
    here = spec.adapter == "llama_cpp" or spec.on_this_machine
    if not (here or pricer.priced(spec.id) or spec.options.get("allow_unpriced")):
        raise InvalidInput(
            f"{spec.id!r} has no price, so nobody knows what this costs",
            place=Place(field="--model"),
            fix="Add --allow-unpriced to call it all the same.",
        )


def _worst_usd(plan: RunPlan, prompts: PromptRenderer, pricer: CardPricer) -> Usd:
    (spec,) = plan.targets
    if not pricer.priced(spec.id):
        return FREE
    longest = plan.parameters.max_output_tok
    found = FREE
    for example in plan.dataset.examples:
        input_tok = most_input_tok(prompts.messages(plan.prompt, example))
        found += pricer.usd(spec.id, input_tok=input_tok, output_tok=longest) or FREE
    return found
