"""Prints how large files and functions are, and fails where one has outgrown what can be read in one go.

Run by `make lint`. The limits are for code and tests alike; data and templates are not counted.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {"code": ("src", "tui", "notebooks", "catalog"), "tests": ("tests",)}
FILE_LIMIT = 400
FUNCTION_LIMIT = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Lines of one file, or of one function of it."""

    lines: int
    where: str


def file_sizes(files: Sequence[Path]) -> list[Size]:
    """Lines of each file."""
    return [Size(lines=len(file.read_text().splitlines()), where=_shown(file)) for file in files]


def function_sizes(files: Sequence[Path]) -> list[Size]:
    """Lines of each function and method, signature and docstring included, decorators not."""
    return [size for file in files for size in _functions_of(file)]


def too_large(sizes: Sequence[Size], limit: int) -> list[Size]:
    """Those above the limit, largest first."""
    return sorted((size for size in sizes if size.lines > limit), key=lambda size: -size.lines)


def main() -> int:
    """Print the figures; 1 when something is too large."""
    outgrown = []
    for group, folders in GROUPS.items():
        files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
        for kind, sizes, limit in (
            ("files", file_sizes(files), FILE_LIMIT),
            ("functions", function_sizes(files), FUNCTION_LIMIT),
        ):
            print(f"{group:6} {kind:10} {_figures(sizes)}, limit {limit}")
            outgrown += [f"{size.where}: {size.lines} lines, limit {limit}" for size in too_large(sizes, limit)]
    print(*outgrown, sep="\n")
    return 1 if outgrown else 0


def _functions_of(file: Path) -> Iterator[Size]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size(
                lines=(node.end_lineno or node.lineno) - node.lineno + 1,
                where=f"{_shown(file)}:{node.lineno} {node.name}",
            )


def _figures(sizes: Sequence[Size]) -> str:
    lines = [size.lines for size in sizes]
    if len(lines) < 2:
        return f"{len(lines)}"
    high = quantiles(lines, n=20, method="inclusive")[-1]
    return f"{len(lines):5}: median {median(lines):.0f}, 95th percentile {high:.0f}, largest {max(lines)}"


def _shown(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


if __name__ == "__main__":
    sys.exit(main())
