"""What the bundle's README says: what is there, what is missing and why, and what to do next."""

import re
from collections.abc import Mapping, Sequence
from html import unescape

from maquette.bundle.evidence import VERDICTS
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.plan import FileSpec
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.catalog.cards import Hosting
from maquette.evals.run import Verdict

MOST_QUESTIONS = 8
"""How many open questions the README asks; all of them stand in the architecture document."""

NOT_COMPOSE = ("kubernetes", "serverless")
"""Ways to run the system, as infra.orchestrator has them, for which the bundle has no files."""

ALIKE = ("docs/adr/", "runbooks/")
"""Where files stand that one template makes: their own headings tell them apart."""

_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PROJECT = re.compile(r" \([^()]*\)$")


def missing(inputs: BundleInputs, roles: tuple[RoleModel, ...], policy: GatewayPolicy | None) -> list[str]:
    """Everything that a reader might expect and does not find, one sentence each."""
    found = []
    if inputs.run is None:
        found.append("No evaluation has been run, so no quality or latency in this bundle was measured.")
    if inputs.projection is None:
        found.append("No cost has been projected, so no document says what a month costs.")
    if not roles:
        reason = inputs.decision.no_recommendation if inputs.decision else None
        because = f" {reason.rstrip('.')}." if reason else ""
        found.append(f"No model is chosen or recommended, so there is no gateway, Compose file or runbook.{because}")
    elif len(roles) == 1:
        found.append(f"No fallback is chosen: when {roles[0].model} fails, requests fail.")
    for role in roles:
        found.extend(_about_role(role, inputs))
    if policy is not None and policy.metrics and not policy.prometheus:
        found.append(
            "A Prometheus and an Alertmanager: the gateway exports metrics and monitoring/alerts.yml has the rules, "
            "but nothing here reads them or sends a message."
        )
    how = inputs.facts.get("infra.orchestrator")
    if policy is not None and how in NOT_COMPOSE:
        found.append(f"Files for {how}: this bundle has Compose files only, and its commands are for them.")
    found += [
        f"Which key opens {one.model} ({one.group}) is not known: name it in gateway/config.yaml and .env."
        for one in (policy.deployments if policy else ())
        if not one.credentials
    ]
    return found


def next_steps(
    inputs: BundleInputs, roles: tuple[RoleModel, ...], policy: GatewayPolicy | None = None
) -> list[Mapping[str, str]]:
    """What to do, the cheapest way to learn something first; ``open`` counts the facts that a step leads to."""
    decision = inputs.decision
    questions = decision.open_questions if decision else ()
    steps: list[Mapping[str, str]] = [
        _step(f"{one.ask} ({one.fact}; {', '.join(one.rules)})") for one in questions[:MOST_QUESTIONS]
    ]
    if len(questions) > MOST_QUESTIONS:
        more = len(questions) - MOST_QUESTIONS
        steps.append({"text": "Learn what else rules wait for:", "open": f"{more} more facts"})
    if inputs.run is None:
        steps.append(_step("Evaluate the shortlisted models on examples of your own."))
    if decision is not None and decision.choice is None:
        wanted = f"{decision.recommended} is recommended" if decision.recommended else "nothing is recommended"
        steps.append(_step(f"Choose a model; {wanted}."))
    if roles:
        steps.append(
            _step("Copy .env.example to .env, fill it in, and start the services with docker compose up --detach.")
        )
    if policy is not None and policy.prometheus:
        own = any(on_own_machines(role) and not role.local for role in roles)
        lists = "monitoring/targets/application.yml, which is"
        if own:
            lists = "monitoring/targets/application.yml and monitoring/targets/models.yml, which are"
        steps.append(
            _step(f"Fill in {lists} empty: until then alerts on what stands there say only that it is missing.")
        )
    return steps


def _step(text: str) -> Mapping[str, str]:
    return {"text": text, "open": ""}


def contents(files: Sequence[tuple[FileSpec, str]]) -> list[dict[str, str]]:
    """Path and purpose of each file, by path."""
    ordered = sorted(files, key=lambda pair: pair[0].path)
    return [{"path": spec.path, "about": _title(spec) or about} for spec, about in ordered]


def _title(spec: FileSpec) -> str:
    """The heading of one of several files that are alike; empty where a file is the only one of its kind."""
    heading = _HEADING.search(spec.content) if spec.path.startswith(ALIKE) else None
    if heading is None:
        return ""
    plain = _ESCAPED.sub(r"\1", unescape(heading[1]))
    return f"{_PROJECT.sub('', plain)}."


def _about_role(role: RoleModel, inputs: BundleInputs) -> list[str]:
    found = []
    if inputs.run is not None and role.result is None:
        found.append(f"{role.model} ({role.role}) was not part of run {inputs.run.id}: its quality is not measured.")
    if inputs.projection is not None and (role.cost is None or role.cost.total_usd is None):
        found.append(f"{role.model} ({role.role}) has no complete price, so its cost is not known.")
    if not role.local and (role.card is None or role.card.price is None):
        found.append(f"{role.model} ({role.role}) has no price in the catalog, so the gateway cannot limit its spend.")
    if inputs.run is not None and role.result is not None and role.result.verdict is not Verdict.PASSES:
        verdict = VERDICTS[role.result.verdict]
        found.append(f"{role.model} ({role.role}) has not passed run {inputs.run.id}. Its verdict: {verdict}.")
    if role.card is not None and role.card.hosting is Hosting.OPEN_WEIGHTS and role.card.id not in inputs.serving:
        found.append(
            f"{role.model} ({role.role}) has no sizing, so nothing here says on which machines it is served: "
            "maquette capacity size says what is missing."
        )
    retires = role.card.retires_on if role.card else None
    if retires is not None and retires < inputs.today:
        found.append(f"{role.model} ({role.role}) was retired on {retires.isoformat()}: choose another model.")
    return found
