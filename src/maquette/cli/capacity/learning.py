"""Draws a project's predictions towards what was measured: shows what its capacity.json becomes, asks, writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from maquette.adapters.factor_files import FACTORS_FILE, read_factors, write_factors
from maquette.capacity.calibrating import Change, changes
from maquette.capacity.shrinking import Compared, ProjectFactors, learned
from maquette.cli.capacity.calibrate_data import FACTOR_HEADINGS, factor_rows
from maquette.cli.console import confirmed, print_table, say
from maquette.foundation.problems import NotFound, Place
from maquette.project_document import PROJECT_FILE


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What a project's factors become."""

    folder: Path
    after: ProjectFactors
    changes: tuple[Change, ...]


def must_be_project(folder: Path, *, instead: str) -> None:
    """A folder that is no project keeps no factors; ``instead`` says how to compare alone.

    Raises:
        NotFound: There is no maquette.yaml in it.
    """
    if not (folder / PROJECT_FILE).is_file():
        raise NotFound(
            f"there is no project to write {FACTORS_FILE} to",
            place=Place(file=str(folder)),
            fix=f"Name one with --project DIR, or only compare: {instead}.",
        )


def lesson(folder: Path, compared: Sequence[Compared], *, replace_all: bool = False) -> Lesson:
    """What was measured before and now together; ``replace_all`` forgets what was measured before.

    Raises:
        InvalidInput: The project's capacity.json is broken.
    """
    before = read_factors(folder)
    today = datetime.now(tz=UTC).date()
    after = learned(ProjectFactors() if replace_all else before, compared, measured_on=today)
    return Lesson(folder=folder, after=after, changes=changes(before, after))


def show_lesson(found: Lesson, *, plain_text: bool) -> None:
    """The factors before and after."""
    print_table(FACTOR_HEADINGS, factor_rows(found.changes), plain_text=plain_text)
    if any(factor.measurements == 1 for factor in found.after.factors.values()):
        say("A factor from one measurement is drawn only part of the way; more results of the same kind sharpen it.")


def write_lesson(found: Lesson, *, yes: bool) -> bool:
    """Ask, and write; whether it was written.

    Raises:
        Unavailable: The file cannot be written; the old one is as it was.
    """
    agreed = confirmed(f"Write {FACTORS_FILE}?", yes=yes)
    if agreed:
        write_factors(found.folder, found.after)
    say(f"Written: {FACTORS_FILE}." if agreed else "Nothing was written. --yes goes ahead without asking.")
    return agreed
