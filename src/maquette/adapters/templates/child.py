"""The process that renders templates which are not Maquette's own: it reads jobs as lines of JSON and answers each.

It has the texts of the templates and the data, and needs nothing else: files, processes and the network are refused by
Python's audit hook and, where the system has them, by limits. `limited` is its other end.
"""

import json
import signal
import sys
from dataclasses import asdict
from typing import Any

from maquette.adapters.templates.bounds import RenderLimits, bounded
from maquette.adapters.templates.engine import JinjaRenderer
from maquette.foundation.problems import InvalidInput, Place

_REFUSED = ("open", "os.", "socket.", "subprocess.", "shutil.", "ctypes.", "import", "pty.", "tempfile.", "fcntl.")
_MIB = 1024 * 1024


class OutOfTime(Exception):
    """The time of a render is over."""


def main() -> None:
    """Answer jobs until there are no more."""
    import resource

    first = json.loads(sys.stdin.readline())
    limits = RenderLimits(**first["limits"])
    renderer = JinjaRenderer(first["texts"], shown=first["shown"], prepare=bounded)
    _warm_up()
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_mib * _MIB),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(what)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (value, value))
    signal.signal(signal.SIGALRM, _ring)
    sys.addaudithook(_refuse)
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most_cpu = int(used.ru_utime + used.ru_stime + limits.time_s) + 3
        resource.setrlimit(resource.RLIMIT_CPU, (most_cpu, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        answer = json.dumps(_answer(renderer, json.loads(line), limits))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


def _answer(renderer: JinjaRenderer, job: dict[str, Any], limits: RenderLimits) -> dict[str, Any]:
    template = job["template"]
    try:
        # It rings again and again, because Jinja takes some exceptions for its own.
        signal.setitimer(signal.ITIMER_REAL, limits.time_s, 0.05)
        try:
            if job["trace"]:
                traced = renderer.trace(template, job["data"])
                made = {"text": traced.text, "segments": [asdict(segment) for segment in traced.segments]}
            else:
                made = {"text": renderer.render(template, job["data"])}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except InvalidInput as problem:
        return _problem(problem.what, problem.place)
    except OutOfTime as error:
        return _problem(f"the template takes longer than {limits.time_s:g} s", renderer.place_of(error, template))
    except MemoryError as error:
        return _problem(
            f"the template needs more memory than {limits.memory_mib} MiB", renderer.place_of(error, template)
        )
    if len(made["text"]) > limits.text_mib * _MIB:
        return _problem(f"the template makes more than {limits.text_mib} MiB of text", Place(file=template))
    return made


def _problem(what: str, place: Place) -> dict[str, Any]:
    return {"problem": what, "file": place.file, "line": place.line}


def _ring(_signal: int, _frame: object) -> None:
    raise OutOfTime


def _warm_up() -> None:
    """Import what rendering imports late, before the doors close."""
    renderer = JinjaRenderer({"a/a.md.j2": "{% for x in [1.5] %}{{ x | pct }}{{ 'x' | tojson }}{% endfor %}{{ y }}"})
    for attempt in (renderer.render, renderer.trace):
        try:
            attempt("a/a.md.j2", {})
        except InvalidInput:
            continue


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"a template has no business with {event}")


if __name__ == "__main__":
    main()
