"""Finds what ships with Maquette: catalog/ and templates/, in a checkout or in an installed wheel."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(kind: Literal["catalog", "templates"], *parts: str) -> Path:
    """The path of a shipped file or folder.

    Raises:
        FileNotFoundError: The installation is broken; neither place holds it.
    """
    for root in (_PACKAGE / "data" / kind, _PACKAGE.parent.parent / kind):
        if root.is_dir():
            return root.joinpath(*parts)
    raise FileNotFoundError(f"this installation of maquette lacks its {kind}")
