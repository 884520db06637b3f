"""Jinja as the bundle's template engine: sandboxed, over plain data, safe for its target format by default.

What a template prints is made safe by the kind of the file (Markdown, YAML, environment file); filters say when a
value is something else. The templates' own text is the only source of markup.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.bundle import safe_text
from maquette.bundle.templates import TemplateSet, artifact_from_data
from maquette.foundation.lineage import digest, plain
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import readable_count, readable_usd

if TYPE_CHECKING:
    from jinja2 import Environment

DECLARATION = "template.toml"


class Safe(str):
    """Text that a filter already made safe for the file that it goes into."""

    __slots__ = ()


class JinjaRenderer:
    """Renders the templates of one folder; nothing outside it can be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environments: dict[str, Environment] = {}

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The text of ``<artifact>/<file>.j2`` over the plain form of ``data``.

        Raises:
            InvalidInput: The template is wrong, names what is not there, or tries to leave its sandbox.
        """
        from jinja2 import TemplateError

        environment = self._environment(_kind(template))
        plainly = plain(data)
        try:
            return environment.get_template(template).render(plainly)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, OSError) as error:
            raise InvalidInput(
                f"the template cannot be rendered: {error}",
                place=Place(file=f"templates/{template}", line=_line(error, self._folder)),
                fix="Correct the template, or declare the data that it reads.",
            ) from error

    def _environment(self, kind: str) -> "Environment":
        if kind not in self._environments:
            self._environments[kind] = _sandbox(self._folder, kind)
        return self._environments[kind]


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
        try:
            artifact = artifact_from_data(name, tomllib.loads(declaration.read_text("utf-8")), file=file)
        except tomllib.TOMLDecodeError as error:
            raise InvalidInput(f"no TOML: {error}", place=Place(file=file), fix="Correct the declaration.") from error
        artifacts.append(artifact)
        digests[f"{name}/{DECLARATION}"] = digest(declaration.read_bytes())
        for part in sorted(declaration.parent.rglob("*.j2")):
            digests[part.relative_to(folder).as_posix()] = digest(part.read_bytes())
        missing = [output.template for output in artifact.outputs if output.template not in digests]
        if missing:
            raise InvalidInput(f"{missing[0]} is not there", place=Place(file=file), fix="Add it or remove its output.")
    return TemplateSet(artifacts=tuple(artifacts), digests=digests)


def _kind(template: str) -> str:
    """The format of the file that a template makes, by its name without ``.j2``."""
    name = template.removesuffix(".j2").rpartition("/")[2]
    if name.startswith("compose."):
        return "compose"
    return {"md": "markdown", "yaml": "yaml", "yml": "yaml"}.get(name.rpartition(".")[2], "comment")


def _sandbox(folder: Path, kind: str) -> "Environment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=_loader(folder),
        undefined=StrictUndefined,
        finalize=_finalizer(_ESCAPES[kind]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # HTML is no target; `finalize` escapes for the file's own format
    )
    environment.filters.update(_FILTERS)
    return environment


def _loader(folder: Path) -> Any:
    from jinja2 import Environment, FileSystemLoader, TemplateNotFound

    root = folder.resolve()

    class InsideLoader(FileSystemLoader):
        """Refuses what a link leads out of the folder; jinja2 itself refuses ``..``."""

        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            source = super().get_source(environment, template)
            if not Path(source[1]).resolve().is_relative_to(root):
                raise TemplateNotFound(template)
            return source

    return InsideLoader(os.fspath(folder))


def _line(error: BaseException, folder: Path) -> int | None:
    """The template's line: the one that the parser names, or the innermost frame that lies in the folder."""
    if (line := getattr(error, "lineno", None)) is not None:
        return int(line)
    found, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.startswith(os.fspath(folder)):
            found = frame.tb_lineno
        frame = frame.tb_next
    return found


def _finalizer(escape: Callable[[str], str]) -> Callable[[Any], Any]:
    from jinja2 import Undefined

    def finalize(value: Any) -> Any:
        if isinstance(value, Safe):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return value
        if isinstance(value, str):
            return escape(value)
        if type(value) is Undefined:  # what `"text" if condition` is without an else; an undefined name is strict
            return ""
        shown = str(value)[:40]  # an undefined name raises its own, better, error here
        raise TypeError(f"a template prints text and numbers, not {type(value).__name__} {shown!r}")

    return finalize


def _compose_scalar(text: str) -> str:
    """A YAML scalar in which Compose replaces nothing."""
    return safe_text.yaml_scalar(text).replace("$", "$$")


_ESCAPES: dict[str, Callable[[str], str]] = {
    "markdown": safe_text.markdown,
    "yaml": safe_text.yaml_scalar,
    "compose": _compose_scalar,
    "comment": safe_text.comment,
}


def _sourced(figure: Mapping[str, str]) -> Safe:
    """A figure with what kind it is and where it comes from, in Markdown."""
    return Safe(f"{safe_text.markdown(figure['text'])} ({figure['kind']}: {safe_text.markdown(figure['ref'])})")


def _env(name: str) -> Safe:
    """The name of an environment variable as it is; anything else is refused."""
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"{name!r} is no name of an environment variable")
    return Safe(name)


def _required(name: str) -> Safe:
    """An environment variable that Compose refuses to start without."""
    return Safe(f"${{{_env(name)}:?set it in .env}}")


def _number(value: object) -> Safe:
    """An exact number as it is written in a configuration, without exponent."""
    return Safe(f"{Decimal(str(value)):f}")


def _pct(value: object) -> str:
    """A fraction of one in percent, with one digit behind the point."""
    return f"{readable_count(Decimal(str(round(float(str(value)) * 100, 1))))} %"


_FILTERS: dict[str, Callable[..., Any]] = {
    "code": lambda text: Safe(safe_text.markdown_code(text)),
    "comment": lambda text: Safe(safe_text.comment(text)),
    "count": lambda value: readable_count(Decimal(str(value))),
    "env": _env,
    "label": lambda text: Safe(safe_text.mermaid_label(text)),
    "md": lambda text: Safe(safe_text.markdown(text)),
    "number": _number,
    "pct": _pct,
    "required": _required,
    "sourced": _sourced,
    "usd": lambda value: readable_usd(None if value is None else Decimal(str(value))),
    "yaml": lambda text: Safe(safe_text.yaml_scalar(text)),
}
