"""A planned export as rows and lines, the same in the terminal app and in notebooks: states, answers, diffs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from maquette.bundle.origin import LineOrigin, aligned
from maquette.bundle.plan import BundlePlan, FileState, PlannedFile, Resolution
from maquette.bundle.planning import standing_resolutions

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")
_OPENS, _CLOSES = "<<<<<<< ", ">>>>>>> "
_CONTEXT = 3
_ITSELF = "no line of a template: Maquette's own code writes it"


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffLine:
    """One line to read; ``sign`` is "+", "-", "<" (where the line above comes from), "!" (a remark) or a blank."""

    sign: str
    text: str


# -- files that the user edited -----------------------------------------------------------------------------------


def possible(file: PlannedFile) -> tuple[Resolution, ...]:
    """The answers that an edited file allows, the most useful first; none for a file that nobody edited."""
    if file.state is not FileState.EDITED:
        return ()
    both = (Resolution.KEEP, Resolution.REPLACE)
    if file.merge is None:
        return both
    return (Resolution.MERGE, *both) if file.merge.clean else (*both, Resolution.MARKERS)


def settled(plan: BundlePlan) -> dict[str, Resolution]:
    """The answers that need no asking: kept before and rendered as before, or nothing new where the user edited."""
    untouched = [one for one in plan.in_state(FileState.EDITED) if one.merge is not None and one.merge.untouched]
    return dict.fromkeys((one.spec.path for one in untouched), Resolution.KEEP) | standing_resolutions(plan)


def unsettled(plan: BundlePlan, said: Mapping[str, Resolution]) -> tuple[PlannedFile, ...]:
    """The edited files without an answer that they allow, by path."""
    return tuple(one for one in plan.in_state(FileState.EDITED) if said.get(one.spec.path) not in possible(one))


def state_words(file: PlannedFile, said: Resolution | None) -> str:
    """What writing would do with the file, in a word or two."""
    if file.state is not FileState.EDITED:
        return file.state.value
    if said is not None:
        return f"edited: {said.value}"
    if file.merge is None:
        return "edited"
    if file.merge.clean:
        return "edited: fits"
    return f"edited: {file.merge.conflicts} conflict{'s' * (file.merge.conflicts > 1)}"


def edit_words(file: PlannedFile) -> str:
    """How the user's edit and the new text go together, in a sentence; empty for a file that nobody edited."""
    if file.state is not FileState.EDITED:
        return ""
    if file.merge is None:
        return "You edited it; what the last export wrote is not known, so nothing can be merged."
    if file.merge.untouched:
        return "You edited it; nothing new is rendered where you did."
    if file.merge.clean:
        return "You edited it; your edit and the new text fit together."
    places = f"{file.merge.conflicts} place{'s' * (file.merge.conflicts > 1)}"
    return f"You edited it; in {places} your edit and the new text disagree."


def plan_words(plan: BundlePlan) -> str:
    """The folder, and how many files are in which state."""
    counts = [f"{len(plan.in_state(state))} {state.value}" for state in FileState if plan.in_state(state)]
    return f"{plan.out}: {', '.join(counts)}"


# -- the diff -----------------------------------------------------------------------------------------------------


def diff_lines(file: PlannedFile, said: Resolution | None, *, origins: bool = False) -> tuple[DiffLine, ...]:
    """What there is to read about one file under an answer, numbered; with ``origins`` where each new line is from.

    With `Resolution.MERGE` the change to the merge, with `Resolution.MARKERS` the places that disagree, otherwise the
    change from what is there to the render.
    """
    told = [DiffLine(sign="!", text=text) for text in (edit_words(file),) if text]
    if said is Resolution.MARKERS and file.merge is not None:
        return (*told, DiffLine(sign="!", text=f"{file.spec.path}.merge beside it:"), *_places(file.merge.text))
    final, diff = file.spec.content, file.diff
    if said is Resolution.MERGE and file.merge is not None:
        final, diff = file.merge.text, file.merged_diff
    if said is Resolution.KEEP:
        told.append(DiffLine(sign="!", text="It stays as it is; the render differs by:"))
    if not diff:
        return (*told, DiffLine(sign="!", text="as it is there"))
    known = aligned(file.spec.origins, file.spec.content, final) if origins and file.spec.origins else ()
    return (*told, *_numbered(diff, known))


def _numbered(diff: str, origins: Sequence[LineOrigin]) -> Iterator[DiffLine]:
    old = new = 0
    for text in diff.removesuffix("\n").split("\n"):
        if hunk := _HUNK.match(text):
            if new:
                yield DiffLine(sign=" ", text="   ...")
            old, new = int(hunk[1]), int(hunk[2])
        elif not new and not old:  # the names of the two files
            continue
        elif text[:1] == "\\":
            yield DiffLine(sign=" ", text=f"       {text}")
        elif text[:1] == "-":
            yield DiffLine(sign="-", text=f"{old:>4} - {text[1:]}")
            old += 1
        else:
            yield DiffLine(sign=text[:1] or " ", text=f"{new:>4} {text[:1] or ' '} {text[1:]}")
            if text[:1] == "+" and new <= len(origins):
                yield DiffLine(sign="<", text=f"       <- {origins[new - 1].as_text() or _ITSELF}")
            old, new = old + (text[:1] != "+"), new + 1


def _places(text: str) -> Iterator[DiffLine]:
    """The stretches between markers, each with some lines around it."""
    lines = text.split("\n")
    opens = [at for at, line in enumerate(lines) if line.startswith(_OPENS)]
    for begin in opens:
        end = next(at for at in range(begin, len(lines)) if lines[at].startswith(_CLOSES))
        for at in range(max(begin - _CONTEXT, 0), min(end + 1 + _CONTEXT, len(lines))):
            sign = "!" if lines[at].startswith((_OPENS, _CLOSES, "||||||| ", "=======")) else " "
            yield DiffLine(sign=sign, text=f"{at + 1:>4}   {lines[at]}")
