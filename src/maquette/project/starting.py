"""What stands between a plan and its run: prices, the estimate, what to know before, and the run's place on record."""

from collections.abc import Sequence
from dataclasses import replace

from maquette.catalog.cards import Catalog
from maquette.evals.calls import TargetSpec
from maquette.evals.estimating import estimate
from maquette.evals.helpers import HelperSpec, self_preference
from maquette.evals.pricing import CardPricer
from maquette.evals.run import Estimate, RunPlan, manifest_of
from maquette.evals.storing import storing
from maquette.evals.trials import RunManifest, RunState, TrialLog
from maquette.foundation.problems import Conflict
from maquette.foundation.units import Usd
from maquette.project.ports import Ports
from maquette.project.view import View


def pricer_of(plan: RunPlan, helpers: Sequence[HelperSpec], catalog: Catalog) -> CardPricer:
    """The prices of the plan's targets and of the models that its metrics ask."""
    specs: list[TargetSpec] = [*plan.targets, *(helper.spec for helper in helpers)]
    return CardPricer({spec.id: catalog.cards.get(spec.card) for spec in specs})


def estimate_run(view: View, ports: Ports, *, fresh: bool = False) -> Estimate:
    """What a run of today's plan would take.

    Raises:
        Problem: There is no plan, or a metric is wrong.
    """
    plan, helpers = view.plan, view.helpers
    return estimate(
        plan,
        prompts=ports.prompts(),
        pricer=pricer_of(plan, helpers, view.catalog),
        runs=ports.runs,
        metrics=[ports.open_metric(spec) for spec in plan.metrics],
        helpers=helpers,
        fresh=fresh,
    )


def limited(plan: RunPlan, *, cap_usd: Usd | None, most_minutes: float | None, fail_fast: bool | None) -> RunPlan:
    """The plan with the limits of one run; None leaves what the requirements say."""
    if cap_usd is not None:
        plan = replace(plan, cap_usd=cap_usd)
    if most_minutes is not None:
        plan = replace(plan, most_s=60 * most_minutes)
    return plan if fail_fast is None else replace(plan, fail_fast=fail_fast)


def warnings_before(view: View, ports: Ports) -> tuple[str, ...]:
    """What to know before a run, a sentence each. That a prompt changed and kept its version is told once.

    Raises:
        Problem: There is no plan.
    """
    return (*self_preference(view.plan, view.helpers), *_changed_prompt(view, ports))


def _changed_prompt(view: View, ports: Ports) -> tuple[str, ...]:
    prompt = view.plan.prompt
    if not ports.prompt_changed(prompt):
        return ()
    named = f"{prompt.name} version {prompt.version}"
    earlier = [one.run_id for one in view.manifests if one.prompt == named and _other_prompt(one, prompt.fingerprint)]
    since = f" since run {earlier[-1]}" if earlier else ""
    both = f"{earlier[-1]} and the next run" if earlier else "earlier runs and the next"
    changed = f"{prompt.name} changed{since} and is still version {prompt.version}"
    advice = f"Give it a new version: a line version: {_next(prompt.version)} in its front matter."
    return (f"{changed}: {both} will bear the same name for different prompts. {advice}",)


def _other_prompt(manifest: RunManifest, mark: str) -> bool:
    return manifest.made_of.get("prompt", mark) != mark


def _next(version: str) -> str:
    return str(int(version) + 1) if version.isascii() and version.isdigit() else f"{version}-2"


def open_run(view: View, ports: Ports, plan: RunPlan, *, fresh: bool) -> tuple[RunManifest, TrialLog]:
    """The newest run where it is one of this plan that did not finish, or a new one.

    Raises:
        Conflict: It is under way in another process.
    """
    latest, policy = view.manifest, view.facts.get("eval.store_policy")
    if latest is not None and not fresh and latest.computed_from == plan.fingerprint:
        if latest.state is RunState.RUNNING:
            raise Conflict(f"run {latest.run_id} is under way in another process", fix="Wait, or stop it there.")
        if latest.state is not RunState.FINISHED:
            return latest, storing(ports.runs.resume(latest.run_id), policy)
    manifest, log = ports.runs.start(manifest_of(plan, started_at=ports.clock.now()))
    return manifest, storing(log, policy)
