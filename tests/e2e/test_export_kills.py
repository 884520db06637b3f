"""Exports that are killed at random moments leave whole files and a lock that tells the truth; the next one repairs."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from maquette.adapters.bundle_files import BundleFolder
from maquette.adapters.bundle_files.staging import JOURNAL
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.paths import WRITING
from maquette.bundle.plan import BundlePlan, FileSpec, FileState
from maquette.bundle.planning import History, plan_bundle, wanted_paths

FILES, KILLS = 24, 14


def rendered(version: int) -> list[FileSpec]:
    """Every file names its version in each of its lines; some files come and go."""
    texts = {
        f"{'docs' if number % 2 else 'runbooks'}/{number:02d}.md": f"version {version} of file {number}\n" * 400
        for number in range(FILES)
        if number != version % FILES
    }
    digests = {path: text_digest(text) for path, text in texts.items()}
    lock = Lock(maquette_version="0", computed_from=str(version), files=digests)
    files = [FileSpec(path=path, content=text, template="t/t.j2") for path, text in texts.items()]
    return [*files, FileSpec(path=LOCK_NAME, content=lock.as_text(), template="")]


def planned(folder: BundleFolder, version: int) -> BundlePlan:
    text = folder.lock()
    lock = Lock.from_text(text) if text else None
    history = History(exported=folder.exported(lock.files if lock else {}), unfinished=folder.unfinished())
    files = rendered(version)
    present = folder.present(wanted_paths(files, lock, history))
    return plan_bundle(files, present=present, lock=lock, out="out", computed_from=str(version), history=history)


def work(out: str, version: int) -> None:
    """What the processes do: export one version after the other, and tell each."""
    folder = BundleFolder(Path(out), private=Path(out).parent / ".maquette")
    while True:
        os.write(1, b".")
        folder.write(planned(folder, version), {})
        version += 1


def killed(out: Path, version: int, chance: random.Random) -> None:
    program = f"from tests.e2e.test_export_kills import work; work({os.fspath(out)!r}, {version})"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        if chance.random() < 0.4:
            time.sleep(chance.uniform(0, 0.06))
        else:  # while the first files are replaced, which is the shortest part
            until = time.monotonic() + 5
            while not (out / WRITING / JOURNAL).exists() and time.monotonic() < until:
                pass
            time.sleep(chance.uniform(0, 0.003))
        process.send_signal(signal.SIGKILL)


def test_an_export_killed_at_random_moments_is_whole_file_by_file_and_is_repaired(tmp_path: Path) -> None:
    chance = random.Random(random.random())
    out = tmp_path / "out"
    (tmp_path / ".maquette").mkdir()
    interrupted = 0
    for attempt in range(KILLS):
        killed(out, version=100 * attempt, chance=chance)
        folder = BundleFolder(out)
        for place in out.rglob("*.md"):
            if WRITING not in place.parts:
                lines = place.read_text().splitlines()
                assert len(lines) == 400
                assert len(set(lines)) == 1
        plan = planned(folder, 100 * attempt + 99)
        # Nothing that an export wrote is ever taken for an edit of the user's.
        assert plan.in_state(FileState.EDITED) == ()
        interrupted += bool(folder.unfinished())
        folder.write(plan, {})
        expected = {spec.path: spec.content for spec in rendered(100 * attempt + 99)}
        there = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
        assert there == expected
    assert interrupted, "no kill hit an export while it was writing"
