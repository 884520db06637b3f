"""What a user meets when things go wrong in an evaluation: each fault, its outcome, the exit status and the words.

`pytest -s -m "slow or not slow"` prints it all as a table. The server is real and in a process of its own; only waiting
is made short.
"""

import json
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from maquette import wiring
from maquette.adapters.trial_logs import FileRunStore
from maquette.cli.main import run
from maquette.evals import asking, breaker
from maquette.evals.calls import CallParameters
from maquette.evals.trials import RunState, Trial
from maquette.foundation.problems import ExitStatus
from tests.loopback_models import Server, model, serving

Capture = pytest.CaptureFixture[str]
EXAMPLES = 6
RIGHT = "word0 word1 word2 "
ESCAPES = "\x00word0\x1b[2J\x1b]0;owned\x07\x9b31m"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault of the server, and what comes of it.

    Attributes:
        calls: What is sent; None where it depends on the moment.
        answered: Trials with an answer; ``failed`` are the others by kind. A run that is hopeless has none of either.
        says: A part of what stands on the screen.
    """

    behaviour: Mapping[str, Any]
    exit: ExitStatus
    calls: int | None = None
    answered: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    says: str
    timeout_s: float = 20.0
    slow: bool = False


TOO_LONG = "This model's maximum context length is 512 tokens. However, your messages resulted in 4012 tokens."
SERVER_FAULTS: Mapping[str, Fault] = {
    "every second call is limited (429, Retry-After)": Fault(
        behaviour={"limited": 0.5, "retry_after": "0.01"},
        exit=ExitStatus.OK,
        answered=EXAMPLES,
        says="retries, ",
    ),
    "every call is limited for ever (429)": Fault(
        slow=True,
        behaviour={"limited": 1.0, "retry_after": "0.01"},
        exit=ExitStatus.CALLS_FAILED,
        calls=60,
        failed={"rate_limit": EXAMPLES},
        says="rate_limit",
    ),
    "every third call fails (500)": Fault(
        behaviour={"failing": 0.34}, exit=ExitStatus.OK, answered=EXAMPLES, says="retries, "
    ),
    "every call fails (500)": Fault(
        behaviour={"failing": 1.0},
        exit=ExitStatus.UNAVAILABLE,
        calls=6,
        says="HTTP 500: The server had an error",
    ),
    "the server hangs": Fault(
        slow=True,
        behaviour={"fault": "hang"},
        exit=ExitStatus.CALLS_FAILED,
        calls=18,
        failed={"timeout": EXAMPLES},
        says="timeout",
        timeout_s=0.3,
    ),
    "the server hangs in the middle": Fault(
        slow=True,
        behaviour={"fault": "hang_midway"},
        exit=ExitStatus.CALLS_FAILED,
        failed={"timeout": EXAMPLES},
        says="timeout",
        timeout_s=0.3,
    ),
    "the server streams for ever": Fault(
        slow=True,
        behaviour={"fault": "endless"},
        exit=ExitStatus.CALLS_FAILED,
        calls=18,
        failed={"timeout": EXAMPLES},
        says="timeout",
        timeout_s=0.3,
    ),
    "an answer of gigabytes": Fault(
        behaviour={"fault": "gigabytes"}, exit=ExitStatus.UNAVAILABLE, calls=6, says="was cut off"
    ),
    "an answer of gigabytes, packed": Fault(
        slow=True, behaviour={"fault": "gigabytes_packed"}, exit=ExitStatus.UNAVAILABLE, says="was cut off"
    ),
    "NUL bytes and terminal escapes in answers": Fault(
        behaviour={"parts": [ESCAPES]}, exit=ExitStatus.OK, answered=EXAMPLES, says="0/6 = 0.000"
    ),
    "the connection is reset": Fault(
        behaviour={"fault": "drop_at_once"},
        exit=ExitStatus.UNAVAILABLE,
        calls=3,
        says="the connection broke off",
    ),
    "half a stream": Fault(
        behaviour={"fault": "drop"},
        exit=ExitStatus.UNAVAILABLE,
        calls=3,
        says="3 characters into the answer",
    ),
    "an error within the stream": Fault(
        behaviour={"fault": "error_midway", "message": "CUDA out of memory"},
        exit=ExitStatus.UNAVAILABLE,
        calls=6,
        says="the server broke off: CUDA out of memory",
    ),
    "an answer that is no JSON": Fault(
        behaviour={"body": "{oops"}, exit=ExitStatus.UNAVAILABLE, calls=6, says="is no chat completion"
    ),
    "a web page instead of an API": Fault(
        behaviour={"body": "<html>Sign in</html>", "content_type": "text/html"},
        exit=ExitStatus.UNAVAILABLE,
        calls=2,
        says="base_url is not that of an API",
    ),
    "an empty answer": Fault(
        behaviour={"parts": [""]}, exit=ExitStatus.OK, calls=6, answered=EXAMPLES, says="0/6 = 0.000"
    ),
    "a wrong key (401)": Fault(
        behaviour={"status": 401, "message": "Incorrect API key provided"},
        exit=ExitStatus.UNAVAILABLE,
        calls=1,
        says="Incorrect API key provided",
    ),
    "a model that is not there (404)": Fault(
        behaviour={"status": 404, "message": "The model does not exist"},
        exit=ExitStatus.UNAVAILABLE,
        calls=2,
        says="The model does not exist",
    ),
    "a prompt that is too long (400)": Fault(
        behaviour={"status": 400, "message": TOO_LONG, "code": "context_length_exceeded"},
        exit=ExitStatus.CALLS_FAILED,
        calls=6,
        failed={"context_overflow": EXAMPLES},
        says="context_overflow",
    ),
}

_table: dict[str, tuple[str, int, str]] = {}


@pytest.fixture(scope="module", autouse=True)
def _printed() -> Iterator[None]:
    """The table, once all is known."""
    yield
    lines = ["", "| fault | outcome | exit | what the user reads |", "|---|---|---|---|"]
    for name in [*SERVER_FAULTS, *(name for name in _table if name not in SERVER_FAULTS)]:
        if name in _table:
            outcome, status, words = _table[name]
            lines.append(f"| {name} | {outcome} | {status} | {words} |")
    sys.stdout.write("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 0.01)
    monkeypatch.setattr(asking, "BACKOFF_JITTER_S", 0.01)
    monkeypatch.setattr(breaker, "RESTS_S", (0.05, 0.1))


@dataclass(frozen=True)
class Case:
    """A project whose model is behind the server, and what `maquette eval run` says on it."""

    folder: Path
    capsys: Capture

    @property
    def store(self) -> FileRunStore:
        return FileRunStore(self.folder / ".maquette" / "runs")

    def trials(self) -> list[Trial]:
        return list(self.store.trials("r-001"))

    def run(self, fault: str) -> tuple[int, str]:
        """The exit status and all that was said; noted in the table."""
        self.capsys.readouterr()
        status = run(["eval", "run", "--yes", "--plain", "--project", str(self.folder)])
        said = self.capsys.readouterr()
        _table[fault] = (self._outcome(), status, _words(said.out, said.err).replace(f"{self.folder}/", ""))
        return status, said.out + said.err

    def counts(self) -> tuple[int, dict[str, int]]:
        trials = self.trials()
        failures = Counter(trial.failure.kind.value for trial in trials if trial.failure is not None)
        return len(trials) - failures.total(), dict(failures)

    def _outcome(self) -> str:
        manifests = self.store.manifests()
        if not manifests:
            return "nothing sent"
        answered, failed = self.counts()
        parts = [f"{answered} answered"] if answered else []
        parts += [f"{count} {kind}" for kind, count in failed.items()]
        return f"{manifests[-1].state.value}: {', '.join(parts) or 'nothing recorded'}"


def _words(out: str, err: str) -> str:
    """The problem, or the results, in one line and without what differs from run to run."""
    lines = err.splitlines()
    # A problem is followed by what to do about it, two columns to the right.
    said = [line for line, after in pairwise(lines) if after.startswith("  ") and not line.startswith("  ")]
    failed = [line for line in out.splitlines() if "calls failed (" in line]
    results = [line.partition("; verdict")[0] for line in out.splitlines() if line.startswith("model: ")]
    return " / ".join(failed + said or results).replace("|", "\\|")


def lay_out(folder: Path, base_url: str, name: str, examples: int = EXAMPLES) -> None:
    """A project with one target and some examples, of which the server's usual answer is right."""
    folder.mkdir()
    rows = [{"input": f"question {n}", "expected": RIGHT.strip()} for n in range(examples)]
    (folder / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "ask.j2").write_text("{{ input }}", encoding="utf-8")
    target = {
        "id": "m",
        "card": "m",
        "adapter": "openai",
        "model": name,
        "base_url": base_url,
        "options": {"allow_unpriced": True, "concurrency": 2},
    }
    extra = {
        "models": {"targets": [target]},
        "shortlist": {"chosen": ["m"]},
        "evaluation": {"dataset": "examples.jsonl", "prompt": "ask.j2", "max_output_tok": 24},
    }
    wiring.new_project(folder, extra=extra)


