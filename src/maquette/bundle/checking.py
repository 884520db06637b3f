"""Checks over a bundle's text: links, names of environment variables, secrets, words that stand for missing text.

Text alone is looked at; whether YAML parses and fits its schema is asked of the tools that own the formats.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maquette.bundle.plan import FileSpec

ENV_FILE = ".env.example"

_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_ENV_OF_GATEWAY = re.compile(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)")
_ENV_OF_COMPOSE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)")
_ENV_OF_SECRET = re.compile(r"^ +environment: ([A-Za-z_][A-Za-z0-9_]*)$", re.MULTILINE)
"""A secret of Compose that comes from the environment."""

_FRONT_MATTER = re.compile(r"\A---\n.*?^---$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^[ ]*#.*$", re.MULTILINE)
_ENV_NAME = re.compile(r"^([A-Z_a-z][A-Z_a-z0-9]*)=(.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\b(?:TODO|TBD|FIXME|[Ll]orem ipsum)\b|example\.com")
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|hf_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\."
)
_CONFIGS = (".yaml", ".yml")


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckFinding:
    """One thing that is wrong in a file; ``line`` counts from 1."""

    check: str
    path: str
    line: int
    detail: str


def check_bundle(files: Sequence[FileSpec]) -> tuple[CheckFinding, ...]:
    """Everything that is wrong with the text of ``files``, by path and line."""
    found = [
        finding
        for spec in files
        for check in (_dead_links, _secrets, _placeholders, _undeclared_names)
        for finding in check(spec, files)
    ]
    found.extend(finding for spec in files if spec.path == ENV_FILE for finding in _values(spec))
    return tuple(sorted(found, key=lambda finding: (finding.path, finding.line, finding.check)))


def declared_names(files: Sequence[FileSpec]) -> frozenset[str]:
    """The environment variables that .env.example names."""
    text = next((spec.content for spec in files if spec.path == ENV_FILE), "")
    return frozenset(match.group(1) for match in _ENV_NAME.finditer(text))


def used_names(spec: FileSpec) -> frozenset[str]:
    """The environment variables that a configuration file reads."""
    return frozenset(name for name, _ in _uses(spec))


def _dead_links(spec: FileSpec, files: Sequence[FileSpec]) -> Iterator[CheckFinding]:
    if not spec.path.endswith(".md"):
        return
    paths = {other.path for other in files}
    for match in _LINK.finditer(_blanked(_CODE, _blanked(_FRONT_MATTER, spec.content))):
        target = match.group(1).partition("#")[0]
        if not target or "://" in target:
            continue
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(spec.path), target))
        if wanted not in paths:
            yield _finding("links", spec, match.start(), f"{target} is not in the bundle")


def _secrets(spec: FileSpec, _files: Sequence[FileSpec]) -> Iterator[CheckFinding]:
    for match in _SECRET.finditer(spec.content):
        yield _finding("secrets", spec, match.start(), f"looks like a credential: {match.group()[:6]}...")


def _placeholders(spec: FileSpec, _files: Sequence[FileSpec]) -> Iterator[CheckFinding]:
    for match in _PLACEHOLDER.finditer(spec.content):
        yield _finding("placeholders", spec, match.start(), f"{match.group()} stands for text that is missing")


def _undeclared_names(spec: FileSpec, files: Sequence[FileSpec]) -> Iterator[CheckFinding]:
    if not spec.path.endswith(_CONFIGS):
        return
    declared = declared_names(files)
    for name, position in _uses(spec):
        if name not in declared:
            yield _finding("environment", spec, position, f"{name} is not named in {ENV_FILE}")


def _uses(spec: FileSpec) -> Iterator[tuple[str, int]]:
    """Each variable that is read outside a comment, with its position; Compose alone fills in ``${NAME}``."""
    text = _blanked(_COMMENT, spec.content)
    composed = "compose." in posixpath.basename(spec.path)
    for pattern in (_ENV_OF_GATEWAY, *((_ENV_OF_COMPOSE, _ENV_OF_SECRET) if composed else ())):
        for match in pattern.finditer(text):
            yield match.group(1), match.start()


def _blanked(what: re.Pattern[str], text: str) -> str:
    """``text`` with spaces in place of ``what``, so that lines and positions stay."""
    return what.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def _values(spec: FileSpec) -> Iterator[CheckFinding]:
    for match in _ENV_NAME.finditer(spec.content):
        if match.group(2).strip():
            yield _finding("environment", spec, match.start(), f"{match.group(1)} has a value; names only")


def _finding(check: str, spec: FileSpec, position: int, detail: str) -> CheckFinding:
    return CheckFinding(check=check, path=spec.path, line=spec.content.count("\n", 0, position) + 1, detail=detail)
