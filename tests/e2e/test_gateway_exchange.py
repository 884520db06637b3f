"""A model is exchanged by the bundle's configuration alone: the application's call stays, byte for byte."""

from pathlib import Path

import pytest

from tests import bundle_world as world
from tests.e2e.test_gateway_boots import litellm_command, model_servers, running, targets

pytestmark = pytest.mark.slow

__all__ = ["litellm_command", "model_servers"]  # fixtures


def test_the_same_call_is_answered_by_another_model_once_the_configuration_names_it(
    litellm_command: Path,
    model_servers: dict[str, str],
    tmp_path: Path,
) -> None:
    answered = []
    for first, second in (("first", "second"), ("second", "first")):
        values = world.inputs(targets=targets(model_servers[first], model_servers[second]))
        folder = tmp_path / first
        folder.mkdir()
        with running(litellm_command, world.texts(values)["gateway/config.yaml"], folder) as gateway:
            answer = gateway.chat("primary", max_tokens=16)
        assert answer.status == 200
        assert answer.body["choices"][0]["message"]["content"].startswith("{")
        answered.append(answer.headers["x-litellm-model-api-base"])
    assert answered == [model_servers["first"], model_servers["second"]]