@pytest.fixture
def case(server: Server, tmp_path: Path, capsys: Capture) -> Case:
    """A project whose server is well."""
    lay_out(tmp_path / "p", server.base_url, model())
    return Case(folder=tmp_path / "p", capsys=capsys)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if fault.slow else name for name, fault in SERVER_FAULTS.items()],
)
def test_a_fault_of_the_server_has_this_outcome(
    name: str, server: Server, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = SERVER_FAULTS[name]
    defaults = CallParameters.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "timeout_s", fault.timeout_s)
    lay_out(tmp_path / "p", server.base_url, model(**fault.behaviour))
    server.seen()
    case = Case(folder=tmp_path / "p", capsys=capsys)
    status, said = case.run(name)
    calls = server.seen()["calls"]
    _table[name] = (f"{_table[name][0]}; {calls} sent", *_table[name][1:])
    assert fault.calls in (None, calls)
    assert (status, case.counts()) == (fault.exit, (fault.answered, dict(fault.failed)))
    assert fault.says in said
    assert "Traceback" not in said
    assert all(character.isprintable() or character == "\n" for character in said)


def test_answers_full_of_escapes_are_kept_as_they_are_and_never_reach_the_terminal(
    server: Server, tmp_path: Path, capsys: Capture
) -> None:
    lay_out(tmp_path / "p", server.base_url, model(parts=[ESCAPES]))
    case = Case(folder=tmp_path / "p", capsys=capsys)
    assert case.run("NUL bytes and terminal escapes in answers")[0] == ExitStatus.OK
    assert {trial.output for trial in case.trials()} == {ESCAPES}
    assert run(["sql", "select output from trials limit 1", "--plain", "--project", str(case.folder)]) == ExitStatus.OK
    assert capsys.readouterr().out == "output: �word0�[2J�]0;owned��31m\n"


