"""Maquette: a scale model of an LLM system before anyone builds it.

The package root resolves its public names on demand, so that ``import maquette`` loads nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maquette.wiring import Project as Project

    __version__: str

_PUBLIC = {"Project": "maquette.wiring"}

__all__ = ["Project", "__version__"]


def __getattr__(name: str) -> Any:
    """Resolve a public name when it is first used (PEP 562)."""
    if name == "__version__":
        return import_module("importlib.metadata").version("maquette")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'maquette' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
