"""`maquette capacity bench`: measure this machine's llama.cpp, or a server, beside the prediction."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.cli.capacity.setup_options import ENGINE_OPTION, PRECISION_OPTION
from maquette.cli.console import PLAIN_OPTION, print_json, project_command, say
from maquette.foundation.problems import ExitStatus

if TYPE_CHECKING:
    from maquette.adapters.benchmark_running import Gathered
    from maquette.cli.capacity.bench_plan import Bench

_SECONDS = click.FloatRange(min=0, min_open=True, max=86_400)
_TOKENS = click.IntRange(min=1, max=10_000_000)


@click.command(name="bench")
@click.argument("model_file", required=False, metavar="[MODEL.gguf]")
@click.option("--server", metavar="URL", help="An OpenAI-compatible server, such as http://localhost:8000.")
@click.option("--model", metavar="NAME", help="What the server calls its model; needed where it has several.")
@click.option("--card", "card_name", metavar="MODEL", help="The open model that it is, for the prediction.")
@click.option("--on", "machine", metavar="MACHINE", help="Accelerators behind the server, for the prediction.")
@ENGINE_OPTION
@PRECISION_OPTION
@click.option("--quantisation", metavar="FORMAT", help="The exact format, such as Q4_K_M.")
@click.option("--tp", type=click.IntRange(min=1), help="Accelerators that share every layer; else all of them.")
@click.option("--concurrency", metavar="N,N", help="Requests at once, level by level; 1,4,16, and 1 for a file.")
@click.option("--input", "input_tok", type=_TOKENS, metavar="TOK", help="Tokens of a prompt; 512.")
@click.option("--output", "output_tok", type=_TOKENS, metavar="TOK", help="Tokens of an answer; 128.")
@click.option("--requests", type=click.IntRange(1, 100_000), help="Of each level; else four for each at once.")
@click.option("--seconds", "level_s", type=_SECONDS, default=60.0, show_default=True, help="Of each level at most.")
@click.option("--timeout", "timeout_s", type=_SECONDS, default=120.0, show_default=True, help="Of one request.")
@click.option("--threads", type=click.IntRange(1, 1024), help="For a file; else all cores that this machine lends.")
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the server's key.")
@click.option("--allow-unpriced", is_flag=True, help="Call a server elsewhere whose price is not known.")
@click.option("--calibrate", is_flag=True, help="Draw the project's predictions towards what is measured.")
@click.option("--yes", is_flag=True, help="Do not ask before spending or writing.")
@PLAIN_OPTION
@project_command
def command(
    *, allow_unpriced: bool, calibrate: bool, yes: bool, plain: bool, folder: str, as_json: bool, **options: Any
) -> int:
    """Measure a model file through llama.cpp on this machine, or a running server, beside the prediction.

    Each level keeps so many requests in flight: prompts are random words, so that no cache knows them, and answers
    are asked to have the full length. Ctrl-C ends it and keeps what is measured.
    """
    from maquette.cli.capacity.bench_plan import agree_to_cost
    from maquette.cli.capacity.bench_report import report_data, reported, show_report
    from maquette.cli.capacity.bench_running import run_bench
    from maquette.cli.capacity.learning import must_be_project, write_lesson

    project = Path(folder)
    if calibrate:
        must_be_project(project, instead="leave --calibrate out")
    bench = _planned(options, project)
    agree_to_cost(bench, yes=yes, allow_unpriced=allow_unpriced)
    say(
        f"{bench.where}: at most {bench.requests} requests of {bench.input_tok} + {bench.output_tok} tok,"
        f" and {bench.level_s * len(bench.levels):g} s."
    )
    outcome = run_bench(bench, _told)
    if not outcome.results:
        raise outcome.problem or KeyboardInterrupt
    found = reported(bench, outcome, project=project, calibrate=calibrate)
    if not as_json:
        show_report(found, plain_text=plain)
    if calibrate and found.lesson is None:
        say("Nothing is predicted for it, so the project learns nothing from it.")
    written = found.lesson is not None and write_lesson(found.lesson, yes=yes)
    if as_json:
        print_json(report_data(found, written=written))
    if outcome.problem is not None:
        raise outcome.problem
    return ExitStatus.INTERRUPTED if outcome.state == "interrupted" else ExitStatus.OK


def _planned(options: dict[str, Any], project: Path) -> "Bench":
    """The benchmark that the options mean.

    Raises:
        click.UsageError: They name neither a file nor a server, or both.
    """
    from maquette.cli.capacity.bench_plan import Wanted, file_bench, server_bench

    path, server = options.pop("model_file"), options.pop("server")
    if (path is None) == (server is None):
        raise click.UsageError("Name a GGUF file, or a server with --server http://localhost:8000.")
    of_server = {name: options.pop(name) for name in ("model", "card_name", "api_key_env")}
    threads, wanted = options.pop("threads"), Wanted(**options, project=project)
    if server is None:
        return file_bench(path, threads=threads, wanted=wanted)
    return server_bench(server, **of_server, wanted=wanted)


def _told(gathered: "Gathered", ended: bool) -> None:
    """A line that is written over on a terminal; elsewhere one at a level's end."""
    level, done = gathered.level, len(gathered.samples) + len(gathered.failures)
    failed = f", {len(gathered.failures)} failed" if gathered.failures else ""
    text = f"{level.concurrency} at once: {done} of {level.requests} requests{failed}"
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=ended, err=True)
    elif ended:
        say(text)
