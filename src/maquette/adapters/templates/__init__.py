"""The bundle's templates: the sandboxed engine, and the sources that templates are read from."""

from maquette.adapters.templates.bounds import RenderLimits
from maquette.adapters.templates.engine import JinjaRenderer
from maquette.adapters.templates.folders import load_templates
from maquette.adapters.templates.limited import LimitedRenderer
from maquette.adapters.templates.sources import (
    LoadedTemplates,
    TemplateSource,
    installed_sources,
    load_sources,
    project_source,
)

__all__ = [
    "JinjaRenderer",
    "LimitedRenderer",
    "LoadedTemplates",
    "RenderLimits",
    "TemplateSource",
    "installed_sources",
    "load_sources",
    "load_templates",
    "project_source",
]
