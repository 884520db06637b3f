"""Reads what ships in catalog/ on providers, tools, roles, media and published quality, and checks it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from maquette.catalog.cards import QualityClaim
from maquette.catalog.claims import ClaimsFile, claims_by_model
from maquette.catalog.media import MediaRule
from maquette.catalog.media_file import media_from_file
from maquette.catalog.providers import Provider, ProvidersFile
from maquette.catalog.role_classes import RolesFile
from maquette.catalog.tools import Tool, ToolsFile
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import line_of, read_yaml

File = TypeVar("File", bound=BaseModel)


@cache
def load_providers() -> tuple[Provider, ...]:
    """Every provider of the catalog, in the file's order."""
    return read_file(shipped("catalog", "providers", "providers.yaml"), ProvidersFile).providers


@cache
def load_tools() -> tuple[Tool, ...]:
    """Every tool of the catalog, in the file's order."""
    return read_file(shipped("catalog", "tools", "tools.yaml"), ToolsFile).tools


@cache
def load_roles() -> RolesFile:
    """The roles, and the triples by task."""
    return read_file(shipped("catalog", "roles", "roles.yaml"), RolesFile)


@cache
def load_media() -> tuple[MediaRule, ...]:
    """How many tokens a picture, a page and a second take on which models, in the file's order."""
    return media_from_file(read_yaml(shipped("catalog", "media", "media.yaml")))


@cache
def load_claims() -> Mapping[str, tuple[QualityClaim, ...]]:
    """Published scores by model id."""
    return claims_by_model(read_file(shipped("catalog", "claims", "claims.yaml"), ClaimsFile).claims)


def read_file(path: Path, form: type[File]) -> File:
    """The file's data in its form.

    Raises:
        InvalidInput: It is no YAML, or the data has not that form; the message has the line and the field.
    """
    data = read_yaml(path)
    try:
        return form.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        keys = first["loc"]
        place = Place(file=path.name, line=line_of(path, keys), field=".".join(map(str, keys)))
        raise InvalidInput(first["msg"], place=place, fix="Mend the field, or leave it out when unknown.") from error
