"""The bundle's files from the project's values: views as plain data, templates over them, and the lock.

Deterministic: equal inputs and templates give equal bytes. Nothing is read or written here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maquette.bundle.adrs import record_view
from maquette.bundle.architecture import architecture_view
from maquette.bundle.charts.making import chart_files, charts, charts_view
from maquette.bundle.costs import cost_view
from maquette.bundle.diagrams.drawing import diagram_files, diagrams, diagrams_absent, diagrams_view
from maquette.bundle.documents.evidence_links import link_evidence, source_register
from maquette.bundle.documents.registry import DOCUMENTS
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.terms import explain_terms
from maquette.bundle.evidence import evaluation_view
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy, gateway_policy
from maquette.bundle.gateway.view import gateway_view
from maquette.bundle.inputs import BundleInputs, RoleModel, role_models, stage_fingerprints
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.overview import contents, missing, next_steps
from maquette.bundle.paths import check_paths, filled
from maquette.bundle.plan import FileSpec, Renderer, Tracing
from maquette.bundle.project_text import project_view
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.bundle.runbooks.writing import alert_rows, runbook_files
from maquette.bundle.safe_text import file_slug
from maquette.bundle.services import PROTECTED, services_view
from maquette.bundle.serving import served_models, serving_view
from maquette.bundle.site.model import SiteMaker, site_entries, site_files
from maquette.bundle.slots import decided
from maquette.bundle.templates import Artifact, Output, TemplateSet, applies, elements
from maquette.foundation.expression import FactValue

__all__ = ["BundleInputs", "bundle_files"]

LAST = ("traceability", "overview")
"""The artifacts that say something of all others, and so are rendered behind them, in this order."""


def bundle_files(
    inputs: BundleInputs, *, templates: TemplateSet, renderer: Renderer, site: SiteMaker | None = None
) -> tuple[FileSpec, ...]:
    """Every file of the bundle by path, maquette.lock among them; ``site`` makes the page of all documents.

    Raises:
        InvalidInput: A template is wrong, or a target's name may not stand in a configuration.
    """
    world = seen_of(inputs, templates)
    drawn, plotted = diagrams(world), charts(world)
    data = {
        **_data(world),
        "diagrams": diagrams_view(drawn),
        "diagrams_absent": diagrams_absent(drawn),
        "charts": charts_view(plotted),
    }
    known = {
        **world.facts.values,
        **_decided_facts(inputs),
        **_bundle_facts(world.roles, world.policy),
        "bundle.serving": bool(data["serving_files"]),
        "bundle.shortlist": inputs.shortlist is not None,
    }
    pictures = [*diagram_files(drawn), *chart_files(plotted)]
    beside = [*pictures, *site_entries(site)]
    rendered = _rendered(templates, data, known, renderer, beside)
    check_paths((spec.path, spec.template) for spec in (*rendered, *(spec for spec, _ in beside)))
    linked = link_evidence(rendered)
    files = list(explain_terms(linked, templates.artifact("docs").constants["glossary"]))
    if isinstance(renderer, Tracing):
        files = list(renderer.told(rendered, files))
    files += [spec for spec, _ in pictures]
    files += site_files(inputs, files, site)
    files.append(_lock(inputs, templates, files))
    return tuple(sorted(files, key=lambda spec: spec.path))


def seen_of(inputs: BundleInputs, templates: TemplateSet) -> Seen:
    """What all views look at: the inputs, and what follows from them alone."""
    conflicts = inputs.decision.conflicts if inputs.decision else ()
    facts = FactSheet(inputs.requirements, inputs.book, conflicts=conflicts)
    roles = role_models(inputs)
    return Seen(
        inputs=inputs,
        roles=roles,
        policy=gateway_policy(inputs, roles, facts, templates.artifact("gateway").constants),
        facts=facts,
        served=served_models(inputs, roles),
        constants={**templates.artifact("docs").constants, "runbooks": templates.artifact("runbooks").constants},
    )


def _rendered(
    templates: TemplateSet,
    data: Mapping[str, Any],
    known: Mapping[str, FactValue],
    renderer: Renderer,
    pictures: Sequence[tuple[FileSpec, str]],
) -> list[FileSpec]:
    """What the templates make; the table of contents names the ``pictures`` too, which have no template."""
    made = list(pictures)
    for artifact in sorted(templates.artifacts, key=lambda one: (one.name in LAST, one.name)):
        if artifact.name not in LAST:
            made.extend(_artifact_files(artifact, data, known, renderer))
    for name in LAST:
        artifact = templates.artifact(name)
        sources, before, files = source_register(spec for spec, _ in made), None, made
        for _ in range(2):  # once more where the file itself names sources
            if sources != before:
                seen = {**data, "contents": contents(made), "sources": sources}
                files = [*made, *_artifact_files(artifact, seen, known, renderer)]
            sources, before = source_register(spec for spec, _ in files), sources
        made = files
    return [spec for spec, _ in made[len(pictures) :]]


def _data(seen: Seen) -> dict[str, Any]:
    inputs, roles, policy, facts, served = seen.inputs, seen.roles, seen.policy, seen.facts, seen.served
    serving = serving_view(served, lanes=decided(inputs.decision).get("batch_lane") is True)
    protected = facts.text("data.sensitivity") in PROTECTED
    return {
        **{name: view(seen) for name, view in DOCUMENTS.items()},
        "project": project_view(inputs),
        "architecture": architecture_view(inputs, roles, policy, facts),
        "evaluation": evaluation_view(inputs),
        "cost": cost_view(inputs, roles, facts),
        "records": [record_view(record, seen) for record in inputs.records],
        "gateway": gateway_view(policy) if policy else None,
        "services": {
            "name": file_slug(inputs.document),
            **services_view(policy, roles, served, protected=protected, oncall=facts.values.get("team.oncall") is True),
        }
        if policy
        else None,
        "serving": serving,
        "serving_files": [one for one in serving if one["composed"]],
        "runbook_files": runbook_files(seen),
        "alert_rules": alert_rows(seen),
        "missing": missing(inputs, roles, policy),
        "next_steps": next_steps(inputs, roles, policy),
    }


def _decided_facts(inputs: BundleInputs) -> dict[str, FactValue]:
    """What binding rules decided, as ``decisions.<slot>``; several values as a tuple of words."""
    return {
        f"decisions.{slot}": tuple(str(one) for one in value) if isinstance(value, tuple) else value
        for slot, value in decided(inputs.decision).items()
    }


def _bundle_facts(roles: tuple[RoleModel, ...], policy: GatewayPolicy | None) -> dict[str, FactValue]:
    """What the templates' conditions may ask of the bundle itself."""
    deployments = policy.deployments if policy else ()
    return {
        "bundle.gateway": policy is not None,
        "bundle.metrics": policy is not None and policy.prometheus,
        "bundle.keys": policy is not None and bool(policy.keys),
        "bundle.development": policy is not None and policy.development,
        "bundle.audit_bucket": policy is not None and policy.audit is not None and policy.audit.ends_in_bucket,
        "bundle.priced": any(deployment.prices for deployment in deployments),
        "bundle.own_gpus": any(on_own_machines(role) and not role.local for role in roles),
        "bundle.retirement": any(role.card is not None and role.card.retires_on is not None for role in roles),
    }


