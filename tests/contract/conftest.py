"""Models that run here: the shipped files, in a child process, behind a server on loopback, and from the record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette.adapters.loopback_server import loopback_server
from maquette.foundation.shipped import shipped
from tests.loopback_models import Server, serving

CONTEXT_TOK = 512


@pytest.fixture(scope="session")
def model_file() -> Path:
    """A real GGUF file, small enough for any machine."""
    return shipped("catalog", "demo_models", "triage-tiny.gguf")


@pytest.fixture(scope="session")
def base_url(model_file: Path) -> Iterator[str]:
    """A real OpenAI-compatible server for the file, under the name "tiny"."""
    with loopback_server(model_file, alias="tiny", context_tok=CONTEXT_TOK) as url:
        yield url


@pytest.fixture(scope="session")
def models() -> Iterator[Server]:
    """A server whose models answer and fail as their names say."""
    with serving() as server:
        yield server
