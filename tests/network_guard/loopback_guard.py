"""Refuses, and writes down, whatever would leave this machine through a socket that Python opens.

An audit hook sees asyncio, httpx, aiohttp and urllib alike, and cannot be forgotten by a library that keeps its own
reference to a function. Sockets that C code opens by itself (a browser, libuv, DuckDB's extensions) pass unseen.
The guard works while MAQUETTE_GUARD_LOG names the file for the attempts, in this process and, through
`sitecustomize.py` beside this file, in every Python child that inherits the environment. It is standard library only,
because it also runs in other environments than the one under test.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

LOG_VARIABLE = "MAQUETTE_GUARD_LOG"

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_TO_AN_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_TO_A_NAME = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


class LeavesThisMachineError(ConnectionRefusedError):
    """Raised where the connection was tried; a library takes it for a network that is down."""


def install() -> None:
    """Watch this process from now on; it works while the environment names a log."""
    sys.addaudithook(_on_event)
    for method in ("connect", "connect_ex", "sendto"):
        _check_before_resolving(method)


def environment_for_children(log: Path) -> dict[str, str]:
    """The variables that put Python children under guard, with the attempts written to ``log``."""
    here = str(Path(__file__).resolve().parent)
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != here]
    return {LOG_VARIABLE: str(log), "PYTHONPATH": os.pathsep.join([here, *others])}


def attempts(log: Path) -> list[dict[str, Any]]:
    """What was tried, oldest first: event, host, port, and the pid and command line that tried it."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


@contextmanager
def lifted() -> Iterator[None]:
    """Let this process and the children that it starts meanwhile reach the network."""
    log = os.environ.pop(LOG_VARIABLE, None)
    try:
        yield
    finally:
        if log is not None:
            os.environ[LOG_VARIABLE] = log


def stays_here(host: str) -> bool:
    """Whether ``host`` is this machine: loopback, unspecified, or this machine's own name."""
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host.removesuffix(".local") == os.uname().nodename
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket.") or LOG_VARIABLE not in os.environ:
        return
    if event in _TO_AN_ADDRESS and arguments[0].family in _INTERNET and arguments[1]:
        _refuse_unless_here(event, *arguments[1][:2])
    elif event in _TO_A_NAME and not _is_number(arguments[0]):
        _refuse_unless_here(event, arguments[0], arguments[1] if event == "socket.getaddrinfo" else None)


def _is_number(host: Any) -> bool:
    """Whether no name server would be asked for ``host``."""
    try:
        ip_address(_text(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "")


def _refuse_unless_here(event: str, host: Any, port: Any) -> None:
    name = _text(host)
    if stays_here(name):
        return
    attempt = {"event": event, "host": name, "port": _text(port), "pid": os.getpid(), "command": sys.argv}
    line = json.dumps(attempt, default=str) + "\n"
    log = os.open(os.environ[LOG_VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(log, line.encode())  # one write of one line: processes share the log
    finally:
        os.close(log)
    raise LeavesThisMachineError(f"refused by the tests' network guard: {event} to {name}:{_text(port)}")


def _check_before_resolving(method: str) -> None:
    """CPython resolves a name given to ``connect`` before it raises the audit event; look before that."""
    original = getattr(socket.socket, method)

    def checked(self: socket.socket, *arguments: Any) -> Any:
        if LOG_VARIABLE in os.environ and self.family in _INTERNET:
            _refuse_unless_here(f"socket.{method}", *arguments[-1][:2])
        return original(self, *arguments)

    setattr(socket.socket, method, checked)
