"""Runs an evaluation: bounded concurrency, a hard cap, and a log that is the cache.

Everything that can be found wrong is found before the first call. Targets that share this machine run in turn, the
others together under the concurrency of the plan. Once a run is stopped no call is sent; calls in flight finish and are
scored, those that wait for another attempt are given up. The calls of metrics are under the same cap; an answer that
they cannot be paid for stays unscored. The attempts of one question are in `asking`.
"""

from collections.abc import Callable, Sequence

from maquette.evals.asking import Asker, Pricer, Stopped, most_input_tok
from maquette.evals.calls import Target
from maquette.evals.dataset import PromptRenderer
from maquette.evals.dispatch import Dispatch, OnWaiting, Work
from maquette.evals.ending import Ending, gone
from maquette.evals.endpoints import endpoints_of
from maquette.evals.metrics.protocol import AnyMetric
from maquette.evals.purse import Purse
from maquette.evals.recording import Clock, Recorder
from maquette.evals.remembered import RememberedPrompts
from maquette.evals.run import RunPlan, trial_keys
from maquette.evals.scoring import Helpers, Scorer
from maquette.evals.trials import RunState, Trial, TrialLog
from maquette.foundation.problems import InvalidInput, Place, Problem, SpendingStopped
from maquette.foundation.units import Usd, readable_usd

__all__ = ["Clock", "refuse_helpers", "run_evaluation"]


async def run_evaluation(  # noqa: PLR0913  # what a run needs from outside, each by its name
    plan: RunPlan,
    *,
    targets: Sequence[Target],
    metrics: Sequence[AnyMetric],
    prompts: PromptRenderer,
    pricer: Pricer,
    log: TrialLog,
    clock: Clock,
    on_trial: Callable[[Trial], None],
    stop: Stopped,
    helpers: Helpers | None = None,
    check_first: bool = False,
    on_waiting: OnWaiting | None = None,
) -> RunState:
    """Ask every example of every target that the log does not answer yet, and score what comes back.

    ``check_first`` asks each target one question first and ends a hopeless run; ``on_waiting`` hears of slow calls.

    Returns:
        FINISHED, STOPPED or CAP_REACHED.

    Raises:
        InvalidInput: The prompt does not render for an example, or an API model has no price.
        SpendingStopped: There is no cap, and a target or a helper costs money. Nothing was sent.
        Unavailable: A target cannot start, or its server is gone; what finished is kept.
        CallsFailed: A call failed, and the plan is to fail fast.
    """
    _refuse_unpriced(plan, targets, pricer)
    recorder, ending, helpers = Recorder(plan, log, clock, on_trial), Ending(stop), helpers or Helpers()
    works = _left_to_do(plan, targets, log, recorder.take_up())
    remembered = _affordable(plan, works, prompts, pricer, helpers)
    purse = Purse(cap_usd=plan.cap_usd, spent_usd=recorder.spent_usd)
    endpoints = endpoints_of((*plan.targets, *helpers.specs), (*targets, *helpers.told), now=clock.monotonic)
    asker = Asker(plan, pricer, purse, endpoints, ending, recorder.lose)
    scorer = Scorer(plan, metrics, helpers, pricer=pricer, purse=purse, endpoints=endpoints, on_lost=recorder.lose)
    run = Dispatch(plan, remembered, asker, scorer, recorder, ending, check_first=check_first, on_waiting=on_waiting)
    await _to_the_end(run, works, helpers if recorder.left else None, log)
    return _ended(run, scorer, recorder.left, ending.problem or gone(endpoints.values()))


async def _to_the_end(run: Dispatch, works: Sequence[Work], helpers: Helpers | None, log: TrialLog) -> None:
    try:
        if helpers is not None:
            await helpers.start()
        await run.all(works)
    except ExceptionGroup as group:
        raise _first(group) from None
    finally:
        log.flush()


def _ended(run: Dispatch, scorer: Scorer, left: int, problem: Problem | None) -> RunState:
    """How it ended: a run with nothing left is finished, unless the cap kept answers from being scored."""
    if left == 0:
        return RunState.CAP_REACHED if scorer.cap_reached else RunState.FINISHED
    if problem:
        raise problem
    return RunState.CAP_REACHED if run.cap_reached else RunState.STOPPED


