"""Runs code that a model wrote against an example's tests, in a child process that can reach as little as possible.

On Linux, where namespaces are permitted, the child sees no network, no files but Python's own, no other process, and a
temporary folder in memory. Elsewhere Python's audit hook refuses what it can, which stops accidents and no attacker.
What was in force stands in every score.
"""

import json
import math
import os
import secrets
import selectors
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from maquette.evals.dataset import Example
from maquette.evals.metrics.code_tests import CodeOutcome, CodeRun, code_in, tests_of
from maquette.evals.metrics.protocol import unscored, verdict
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score
from maquette.foundation.problems import InvalidInput, Place, Unavailable

NAMESPACES = "namespaces: no network, no files but Python's own and a temporary folder, no other process"
GUARD = "an audit hook inside Python alone, which stops accidents and no attacker"

_INSIDE = Path(__file__).with_name("code_sandbox_inside.py")
_READY = b"ready\n"
_SETTLE_S = 10.0
"""How long the child may take to build its walls on a busy machine, before its own time begins."""
_REPORT_BYTES = 64 * 1024
_MIB = 1024 * 1024
_SIGNALLED = 128
"""From here on, an exit status tells the number of a signal, as in a shell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a run may take.

    Attributes:
        time_s: Wall-clock time, after which every process of the run is killed; CPU time is limited to a little more.
        memory_mib: Address space of each process.
        file_mib: The temporary folder as a whole, and the largest file.
        processes: Processes and threads at once.
        open_files: File descriptors of each process.
        output_kib: How much of what the code prints is kept; the rest is thrown away.
    """

    time_s: float = 10.0
    memory_mib: int = 512
    file_mib: int = 16
    processes: int = 16
    open_files: int = 32
    output_kib: int = 16

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time_s) and self.time_s > 0 and min(self.memory_mib, self.file_mib) > 0):
            raise ValueError("time_s, memory_mib and file_mib are above 0")
        if min(self.processes, self.open_files) < 8 or self.output_kib < 0:
            raise ValueError("processes and open_files are at least 8, output_kib is not negative")