def test_a_broken_line_far_down_is_named_before_anything_is_sent(case: Case, server: Server) -> None:
    path = case.folder / "examples.jsonl"
    rows = [json.dumps({"input": f"question {n}", "expected": "x"}) for n in range(70_005)]
    rows[69_999] = '{"input": "question 69999", "expec'
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    server.seen()
    status, said = case.run("line 70,000 of the examples is broken")
    assert (status, server.seen()["calls"]) == (ExitStatus.INVALID_INPUT, 0)
    assert "examples.jsonl:70000" in said
    assert not case.store.manifests()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_the_run_and_a_resume_asks_what_is_left(case: Case, server: Server) -> None:
    with files_of_at_most(2_000):
        status, said = case.run("the disk is full")
    assert status == ExitStatus.UNAVAILABLE
    assert "the trial log cannot be written: File too large" in said
    kept = len(case.trials())
    assert 0 < kept < EXAMPLES
    server.seen()
    status, _ = case.run("the disk is full, then has room again")
    assert (status, server.seen()["calls"], case.counts()) == (ExitStatus.OK, EXAMPLES - kept, (EXAMPLES, {}))


def interrupted(case: Case) -> Path:
    """A run that was killed in the middle of its last line; the path of its log."""
    assert case.run("")[0] == ExitStatus.OK
    del _table[""]
    path = case.folder / ".maquette" / "runs" / "r-001" / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8")) | {"state": "running", "finished_at": None}
    path.write_text(json.dumps(data), encoding="utf-8")
    assert case.store.manifests()[0].state is RunState.INTERRUPTED
    return path.with_name("trials.jsonl")


def test_a_torn_last_line_is_asked_again_and_nothing_else(case: Case, server: Server) -> None:
    log = interrupted(case)
    log.write_bytes(log.read_bytes()[:-40])
    server.seen()
    status, _ = case.run("the log's last line is torn")
    assert (status, server.seen()["calls"], case.counts()) == (ExitStatus.OK, 1, (EXAMPLES, {}))


def test_a_damaged_line_within_the_log_is_named_with_its_number(case: Case, server: Server) -> None:
    log = interrupted(case)
    lines = log.read_bytes().splitlines(keepends=True)
    lines[2] = b"\x00" * 50 + b"\n"
    log.write_bytes(b"".join(lines))
    server.seen()
    status = run(["eval", "run", "--yes", "--plain", "--project", str(case.folder)])
    said = case.capsys.readouterr().err
    _table["a line within the log is damaged"] = (
        "nothing sent",
        status,
        _words("", said).replace(f"{case.folder}/", ""),
    )
    assert (status, server.seen()["calls"]) == (ExitStatus.INVALID_INPUT, 0)
    assert "trials.jsonl:3: not a trial" in said


def test_a_clock_that_steps_back_an_hour_between_calls_spoils_no_figure(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = datetime.now().astimezone()
    moments = iter(started - timedelta(hours=number) for number in range(10_000))
    monkeypatch.setattr(wiring.SystemClock, "now", lambda _: next(moments))
    status, said = case.run("the clock steps back an hour at every look")
    assert (status, case.counts()) == (ExitStatus.OK, (EXAMPLES, {}))
    assert all(trial.latency_s is not None and 0 < trial.latency_s < 60 for trial in case.trials())
    assert f"{EXAMPLES}/{EXAMPLES} = 1.000" in said


def test_nobody_home_is_told_before_anything_is_recorded(tmp_path: Path, capsys: Capture) -> None:
    lay_out(tmp_path / "p", "http://127.0.0.1:9/v1", "m")
    case = Case(folder=tmp_path / "p", capsys=capsys)
    status, said = case.run("no server at the address")
    assert status == ExitStatus.UNAVAILABLE
    assert "no server answers at http://127.0.0.1:9/v1" in said
