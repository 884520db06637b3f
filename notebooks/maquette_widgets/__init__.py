"""Cards for notebooks: one a stage, each live and with a static twin that survives reopening the notebook.

    from maquette import Project
    from maquette_widgets import cards
    cards(Project.open(".")).requirements

Nothing heavy is loaded before a card is shown.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maquette_widgets.project_cards import Cards as Cards
    from maquette_widgets.project_cards import cards as cards

__all__ = ["Cards", "cards"]


def __getattr__(name: str) -> Any:
    """Resolve a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("maquette_widgets.project_cards"), name)
