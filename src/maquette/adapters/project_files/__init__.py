"""maquette.yaml on its disk: read with a line for every error, changed one value at a time, made anew for a project.

`YamlProjectFile` implements `maquette.project_document.ProjectFile`. The library is ruamel.yaml; it is loaded with the
first name that is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maquette.adapters.project_files.creation import new_project as new_project
    from maquette.adapters.project_files.creation import requirements_from as requirements_from
    from maquette.adapters.project_files.file import YamlProjectFile as YamlProjectFile

_HOMES = {"YamlProjectFile": "file", "new_project": "creation", "requirements_from": "creation"}

__all__ = ["YamlProjectFile", "new_project", "requirements_from"]


def __getattr__(name: str) -> Any:
    """Resolve a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
