"""Text from users and models on its way to the screen: data, never markup, without control characters."""

from collections.abc import Sequence

from rich.text import Text

GAP = 2
"""Columns that a table leaves around a cell."""


def safe(text: object) -> Text:
    """``text`` as it is, with control characters shown as a sign."""
    return Text("".join(char if char.isprintable() or char == "\n" else "�" for char in str(text)))


def short(text: str, most: int) -> str:
    """At most so many characters: the middle is left out, since names differ at both ends."""
    if len(text) <= most:
        return text
    end = most // 2
    return f"{text[: most - end - 1]}…{text[-end:]}"


def cut(text: str, most: int) -> str:
    """At most so many characters, the beginning of them."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def fitted(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[tuple[str, ...]]:
    """Cells cut so that the table fits into ``width`` columns; the widest columns give, the others keep their words."""
    widest = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    room = width - GAP * len(widest)
    while sum(widest) > room:
        most = max(widest)
        next_to_it = max((one for one in widest if one < most), default=0)
        many = widest.count(most)
        lower = max(next_to_it, most - -(-(sum(widest) - room) // many), 1)
        widest = [min(one, lower) for one in widest]
        if lower == 1:
            break
    return [tuple(cut(cell, most) for cell, most in zip(row, widest, strict=True)) for row in rows]
