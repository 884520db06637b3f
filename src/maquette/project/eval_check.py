"""A look before a run: examples, prompt, metrics and prices, and one call to each model. Nothing of it is recorded."""

import asyncio
import threading
from dataclasses import dataclass, replace

from maquette.catalog.cards import Catalog
from maquette.evals.calls import TargetSpec
from maquette.evals.preflight import try_metrics
from maquette.evals.pricing import CardPricer
from maquette.evals.quick import NoRecord
from maquette.evals.run import RunPlan, without_pace
from maquette.evals.runner import run_evaluation
from maquette.evals.trials import RunState, Trial
from maquette.foundation.problems import Problem
from maquette.project.ports import Ports


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCheck:
    """What one call to a model showed.

    Attributes:
        priced: Whether its calls have a price, zero included.
        trial: The call; None where it could not be made.
        problem: What is wrong, in words; empty when nothing is.
    """

    target_id: str
    adapter: str
    priced: bool
    trial: Trial | None
    problem: str

    @property
    def works(self) -> bool:
        """Whether it answered."""
        return not self.problem


def check_evaluation(plan: RunPlan, ports: Ports, catalog: Catalog) -> tuple[ModelCheck, ...]:
    """Fill in every prompt, try every metric, and ask each model the first example, under the plan's cap.

    Raises:
        InvalidInput: The prompt does not render for an example, or a metric breaks.
    """
    try_metrics(plan, [ports.open_metric(spec) for spec in plan.metrics])
    prompts = ports.prompts()
    for example in plan.dataset.examples:
        prompts.messages(plan.prompt, example)
    pricer = CardPricer({spec.id: catalog.cards.get(spec.card) for spec in plan.targets})
    return asyncio.run(_checks(plan, ports, pricer))


async def _checks(plan: RunPlan, ports: Ports, pricer: CardPricer) -> tuple[ModelCheck, ...]:
    first = replace(plan, dataset=replace(plan.dataset, examples=plan.dataset.examples[:1]), attempts=1)
    return tuple([await _check(replace(first, targets=(spec,)), spec, ports, pricer) for spec in plan.targets])


async def _check(plan: RunPlan, spec: TargetSpec, ports: Ports, pricer: CardPricer) -> ModelCheck:
    trials: list[Trial] = []
    problem = ""
    try:
        target = ports.open_target(without_pace(spec))
        try:
            state = await run_evaluation(
                plan,
                targets=[target],
                metrics=[ports.open_metric(metric) for metric in plan.metrics],
                prompts=ports.prompts(),
                pricer=pricer,
                log=NoRecord(),
                clock=ports.clock,
                on_trial=trials.append,
                stop=threading.Event(),
            )
        finally:
            await target.close()
        if state is RunState.CAP_REACHED:
            problem = "the cap does not cover one call"
    except Problem as found:
        problem = str(found)
    trial = trials[0] if trials else None
    if trial is not None and trial.failure is not None:
        problem = f"{trial.failure.kind}: {trial.failure.detail}"
    return ModelCheck(
        target_id=spec.id, adapter=spec.adapter, priced=pricer.priced(spec.id), trial=trial, problem=problem
    )
