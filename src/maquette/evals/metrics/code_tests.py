"""Code in answers: finding it, and what running it against tests came to. Running it is an adapter's work."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_BLOCKS = re.compile(r"^[ \t]*```([\w+-]*)[^\n]*\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)
_PYTHON = {"", "py", "python", "python3"}


class CodeOutcome(StrEnum):
    """How a run of untrusted code ended; `REFUSED` was stopped by a limit other than time and memory."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeRun:
    """A finished run.

    Attributes:
        detail: The error or what was refused; data.
        output: The first part of what the code printed; data.
        isolation: What kept the code in, in words.
    """

    outcome: CodeOutcome
    detail: str
    output: str
    isolation: str
    took_s: float


def code_in(text: str) -> str:
    """The Python blocks of a Markdown text, one after another; the text itself when it has none."""
    blocks = [body for language, body in _BLOCKS.findall(text) if language.lower() in _PYTHON]
    return "\n".join(blocks) if blocks else text


def tests_of(expected: object) -> str | None:
    """The tests of an example: its expected answer as a text, or one under ``tests``; None when there are none."""
    if isinstance(expected, Mapping):
        expected = expected.get("tests")
    return expected if isinstance(expected, str) and expected.strip() else None
