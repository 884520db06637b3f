"""How wide a text is and how it breaks into lines, without a font: widths of a wide sans serif, so that text fits."""

import unicodedata

NAME_PX = 14.0
TEXT_PX = 13.0
LINE = 1.3
"""The height of a line in ems."""

_NARROW = frozenset("iljIft.,:;'|!()[]{} -/r\"`")
_WIDE = frozenset("mwMW@%&")
_ELLIPSIS = "…"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that ``text`` takes at ``size``, rounded up to what common interface fonts take at the most."""
    return sum(map(_ems, text)) * size * (1.14 if bold else 1.0)


def wrapped(text: str, *, width: float, size: float, most: int, bold: bool = False) -> tuple[str, ...]:
    """``text`` in at most ``most`` lines that are no wider than ``width``; what is left over becomes an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        for place, piece in enumerate(_pieces(word, width, size, bold)):
            longer = f"{line} {piece}" if line and place == 0 else line + piece
            if line and text_width(longer, size, bold=bold) > width:
                lines.append(line)
                line = piece
            else:
                line = longer
    lines.append(line)
    return tuple(lines) if len(lines) <= most else (*lines[: most - 1], _cut(lines[most - 1], width, size, bold))


def _pieces(word: str, width: float, size: float, bold: bool) -> list[str]:
    """``word``, cut where it alone is wider than a line; a mark stays with its letter."""
    pieces = [""]
    for mark in word:
        full = text_width(pieces[-1] + mark, size, bold=bold) > width
        if full and pieces[-1] and not unicodedata.combining(mark):
            pieces.append("")
        pieces[-1] += mark
    return pieces


def _cut(line: str, width: float, size: float, bold: bool) -> str:
    while line and text_width(line + _ELLIPSIS, size, bold=bold) > width:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS


def _ems(mark: str) -> float:
    if mark in _NARROW:
        return 0.38
    if mark in _WIDE:
        return 0.98
    if unicodedata.combining(mark):
        return 0.0
    if ord(mark) > 0x2E00 or unicodedata.east_asian_width(mark) in {"W", "F"}:
        return 1.3
    return 0.72 if mark.isupper() else 0.64
