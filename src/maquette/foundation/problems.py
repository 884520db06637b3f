"""The one error tree: every error that a user can meet, with what, where, what to do, and the exit status.

    Problem                     something a user can act on
    ├── InvalidInput            a file, answer, flag or dataset is wrong                     exit 3
    ├── NotFound                a project, file, model or stage result is not there          exit 4
    ├── Unavailable             a key, tool, library, server or the network is missing       exit 5
    ├── SpendingStopped         the cap in dollars stopped the work; what finished is kept   exit 6
    ├── Conflict                somebody else changed it; nothing was overwritten            exit 7
    ├── CallsFailed             a run finished, and calls in it failed                       exit 8
    └── SeveralProblems         many of the above at once                                    that of the first

A bug is not a Problem: it keeps its own exception. Nothing here prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses of every command; a contract with scripts."""

    OK = 0
    FINDING = 1
    USAGE = 2
    INVALID_INPUT = 3
    NOT_FOUND = 4
    UNAVAILABLE = 5
    SPENDING_STOPPED = 6
    CONFLICT = 7
    CALLS_FAILED = 8
    NOT_ENOUGH_DATA = 9
    INTERNAL = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for the table in ``--help``."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitStatus.OK: "done",
    ExitStatus.FINDING: "a check found something: stale, missing, or a gate not met",
    ExitStatus.USAGE: "the command line is wrong",
    ExitStatus.INVALID_INPUT: "a file, answer or dataset is wrong; every error is listed",
    ExitStatus.NOT_FOUND: "a project, file, model or result is not there",
    ExitStatus.UNAVAILABLE: "a key, tool, library, server or the network is missing",
    ExitStatus.SPENDING_STOPPED: "the cap in dollars stopped the run; finished calls are kept",
    ExitStatus.CONFLICT: "changed by somebody else; nothing was overwritten",
    ExitStatus.CALLS_FAILED: "the run finished, and calls in it failed",
    ExitStatus.NOT_ENOUGH_DATA: "a gate has too few examples to pass or to fail",
    ExitStatus.INTERNAL: "a bug in maquette; --debug shows the traceback",
    ExitStatus.INTERRUPTED: "stopped with Ctrl-C; finished work is kept",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a problem is: any of a file (as the user named it), a line (from 1), a field (dotted)."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        position = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return ", ".join(part for part in (position, self.field) if part)


class Problem(Exception):
    """Something went wrong that the user can act on.

    Args:
        what: One sentence without a full stop: what happened, to what.
        place: Where, when it is in a file or a field.
        fix: One sentence: what to do.
    """

    code = "problem"
    exit_status = ExitStatus.INVALID_INPUT

    def __init__(self, what: str, *, fix: str, place: Place | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.place = place or Place()

    def __str__(self) -> str:
        where = str(self.place)
        return f"{where}: {self.what}. {self.fix}" if where else f"{self.what}. {self.fix}"

    def as_data(self) -> dict[str, str | int | None]:
        """The problem as one JSON object."""
        return {
            "code": self.code,
            "what": self.what,
            "file": self.place.file,
            "line": self.place.line,
            "field": self.place.field,
            "fix": self.fix,
        }


class InvalidInput(Problem):
    """A file, answer, flag or dataset is wrong."""

    code = "invalid_input"


class NotFound(Problem):
    """A project, file, model or result is not there."""

    code = "not_found"
    exit_status = ExitStatus.NOT_FOUND


class Unavailable(Problem):
    """A key, tool, library, server or the network is missing."""

    code = "unavailable"
    exit_status = ExitStatus.UNAVAILABLE


class SpendingStopped(Problem):
    """The cap in dollars was reached; what finished is kept."""

    code = "spending_stopped"
    exit_status = ExitStatus.SPENDING_STOPPED


class Conflict(Problem):
    """Somebody else changed it meanwhile; nothing was overwritten."""

    code = "conflict"
    exit_status = ExitStatus.CONFLICT


class CallsFailed(Problem):
    """A run finished, and calls in it failed."""

    code = "calls_failed"
    exit_status = ExitStatus.CALLS_FAILED


class SeveralProblems(Problem):
    """Several problems found in one pass, so that a user mends them all at once."""

    code = "several"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.what, fix=first.fix, place=first.place)
        self.problems = tuple(problems)
        self.exit_status = first.exit_status

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def each_problem(problem: Problem) -> tuple[Problem, ...]:
    """The problems inside ``problem``: its parts when it holds several, itself otherwise."""
    return problem.problems if isinstance(problem, SeveralProblems) else (problem,)


def raise_all(problems: Sequence[Problem]) -> None:
    """Raise the problems as one, if there are any."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SeveralProblems(problems)
