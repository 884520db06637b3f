"""A real OpenAI-compatible llama.cpp server for one GGUF file on 127.0.0.1, for as long as a block lasts."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from maquette.foundation.problems import Place, Unavailable

READY_TIMEOUT_S = 60.0
_POLL_S = 0.05

_XLLAMACPP_SERVER = """
import sys, time, xllamacpp
path, alias, port, context_tok, threads = sys.argv[1:]
parameters = xllamacpp.CommonParams()
parameters.model.path = path
parameters.model_alias = {alias}
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(port)
parameters.n_ctx = int(context_tok)
parameters.n_parallel = 1  # several would share the context among them
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = int(threads)
server = xllamacpp.Server(parameters)
time.sleep(1e9)
"""


@contextmanager
def loopback_server(model: Path, *, alias: str, context_tok: int = 2048, threads: int = 1) -> Iterator[str]:
    """Serve ``model`` under the name ``alias``; yields the base URL, ending in ``/v1``.

    Raises:
        Unavailable: No engine is installed, or the server does not come up.
    """
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603  # our own interpreter, arguments of our own
        _command(model, alias, port, context_tok, threads),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_ready(process, port, model)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(model: Path, alias: str, port: int, context_tok: int, threads: int) -> list[str]:
    if find_spec("llama_cpp") and find_spec("uvicorn"):
        # With its default the server drops a stream when the next request arrives.
        settings = {"n_ctx": context_tok, "n_threads": threads, "n_threads_batch": threads, "interrupt_requests": False}
        options = {
            "model": model,
            "model_alias": alias,
            "host": "127.0.0.1",
            "port": port,
            "verbose": False,
            **settings,
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        return [sys.executable, "-m", "llama_cpp.server", *arguments]
    if find_spec("xllamacpp"):
        return [sys.executable, "-c", _XLLAMACPP_SERVER, str(model), alias, str(port), str(context_tok), str(threads)]
    raise Unavailable(
        "no engine for local models is installed",
        fix="pip install 'maquette[local]', or 'maquette[local-prebuilt]' where there is no compiler.",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, model: Path) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with directly.open(f"http://127.0.0.1:{port}/v1/models", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(_POLL_S)
    raise Unavailable(
        "the server for the model did not come up",
        place=Place(file=model.name),
        fix="Check that the file is a GGUF, and that this machine lets programs listen on 127.0.0.1.",
    )
