"""Watching an evaluation from the command line: a line of progress on stderr, and Ctrl-C that stops it kindly."""

import sys

import click

from maquette.cli.console import say
from maquette.evals.run import EvalRun
from maquette.evals.trials import RunState
from maquette.foundation.problems import SpendingStopped
from maquette.foundation.units import readable_usd
from maquette.project import Project
from maquette.project.evaluation import Evaluation
from maquette.project.events import Event, RunAdvanced

_POLL_S = 0.2


def watch(project: Project, evaluation: Evaluation, *, quiet: bool) -> EvalRun:
    """Wait for a run and show how far it is.

    Raises:
        Problem: The run could not start or go on.
        SpendingStopped: The cap was reached; what finished is kept.
        KeyboardInterrupt: Stopped by the user; what finished is kept.
    """
    shown = sys.stderr.isatty() and not quiet
    stop_listening = project.listen(_progress_line) if shown else lambda: None
    try:
        told: set[str] = set()
        while not evaluation.wait(_POLL_S):
            _name_stuck(evaluation, told)
    except KeyboardInterrupt:
        evaluation.stop()
        evaluation.wait()
        raise
    finally:
        stop_listening()
        if shown:
            click.echo("\r\033[K", nl=False, err=True)
    if evaluation.problem is not None:
        raise evaluation.problem
    run = evaluation.run
    if run.state is RunState.CAP_REACHED:
        say(f"Run {run.id} spent {readable_usd(run.spent_usd)}.")
        raise _cap_reached(run)
    return run


def _cap_reached(run: EvalRun) -> SpendingStopped:
    """What to say: a run whose questions are all answered goes on as a new one, which takes answers and scores over."""
    what = f"the cap stopped run {run.id} before the next call could be covered"
    if all(result.done == result.planned for result in run.results):
        kept = "All answers are kept, some without a score. Raise it and score those"
        return SpendingStopped(what, fix=f"{kept}: maquette eval run --fresh --cap USD.")
    return SpendingStopped(what, fix="Finished calls are kept. Raise it to go on: maquette eval run --cap USD.")


def _name_stuck(evaluation: Evaluation, told: set[str]) -> None:
    """Say each call that takes long, once."""
    for words in evaluation.waiting_for:
        call = words.rpartition(" for ")[0]
        if call not in told:
            told.add(call)
            say(f"Still waiting: {words}.")


def _progress_line(event: Event) -> None:
    if isinstance(event, RunAdvanced):
        share = event.done / event.planned if event.planned else 1.0
        spent = readable_usd(event.run.spent_usd)
        text = f"{event.done} of {event.planned} calls, {share:.0%}, spent {spent}"
        click.echo(f"\r\033[K{text}", nl=False, err=True)
