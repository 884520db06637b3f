"""Remembers what each version of a prompt was, to tell of one that changed and kept its version."""

import json
import os
from contextlib import suppress
from pathlib import Path

from maquette.evals.dataset import Prompt

_FILE = "prompts.json"


def changed_without_version(prompt: Prompt, *, private_folder: Path) -> bool:
    """Whether the prompt differs from what its version was when this was last asked. It is told once.

    Results never lean on the version: the fingerprint tells prompts apart. Where nothing can be written, nothing is
    remembered.

    Args:
        prompt: As it is now.
        private_folder: The project's ``.maquette``; it is made when it is not there.
    """
    path = private_folder / _FILE
    known = _read(path)
    name = f"{prompt.name} version {prompt.version}"
    before = known.get(name)
    if before == prompt.fingerprint:
        return False
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        private_folder.mkdir(exist_ok=True)
        partial.write_text(json.dumps({**known, name: prompt.fingerprint}, indent=1), encoding="utf-8")
        partial.replace(path)
    return before is not None


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
