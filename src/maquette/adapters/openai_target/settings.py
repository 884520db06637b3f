"""What a target's spec says, checked before anything is opened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from maquette.evals.calls import TargetSpec
from maquette.foundation.problems import InvalidInput, Place

CONCURRENCY = 64
CONNECT_TIMEOUT_S = 10.0

_OPTIONS = {
    "allow_unpriced",
    "concurrency",
    "connect_timeout_s",
    "constrain",
    "extra_body",
    "first_byte_timeout_s",
    "stream",
}
_OURS = ("messages", "model", "stream", "stream_options", "tools")
"""Parts of a request that no option may replace."""
_ENDPOINT = "/chat/completions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The options of a target.

    Attributes:
        base_url: With its version and without an end slash: http://127.0.0.1:8000/v1.
        extra_body: Parameters of the server's own, sent with every call.
        first_byte_timeout_s: How long the first part of an answer may take; None is as long as the whole call.
    """

    base_url: str
    concurrency: int
    stream: bool
    constrain: bool
    extra_body: Mapping[str, Any]
    connect_timeout_s: float
    first_byte_timeout_s: float | None


def settings_of(spec: TargetSpec) -> Settings:
    """The spec's options, checked.

    Raises:
        InvalidInput: An option is unknown or impossible, or the base URL is none.
    """
    place = Place(field=f"models.targets.{spec.id}.options")
    options = spec.options
    if unknown := sorted(set(options) - _OPTIONS):
        raise InvalidInput(
            f"unknown option {unknown[0]!r}", place=place, fix=f"Known are: {', '.join(sorted(_OPTIONS))}."
        )
    at_once = options.get("concurrency", 1 if spec.on_this_machine else CONCURRENCY)
    if isinstance(at_once, bool) or not isinstance(at_once, int) or at_once < 1:
        raise InvalidInput(f"{at_once!r} calls at once are not possible", place=place, fix="Use a number from 1 on.")
    return Settings(
        base_url=base_url_of(spec),
        concurrency=at_once,
        stream=_switch(options, "stream", place, default=True),
        constrain=_switch(options, "constrain", place, default=False),
        extra_body=_extra_body(options, place),
        connect_timeout_s=_seconds(options, "connect_timeout_s", place) or CONNECT_TIMEOUT_S,
        first_byte_timeout_s=_seconds(options, "first_byte_timeout_s", place),
    )


def base_url_of(spec: TargetSpec) -> str:
    """The base URL in one form: a bare host gets its /v1, an endpoint or a slash at the end is cut off.

    Raises:
        InvalidInput: There is none, it is no http or https URL, or it holds a password or a query.
    """
    place = Place(field=f"models.targets.{spec.id}.base_url")
    if not spec.base_url:
        raise InvalidInput(
            f"{spec.id!r} has no base_url", place=place, fix="Set the server's, such as http://127.0.0.1:8000/v1."
        )
    wrong = _what_is_wrong(spec.base_url)
    if wrong is not None:
        raise InvalidInput(wrong[0], place=place, fix=wrong[1])
    parts = urlsplit(spec.base_url)
    path = parts.path.rstrip("/").removesuffix(_ENDPOINT).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path or "/v1", "", ""))


def _what_is_wrong(url: str) -> tuple[str, str] | None:
    """What is wrong with the URL and what to do, or None."""
    example = "Write it whole, such as http://127.0.0.1:8000/v1."
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return "the base URL holds a space or a control character", example
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"the base URL cannot be read: {error}", example
    if "@" in parts.netloc:
        return "the base URL holds a user name or a password", "Put the key into a variable, named by api_key_env."
    if parts.scheme not in {"http", "https"} or not host:
        return f"{url!r} is no http or https address", example
    if parts.query or parts.fragment:
        return "the base URL has a query or a fragment", "Leave out what follows the path."
    return None


def _switch(options: Mapping[str, Any], name: str, place: Place, *, default: bool) -> bool:
    value = options.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} is {value!r}", place=place, fix="Use true or false.")
    return value


def _seconds(options: Mapping[str, Any], name: str, place: Place) -> float | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InvalidInput(f"{name} is {value!r}", place=place, fix="Use a number of seconds above 0.")
    return float(value)


def _extra_body(options: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    value = options.get("extra_body", {})
    if not isinstance(value, Mapping):
        raise InvalidInput(f"extra_body is {value!r}", place=place, fix="Name parameters and their values.")
    if taken := [name for name in _OURS if name in value]:
        raise InvalidInput(f"extra_body cannot set {taken[0]!r}", place=place, fix="Leave it out.")
    return value
