"""Several processes and one project file: nothing is lost, a crash leaves the old file, a full disk is told."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from maquette.adapters.project_files import YamlProjectFile
from maquette.foundation.problems import Unavailable
from tests.fixtures.vocabulary import fact_kinds, question_book

TEXT = """\
maquette: 1
requirements:
  latency:
    p95_ms: 800   # measured
    ttft_ms: 200
  tokens: {input_avg: 1450}
"""


def project(folder: Path) -> YamlProjectFile:
    path = folder / "maquette.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())


WRITER = """
import sys
from pathlib import Path
from maquette.adapters.project_files import YamlProjectFile
from tests.fixtures.vocabulary import fact_kinds, question_book
path, first, second = sys.argv[1:]
file = YamlProjectFile(Path(path), book=question_book(), fact_kinds=fact_kinds())
print("ready", flush=True)
sys.stdin.readline()
for number in range(1, 21):
    file.update({first: number, second: number * 10}, seen=file.read())
"""


def test_two_processes_that_change_different_fields_twenty_times_lose_nothing(tmp_path: Path) -> None:
    file = project(tmp_path)
    fields = [
        ("requirements.latency.p95_ms", "requirements.latency.ttft_ms"),
        ("requirements.tokens.output_avg", "requirements.tokens.output_max"),
    ]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file.path), *pair],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for pair in fields
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
    answers = file.read().requirements.answers
    assert [answers[path.removeprefix("requirements.")] for pair in fields for path in pair] == [20, 200, 20, 200]


CRASH = """
import os, signal, sys
from pathlib import Path
from maquette.adapters.project_files import YamlProjectFile
from tests.fixtures.vocabulary import fact_kinds, question_book
file = YamlProjectFile(Path(sys.argv[1]), book=question_book(), fact_kinds=fact_kinds())
os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
file.update({"requirements.latency.p95_ms": 1}, seen=None)
"""


def test_a_kill_between_writing_and_replacing_leaves_the_old_file_and_the_next_change_cleans_up(tmp_path: Path) -> None:
    file = project(tmp_path)
    done = subprocess.run([sys.executable, "-c", CRASH, str(file.path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert file.path.read_text(encoding="utf-8") == TEXT
    left_over = [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]
    assert [b"p95_ms: 1   # measured" in path.read_bytes() for path in left_over] == [True]
    file.update({"requirements.latency.p95_ms": 2}, seen=None)
    assert {path.name for path in tmp_path.iterdir()} == {"maquette.yaml", ".maquette"}


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from maquette.adapters.project_files import YamlProjectFile
from maquette.foundation.problems import Unavailable
from tests.fixtures.vocabulary import fact_kinds, question_book
file = YamlProjectFile(Path(sys.argv[1]), book=question_book(), fact_kinds=fact_kinds())
sys.dont_write_bytecode = True
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    file.update({"requirements.latency.p95_ms": 1}, seen=None)
except Unavailable as problem:
    print(problem.what)
"""


def test_a_disk_that_takes_no_more_is_told_and_the_old_file_is_intact(tmp_path: Path) -> None:
    file = project(tmp_path)
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(file.path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"the project cannot be written: {os.strerror(errno.EFBIG)}\n"
    assert file.path.read_text(encoding="utf-8") == TEXT
    assert {path.name for path in tmp_path.iterdir()} == {"maquette.yaml", ".maquette"}


WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from maquette.adapters.project_files import YamlProjectFile
from maquette.foundation.problems import Unavailable
from tests.fixtures.vocabulary import fact_kinds, question_book
path = Path(sys.argv[1])
file = YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())
file.update({"requirements.latency.p95_ms": 900}, seen=file.read())
path.parent.chmod(0o555)
if os.geteuid() == 0:
    path.chmod(0o444)
    os.seteuid(65534)
for attempt in (lambda: file.update({"requirements.latency.p95_ms": 1}, seen=None), file.read):
    try:
        attempt()
        print("done")
    except Unavailable as problem:
        print(problem.what)
    if os.geteuid() == 65534:
        os.seteuid(0)
    path.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
"""


def test_missing_rights_are_told_for_writing_and_for_reading(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    home = tmp_path / "p"
    home.mkdir()
    file = project(home)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RIGHTS, str(file.path)], capture_output=True, text=True, check=True
    )
    home.chmod(0o755)
    written, read = done.stdout.splitlines()
    assert written.startswith("the project cannot be written: ")
    assert read == "the file may not be read"


def test_a_writer_that_hangs_is_told_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    from maquette import project_lock

    monkeypatch.setattr(project_lock, "_WAIT_S", 0.2)
    file = project(tmp_path)
    (tmp_path / ".maquette").mkdir()
    with FileLock(tmp_path / ".maquette" / "write.lock"), pytest.raises(Unavailable, match="another program"):
        file.update({"requirements.latency.p95_ms": 1}, seen=None)
    assert file.path.read_text(encoding="utf-8") == TEXT
