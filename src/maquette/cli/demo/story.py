"""The demo's six steps on a real project folder. Each step is the command that a user would type."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maquette import wiring
from maquette.adapters.loopback_server import loopback_server
from maquette.bundle.plan import BundlePlan
from maquette.cli.console import say
from maquette.cli.watching import watch
from maquette.evals.run import EvalRun
from maquette.foundation.problems import Conflict, Place
from maquette.foundation.shipped import shipped
from maquette.foundation.units import Usd

MODELS = ("triage-tiny", "triage-small")
_ANSWER_TOK = 24
_CONTEXT_TOK = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What the demo did; the project holds the rest."""

    folder: Path
    project: wiring.Project
    run: EvalRun
    bundle: BundlePlan
    written: tuple[str, ...]
    seconds: float


def tell(folder: Path | None) -> Story:
    """Make the project and walk it through all six stages.

    Raises:
        Conflict: The folder is there already.
        Unavailable: No engine for local models is installed.
    """
    started = time.monotonic()
    place = _free(folder)
    say(f"1 Require    a support-triage system, in {place}")
    _lay_out(place)
    with _served_models(place) as targets:
        wiring.new_project(place, source=shipped("catalog", "demo", "requirements.yaml"), extra=_settings(targets))
        project = wiring.Project.open(place)
        say("2 Shortlist  the whole catalog against the requirements; the two bundled models are chosen")
        project.choose([f"local/{name}" for name in MODELS])
        estimate = project.estimate()
        say(f"3 Evaluate   {estimate.calls} calls, nothing to pay: llama.cpp, and over HTTP on this machine")
        run = watch(project, project.start_evaluation(cap_usd=Usd(0)), quiet=False)
    say("4 Cost       projected month by month")
    project.accept_cost()
    say("5 Decide     the smallest model that passes")
    _decide(project, run)
    say("6 Export     the bundle")
    plan = project.plan_export()
    written = project.write_export(plan, {})
    return Story(
        folder=place, project=project, run=run, bundle=plan, written=written, seconds=time.monotonic() - started
    )


def _free(folder: Path | None) -> Path:
    """The folder that was asked for, or the first free name here."""
    if folder is not None:
        if folder.exists():
            raise Conflict("the folder is there already", place=Place(file=str(folder)), fix="Name another one.")
        return folder
    numbered = (Path(f"maquette-demo-{number}") for number in range(2, 1000))
    return next(path for path in (Path("maquette-demo"), *numbered) if not path.exists())


def _lay_out(folder: Path) -> None:
    """The bundled models, examples and prompt, as a user would have put them there."""
    demo = shipped("catalog", "demo")
    for part in ("models", "evals", "prompts"):
        (folder / part).mkdir(parents=True)
    for name in MODELS:
        shutil.copyfile(shipped("catalog", "demo_models", f"{name}.gguf"), folder / "models" / f"{name}.gguf")
    for part, name in (("evals", "triage.jsonl"), ("evals", "answer.schema.json"), ("prompts", "triage.j2")):
        shutil.copyfile(demo / part / name, folder / part / name)


@contextmanager
def _served_models(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """Each model twice: as a file through llama.cpp, and behind a server on loopback."""
    targets: list[dict[str, Any]] = []
    with ExitStack() as servers:
        for name in MODELS:
            file = f"models/{name}.gguf"
            card = f"local/{name}"
            options = {"context_tok": _CONTEXT_TOK}
            targets.append({"id": name, "card": card, "adapter": "llama_cpp", "model": file, "options": options})
            server = loopback_server(folder / file, alias=name, context_tok=_CONTEXT_TOK)
            base_url = servers.enter_context(server)
            over_http = {"adapter": "openai", "model": name, "base_url": base_url}
            targets.append({"id": f"{name}-http", "card": card, **over_http})
        yield targets


def _settings(targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "models": {"folders": ["models"], "targets": targets},
        "evaluation": {
            "dataset": "evals/triage.jsonl",
            "prompt": "prompts/triage.j2",
            "answer_schema": "evals/answer.schema.json",
            "metrics": [{"kind": "exact_match"}, {"kind": "json_fields"}],
            "max_output_tok": _ANSWER_TOK,
        },
    }


def _decide(project: wiring.Project, run: EvalRun) -> None:
    """Take the recommendation. Another way to the same model would be no fallback, so there is none."""
    recommended = project.view.decision.recommended
    if recommended is None:
        return
    chosen = run.result(recommended)
    measured = f"{chosen.correct} of {chosen.scored} right" if chosen else "it passes"
    project.decide(model=recommended, because=f"Smallest model that passes on our own examples: {measured}.")
