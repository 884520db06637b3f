"""What becomes of files that the user edited: said on the command line, asked, or merged where nothing disagrees."""

from collections.abc import Iterable

import click

from maquette.bundle.plan import BundlePlan, FileState, PlannedFile, Resolution
from maquette.cli.console import say
from maquette.foundation.problems import NotFound


def said(plan: BundlePlan, chosen: Iterable[tuple[Resolution, Iterable[str]]]) -> dict[str, Resolution]:
    """What the options say of edited files.

    Raises:
        NotFound: A path is no edited file.
    """
    edited = {file.spec.path for file in plan.in_state(FileState.EDITED)}
    found = {path: resolution for resolution, paths in chosen for path in paths}
    for path in found:
        if path not in edited:
            raise NotFound(
                f"{path!r} is not a file that you edited",
                fix=f"Edited are: {', '.join(sorted(edited)) or 'none'}.",
            )
    return found


def resolved(plan: BundlePlan, found: dict[str, Resolution], *, yes: bool) -> dict[str, Resolution]:
    """A resolution for every edited file: what was said, else merged or kept with ``yes``, else asked."""
    every = dict(found)
    for file in plan.in_state(FileState.EDITED):
        if file.spec.path not in every:
            every[file.spec.path] = _unasked(file) if yes or _settled(file) else _asked(file)
    return every


def _settled(file: PlannedFile) -> bool:
    """Whether nothing new was rendered where the user edited: there is nothing to ask."""
    return file.merge is not None and file.merge.untouched


def _unasked(file: PlannedFile) -> Resolution:
    if file.merge is None or not file.merge.clean:
        why = "it disagrees with the new text" if file.merge else "what the last export wrote is not known"
        say(f"{file.spec.path} stays as you edited it: {why}.")
        return Resolution.KEEP
    return Resolution.KEEP if file.merge.untouched else Resolution.MERGE


def _asked(file: PlannedFile) -> Resolution:
    kinds = [Resolution.KEEP, Resolution.REPLACE]
    if file.merge is None:
        question = f"{file.spec.path} was edited by you."
    elif file.merge.clean:
        question = f"{file.spec.path} was edited by you; your edit and the new text fit together."
        kinds.insert(0, Resolution.MERGE)
    else:
        question = (
            f"{file.spec.path} was edited by you; in {file.merge.conflicts} places your edit and the new text"
            f" disagree (markers: both versions in {file.spec.path}.merge)."
        )
        kinds.append(Resolution.MARKERS)
    answer = click.prompt(question, type=click.Choice([kind.value for kind in kinds]), default=kinds[0].value, err=True)
    return Resolution(answer)
