"""Asks running OpenAI-compatible servers which models they serve: only at the addresses given, quickly, all at once.

An answer is data from a stranger: it is cut at four megabytes, followed to no other host and believed only in shape.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from maquette.catalog.served import Answers, Engine, ServedModel, engine_of, model_names, named_engine, served_models
from maquette.foundation.problems import InvalidInput, Place, Problem, Unavailable
from maquette.foundation.wording import shown

if TYPE_CHECKING:
    import aiohttp

USUAL_ADDRESSES: Mapping[str, Engine] = {
    "http://127.0.0.1:8000/v1": Engine.VLLM,
    "http://127.0.0.1:30000/v1": Engine.SGLANG,
    "http://127.0.0.1:8080/v1": Engine.LLAMA_CPP,
    "http://127.0.0.1:11434/v1": Engine.OLLAMA,
    "http://127.0.0.1:1234/v1": Engine.LM_STUDIO,
}
"""Where each engine listens unless told otherwise, on this machine."""

TIMEOUT_S = 5.0
MOST_BYTES = 4 * 2**20
_MOST_ADDRESSES = 256
_AT_ONCE = 16
_REQUESTS_AT_ONCE = 8
_MOST_SHOWN = 32
_MOST_HOPS = 3
_CHUNK = 2**16
_EXAMPLE = "Write an address such as http://localhost:8000/v1."


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One server that answers, with its models; ``base`` is its address, ending in ``/v1``."""

    base: str
    engine: Engine
    models: tuple[ServedModel, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """What was asked, who answered, and one problem for each address that did not, in the order asked."""

    asked: tuple[str, ...]
    servers: tuple[Server, ...]
    problems: tuple[Problem, ...]


def look(addresses: Sequence[str], *, api_key_env: str | None = None, timeout_s: float = TIMEOUT_S) -> Sweep:
    """Ask the servers at ``addresses``; see `ask`, which this runs to its end."""
    return asyncio.run(ask(addresses, api_key_env=api_key_env, timeout_s=timeout_s))


async def ask(addresses: Sequence[str], *, api_key_env: str | None = None, timeout_s: float = TIMEOUT_S) -> Sweep:
    """Ask the servers at ``addresses`` which models they serve, all at once.

    Args:
        addresses: Base URLs, or ``host:port``; nobody else is contacted.
        api_key_env: The environment variable that holds the servers' key.
        timeout_s: Seconds for one answer, from the first byte sent to the last received.

    Raises:
        Unavailable: The variable for the key is not set.
        InvalidInput: There are more than 256 addresses.
    """
    if len(addresses) > _MOST_ADDRESSES:
        raise InvalidInput(f"{len(addresses)} addresses are too many", fix=f"Ask at most {_MOST_ADDRESSES} at a time.")
    headers = _headers(api_key_env)
    problems: list[Problem] = []
    bases: dict[str, None] = {}
    for address in addresses:
        try:
            bases[base_address(address)] = None
        except Problem as problem:
            problems.append(problem)
    gate = asyncio.Semaphore(_AT_ONCE)
    outcomes = await asyncio.gather(*(_outcome(base, headers, timeout_s, gate) for base in bases))
    return Sweep(
        asked=tuple(bases),
        servers=tuple(one for one in outcomes if isinstance(one, Server)),
        problems=(*problems, *(one for one in outcomes if isinstance(one, Problem))),
    )


def base_address(text: str) -> str:
    """The base URL of the OpenAI interface that ``text`` means, ending in ``/v1``.

    ``localhost:8000``, ``http://localhost:8000`` and ``http://localhost:8000/v1/models`` are the same server; a port
    alone is one of this machine.

    Raises:
        InvalidInput: It is no address of a web server, or it holds a password.
    """
    stripped = f"127.0.0.1:{text.strip()}" if text.strip().isdecimal() else text.strip()
    try:
        url = urlsplit(stripped if "://" in stripped else f"http://{stripped}")
        port = url.port
    except ValueError as error:
        raise _no_address(text) from error
    if "@" in url.netloc:
        raise InvalidInput(
            "an address holds a name or a password",
            place=Place(field="address"),
            fix="Take it out; put a key into an environment variable and name that with --key-env.",
        )
    if (
        url.scheme not in {"http", "https"}
        or not url.hostname
        or url.query
        or url.fragment
        or port == 0
        or not _is_host(url)
    ):
        raise _no_address(text)
    path = url.path.rstrip("/").removesuffix("/models").removesuffix("/v1")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return urlunsplit((url.scheme, f"{host}:{port}" if port else host, f"{path}/v1", "", ""))


def _is_host(url: SplitResult) -> bool:
    return all(char.isalnum() or char in ".-_:%" for char in url.hostname or "") and not url.netloc.endswith(":")


def _no_address(text: str) -> InvalidInput:
    return InvalidInput(f"{shown(text)} is no address of a server", place=Place(field="address"), fix=_EXAMPLE)


def _headers(api_key_env: str | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if api_key_env is None:
        return headers
    key = os.environ.get(api_key_env, "")
    if not key:
        raise Unavailable(f"the environment variable {shown(api_key_env)} is not set", fix="Export it with the key.")
    if not (key.isascii() and key.isprintable()):
        raise Unavailable(
            f"what {shown(api_key_env)} holds is no key: it has characters that cannot be sent", fix="Export it anew."
        )
    return {**headers, "Authorization": f"Bearer {key}"}


async def _outcome(
    base: str, headers: Mapping[str, str], timeout_s: float, gate: asyncio.Semaphore
) -> Server | Problem:
    import aiohttp

    limits = aiohttp.ClientTimeout(total=timeout_s)
    async with (
        gate,
        aiohttp.ClientSession(
            headers=headers,
            timeout=limits,
            connector=aiohttp.TCPConnector(limit=_REQUESTS_AT_ONCE),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=not _on_this_machine(base),
        ) as session,
    ):
        try:
            return await _server(session, base, timeout_s)
        except Problem as problem:
            return problem


def _on_this_machine(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def _server(session: "aiohttp.ClientSession", base: str, timeout_s: float) -> Server:
    models = await _fetch(session, base, f"{base}/models", timeout_s)
    names = model_names(models, base)
    named = named_engine(models, base)
    root = base.removesuffix("/v1")
    props = tags = lm_studio = None
    shows: dict[str, Any] = {}
    if named is Engine.LLAMA_CPP:
        props = await _maybe(_fetch(session, base, f"{root}/props", timeout_s))
    elif named is None:
        tags, lm_studio = await asyncio.gather(
            _maybe(_fetch(session, base, f"{root}/api/tags", timeout_s)),
            _maybe(_fetch(session, base, f"{root}/api/v0/models", timeout_s)),
        )
    answers = Answers(base=base, models=models, props=props, tags=tags, lm_studio=lm_studio)
    if engine_of(answers) is Engine.OLLAMA:
        shows = await _shows(session, base, names[:_MOST_SHOWN], timeout_s)
        answers = Answers(base=base, models=models, tags=tags, shows=shows)
    today = datetime.now(tz=UTC).date()
    return Server(base=base, engine=engine_of(answers), models=served_models(answers, today))


async def _shows(session: "aiohttp.ClientSession", base: str, names: Iterable[str], timeout_s: float) -> dict[str, Any]:
    """What Ollama says of each model, for those that it answers for."""
    url = f"{base.removesuffix('/v1')}/api/show"
    asked = list(names)
    said = await asyncio.gather(*(_maybe(_fetch(session, base, url, timeout_s, {"model": name})) for name in asked))
    return {name: one for name, one in zip(asked, said, strict=True) if one is not None}


async def _maybe(answer: Awaitable[Any]) -> Any:
    """The answer, or None where the server has none: a server need not know every engine's own interface."""
    with suppress(Problem):
        return await answer
    return None


async def _fetch(
    session: "aiohttp.ClientSession", base: str, url: str, timeout_s: float, body: Mapping[str, str] | None = None
) -> Any:
    """The JSON at ``url``.

    Raises:
        Unavailable: Nobody answers, or not to us.
        InvalidInput: The answer is not JSON, or too large.
    """
    import aiohttp

    try:
        content, kind = await _content(session, base, url, body)
    except TimeoutError as error:
        raise _unavailable(
            base, f"does not finish its answer within {timeout_s:g} s", "Is it still loading?"
        ) from error
    except aiohttp.ClientSSLError as error:
        raise _unavailable(base, "does not agree on TLS with us", "Try http:// or mend its certificate.") from error
    except aiohttp.ClientConnectorError as error:
        raise _unavailable(base, "does not answer", "Start the server, or mend the address.") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _unavailable(base, "breaks off, or does not speak HTTP", "Check which program listens there.") from error
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        what = f"something that is no JSON ({shown(kind)})" if content.strip() else "nothing"
        raise _invalid(base, f"answers with {what}") from error


async def _content(
    session: "aiohttp.ClientSession", base: str, url: str, body: Mapping[str, str] | None
) -> tuple[bytes, str]:
    """The bytes at ``url`` and their type; redirects are followed on the same server only."""
    target = url
    for _ in range(_MOST_HOPS):
        method = "GET" if body is None else "POST"
        async with session.request(method, target, json=body, allow_redirects=False) as response:
            if response.status in {301, 302, 303, 307, 308}:
                onward = str(response.url.join(response.url.__class__(response.headers.get("Location", ""))))
                if urlsplit(onward)[:2] != urlsplit(target)[:2]:
                    raise _unavailable(base, "sends us to another server", "Name that server's address yourself.")
                target = onward
                continue
            _check_status(response.status, base)
            content = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > MOST_BYTES:
                    raise _invalid(base, f"answers with more than {MOST_BYTES // 2**20} MB")
            return bytes(content), response.content_type
    raise _unavailable(base, "sends us around in circles", "Check which program listens there.")


def _check_status(status: int, base: str) -> None:
    if status in {401, 403}:
        raise _unavailable(base, "asks for a key", "Name the variable that holds it: --key-env NAME.")
    if status == 404:
        raise _unavailable(base, "has no /v1/models", "Check the path: an OpenAI-compatible server has it.")
    if status >= 300:
        raise _unavailable(base, f"answers with status {status}", "See its log, and ask again when it is ready.")


def _unavailable(base: str, what: str, fix: str) -> Unavailable:
    return Unavailable(f"the server {what}", place=Place(field=base), fix=fix)


def _invalid(base: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"the server {what}",
        place=Place(field=base),
        fix="Check which program listens there; an OpenAI-compatible server lists its models as JSON.",
    )
