"""Renders templates of plug-ins and projects in a process of its own, with limits on its time and memory.

Jinja's sandbox keeps a template from Python's inside; no sandbox inside a process can bound what it takes.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from maquette.adapters.templates.bounds import RenderLimits
from maquette.bundle.origin import Fact, Rendered, Segment
from maquette.foundation.lineage import plain
from maquette.foundation.problems import InvalidInput, Place, Unavailable

_START_S = 20.0
_GRACE_S = 1.0
"""How long a render may go on behind its time until it is ended from outside: a single long step in C."""


class LimitedRenderer:
    """Renders templates whose texts are given by name; one child process serves all renders, until one breaks it."""

    def __init__(
        self, texts: Mapping[str, str], *, shown: Mapping[str, str], limits: RenderLimits | None = None
    ) -> None:
        self._first = {"texts": dict(texts), "shown": dict(shown), "limits": asdict(limits or RenderLimits())}
        self._shown = shown
        self._limits = limits or RenderLimits()
        self._child: subprocess.Popen[bytes] | None = None

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The text of ``<artifact>/<file>.j2`` over the plain form of ``data``.

        Raises:
            InvalidInput: The template is wrong, tries to leave its sandbox, or takes more than the limits.
            Unavailable: This platform cannot limit a process.
        """
        return str(self._asked(template, data, trace=False)["text"])

    def trace(self, template: str, data: Mapping[str, Any]) -> Rendered:
        """The same text, with the template line and the data behind each stretch of it."""
        answer = self._asked(template, data, trace=True)
        segments = tuple(
            Segment(**{**one, "facts": tuple(Fact(**fact) for fact in one["facts"])}) for one in answer["segments"]
        )
        return Rendered(text=answer["text"], segments=segments)

    def _asked(self, template: str, data: Mapping[str, Any], *, trace: bool) -> dict[str, Any]:
        job = {"template": template, "data": plain(data), "trace": trace}
        new = self._child is None
        child = self._child = self._child or _started(self._first)
        weakref.finalize(self, _end, child) if new else None
        within = self._limits.time_s + _GRACE_S + (_START_S if new else 0)
        try:
            assert child.stdin is not None
            child.stdin.write(json.dumps(job).encode() + b"\n")
            child.stdin.flush()
            line = _line(child, within)
        except (BrokenPipeError, TimeoutError) as error:
            timed_out = isinstance(error, TimeoutError)
            self._child = None
            status = _end(child)
            raise self._broken(template, timed_out=timed_out, status=status) from error
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise InvalidInput(
                answer["problem"],
                place=Place(file=answer["file"], line=answer["line"]),
                fix="Correct the template; nothing was written.",
            )
        return answer

    def _broken(self, template: str, *, timed_out: bool, status: int) -> InvalidInput:
        what = f"takes longer than {self._limits.time_s:g} s"
        if not timed_out and status != -signal.SIGXCPU:
            what = "ended the process that renders it"
        return InvalidInput(
            f"the template {what}",
            place=Place(file=self._shown.get(template, template)),
            fix="Correct the template; nothing was written.",
        )


def _started(first: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
    if find_spec("resource") is None:
        raise Unavailable(
            "this platform cannot limit what a template takes",
            fix="Export without the project's own templates and plug-ins, or on Linux or macOS.",
        )
    program = f"import sys; sys.path[:] = {sys.path!r}; from maquette.adapters.templates.child import main; main()"
    child = subprocess.Popen(  # noqa: S603  # this Python, with a module of this package
        [sys.executable, "-I", "-B", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONHASHSEED": "0"},
        start_new_session=True,
    )
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.write(json.dumps(first).encode() + b"\n")
        child.stdin.flush()
    return child


def _line(child: "subprocess.Popen[bytes]", within_s: float) -> bytes:
    """The child's next line.

    Raises:
        TimeoutError: There is none in time.
        BrokenPipeError: The child ended.
    """
    assert child.stdout is not None
    until = time.monotonic() + within_s
    pieces: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while not (pieces and pieces[-1].endswith(b"\n")):
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError
            piece = os.read(child.stdout.fileno(), 1 << 16)
            if not piece:
                raise BrokenPipeError
            pieces.append(piece)
    return b"".join(pieces)


def _end(child: "subprocess.Popen[bytes]") -> int:
    """End the child, if it is still there; returns its status."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        return child.wait(0.5)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
