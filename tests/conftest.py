"""What holds for every test: it stays on this machine, knows nobody's keys, and is not judged by the clock.

Fixtures of one kind of test belong into that folder's own conftest.py.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.network_guard import loopback_guard

# Two busy cores say nothing about the code: properties have no deadline.
settings.register_profile("maquette", deadline=None, print_blob=True)
settings.load_profile("maquette")

SEEN = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Set the network guard for this process and its children; forget whose keys and folders they are."""
    folder = Path(tempfile.mkdtemp(prefix="maquette-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ.update(loopback_guard.environment_for_children(folder / "attempts.jsonl"))
    for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        os.environ[variable] = str(folder / variable.lower())
    loopback_guard.install()
    # Tests of a full disk limit this process: Python would put half a file of compiled code in its place.
    sys.dont_write_bytecode = True
    config.stash[SEEN] = 0
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only a slow test may ask for the network: the default suite is offline."""
    for item in items:
        if item.get_closest_marker("network") and not item.get_closest_marker("slow"):
            raise pytest.UsageError(f"{item.nodeid} is marked network but not slow")


@pytest.fixture(autouse=True)
def _stays_on_this_machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that tried to leave this machine, even where the code under test swallowed the refusal."""
    if request.node.get_closest_marker("network"):
        with loopback_guard.lifted():
            yield
        return
    log = Path(os.environ[loopback_guard.LOG_VARIABLE])
    yield
    tried = loopback_guard.attempts(log)
    new = tried[request.config.stash[SEEN] :]
    request.config.stash[SEEN] = len(tried)
    if new:
        lines = "\n".join(f"  {a['host']}:{a['port']} by process {a['pid']}: {a['command']}" for a in new)
        pytest.fail(f"tried to leave this machine:\n{lines}", pytrace=False)
