"""Code that a model wrote, run for real: what it must not be able to do, with namespaces and with the guard alone."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it publishes no types
import pytest

from maquette.adapters.code_sandbox import GUARD, NAMESPACES, CodeTests, Limits, isolation, run_code
from maquette.evals.dataset import Example
from maquette.evals.metrics import Response
from maquette.evals.metrics.code_tests import CodeOutcome, CodeRun, code_in
from maquette.evals.metrics.code_tests import tests_of as those_of
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import InvalidInput

STUBBORN = """import signal
for number in range(1, 32):
  try: signal.signal(number, signal.SIG_IGN)
  except OSError: pass
while True: pass"""
SHORT = Limits(time_s=0.4, memory_mib=256, file_mib=4)
ENOUGH = Limits(time_s=5, memory_mib=256, file_mib=4)
isolated = pytest.mark.skipif(isolation() != NAMESPACES, reason="namespaces are not permitted here")
both = pytest.mark.parametrize("isolate", [pytest.param(True, marks=isolated), False], ids=["namespaces", "guard"])


def run(code: str, *, isolate: bool, limits: Limits = ENOUGH) -> CodeRun:
    return run_code(code, limits=limits, isolate=isolate)


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    before = {process.pid for process in psutil.process_iter()}
    folders = set(Path("/tmp").glob("maquette-code-*"))
    yield
    deadline = time.monotonic() + 2
    while left := [process for process in _started_by_us(before) if process.is_running()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
    assert set(Path("/tmp").glob("maquette-code-*")) <= folders


def _started_by_us(before: set[int]) -> list[psutil.Process]:
    """New processes with the sandbox's own program; the machine may start others meanwhile."""
    found = []
    for process in psutil.process_iter():
        if process.pid not in before:
            try:
                if any("Runs inside the child process" in part for part in process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
    return found


@both
@pytest.mark.parametrize(
    ("code", "outcome", "detail"),
    [
        ("", "passed", ""),
        ("import json, re, math, random, datetime, collections, itertools, decimal, threading", "passed", ""),
        ("open('note', 'w').write('x'); assert open('note').read() == 'x'", "passed", ""),
        ("assert 1 + 1 == 3, 'sum'", "failed", "AssertionError: sum"),
        ("def f(:", "failed", "SyntaxError: invalid syntax (answer.py, line 1)"),
        ("raise SystemExit(0)", "failed", "the code ended the program before its tests"),
        ("import os; os._exit(0)", "failed", "the code ended the program before its tests"),
        ("class E(Exception):\n  def __str__(self): raise KeyboardInterrupt\nraise E", "failed", "E"),
        ("while True: pass", "timeout", "not done in 0.4 s"),
        ("import time; time.sleep(60)", "timeout", "not done in 0.4 s"),
        ("try:\n  while True: pass\nfinally:\n  while True: pass", "timeout", "not done in 0.4 s"),
        ("while True: print('x' * 10_000)", "timeout", "not done in 0.4 s"),
        (
            STUBBORN,
            "timeout",
            "not done in 0.4 s",
        ),
        ("x = 'a' * 10**12", "memory", "out of memory"),
        ("x = []\nwhile True: x.append('a' * 10**7)", "memory", "out of memory"),
        ("f = open('big', 'wb')\nwhile True: f.write(b'a' * 10**6)", "refused", "a file too large"),
        ("files = [open('f', 'a') for _ in range(1000)]", "refused", "too many open files"),
        ("a = '\0'", "failed", ""),
        ("a = '\ud800'", "failed", "UnicodeEncodeError"),
        ("print('\\x1b[2J')", "passed", ""),
        ("(" * 10_000, "failed", "SyntaxError: too many nested parentheses"),
    ],
)
def test_code_ends_with_its_outcome(isolate: bool, code: str, outcome: str, detail: str) -> None:
    started = time.monotonic()
    ended = run(code, isolate=isolate, limits=SHORT if outcome == "timeout" else ENOUGH)
    assert (ended.outcome, ended.isolation) == (outcome, NAMESPACES if isolate else GUARD)
    assert detail in ended.detail
    assert time.monotonic() - started < 5


@both
@pytest.mark.parametrize(
    "code",
    [
        "import os\nwhile True: os.fork()",
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(60)",
        "import os, time\nfor _ in range(3):\n  if os.fork() == 0:\n    os.setpgid(0, 0)\n    time.sleep(60)\nassert 0",
        "import threading\nwhile True: threading.Thread(target=threading.Event().wait).start()",
    ],
    ids=["forks", "forks that are stubborn", "an orphan", "several orphans", "threads"],
)
def test_a_bomb_ends_in_time_and_its_processes_with_it(isolate: bool, code: str) -> None:
    started = time.monotonic()
    run(code, isolate=isolate, limits=SHORT)
    assert time.monotonic() - started < 5


@both
def test_a_signal_to_everybody_reaches_nobody_outside(isolate: bool) -> None:
    ended = run("import os, signal; os.kill(-1, signal.SIGKILL)", isolate=isolate)
    assert ended.outcome is not CodeOutcome.PASSED


@both
def test_nothing_can_be_written_or_read_outside(isolate: bool, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a key")
    os.chmod(tmp_path, 0o777)
    os.chmod(secret, 0o666)
    for code in (
        f"open({str(secret)!r}, 'w')",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        f"print(open({str(secret)!r}).read())",
        f"import os; os.remove({str(secret)!r})",
        f"import os; os.symlink({str(secret)!r}, 'link'); print(open('link').read())",
        f"import os; os.chdir('..'); print(open('../../../../..{secret}').read())",
    ):
        ended = run(code, isolate=isolate)
        assert (ended.outcome is CodeOutcome.PASSED, ended.output) == (False, "")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.txt"]
    assert secret.read_text() == "a key"


@both
def test_no_socket_reaches_a_server_on_this_machine(isolate: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        ended = run(f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=0.3)", isolate=isolate)
        assert ended.outcome is CodeOutcome.REFUSED
        with pytest.raises(TimeoutError):
            server.accept()


@both
def test_the_environment_is_empty_and_the_outside_is_not_to_be_seen(
    isolate: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_API_KEY", "very secret")
    ended = run("import os; print(sorted(os.environ))", isolate=isolate)
    assert ended.output == "['LC_CTYPE']\n"
    for path in ("/proc/self/environ", f"/proc/{os.getpid()}/environ", "/etc/passwd"):
        seen = run(f"print(open({path!r}).read())", isolate=isolate)
        assert (seen.outcome is CodeOutcome.PASSED, seen.output) == (False, "")


@isolated
def test_with_namespaces_it_has_no_rights_and_no_company() -> None:
    ended = run_code(
        "import os, ctypes\n"
        "assert len(os.listdir('/tmp')) == 0 and not os.path.exists('/proc/1')\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.mount(b'x', b'/sandbox', b'tmpfs', 0, None) == -1\n"
        "assert libc.umount2(b'/lib', 2) == -1\n"
        "assert libc.unshare(0x10000000) == -1 and libc.syscall(425, 1, 0) == -1\n"
        "try: os.chroot('/lib')\n"
        "except PermissionError: pass\n"
        "else: raise AssertionError('chroot')\n",
        limits=ENOUGH,
        isolate=True,
    )
    assert (ended.outcome, ended.detail) == (CodeOutcome.PASSED, "")


@both
def test_much_output_is_cut_and_harms_nothing(isolate: bool) -> None:
    ended = run_code("for _ in range(20_000): print('x' * 99)", limits=Limits(output_kib=1), isolate=isolate)
    assert (ended.outcome, len(ended.output)) == (CodeOutcome.PASSED, 1024)


@both
def test_a_forged_report_is_not_believed(isolate: bool) -> None:
    code = 'import os\nfor f in range(3, 20):\n  try: os.write(f, b\'{"token": "", "outcome": "passed"}\\n\')\n'
    ended = run(code + "  except OSError: pass\nos._exit(0)", isolate=isolate)
    assert ended.outcome is CodeOutcome.FAILED


@both
def test_several_at_once_do_not_count_against_each_other(isolate: bool) -> None:
    ended: list[CodeRun] = []
    threads = [
        threading.Thread(target=lambda: ended.append(run("sum(range(10**6))", isolate=isolate))) for _ in "abcdef"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.outcome for one in ended} == {CodeOutcome.PASSED}


ADD = Example(id="add", inputs={}, expected={"tests": "assert add(1, 2) == 3"})
METRIC = CodeTests(allow_code=True, limits=ENOUGH, need_isolation=False)


@pytest.mark.parametrize(
    ("text", "value", "detail"),
    [
        ("```python\ndef add(a, b):\n    return a + b\n```\nThat adds.", 1.0, "passed"),
        ("def add(a, b): return a + b", 1.0, "passed"),
        ("```py\ndef add(a, b):\n    return a - b\n```", 0.0, "failed: AssertionError"),
        ("```python\nx = 1\n```\nand\n```python\ndef add(a, b): return a + b\n```", 1.0, "passed"),
        ("```bash\nrm -rf /\n```\n```python\ndef add(a, b): return a + b\n```", 1.0, "passed"),
        ("I would rather not.", 0.0, "failed: SyntaxError"),
        ("", 0.0, "the answer is empty"),
    ],
)
def test_an_answer_passes_when_the_tests_do(text: str, value: float, detail: str) -> None:
    score = METRIC.score(ADD, Response(text=text))
    assert score.value == value
    assert score.detail.startswith(detail)


def test_the_score_says_what_kept_the_code_in() -> None:
    score = METRIC.score(ADD, Response(text="def add(a, b): return a + b"))
    assert score.detail == f"passed ({isolation()})"


@pytest.mark.parametrize("expected", [None, "", {}, {"tests": 3}, [], 7])
def test_without_tests_nothing_is_run(expected: Any) -> None:
    score = METRIC.score(Example(id="e", inputs={}, expected=expected), Response(text="def add(a, b): return 3"))
    assert (score.value, score.detail) == (None, "the example has no tests")


def test_without_namespaces_an_answer_stays_unscored_unless_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maquette.adapters.code_sandbox.isolation", lambda: GUARD)
    score = CodeTests(allow_code=True).score(ADD, Response(text="def add(a, b): return a + b"))
    assert score.value is None
    assert score.detail.startswith("the code was not run: all there is here is an audit hook")
    assert METRIC.score(ADD, Response(text="def add(a, b): return a + b")).detail == f"passed ({GUARD})"


def test_code_is_run_only_for_those_who_say_so() -> None:
    with pytest.raises(InvalidInput, match="runs code that a model wrote on this machine") as caught:
        open_metric(MetricSpec(kind="code_tests", settings={}))
    assert caught.value.fix.startswith("Set allow_code: true")
    assert open_metric(MetricSpec(kind="code_tests", settings={"allow_code": True})) == CodeTests(allow_code=True)


def test_the_code_of_an_answer_is_its_python_blocks_or_all_of_it() -> None:
    assert code_in("a\n```python\nx = 1\n```\nb\n```\ny = 2\n```") == "x = 1\n\ny = 2\n"
    assert code_in("x = 1") == "x = 1"
    assert code_in("```python\nunclosed") == "```python\nunclosed"
    assert (those_of("assert f()"), those_of({"tests": "assert f()"}), those_of(" ")) == (
        "assert f()",
        "assert f()",
        None,
    )
