"""A look before a run: examples, prompt, metrics and prices, and one call to each model. Nothing of it is recorded.

The models that metrics ask score the expected answer of the first example.
"""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from maquette.catalog.cards import Catalog
from maquette.evals.calls import TargetSpec
from maquette.evals.helpers import HelperSpec, open_helpers
from maquette.evals.metrics.response import Response
from maquette.evals.preflight import try_metrics
from maquette.evals.pricing import CardPricer
from maquette.evals.purse import Purse
from maquette.evals.quick import NoRecord
from maquette.evals.run import RunPlan, without_pace
from maquette.evals.runner import refuse_helpers, run_evaluation
from maquette.evals.scoring import Scorer
from maquette.evals.trials import RunState, Score, Trial
from maquette.foundation.lineage import plain
from maquette.foundation.problems import Problem
from maquette.foundation.units import Usd
from maquette.project.ports import Ports
from maquette.project.starting import pricer_of


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCheck:
    """What one call to a model showed.

    Attributes:
        priced: Whether its calls have a price, zero included.
        trial: The call; None where it could not be made, and for a model that a metric asks.
        problem: What is wrong, in words; empty when nothing is.
        asked_by: The metric that asks it; empty for a model that is evaluated.
        score: What that metric made of its answer.
    """

    target_id: str
    adapter: str
    priced: bool
    trial: Trial | None
    problem: str
    asked_by: str = ""
    score: Score | None = None

    @property
    def cost_usd(self) -> Usd | None:
        """What the call cost; None where it was not made, or is unpriced."""
        return self.trial.cost_usd if self.trial else self.score.cost_usd if self.score else None

    @property
    def works(self) -> bool:
        """Whether it answered."""
        return not self.problem


def check_costs(plan: RunPlan, catalog: Catalog, helpers: Sequence[HelperSpec] = ()) -> bool:
    """Whether a model that would be asked has a price above zero: answers on record spare a run its calls, not this."""
    pricer = pricer_of(plan, helpers, catalog)
    asked = [*(spec.id for spec in plan.targets), *(helper.spec.id for helper in helpers)]
    return any(pricer.usd(name, input_tok=10**6, output_tok=10**6) for name in asked)


def check_evaluation(
    plan: RunPlan, ports: Ports, catalog: Catalog, helpers: Sequence[HelperSpec] = ()
) -> tuple[ModelCheck, ...]:
    """Fill in every prompt, try every metric, and ask each model the first example, each under the plan's cap.

    Raises:
        InvalidInput: The prompt does not render for an example, or a metric breaks.
    """
    try_metrics(plan, [ports.open_metric(spec) for spec in plan.metrics])
    prompts = ports.prompts()
    for example in plan.dataset.examples:
        prompts.messages(plan.prompt, example)
    return asyncio.run(_checks(plan, ports, pricer_of(plan, helpers, catalog), helpers))


async def _checks(
    plan: RunPlan, ports: Ports, pricer: CardPricer, helpers: Sequence[HelperSpec]
) -> tuple[ModelCheck, ...]:
    first = replace(plan, dataset=replace(plan.dataset, examples=plan.dataset.examples[:1]), attempts=1)
    asking = {helper.asked.metric for helper in helpers}
    own = replace(first, metrics=tuple(spec for spec in plan.metrics if spec.kind not in asking))
    models = [await _check(replace(own, targets=(spec,)), spec, ports, pricer) for spec in plan.targets]
    return (*models, *[await _check_helper(first, helper, ports, pricer) for helper in helpers])


async def _check_helper(plan: RunPlan, helper: HelperSpec, ports: Ports, pricer: CardPricer) -> ModelCheck:
    """Let the metric score the expected answer, which asks its model once."""
    asked = helper.asked
    scores: tuple[Score, ...] = ()
    wanted = [one for one in plan.metrics if (one.kind, one.settings.get("model")) == (asked.metric, asked.model)]
    plan = replace(plan, metrics=tuple(wanted[:1]))
    problem = ""
    opened = open_helpers((helper,), open_target=ports.open_target, open_embedder=ports.open_embedder)
    try:
        refuse_helpers(plan, opened, pricer)
        await opened.start()
        metrics = [ports.open_metric(spec) for spec in plan.metrics]
        purse = Purse(cap_usd=plan.cap_usd, spent_usd=Usd(0))
        scores = await _scores_expected(plan, Scorer(plan, metrics, opened, pricer=pricer, purse=purse))
        problem = next((score.detail for score in scores if score.value is None), "")
    except Problem as found:
        problem = str(found)
    finally:
        await opened.close()
    return ModelCheck(
        target_id=helper.spec.id,
        adapter=helper.spec.adapter,
        priced=pricer.priced(helper.spec.id),
        trial=None,
        problem=problem,
        asked_by=asked.metric,
        score=next(iter(scores), None),
    )


async def _scores_expected(plan: RunPlan, scorer: Scorer) -> tuple[Score, ...]:
    for example in plan.dataset.examples:
        expected = example.expected
        text = expected if isinstance(expected, str) else json.dumps(plain(expected), ensure_ascii=False)
        return await scorer.scores(example, Response(text=text))
    return ()


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
