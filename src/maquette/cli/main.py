"""The entry point: a click group that loads a command's module only when that command runs.

Problems become one clear message on stderr and a documented exit status; a traceback is for bugs alone, on demand.
"""

import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from maquette.cli.lazy_group import LazyGroup
from maquette.foundation.problems import ExitStatus, Problem

COMMANDS = {
    "new": "Make a project folder, from questions or from a file.",
    "set": "Answer questions: maquette set latency.p95_ms=800.",
    "status": "The six stages: done, stale, missing or running.",
    "catalog": "Models, prices, KV caches, hardware; refresh and check it.",
    "shortlist": "Which models fit, why the others do not; choose some.",
    "data": "Look at examples: audit them, import those of other tools.",
    "eval": "Evaluate the chosen models on your own examples.",
    "capacity": "What fits, how fast it is, how many machines it takes.",
    "cost": "What it will cost, month by month, with ranges.",
    "decide": "Rules, options and open questions; sign a decision.",
    "rules": "Explain a rule: why it fired, or why it did not.",
    "export": "Preview and write the bundle of documents and configs.",
    "demo": "The whole story on bundled models: offline, no key.",
    "doctor": "What this machine has: keys, models, tools.",
    "sql": "Ask the project's files in SQL (DuckDB).",
    "tui": "Open the terminal app.",
    "notebook": "Write a notebook for the project and open JupyterLab.",
}

_EPILOG_TITLE = "Exit statuses"


class CommandLine(LazyGroup):
    """The top of the command line: its commands, and the exit statuses, which are a contract."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of exit statuses."""
        with formatter.section(_EPILOG_TITLE):
            formatter.write_dl([(str(int(status)), status.meaning) for status in ExitStatus])


@click.group(
    cls=CommandLine,
    commands_by_module={name: f"maquette.cli.{name}_command" for name in COMMANDS},
    about=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def maquette(ctx: click.Context, version: bool) -> None:
    """A scale model of an LLM system before anyone builds it.

    Without a command: opens the terminal app on the project in this folder. Data goes to stdout, talk to stderr;
    every command takes --json.
    """
    if version:
        import maquette as package

        click.echo(package.__version__)
    elif ctx.invoked_subcommand is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            click.echo(ctx.get_help())
            return
        ctx.invoke(import_module("maquette.cli.tui_command").command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with a documented status."""
    # A command reads thousands of cards and ends: looking for cycles among them costs a tenth of its time.
    gc.set_threshold(100_000, 20, 20)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command line.

    Returns:
        The exit status, one of `ExitStatus`.
    """
    try:
        status: Any = maquette.main(args=arguments, prog_name="maquette", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return ExitStatus.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What was finished is kept.", err=True)
        return ExitStatus.INTERRUPTED
    except Problem as problem:
        return _say_problem(problem, as_json="--json" in arguments)
    except BrokenPipeError:
        # The reader of a pipe left: nothing to say, and nothing more may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.OK
    except Exception as bug:
        return _say_bug(bug)
    return int(status) if isinstance(status, int) else ExitStatus.OK


def _say_problem(problem: Problem, *, as_json: bool) -> int:
    from maquette.cli.console import say_problem

    say_problem(problem, as_json=as_json)
    return problem.exit_status


def _say_bug(bug: Exception) -> int:
    if os.environ.get("MAQUETTE_DEBUG"):
        import traceback

        traceback.print_exception(bug)
    else:
        click.echo(f"A bug in maquette: {type(bug).__name__}: {bug}", err=True)
        click.echo("Nothing was written by this step. MAQUETTE_DEBUG=1 shows where it happened.", err=True)
    return ExitStatus.INTERNAL
