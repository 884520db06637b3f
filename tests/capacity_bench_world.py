"""What the tests of `maquette capacity bench` share."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.foundation.problems import ExitStatus
from maquette.foundation.shipped import shipped
from tests.loopback_models import Server
from tests.refresh_world import Run

TINY = shipped("catalog", "demo_models", "triage-tiny.gguf")
TINY_BYTES = 49_344
"""Of its tensors."""


def measured(maquette: Run, *arguments: object, status: int = ExitStatus.OK) -> tuple[Any, str]:
    """What --json prints, which keeps its contract, and what was said."""
    found, out, said = maquette("capacity", "bench", *arguments, "--json")
    assert found == status, said
    data = json.loads(out)
    Draft202012Validator(contract_schema("capacity-bench")).validate(data)
    return data, said


def wait_for_calls(server: Server, count: int) -> None:
    """Until the server was asked so often since the last look."""
    while count > 0:
        count -= server.seen()["calls"]
