"""Whole bundles, file by file, as they were read and approved. MAQUETTE_UPDATE_GOLDEN=1 writes them anew."""

import os
import shutil
from pathlib import Path

import pytest

from tests import bundle_world as world
from tests.serving_world import open_inputs

FOLDER = Path(__file__).parent / "bundle"
CASES = {
    "whole": world.inputs(),
    "empty": world.empty_inputs(),
    "local": world.inputs(
        decision=world.decision(fallback=None, rules=(world.MONITORING, world.EXACT_CACHE)),
        shortlist=world.shortlist(world.card("beta-flash", input_usd=None)),
        targets=(world.local_target("beta-flash", "models/triage-small.gguf"),),
    ),
    "open": open_inputs(),
}
# It holds the templates' digests, which say nothing that the other files do not show.
LOCK = "maquette.lock"


@pytest.mark.parametrize("case", CASES)
def test_the_bundle_is_the_approved_one(case: str) -> None:
    texts = {path: text for path, text in world.texts(CASES[case]).items() if path != LOCK}
    folder = FOLDER / case
    if os.environ.get("MAQUETTE_UPDATE_GOLDEN") == "1":
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    approved = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert texts == approved
