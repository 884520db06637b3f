"""`maquette shortlist`: filter terms, or one of the commands about the shortlist."""

import re

import click

from maquette.cli.lazy_group import LazyGroup

COMMANDS = {
    "why": "Why a model is in or out, with sources, and what would let it in.",
    "compare": "Models side by side: what differs, what each costs here and lacks.",
    "nearly": "The smallest change of one requirement that lets more models in.",
    "providers": "Who offers them, and what each provider's terms say on your requirements.",
    "roles": "Fast, balanced, strong, judge, fallback: who, and by which rule.",
}
LIST = "list"
_NEGATED = re.compile(r"-[a-z]{2,}[\w.:,/-]*", re.IGNORECASE)
"""``-tools``: a filter term and no options in one word."""


class ShortlistGroup(LazyGroup):
    """A group of commands that is a command itself: what is none of its commands are filter terms."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take everything to the list, unless it begins with a command."""
        if args and (args[0] in COMMANDS or args[0] in ctx.help_option_names):
            return super().parse_args(ctx, args)
        if stray := next((word for word in args if word in COMMANDS), None):
            others = [word for word in args if word != stray]
            raise click.UsageError(f"Put {stray} first: maquette shortlist {stray} {' '.join(others)}", ctx=ctx)
        return super().parse_args(ctx, [LIST, *(_as_term(word) for word in args)])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of the list, the terms, then the commands."""
        from maquette.catalog.filter_terms import HELP

        listing = self.get_command(ctx, LIST)
        if listing is not None:
            click.Command.format_options(listing, ctx, formatter)
        with formatter.section("Terms, all of which must hold"):
            formatter.write_dl(list(HELP))
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands; the list is what happens without one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that can be named."""
        return list(COMMANDS)


@click.group(
    name="shortlist",
    cls=ShortlistGroup,
    commands_by_module={name: f"maquette.cli.shortlist.{name}_command" for name in (LIST, *COMMANDS)},
    about=COMMANDS,
    subcommand_metavar="[TERMS]... | COMMAND [ARGS]...",
)
def command() -> None:
    """Show the models that meet the requirements, and for all others the first reason why not.

    A capability that nobody states is unknown, not missing: such models are listed as unverified. TERMS narrow the list
    down, for example: maquette shortlist 'eu json ctx>=32k $<300 by:quality'. Without a project here they filter the
    bare catalog.
    """


def _as_term(word: str) -> str:
    return f"!{word[1:]}" if _NEGATED.fullmatch(word) else word
