"""Examples of other tools: promptfoo's tests, Inspect's samples and logs, OpenAI's Evals. Nothing of a file is run."""

from collections.abc import Callable
from pathlib import Path

from maquette.adapters.foreign_datasets.imported import CHOOSE, Imported, LeftOut, Output
from maquette.adapters.foreign_datasets.inspect_files import read_inspect, read_openai_evals
from maquette.adapters.foreign_datasets.promptfoo import read_promptfoo
from maquette.adapters.foreign_datasets.writing import write_examples, write_outputs
from maquette.evals.dataset import ImageSource
from maquette.foundation.problems import InvalidInput, NotFound, Place

__all__ = ["CHOOSE", "TOOLS", "Imported", "LeftOut", "Output", "import_examples", "write_examples", "write_outputs"]

TOOLS = ("promptfoo", "inspect", "openai-evals")

_MOST_BYTES = 500_000_000


def import_examples(tool: str, path: Path, *, name: str, find_image: Callable[[str], ImageSource]) -> Imported:
    """The examples of another tool's file.

    Args:
        tool: One of `TOOLS`.
        path: The file.
        name: As the user named it.
        find_image: From a path or a data URL to the picture; raises a ValueError.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is not of that tool, or holds no example.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInput("the file is larger than 500 MB", place=Place(file=name), fix="Split it.")
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"the file cannot be read: {error.strerror}", place=Place(file=name), fix="Check its path."
        ) from error
    if tool == "promptfoo":
        found = read_promptfoo(path, content, name=name)
    else:
        read = read_inspect if tool == "inspect" else read_openai_evals
        found = read(path, content, name=name, find_image=find_image)
    if not found.examples:
        why = "; ".join(left.what for left in found.left_out[:3]) or "it is empty"
        raise InvalidInput(
            f"no example of it can be taken over: {why}",
            place=Place(file=name),
            fix=f"Check that it is a file of {tool}.",
        )
    return found
