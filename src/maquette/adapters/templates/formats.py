"""What templates print, by the format of the file: safe by default, and filters for what is something else."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from maquette.bundle import safe_text
from maquette.bundle.documents.evidence_links import MARKS, anchor_of
from maquette.foundation.units import readable_count, readable_usd


class Safe(str):
    """Text that a filter already made safe for the file that it goes into."""

    __slots__ = ()


def kind_of(template: str) -> str:
    """The format of the file that a template makes, by its name without ``.j2``."""
    name = template.removesuffix(".j2").rpartition("/")[2]
    if name.startswith("compose."):
        return "compose"
    return {"md": "markdown", "yaml": "yaml", "yml": "yaml"}.get(name.rpartition(".")[2], "comment")


def finalizer(escape: Callable[[str], str]) -> Callable[[Any], Any]:
    """What makes a printed value text; anything but text and numbers is refused."""
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


ESCAPES: dict[str, Callable[[str], str]] = {
    "markdown": safe_text.markdown,
    "yaml": safe_text.yaml_scalar,
    "compose": _compose_scalar,
    "comment": safe_text.comment,
}


def _sourced(figure: Mapping[str, str]) -> Safe:
    """A figure with the mark of its kind, which `bundle.documents.evidence_links` turns into a link to its source."""
    kind = figure["kind"]
    target = f"source:{kind}/{quote(figure['ref'], safe='')}/{quote(figure['text'], safe='')}"
    return Safe(f"{safe_text.markdown(figure['text'])}[{MARKS[kind]}]({target})")


def _said(sentence: Sequence[str | Mapping[str, str]]) -> Safe:
    """A sentence of words and figures, each figure with its mark."""
    if not sentence:
        return Safe("")
    first, *others = sentence
    start = f"{safe_text.markdown(first)}{' ' * first[-1:].isspace()}" if isinstance(first, str) else _sourced(first)
    rest = (safe_text.markdown_part(part) if isinstance(part, str) else _sourced(part) for part in others)
    return Safe(start + "".join(rest))


def _told(sentence: Sequence[str | Mapping[str, str]]) -> Safe:
    """A sentence as `_said` prints it, with what stands between backticks as code."""
    parts = [part for one in sentence for part in (_SPAN.split(one) if isinstance(one, str) else [one])]
    return Safe("".join(_told_part(part) for part in parts))


def _told_part(part: str | Mapping[str, str]) -> str:
    if not isinstance(part, str):
        return _sourced(part)
    return safe_text.markdown_code(part[1:-1]) if _SPAN.fullmatch(part) else safe_text.markdown_part(part)


_SPAN = re.compile(r"(`[^`]+`)")


def _block(text: str) -> Safe:
    """Lines of code for a fenced block; such as would end the block are refused."""
    return _mermaid(text)


def _anchor(name: str, prefix: str) -> Safe:
    """An anchor that links may lead to, before the text that it stands at."""
    return Safe(f'<a id="{anchor_of(prefix, name)}"></a>')


def _mermaid(text: str) -> Safe:
    """A diagram's whole source for a fenced block, whose labels are safe already; one that would end it is refused."""
    if "```" in text:
        raise ValueError("a diagram may not end the block that it stands in")
    return Safe(text.strip())


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


FILTERS: dict[str, Callable[..., Any]] = {
    "anchor": _anchor,
    "code": lambda text: Safe(safe_text.markdown_code(text)),
    "comment": lambda text: Safe(safe_text.comment(text)),
    "count": lambda value: readable_count(Decimal(str(value))),
    "env": _env,
    "fragment": lambda name, prefix: Safe(f"#{anchor_of(prefix, name)}"),
    "block": _block,
    "label": lambda text: Safe(safe_text.mermaid_label(text)),
    "md": lambda text: Safe(safe_text.markdown(text)),
    "mermaid": _mermaid,
    "number": _number,
    "pct": _pct,
    "required": _required,
    "said": _said,
    "sourced": _sourced,
    "told": _told,
    "usd": lambda value: readable_usd(None if value is None else Decimal(str(value))),
    "yaml": lambda text: Safe(safe_text.yaml_scalar(text)),
}
