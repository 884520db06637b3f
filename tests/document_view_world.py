"""What the documents' views are computed from, in one line: the bundle's inputs with the templates' constants."""

import re

from maquette.bundle.documents.sections import split
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet, Sentence
from maquette.bundle.gateway import gateway_policy
from maquette.bundle.inputs import BundleInputs, role_models
from maquette.bundle.serving import served_models
from tests import bundle_world as world


def seen_of(inputs: BundleInputs) -> Seen:
    """Everything that a document may read of these inputs."""
    facts, roles = FactSheet(inputs.requirements, inputs.book), role_models(inputs)
    templates = world.templates()
    return Seen(
        inputs=inputs,
        roles=roles,
        policy=gateway_policy(inputs, roles, facts, templates.artifact("gateway").constants),
        facts=facts,
        served=served_models(inputs, roles),
        constants=templates.artifact("docs").constants,
    )


def said(sentence: Sentence) -> str:
    """The words of a sentence without its sources."""
    return "".join(part if isinstance(part, str) else part["text"] for part in sentence)


def section(text: str, title: str) -> str:
    """A section of a document without the marks of sources and without anchors."""
    parts = {name: part for name, part in split(text) if name.startswith(title)}
    ((_, part),) = parts.items()
    return re.sub(r'<a id="[^"]*"></a>|\[[ᵐᶜᵉʳᵃ]\]\([^)]*\)', "", part)
