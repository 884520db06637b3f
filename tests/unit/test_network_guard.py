"""The guard over all other tests: it must catch every way out that Python code has, and let loopback through."""

import asyncio
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.network_guard.loopback_guard import LOG_VARIABLE, attempts, environment_for_children, lifted, stays_here

ROOT = Path(__file__).resolve().parents[2]
AWAY = "192.0.2.1"  # TEST-NET-1 of RFC 5737: routed nowhere
AWAY_NAME = "models.example"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "attempts.jsonl"
    monkeypatch.setenv(LOG_VARIABLE, str(path))
    return path


def by_socket(host: str) -> None:
    with socket.socket() as sock:
        sock.connect((host, 443))


def by_connect_ex(host: str) -> None:
    with socket.socket() as sock:
        sock.connect_ex((host, 443))


def by_datagram(host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", (host, 53))


def by_name_server(host: str) -> None:
    socket.getaddrinfo(host if host != AWAY else AWAY_NAME, 443)


def by_asyncio(host: str) -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection(host, 443), 5))


def by_urllib(host: str) -> None:
    urllib.request.urlopen(f"http://{host}/", timeout=5)


def by_httpx(host: str) -> None:
    import httpx

    httpx.get(f"http://{host}/", timeout=5, trust_env=False)


def by_async_httpx(host: str) -> None:
    import httpx

    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://{host}/", timeout=5)

    asyncio.run(ask())


def by_aiohttp(host: str) -> None:
    import aiohttp

    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://{host}/")

    asyncio.run(asyncio.wait_for(ask(), 5))


WAYS_OUT = [
    by_socket,
    by_connect_ex,
    by_datagram,
    by_name_server,
    by_asyncio,
    by_urllib,
    by_httpx,
    by_async_httpx,
    by_aiohttp,
]


@pytest.mark.parametrize("host", [AWAY, AWAY_NAME])
@pytest.mark.parametrize("way_out", WAYS_OUT)
def test_no_way_out_is_overlooked(way_out: Callable[[str], None], host: str, log: Path) -> None:
    with suppress(Exception):  # every library has an error of its own for it
        way_out(host)

    expected = AWAY_NAME if way_out is by_name_server else host
    assert {attempt["host"] for attempt in attempts(log)} == {expected}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "app.localhost", "0.0.0.0", "::", ""])
def test_loopback_is_this_machine(host: str) -> None:
    assert stays_here(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "2001:db8::1", "example.org"])
def test_a_private_network_is_not_this_machine(host: str) -> None:
    assert not stays_here(host)


def test_servers_on_loopback_and_unix_sockets_work(tmp_path: Path) -> None:
    for family, address in ((socket.AF_INET, ("localhost", 0)), (socket.AF_UNIX, str(tmp_path / "s"))):
        with socket.socket(family) as server, socket.socket(family) as client:
            server.bind(address)
            server.listen()
            client.connect(server.getsockname())


def test_a_python_child_is_guarded_too(log: Path) -> None:
    code = f"import urllib.request; urllib.request.urlopen('http://{AWAY}:8080/')"

    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert child.returncode != 0
    assert [(a["host"], a["port"], a["pid"] != os.getpid()) for a in attempts(log)] == [(AWAY, "8080", True)]


def test_the_guard_can_be_lifted_for_a_package_index(log: Path) -> None:
    with lifted(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((AWAY, 9))  # a datagram socket sends nothing when it connects

    assert attempts(log) == []
    assert os.environ[LOG_VARIABLE] == str(log)


def test_a_test_that_swallows_the_refusal_fails_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "test_sly.py").write_text(
        "import socket\n"
        "def test_sly():\n"
        "    with socket.socket() as sock:\n"
        f"        sock.connect_ex(('127.0.0.1', 9))\n"
        "        try:\n"
        f"            sock.connect(('{AWAY}', 443))\n"
        "        except OSError:\n"
        "            pass\n"
        "def test_honest():\n"
        "    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-q"]

    run = subprocess.run(
        [*command, "-c", ROOT / "pyproject.toml", "--rootdir", ROOT, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"tried to leave this machine:\n  {AWAY}:443 by process" in run.stdout
    assert "2 passed, 1 error" in run.stdout


def test_the_folder_of_the_guard_comes_first_and_once_on_the_path_of_children(tmp_path: Path) -> None:
    folder = str(ROOT / "tests" / "network_guard")

    path = environment_for_children(tmp_path / "log")["PYTHONPATH"].split(os.pathsep)

    assert path[0] == folder
    assert path.count(folder) == 1