def _affordable(
    plan: RunPlan, works: Sequence[Work], prompts: PromptRenderer, pricer: Pricer, helpers: Helpers
) -> RememberedPrompts:
    """The prompts, each filled in once, if what is left to do may be paid for."""
    remembered = RememberedPrompts(prompts, targets=len(plan.targets))
    _refuse_uncapped(plan, _worst_usd(plan, works, remembered, pricer))
    refuse_helpers(plan, helpers, pricer)
    return remembered


def _refuse_uncapped(plan: RunPlan, worst_usd: Usd) -> None:
    if plan.cap_usd is None and worst_usd > 0:
        raise SpendingStopped(
            f"the calls of this run may cost up to {readable_usd(worst_usd)}, and there is no cap",
            fix="Set one: maquette eval run --cap USD, or answer eval.budget_usd.",
        )


def refuse_helpers(plan: RunPlan, helpers: Helpers, pricer: Pricer) -> None:
    """What metrics ask must have a price, zero included, and a cap when that is not zero.

    Raises:
        InvalidInput: One has no price, and nobody allowed that.
        SpendingStopped: One costs money, and there is no cap.
    """
    for helper in helpers.ids:
        usd = pricer.usd(helper, input_tok=10**6, output_tok=10**6)
        if usd is None and helper not in helpers.allowed_unpriced:
            raise InvalidInput(
                f"{helper!r}, which a metric asks, has no price, so no cap can cover it",
                place=Place(field=_asking_field(plan, helper)),
                fix="Name the catalog model that it serves (card:), or set options: {allow_unpriced: true}.",
            )
        if usd and plan.cap_usd is None:
            raise SpendingStopped(
                f"{helper!r}, which a metric asks, costs money, and there is no cap",
                fix="Set one: maquette eval run --cap USD, or answer eval.budget_usd.",
            )


def _asking_field(plan: RunPlan, helper: str) -> str:
    """The setting of the metric that asks the helper."""
    kind = next((spec.kind for spec in plan.metrics if spec.settings.get("model") == helper), None)
    return "evaluation.metrics" if kind is None else f"evaluation.metrics.{kind}.model"


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """What ended the run; task groups wrap it in groups."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _refuse_unpriced(plan: RunPlan, targets: Sequence[Target], pricer: Pricer) -> None:
    """A cap covers no target without a price; one on this machine costs no money a call."""
    local = {target.id for target in targets if target.shares_machine}
    for spec in plan.targets:
        if not (pricer.priced(spec.id) or spec.id in local or spec.options.get("allow_unpriced")):
            raise InvalidInput(
                f"{spec.id!r} has no price, so no cap can cover it",
                place=Place(field=f"models.targets.{spec.id}"),
                fix="Name the catalog model that it serves (card:), or set options: {allow_unpriced: true}.",
            )


def _left_to_do(plan: RunPlan, targets: Sequence[Target], log: TrialLog, finished: set[str]) -> list[Work]:
    specs = {spec.id: spec for spec in plan.targets}
    works = []
    for target in targets:
        key_of = trial_keys(plan, specs[target.id])
        keyed = [(example, key_of(example)) for example in plan.dataset.examples]
        waiting = [(example, key) for example, key in keyed if key + example.id not in finished]
        answers = log.answered_before(frozenset(key for _, key in waiting))
        works.append(
            Work(
                target=target,
                reuse=[(example, key) for example, key in waiting if key in answers],
                ask=[(example, key) for example, key in waiting if key not in answers],
                answers=answers,
            )
        )
    return works


def _worst_usd(plan: RunPlan, works: Sequence[Work], prompts: RememberedPrompts, pricer: Pricer) -> Usd:
    """The most that one attempt of every call can cost. Fills in every prompt, so that a wrong one is told first."""
    worst_usd = Usd(0)
    longest = plan.parameters.max_output_tok
    most_tok: dict[str, int] = {}
    for work in works:
        # What is free at a million tokens is free.
        costs = bool(pricer.usd(work.target.id, input_tok=10**6, output_tok=10**6))
        for example, _ in work.ask:
            if example.id not in most_tok:
                most_tok[example.id] = most_input_tok(prompts.remember(plan.prompt, example))
            if costs:
                worst_usd += pricer.usd(work.target.id, input_tok=most_tok[example.id], output_tok=longest) or Usd(0)
    return worst_usd
