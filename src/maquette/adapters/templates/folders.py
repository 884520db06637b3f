"""Folders of templates read as values: declarations, texts and digests."""

import tomllib
from pathlib import Path

from maquette.bundle.templates import Artifact, TemplateSet, artifact_from_data
from maquette.foundation.lineage import digest
from maquette.foundation.problems import InvalidInput, Place

DECLARATION = "template.toml"


def read_declaration(name: str, text: str, *, file: str) -> Artifact:
    """The artifact that the text of a ``template.toml`` declares.

    Raises:
        InvalidInput: It does not parse, or says what no declaration can say.
    """
    try:
        return artifact_from_data(name, tomllib.loads(text), file=file)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"no TOML: {error}", place=Place(file=file), fix="Correct the declaration.") from error


def load_templates(folder: Path) -> TemplateSet:
    """Read every ``<artifact>/template.toml`` below ``folder`` and take the digests of its templates.

    Raises:
        InvalidInput: A declaration does not parse, or names a template that is not there.
    """
    artifacts = []
    digests: dict[str, str] = {}
    for declaration in sorted(folder.glob(f"*/{DECLARATION}")):
        name = declaration.parent.name
        file = f"templates/{name}/{DECLARATION}"
        artifact = read_declaration(name, declaration.read_text("utf-8"), file=file)
        artifacts.append(artifact)
        digests[f"{name}/{DECLARATION}"] = digest(declaration.read_bytes())
        for part in sorted(declaration.parent.rglob("*.j2")):
            digests[part.relative_to(folder).as_posix()] = digest(part.read_bytes())
        missing = [output.template for output in artifact.outputs if output.template not in digests]
        if missing:
            raise InvalidInput(f"{missing[0]} is not there", place=Place(file=file), fix="Add it or remove its output.")
    return TemplateSet(artifacts=tuple(artifacts), digests=digests)
