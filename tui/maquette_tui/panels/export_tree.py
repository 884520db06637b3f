"""The files of a planned export as a tree: a row a folder and a file, with its state and whether it is written."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from maquette.bundle.plan import BundlePlan, FileState, PlannedFile, Resolution
from maquette.project.exporting_words import state_words
from maquette_tui.words import short

HEADINGS = ("", "file", "state")

Row = tuple[str, tuple[str, ...]]


def tree_rows(
    plan: BundlePlan,
    said: Mapping[str, Resolution],
    *,
    only: Collection[str],
    folded: Collection[str],
    name_width: int,
) -> list[Row]:
    """The rows. A folder's key ends with a slash; ``only`` are the paths to write, where not all are."""
    rows: list[Row] = []
    seen: set[str] = set()
    for file in sorted(plan.files, key=lambda one: _order(one.spec.path)):
        above = [f"{folder}/" for folder in map(str, reversed(PurePosixPath(file.spec.path).parents)) if folder != "."]
        for depth, folder in enumerate(above):
            if folder not in seen and not _inside_any(folder, folded):
                seen.add(folder)
                rows.append(_folder_row(folder, depth, plan.files, only, folder in folded, name_width))
        if not _inside_any(file.spec.path, folded):
            rows.append(_file_row(file, len(above), said.get(file.spec.path), only, name_width))
    return rows


def files_below(plan: BundlePlan, key: str) -> tuple[str, ...]:
    """The paths of a row: those in the folder, or the file's own."""
    inside = key if key.endswith("/") else None
    return tuple(
        one.spec.path
        for one in plan.files
        if (one.spec.path.startswith(inside) if inside is not None else one.spec.path == key)
    )


def _order(path: str) -> tuple[object, ...]:
    """Folders first, each with its files behind its folders."""
    *folders, name = path.split("/")
    return (*((0, folder) for folder in folders), (1, name))


def _inside_any(path: str, folded: Collection[str]) -> bool:
    return any(path.startswith(folder) and path != folder for folder in folded)


def _folder_row(
    folder: str, depth: int, files: Iterable[PlannedFile], only: Collection[str], folded: bool, width: int
) -> Row:
    inside = [one for one in files if one.spec.path.startswith(folder)]
    counts = [f"{len(found)}{state.mark}" for state in FileState if (found := [f for f in inside if f.state is state])]
    chosen = sum(one.spec.path in only for one in inside)
    mark = "◉" if chosen == len(inside) else "◐" if chosen else " "
    name = f"{'  ' * depth}{'▸' if folded else '▾'} {PurePosixPath(folder).name}"
    return folder, (f"{mark} ", short(name, width), " ".join(counts) if folded or not depth else "")


def _file_row(file: PlannedFile, depth: int, said: Resolution | None, only: Collection[str], width: int) -> Row:
    chosen = file.spec.path in only
    name = f"{'  ' * depth}{PurePosixPath(file.spec.path).name}"
    state = state_words(file, said) if chosen or not only else "left out"
    return file.spec.path, (f"{'◉' if chosen else ' '}{file.state.mark}", short(name, width), state)
