"""Prices from an address: fetched only when it is named, only where that is safe, and whole or not at all."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from maquette.adapters import catalog_download
from maquette.foundation.problems import InvalidInput, Unavailable
from tests.refresh_world import NEW, Run, newer_map, refreshed


class Serving(BaseHTTPRequestHandler):
    """A server on loopback: a map, a redirect, a refusal, and an answer that is cut off."""

    content = b""

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/map.json":
                self._answer(200, len(self.content))
            case "/cut.json":
                self._answer(200, len(self.content) * 2)
            case "/moved.json":
                self.send_response(302)
                self.send_header("Location", "/map.json")
                self.end_headers()
            case "/away.json":
                self.send_response(302)
                self.send_header("Location", "http://prices.example/map.json")
                self.end_headers()
            case "/loop.json":
                self.send_response(302)
                self.send_header("Location", "/loop.json")
                self.end_headers()
            case _:
                self.send_error(404)

    def _answer(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    Serving.content = newer_map()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Serving)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/map.json", "/moved.json"])
def test_an_address_that_is_named_is_fetched(path: str, maquette: Run, server: str) -> None:
    status, out, err = maquette("catalog", "refresh", "--from", f"{server}{path}?key=secret", "--yes")
    assert status == 0
    assert "Fetching from 127.0.0.1 ..." in err
    assert "secret" not in out + err
    assert f"New: {NEW}." in out
    assert refreshed() == ["history.json", "map.json"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/cut.json", 5, "the download broke off: "),
        ("/gone.json", 5, "the server answers 404"),
        ("/away.json", 3, "http:// is not fetched from prices.example"),
        ("/loop.json", 5, "the server sends from one address to the next"),
    ],
)
def test_a_download_that_fails_changes_nothing(
    path: str, status: int, message: str, maquette: Run, server: str
) -> None:
    found, out, err = maquette("catalog", "refresh", "--from", f"{server}{path}", "--yes")
    assert (found, out) == (status, "")
    assert message in err
    assert refreshed() == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://prices.example/map.json", "http:// is not fetched from prices.example"),
        ("ftp://127.0.0.1/map.json", "ftp:// is not fetched from 127.0.0.1"),
        ("file:///etc/passwd", "this is no address"),
        ("https://user:key@prices.example/map.json", "an address with a password in it is not fetched"),
        ("https://[::1", "this is no address"),
    ],
)
def test_an_address_that_is_not_safe_is_not_fetched(address: str, message: str, maquette: Run) -> None:
    status, _, err = maquette("catalog", "refresh", "--from", address, "--yes")
    assert status == 3
    assert message in err
    assert "key" not in err


def test_a_server_that_is_not_there_and_a_body_that_is_too_large(server: str) -> None:
    with pytest.raises(Unavailable, match="the download broke off"):
        catalog_download.fetch("http://127.0.0.1:9/map.json", progress=lambda *_: None)
    with pytest.raises(InvalidInput, match="which is no price map's size"):
        catalog_download.fetch(f"{server}/map.json", progress=lambda *_: None, most_bytes=1000)


def test_the_progress_of_a_download_is_told(server: str) -> None:
    told: list[tuple[int, int | None]] = []
    content = catalog_download.fetch(f"{server}/map.json", progress=lambda *seen: told.append(seen))
    assert told[-1] == (len(content), len(content))
    assert len(told) > 1
