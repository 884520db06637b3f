"""Text of users and models for a page: what would be invisible, or would turn the text around it, is shown by its code.

A right-to-left override, a zero-width space, a NUL or an escape sequence hides what a model really answered.
"""

import unicodedata

CHARS = 4_000
"""What a report keeps of one text; the log has all of it."""

_JOINERS = "\u200c\u200d"
"""Cf by category, but part of how Persian, Indic scripts and emoji are written."""


def visible(text: str, chars: int = CHARS) -> str:
    """``text`` with every control and format character as ``⟨U+202E⟩``, cut to ``chars`` characters of the original."""
    kept = text[:chars]
    if not kept.isprintable():
        kept = "".join(map(_shown, kept.replace("\r\n", "\n")))
    return kept if len(text) <= chars else f"{kept}… ({len(text) - chars:,} more characters)"


def _shown(char: str) -> str:
    if char.isprintable() or char in "\n\t" or char in _JOINERS:
        return char
    # Spaces other than U+0020 are not printable to Python, and harmless.
    return char if unicodedata.category(char) == "Zs" else f"⟨U+{ord(char):04X}⟩"
