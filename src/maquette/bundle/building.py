"""The bundle's files from the project's values: views as plain data, templates over them, and the lock.

Deterministic: equal inputs and templates give equal bytes. Nothing is read or written here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from maquette.bundle.adrs import record_view
from maquette.bundle.architecture import architecture_view
from maquette.bundle.costs import cost_view
from maquette.bundle.documents.registry import DOCUMENTS
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import evaluation_view
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy, gateway_policy
from maquette.bundle.incidents import runbooks_view
from maquette.bundle.inputs import BundleInputs, RoleModel, role_models, stage_fingerprints
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.overview import contents, missing, next_steps
from maquette.bundle.plan import FileSpec, Renderer
from maquette.bundle.project_text import project_view, requirements_view
from maquette.bundle.safe_text import file_slug
from maquette.bundle.services import services_view
from maquette.bundle.serving import ServedModel, served_models, serving_view
from maquette.bundle.templates import Artifact, Output, TemplateSet, applies
from maquette.foundation.expression import FactValue

__all__ = ["BundleInputs", "bundle_files"]

OVERVIEW = "overview"
"""The artifact that lists the others, and so is rendered last."""


def bundle_files(inputs: BundleInputs, *, templates: TemplateSet, renderer: Renderer) -> tuple[FileSpec, ...]:
    """Every file of the bundle by path, maquette.lock among them.

    Raises:
        InvalidInput: A template is wrong, or a target's name may not stand in a configuration.
    """
    facts = FactSheet(inputs.requirements, inputs.book)
    roles = role_models(inputs)
    policy = gateway_policy(inputs, roles, facts, templates.artifact("gateway").constants)
    served = served_models(inputs, roles)
    data = _data(inputs, roles, policy, facts, served)
    known = {**facts.values, **_bundle_facts(roles, policy), "bundle.serving": bool(data["serving_files"])}
    made: list[tuple[FileSpec, str]] = []
    for artifact in sorted(templates.artifacts, key=lambda one: (one.name == OVERVIEW, one.name)):
        seen = {**data, "contents": contents(made)}
        made.extend(_artifact_files(artifact, seen, known, renderer))
    files = [spec for spec, _ in made]
    files.append(_lock(inputs, templates, files))
    return tuple(sorted(files, key=lambda spec: spec.path))


def _data(
    inputs: BundleInputs,
    roles: tuple[RoleModel, ...],
    policy: GatewayPolicy | None,
    facts: FactSheet,
    served: tuple[ServedModel, ...],
) -> dict[str, Any]:
    serving = serving_view(served)
    seen = Seen(inputs=inputs, roles=roles, policy=policy, facts=facts, served=served)
    return {
        **{name: view(seen) for name, view in DOCUMENTS.items()},
        "project": project_view(inputs),
        "requirements": requirements_view(inputs, facts),
        "architecture": architecture_view(inputs, roles, policy, facts),
        "evaluation": evaluation_view(inputs, facts),
        "cost": cost_view(inputs, roles, facts),
        "records": [record_view(record) for record in inputs.records],
        "gateway": asdict(policy) if policy else None,
        "services": {"name": file_slug(inputs.document), **services_view(policy, roles, served)} if policy else None,
        "serving": serving,
        "serving_files": [one for one in serving if one["composed"]],
        "runbooks": runbooks_view(inputs, roles, policy, facts) if policy else None,
        "missing": missing(inputs, roles, policy),
        "next_steps": next_steps(inputs, roles),
    }


def _bundle_facts(roles: tuple[RoleModel, ...], policy: GatewayPolicy | None) -> dict[str, FactValue]:
    """What the templates' conditions may ask of the bundle itself."""
    deployments = policy.deployments if policy else ()
    return {
        "bundle.gateway": policy is not None,
        "bundle.metrics": policy is not None and policy.metrics,
        "bundle.priced": any(deployment.prices for deployment in deployments),
        "bundle.retirement": any(role.card is not None and role.card.retires_on is not None for role in roles),
    }


def _artifact_files(
    artifact: Artifact, data: Mapping[str, Any], known: Mapping[str, FactValue], renderer: Renderer
) -> Iterator[tuple[FileSpec, str]]:
    own = {"constants": artifact.constants, "tools": artifact.tools}
    declared = {**{name: data[name] for name in artifact.inputs}, **own}
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
    for element in data[output.each]:
        text = renderer.render(output.template, {**declared, "item": element})
        path = output.path.format(**{name: value for name, value in element.items() if isinstance(value, str)})
        yield FileSpec(path=path, content=text, template=output.template), output.about


def _lock(inputs: BundleInputs, templates: TemplateSet, files: list[FileSpec]) -> FileSpec:
    lock = Lock(
        maquette_version=inputs.maquette_version,
        computed_from=inputs.computed_from,
        stages=stage_fingerprints(inputs),
        templates=templates.digests,
        prices_as_of=inputs.projection.prices_as_of if inputs.projection else None,
        files={spec.path: text_digest(spec.content) for spec in files},
    )
    return FileSpec(path=LOCK_NAME, content=lock.as_text(), template="")
