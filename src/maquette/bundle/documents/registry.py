"""Which module makes the data of which document: a template reads it under this name."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from maquette.bundle.documents.seen import Seen

DocumentView: TypeAlias = Callable[[Seen], Mapping[str, Any]]

DOCUMENTS: Mapping[str, DocumentView] = {}
"""Data name to the function that makes it; the name is the one that ``template.toml`` lists under ``inputs``."""
