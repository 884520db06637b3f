"""Fetches one file that the user named by its address; nothing is ever fetched unasked.

Only https, and http from this machine itself. The size is capped and the time is bounded, for redirects as well.
"""

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from maquette.foundation.problems import InvalidInput, Place, Unavailable

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

MOST_BYTES = 64_000_000
TIMEOUT_S = 120.0
_MOST_REDIRECTS = 5
_CHUNK_BYTES = 65_536

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all, None where the server does not say."""


def is_address(text: str) -> bool:
    """Whether the text is meant as an address and not as a file's name."""
    return "://" in text


def fetch(url: str, *, progress: Progress, most_bytes: int = MOST_BYTES, timeout_s: float = TIMEOUT_S) -> bytes:
    """The content behind an address.

    Raises:
        InvalidInput: The address is not allowed, or what it holds is larger than ``most_bytes``.
        Unavailable: The server cannot be reached, refuses, or breaks off.
    """
    allowed_host(url)
    return asyncio.run(_fetch(url, progress, most_bytes, timeout_s))


async def _fetch(url: str, progress: Progress, most_bytes: int, timeout_s: float) -> bytes:
    from aiohttp import ClientError, ClientSession, ClientTimeout

    limits = ClientTimeout(total=timeout_s, sock_connect=min(15.0, timeout_s), sock_read=min(30.0, timeout_s))
    try:
        async with ClientSession(timeout=limits, trust_env=not _is_here(url)) as session:
            return await _follow(session, url, progress, most_bytes)
    except TimeoutError:
        raise _unavailable(url, f"the server did not finish within {timeout_s:.0f} s") from None
    except (ClientError, OSError) as error:
        raise _unavailable(url, f"the download broke off: {str(error) or type(error).__name__}") from error


async def _follow(session: "ClientSession", url: str, progress: Progress, most_bytes: int) -> bytes:
    here = url
    for _ in range(_MOST_REDIRECTS + 1):
        async with session.get(here, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as response:
            if response.status in {301, 302, 303, 307, 308} and "Location" in response.headers:
                here = urljoin(here, response.headers["Location"])
                allowed_host(here)
                continue
            if response.status != 200:
                raise _unavailable(url, f"the server answers {response.status}")
            return await _body(response, url, progress, most_bytes)
    raise _unavailable(url, "the server sends from one address to the next")


async def _body(response: "ClientResponse", url: str, progress: Progress, most_bytes: int) -> bytes:
    total = response.content_length
    content = bytearray()
    if total is not None and total > most_bytes:
        raise _too_large(url, most_bytes)
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        content += chunk
        if len(content) > most_bytes:
            raise _too_large(url, most_bytes)
        progress(len(content), total)
    return bytes(content)


def allowed_host(url: str) -> str:
    """The host of an address that may be fetched.

    Raises:
        InvalidInput: It is none, holds a password, or is neither https nor this machine's own.
    """
    try:
        parts = urlsplit(url)
        secret, host = parts.username is not None or parts.password is not None, parts.hostname
    except ValueError:
        secret, host = False, None
    if not host:
        raise InvalidInput("this is no address", place=Place(field="--from"), fix="Write https:// and a host.")
    if secret:
        raise InvalidInput(
            "an address with a password in it is not fetched", place=Place(field="--from"), fix="Take the password out."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(url)):
        raise InvalidInput(
            f"{parts.scheme}:// is not fetched from {host}",
            place=Place(field="--from"),
            fix="Name an https:// address, or a file.",
        )
    return host


def _is_here(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _too_large(url: str, most_bytes: int) -> InvalidInput:
    return InvalidInput(
        f"more than {most_bytes // 1_000_000} MB, which is no price map's size",
        place=Place(file=_named(url)),
        fix="Check the address.",
    )


def _unavailable(url: str, why: str) -> Unavailable:
    return Unavailable(
        why, place=Place(file=_named(url)), fix="Try again later, or name a file; nothing has been changed."
    )


def _named(url: str) -> str:
    """The address without its query, which may hold a key."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
