"""Maquette's own SVG drawings inside a page or a book: their style stands apart, so that a page's switch rules it."""

import re

from maquette.bundle.site.model import Drawing

_STYLE = re.compile(r"<style>(.*?)</style>\n?", re.DOTALL)
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}", re.DOTALL)
_ID = re.compile(r'\bid="([^"]+)"')


def bare(drawing: Drawing) -> str:
    """The SVG without its style, every id beginning with the drawing's own, on as few lines as it can be."""
    svg = _STYLE.sub("", drawing.svg).strip()
    for name in sorted(set(_ID.findall(svg)), key=lambda one: (-len(one), one)):
        new = f"{drawing.id}-{name}"
        svg = svg.replace(f'id="{name}"', f'id="{new}"').replace(f'"url(#{name})"', f'"url(#{new})"')
    return re.sub(
        r'aria-labelledby="([^"]*)"',
        lambda found: 'aria-labelledby="{}"'.format(" ".join(f"{drawing.id}-{one}" for one in found[1].split())),
        svg,
    )


def light(drawing: Drawing) -> str:
    """The SVG as it is on paper: a renderer that does not know the media query draws no dark picture."""
    return _DARK.sub("", drawing.svg)


def page_style(drawings: tuple[Drawing, ...]) -> str:
    """The styles of all drawings, each once, for those inside ``.drawing``; dark where the page is."""
    styles = list(dict.fromkeys(found[1] for one in drawings if (found := _STYLE.search(one.svg))))
    dark = "\n".join(one for style in styles for one in _DARK.findall(style))
    plain = "\n".join(_DARK.sub("", style).strip() for style in styles)
    if not plain:
        return ""
    return (
        f'.drawing {{\n{plain}\n}}\n@media screen {{\n:root[data-theme="dark"] .drawing {{\n{dark}\n}}\n'
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) .drawing {{\n{dark}\n}} }}\n}}\n'
    )