@dataclass(frozen=True, kw_only=True)
class CodeTests:
    """1 when the answer's Python code passes the example's tests, which are its expected answer or its ``tests``.

    Several tries of one example give pass@k and pass^k.

    Attributes:
        allow_code: Must be true: the metric runs what a model wrote on this machine.
        limits: What a run may take.
        need_isolation: Leave answers unscored where only Python's audit hook would keep the code in.
    """

    allow_code: bool = False
    limits: Limits = field(default_factory=Limits)
    need_isolation: bool = True
    name: str = "code_tests"
    waits = True

    def __post_init__(self) -> None:
        if not self.allow_code:
            raise InvalidInput(
                "this metric runs code that a model wrote on this machine: a sandbox keeps it from the network, from"
                " files and from other processes, but no sandbox is perfect",
                place=Place(field="evaluation.metrics.code_tests.allow_code"),
                fix="Set allow_code: true, best on a machine that holds no secrets.",
            )

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with the outcome and the isolation in the detail; unscored when there are no tests."""
        tests = tests_of(example.expected)
        if tests is None:
            return unscored(self.name, "the example has no tests")
        if not response.text.strip():
            return verdict(self.name, False, "the answer is empty")
        if self.need_isolation and isolation() != NAMESPACES:
            return unscored(
                self.name, f"the code was not run: all there is here is {GUARD}; need_isolation: false runs it"
            )
        run = run_code(f"{code_in(response.text)}\n\n{tests}", limits=self.limits)
        why = f"{run.outcome}: {run.detail}" if run.detail else str(run.outcome)
        return verdict(self.name, run.outcome is CodeOutcome.PASSED, f"{why[:300]} ({run.isolation})")


def run_code(code: str, *, limits: Limits | None = None, isolate: bool | None = None) -> CodeRun:
    """Run ``code`` in a fresh process and folder, and leave nothing behind.

    Args:
        code: Python; passes when it ends without an exception.
        limits: What it may take.
        isolate: Whether to use namespaces; None uses them where they are permitted.

    Raises:
        Unavailable: This platform has no limits for processes, or namespaces were asked for and are not permitted.
    """
    if find_spec("resource") is None:
        raise Unavailable("this platform cannot limit what a process takes", fix="Run the evaluation on Linux.")
    limits = limits or Limits()
    isolate = isolation() == NAMESPACES if isolate is None else isolate
    run = _run(code, limits, isolate=isolate)
    if isinstance(run, str):
        raise Unavailable(f"the sandbox cannot be built: {run}", fix="Permit user namespaces, or use isolate=False.")
    return run


@cache
def isolation() -> str:
    """What keeps code in on this machine: `NAMESPACES` or `GUARD`. Found by trying, once."""
    if not sys.platform.startswith("linux"):
        return GUARD
    return GUARD if isinstance(_run("", Limits(), isolate=True), str) else NAMESPACES


def _run(code: str, limits: Limits, *, isolate: bool) -> CodeRun | str:
    """The run, or why its walls could not be built."""
    token = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory(prefix="maquette-code-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as job,
    ):
        job.write(json.dumps(_job(code, limits, isolate=isolate, folder=folder, token=token)).encode())
        job.seek(0)
        started = time.monotonic()
        with subprocess.Popen(  # noqa: S603  # this Python, with text of this package
            [os.path.realpath(sys.executable), "-I", "-S", "-c", _INSIDE.read_text(encoding="utf-8")],
            stdin=job,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={},
            start_new_session=True,
        ) as process:
            try:
                report, output, in_time = _watch(process, limits)
            finally:
                _kill(process)
            status = process.wait()
    said = _said(report, token)
    if said.get("outcome") == "setup":
        return str(said["detail"])
    outcome, detail = _ended(said, status, in_time=in_time, limits=limits)
    return CodeRun(
        outcome=outcome,
        detail=detail,
        output=output.decode(errors="replace"),
        isolation=NAMESPACES if isolate else GUARD,
        took_s=time.monotonic() - started,
    )


def _job(code: str, limits: Limits, *, isolate: bool, folder: str, token: str) -> dict[str, Any]:
    return {
        "code": code,
        "token": token,
        "isolate": isolate,
        "folder": folder,
        "visible": _visible(),
        "limits": {
            "cpu_s": math.ceil(limits.time_s) + 1,
            "file_bytes": limits.file_mib * _MIB,
            "memory_bytes": limits.memory_mib * _MIB,
            "processes": limits.processes,
            "open_files": limits.open_files,
        },
    }


def _visible() -> list[str]:
    """Python's library and what it loads: no program, no home, no settings."""
    own = [sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED"), sysconfig.get_config_var("LIBDIR")]
    system = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache"]
    return [path for path in dict.fromkeys((*system, *own)) if isinstance(path, str) and os.path.exists(path)]


def _watch(process: subprocess.Popen[bytes], limits: Limits) -> tuple[bytes, bytes, bool]:
    """What the child reported and what the code printed, both cut, and whether it ended in time."""
    assert process.stdout is not None
    assert process.stderr is not None
    kept: dict[IO[bytes], bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    most = {process.stdout: _REPORT_BYTES, process.stderr: limits.output_kib * 1024}
    deadline, ready = time.monotonic() + _SETTLE_S, False
    with selectors.DefaultSelector() as selector:
        for pipe in kept:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return bytes(kept[process.stdout]), bytes(kept[process.stderr]), False
            for key, _ in selector.select(left_s):
                pipe = process.stdout if key.fileobj is process.stdout else process.stderr
                part = os.read(pipe.fileno(), _REPORT_BYTES)
                if not part:
                    selector.unregister(pipe)
                kept[pipe] += part[: most[pipe] - len(kept[pipe])]
            if not ready and kept[process.stdout].startswith(_READY):
                deadline, ready = time.monotonic() + limits.time_s, True
            elif ready and process.poll() is not None:
                # Something that it left behind still holds a pipe: its last words are read, and no more waited for.
                deadline = min(deadline, time.monotonic() + 0.2)
    return bytes(kept[process.stdout]), bytes(kept[process.stderr]), True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group; with namespaces, the first process takes along what left the group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        process.kill()


def _said(report: bytes, token: str) -> dict[str, Any]:
    """The last line of the report that carries the token; empty when there is none."""
    for line in reversed(report.split(b"\n")):
        with suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict) and secrets.compare_digest(str(said.get("token")), token):
                return said
    return {}


def _ended(said: dict[str, Any], status: int, *, in_time: bool, limits: Limits) -> tuple[CodeOutcome, str]:
    if said:
        return CodeOutcome(said["outcome"]), str(said["detail"])
    number = -status if status < 0 else status - _SIGNALLED
    if not in_time or number == signal.SIGXCPU:
        return CodeOutcome.TIMEOUT, f"not done in {limits.time_s:g} s"
    if number > 0:
        return CodeOutcome.FAILED, f"killed by signal {number}"
    return CodeOutcome.FAILED, "the code ended the program before its tests"
