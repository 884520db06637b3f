"""Addresses of model servers as people write them, and what is refused before anybody is contacted."""

import pytest

from maquette.adapters.model_servers import USUAL_ADDRESSES, ask, base_address
from maquette.foundation.problems import InvalidInput


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("localhost:8000", "http://localhost:8000/v1"),
        ("8000", "http://127.0.0.1:8000/v1"),
        ("http://Host:8000/v1/models/", "http://host:8000/v1"),
        ("https://example.org/llm", "https://example.org/llm/v1"),
        ("[::1]:8080", "http://[::1]:8080/v1"),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, meant: str) -> None:
    assert base_address(text) == meant
    assert base_address(meant) == meant


@pytest.mark.parametrize(
    "text", ["", "http://", "ftp://x", "localhost:99999", "localhost:0", "http://x?y=1", "a b", "http://[x", "x:"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no address of a server"):
        base_address(text)


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidInput) as caught:
        base_address("http://user:sesame@localhost:8000")
    assert "sesame" not in str(caught.value)


def test_only_this_machine_is_asked_by_default() -> None:
    assert all(address.startswith("http://127.0.0.1:") for address in USUAL_ADDRESSES)


async def test_a_sweep_over_a_whole_network_is_refused() -> None:
    with pytest.raises(InvalidInput, match="257 addresses are too many"):
        await ask([f"127.0.0.1:{port}" for port in range(1, 258)])
