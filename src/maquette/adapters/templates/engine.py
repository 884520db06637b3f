"""Jinja as the bundle's template engine: sandboxed, over plain data, safe for its target format by default.

What a template prints is made safe by the kind of the file (Markdown, YAML, environment file); filters say when a
value is something else. The templates' own text is the only source of markup.
"""

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from maquette.adapters.templates.formats import ESCAPES, FILTERS, finalizer, kind_of
from maquette.bundle.origin import Rendered
from maquette.foundation.lineage import plain
from maquette.foundation.problems import InvalidInput, Place

if TYPE_CHECKING:
    from jinja2 import BaseLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment as Environment

Prepare: TypeAlias = "Callable[[type[Environment]], type[Environment]]"
"""Makes a stricter class of environment from a sandboxed one."""

_TEMPLATE_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, OSError, RecursionError)


class JinjaRenderer:
    """Renders the templates of one folder, or those whose texts are given by name; nothing else can be read.

    Args:
        templates: A folder, or names (``<artifact>/<file>.j2``) with their texts.
        shown: Name to the file as the user knows it; ``templates/<name>`` where it is not in there.
        prepare: A stricter class of environment.
    """

    def __init__(
        self,
        templates: Path | Mapping[str, str],
        *,
        shown: Mapping[str, str] | None = None,
        prepare: Prepare = lambda made: made,
    ) -> None:
        self._templates = templates
        self._shown = shown or {}
        self._prepare = prepare
        self._environments: dict[tuple[str, bool], Environment] = {}

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The text of ``<artifact>/<file>.j2`` over the plain form of ``data``.

        Raises:
            InvalidInput: The template is wrong, names what is not there, or tries to leave its sandbox.
        """
        return self._rendered(self._environment(kind_of(template), traced=False), template, plain(data))

    def trace(self, template: str, data: Mapping[str, Any]) -> Rendered:
        """The same text as `render` gives, with the template line and the data behind each stretch of it."""
        environment: Any = self._environment(kind_of(template), traced=True)
        text = self._rendered(environment, template, environment.recorder.watched(plain(data)))
        return Rendered(text=str(text), segments=tuple(getattr(text, "_segments", ())))

    def _rendered(self, environment: "Environment", template: str, data: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError

        try:
            return environment.get_template(template).render(data)
        except (TemplateError, *_TEMPLATE_ERRORS) as error:
            raise InvalidInput(
                f"the template cannot be rendered: {_what(error)}",
                place=self.place_of(error, template),
                fix="Correct the template, or declare the data that it reads.",
            ) from error

    def _environment(self, kind: str, *, traced: bool) -> "Environment":
        if (kind, traced) not in self._environments:
            from jinja2.sandbox import ImmutableSandboxedEnvironment

            from maquette.adapters.templates.tracing import tracing_environment

            made = tracing_environment() if traced else ImmutableSandboxedEnvironment
            self._environments[kind, traced] = _sandbox(self._prepare(made), _loader(self._templates), kind)
        return self._environments[kind, traced]

    def place_of(self, error: BaseException, template: str) -> Place:
        """Template and line that the parser names, else those of the innermost frame inside a template."""
        if getattr(error, "lineno", None) is not None:
            name, line = getattr(error, "name", None) or template, getattr(error, "lineno", None)
        else:
            name, line = next(self._lines(error), (template, None))
        return Place(file=self._shown.get(name, f"templates/{name}"), line=line)

    def _lines(self, error: BaseException) -> Iterator[tuple[str, int | None]]:
        """Template and line of each frame inside one, innermost first: of the error, then of what it interrupted."""
        told: BaseException | None = error
        while told is not None:
            yield from reversed([*self._frames(told)])
            told = told.__context__

    def _frames(self, error: BaseException) -> Iterator[tuple[str, int]]:
        """Template and line of each frame of the error's traceback that lies in a template, outermost first."""
        before = os.fspath(self._templates) + os.sep if isinstance(self._templates, Path) else _INSIDE
        for frame, python_line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename.startswith(before):
                # Where Jinja was stopped before it put its own lines in place of those of the compiled code.
                compiled = frame.f_globals.get("__jinja_template__")
                line = python_line if compiled is None else compiled.get_corresponding_lineno(python_line)
                yield frame.f_code.co_filename.removeprefix(before).replace(os.sep, "/"), line


_INSIDE = "<templates>/"
"""Before the name of a template whose text was given, where Python keeps the name of a file."""


def _what(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it goes on inside itself without an end"
    if type(error).__name__ in {"TemplateNotFound", "TemplatesNotFound"}:
        return f"there is no template {str(error)!r}"
    return str(error).rstrip(".") or type(error).__name__


def _sandbox(made: "type[Environment]", loader: "BaseLoader", kind: str) -> "Environment":
    from jinja2 import StrictUndefined

    environment = made(
        loader=loader,
        undefined=StrictUndefined,
        finalize=finalizer(ESCAPES[kind]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # HTML is no target; `finalize` escapes for the file's own format
    )
    for filters_or_globals, name in ((environment.filters, "random"), (environment.globals, "lipsum")):
        filters_or_globals.pop(name, None)  # equal data, equal text
    recorder = getattr(environment, "recorder", None)
    for name, filtered in FILTERS.items():
        environment.filters[name] = filtered if recorder is None else _noting(filtered, recorder.note)
    return environment


def _noting(filtered: Callable[..., Any], note: Callable[[object], None]) -> Callable[..., Any]:
    def noted(value: Any, *rest: Any) -> Any:
        note(value)
        return filtered(value, *rest)

    return noted


def _loader(templates: Path | Mapping[str, str]) -> "BaseLoader":
    from jinja2 import BaseLoader, Environment, FileSystemLoader, TemplateNotFound

    class GivenLoader(BaseLoader):
        """Texts by name; there is no file to reach."""

        def __init__(self, texts: Mapping[str, str]) -> None:
            self._texts = texts

        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            if template not in self._texts:
                raise TemplateNotFound(template)
            return self._texts[template], f"{_INSIDE}{template}", lambda: True

    class InsideLoader(FileSystemLoader):
        """Refuses what a link leads out of the folder; jinja2 itself refuses ``..``."""

        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            source = super().get_source(environment, template)
            if not Path(source[1]).resolve().is_relative_to(root):
                raise TemplateNotFound(template)
            return source

    if not isinstance(templates, Path):
        return GivenLoader(templates)
    root = templates.resolve()
    return InsideLoader(os.fspath(templates))
