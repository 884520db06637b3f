"""The registry of actions against the command line: what a key of the last two stages does, a command does too."""

import click
import pytest

from maquette.cli.main import maquette
from maquette_tui.actions import ACTIONS, Action, help_text

TWINS = [action for action in ACTIONS if action.where in {"decision", "bundle"}]


def named(line: str) -> tuple[click.Command, list[str]]:
    """The command that a line names, and the words behind it."""
    words = line.split()[1:]
    found: click.Command = maquette
    while isinstance(found, click.Group) and words:
        below = found.get_command(click.Context(found), words[0])
        assert below is not None, line
        found, words = below, words[1:]
    return found, words


@pytest.mark.parametrize("action", TWINS, ids=lambda one: f"{one.where}-{one.name}")
def test_each_key_of_deciding_and_exporting_has_a_command_with_those_options(action: Action) -> None:
    command, words = named(action.twin)
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("where", ["decision", "bundle"])
def test_no_key_stands_for_two_actions_of_one_place(where: str) -> None:
    keys = [key for action in ACTIONS if action.where == where for key in action.key.split(",")]
    assert len(keys) == len(set(keys))


def test_the_help_names_the_commands() -> None:
    assert "  maquette decide --compare" in help_text("decision")
    assert "  maquette export --zip FILE" in help_text("bundle")
