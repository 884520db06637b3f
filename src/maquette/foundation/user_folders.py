"""Where Maquette keeps what belongs to a user and not to a project: caches, refreshed catalogs, own knowledge.

The folders are those of the platform (XDG on Linux), so ``XDG_CACHE_HOME`` and its siblings move them.
"""

from pathlib import Path

_NAME = "maquette"


def cache_folder() -> Path:
    """What may be deleted at any time: parsed copies of files."""
    from platformdirs import user_cache_path

    return user_cache_path(_NAME)


def data_folder() -> Path:
    """What Maquette writes for a user: refreshed prices, the list of recent projects."""
    from platformdirs import user_data_path

    return user_data_path(_NAME)


def config_folder() -> Path:
    """What a user writes for Maquette: own catalog files."""
    from platformdirs import user_config_path

    return user_config_path(_NAME)
