"""Projects on disk in one line: a scenario, or the demo's own with its real model files."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from maquette import wiring
from maquette.cli.demo.story import _lay_out, _settings
from maquette.foundation.shipped import shipped

TODAY = date(2026, 11, 21)
SCENARIOS = Path(__file__).parent / "fixtures" / "scenarios"


def scenario_project(folder: Path, name: str) -> wiring.Project:
    """A project made from the scenario file whose name begins with ``name``."""
    (source,) = SCENARIOS.glob(f"{name}*.yaml")
    wiring.new_project(folder, source=source)
    return opened(folder)


def demo_project(folder: Path, *, models: tuple[str, ...] = ("triage-tiny",), **settings: Any) -> wiring.Project:
    """The demo's project with its models through llama.cpp, chosen and ready to evaluate."""
    _lay_out(folder)
    targets: list[Mapping[str, Any]] = [
        {
            "id": name,
            "card": f"local/{name}",
            "adapter": "llama_cpp",
            "model": f"models/{name}.gguf",
            "options": {"context_tok": 256},
        }
        for name in models
    ]
    extra = {**_settings([dict(target) for target in targets]), **settings}
    wiring.new_project(folder, source=shipped("catalog", "demo", "requirements.yaml"), extra=extra)
    project = opened(folder)
    project.choose([f"local/{name}" for name in models])
    return project


def opened(folder: Path) -> wiring.Project:
    """The project in ``folder``, on a day that does not move."""
    return wiring.Project(replace(wiring.ports_for(folder), today=lambda: TODAY))


def fewer_examples(folder: Path, count: int) -> None:
    """Keep the first examples of the demo's dataset, so that a test is quick."""
    path = folder / "evals" / "triage.jsonl"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:count]), encoding="utf-8")
