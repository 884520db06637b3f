"""How values, lists and near misses read in a message. Text from a user stays data: quoted, cut, never markup."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 60


def shown(value: object) -> str:
    """``value`` as Python would write it, at most 60 characters long."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def listed(names: Iterable[str]) -> str:
    """``names`` with commas."""
    return ", ".join(names)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """``Did you mean …?`` with the known name nearest to ``word``, letter case aside, or None when none is near."""
    by_folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"Did you mean {by_folded[near[0]]}?" if near else None
