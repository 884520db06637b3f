"""A click group that loads a command's module only when that command runs, so that help stays quick."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, each with a ``command``.

    Args:
        commands_by_module: The commands in the order of the help, and the module of each.
        about: One line on each for the help.
    """

    def __init__(
        self,
        *args: Any,
        commands_by_module: Mapping[str, str] | None = None,
        about: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._modules = commands_by_module or {}
        self._about = about or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module; None when there is no such command."""
        if cmd_name not in self._modules:
            return None
        command: click.Command = import_module(self._modules[cmd_name]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._about.get(name, "")) for name in self._modules])
