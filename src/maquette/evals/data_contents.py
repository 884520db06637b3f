"""What texts contain: strings that look like personal data, counted and never shown, and the scripts they are in."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b")
_PHONE = re.compile(
    r"(?<![\w+.-])(?<!\d )"
    r"(?:\+\d[\d ().-]{6,20}\d"  # with the country
    r"|\(\d{2,5}\)[ -]?\d{3,4}[ -]?\d{3,5}"  # (555) 123-4567
    r"|\d{3}[.-]\d{3}[.-]\d{4}"  # 555-123-4567
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})"  # 030 123 4567
    r"(?![\w-]| \d)"
)
_CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


def personal_data(text: str) -> dict[str, int]:
    """How many strings look like an e-mail address, a phone number, a payment card or an IBAN.

    Cards pass Luhn's check and IBANs the remainder of 97 (ISO 13616); each is a guess all the same.
    """
    found: dict[str, int] = {}
    for kind, looks in _LOOKS.items():
        if count := looks(text):
            found[kind] = count
    return found


def _emails(text: str) -> int:
    return len(_EMAIL.findall(text)) if "@" in text else 0


def _phones(text: str) -> int:
    return sum(7 <= _digits(found) <= 15 for found in _PHONE.findall(text))


def _cards(text: str) -> int:
    return sum(_luhn(found) for found in _CARD.findall(text))


def _ibans(text: str) -> int:
    return sum(_is_iban(found) for found in _IBAN.findall(text))


_LOOKS: Mapping[str, Callable[[str], int]] = {
    "e-mail address": _emails,
    "phone number": _phones,
    "payment card": _cards,
    "IBAN": _ibans,
}


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char in "0123456789"]
    if len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """Its letters as numbers from 10, the first four characters last, leave 1 when divided by 97."""
    joined = text.replace(" ", "")
    if not 15 <= len(joined) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in joined[4:] + joined[:4])) % 97 == 1


_SCRIPTS = (
    *((0x41, "Latin"), (0x250, ""), (0x370, "Greek"), (0x400, "Cyrillic"), (0x530, "Armenian"), (0x590, "Hebrew")),
    *(
        (0x600, "Arabic"),
        (0x900, "Devanagari"),
        (0x980, "Bengali"),
        (0xA00, "other"),
        (0xE00, "Thai"),
        (0xE80, "other"),
    ),
    *((0x10A0, "Georgian"), (0x1100, "Hangul"), (0x1200, "other"), (0x1E00, "Latin"), (0x1F00, "Greek"), (0x2000, "")),
    *((0x3040, "Japanese kana"), (0x3100, "Han"), (0xAC00, "Hangul"), (0xD7B0, "other"), (0xF900, "Han")),
    *((0xFB00, "other"), (0x20000, "Han"), (0x32000, "other")),
)
"""The first code point of each stretch of The Unicode Standard's blocks, for the scripts that are written most."""

_STARTS = [start for start, _ in _SCRIPTS]


def script_of(text: str) -> str | None:
    """The script that most letters of ``text`` are of; None without letters. Kana makes a text Japanese."""
    if text.isascii():
        return "Latin" if any(char.isalpha() for char in text) else None
    counted: Counter[str] = Counter()
    for char, count in Counter(text).items():
        if char.isalpha() and (script := _SCRIPTS[max(0, bisect_right(_STARTS, ord(char)) - 1)][1]):
            counted[script] += count
    if counted["Japanese kana"] and counted["Japanese kana"] * 4 >= counted["Han"]:
        return "Japanese kana"
    return min(counted, key=lambda script: (-counted[script], script)) if +counted else None