def _artifact_files(
    artifact: Artifact, data: Mapping[str, Any], known: Mapping[str, FactValue], renderer: Renderer
) -> Iterator[tuple[FileSpec, str]]:
    own = {"constants": artifact.constants, "tools": artifact.tools}
    declared = {**artifact.chosen(data), **own}
    for output in artifact.outputs:
        if applies(output, artifact, known):
            yield from _output_files(output, declared, data, renderer)


def _output_files(
    output: Output, declared: Mapping[str, Any], data: Mapping[str, Any], renderer: Renderer
) -> Iterator[tuple[FileSpec, str]]:
    if output.each is None:
        text = renderer.render(output.template, declared)
        yield FileSpec(path=output.path, content=text, template=output.template), output.about
        return
    for element in elements(output, data):
        text = renderer.render(output.template, {**declared, "item": element})
        path = filled(output.path, element, template=output.template)
        yield FileSpec(path=path, content=text, template=output.template), output.about


def _lock(inputs: BundleInputs, templates: TemplateSet, files: list[FileSpec]) -> FileSpec:
    lock = Lock(
        maquette_version=inputs.maquette_version,
        computed_from=inputs.computed_from,
        stages=stage_fingerprints(inputs),
        templates=templates.digests,
        prices_as_of=inputs.projection.prices_as_of if inputs.projection else None,
        files={spec.path: text_digest(spec.content) for spec in files},
        brought_by={spec.path: templates.sources.get(spec.template, "") for spec in files},
    )
    return FileSpec(path=LOCK_NAME, content=lock.as_text(), template="")
