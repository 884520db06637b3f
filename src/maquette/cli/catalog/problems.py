"""Says what is wrong with the catalog's files beside a command that goes on with the rest."""

from maquette.catalog.cards import Catalog
from maquette.cli.console import say

_MOST = 10


def say_catalog_problems(catalog: Catalog) -> None:
    """One line on stderr for each problem, the first ten of them."""
    for problem in catalog.problems[:_MOST]:
        say(f"Catalog: {problem}")
    if len(catalog.problems) > _MOST:
        say(f"Catalog: {len(catalog.problems) - _MOST} more; maquette catalog status has all of them.")
