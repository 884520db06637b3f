"""A project whose candidate and whose judge are models behind one server on this machine."""

from collections import Counter
from pathlib import Path
from typing import Any

from maquette import wiring
from tests.loopback_models import Server, model
from tests.project_world import demo_project, fewer_examples, opened

PASS = model(parts=["Kind enough.\n", '{"verdict": "pass"}'])
FAIL = model(parts=["Rude.\n", '{"verdict": "fail"}'])
SILENT = model(parts=["I am not sure about it."])
CANDIDATE = model()

RUBRIC = {"kind": "rubric_judge", "model": "judge", "rubric": "Is it kind?"}


def target(name: str, asked: str, server: Server, *, card: str = "local/triage-tiny", **options: Any) -> dict[str, Any]:
    """One entry of models.targets, free unless its card costs money."""
    return {
        "id": name,
        "card": card,
        "adapter": "openai",
        "model": asked,
        "base_url": server.base_url,
        "options": {"concurrency": 4, **options},
    }


def judged(
    folder: Path, server: Server, *, judge: str = PASS, card: str = "gpt-6-luna", examples: int = 6, **metric: Any
) -> wiring.Project:
    """A project that is evaluated by a judge alone; the judge costs what its card says."""
    demo_project(folder)
    fewer_examples(folder, examples)
    project = opened(folder)
    own = [target("m", CANDIDATE, server), target("judge", judge, server, card=card)]
    project.set_settings({"models.targets": own, "evaluation.metrics": [{**RUBRIC, **metric}]})
    project.choose(["m"])
    return project


def asked(server: Server) -> Counter[str]:
    """How often each model was asked since the last look."""
    return Counter(body["model"] for body in server.seen()["bodies"])
