"""The session to a server: its limits, its key, its proxy, and a first look at whether anybody answers."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from maquette.adapters.openai_target.settings import Settings
from maquette.evals.calls import LOOPBACK
from maquette.foundation.problems import Place, Unavailable

if TYPE_CHECKING:
    import aiohttp

KEEP_ALIVE_S = 4.0
"""Below the five seconds after which uvicorn, and so most model servers, closes a connection that rests."""
_PROBE_S = 5.0


def opened_session(settings: Settings, *, key: str | None) -> "aiohttp.ClientSession":
    """A session with as many connections as calls in flight; nothing is connected yet.

    Raises:
        Unavailable: The environment names a proxy that cannot be used.
    """
    import aiohttp

    headers = {"Accept-Encoding": "identity", "Content-Type": "application/json", "User-Agent": "maquette"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return aiohttp.ClientSession(
        headers=headers,
        proxy=_proxy(settings.base_url),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout_s),
        connector=aiohttp.TCPConnector(limit=settings.concurrency, keepalive_timeout=KEEP_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def look_for_server(session: "aiohttp.ClientSession", settings: Settings, *, target_id: str) -> None:
    """Ask the server for its models, so that a wrong address or key is told before any call.

    What it answers else is no matter: not every server has the list, and a busy one may take its time.

    Raises:
        Unavailable: Nobody answers at the address, or the key is refused.
    """
    import aiohttp

    limits = aiohttp.ClientTimeout(total=settings.connect_timeout_s + _PROBE_S, sock_connect=settings.connect_timeout_s)
    try:
        async with session.get(f"{settings.base_url}/models", timeout=limits, allow_redirects=False) as response:
            status = response.status
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unavailable(
            f"no server answers at {settings.base_url}",
            place=Place(field=f"models.targets.{target_id}.base_url"),
            fix="Start the server, or correct the address.",
        ) from error
    except (aiohttp.ClientError, TimeoutError):
        return
    if status == 401:
        raise Unavailable(
            f"the server at {settings.base_url} refuses the key",
            place=Place(field=f"models.targets.{target_id}.api_key_env"),
            fix="Name the variable that holds this server's key, and check its value.",
        )


def _proxy(base_url: str) -> str | None:
    """The environment's proxy for the address; none for this machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is not None and urlsplit(proxy).scheme not in {"http", "https"}:
        raise Unavailable(
            f"the environment's proxy for {host} is no http proxy",
            fix="Set https_proxy to one, or no_proxy to the host.",
        )
    return proxy
