"""What tests of the service share: property tests without deadline, which is a timed assertion by accident; worlds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.local.engine_support import World, opened
from tests.local.http_support import Served, served

settings.register_profile("durablectl", deadline=None)
settings.load_profile("durablectl")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what hypothesis remembers in pytest's cache: pytest would look for tests in a folder of its own."""
    set_hypothesis_home_dir(config.rootpath / ".pytest_cache" / "hypothesis")


@pytest.fixture
async def server() -> AsyncIterator[Served]:
    """A world that is served over HTTP."""
    async with served() as running:
        yield running


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A service in memory, without processes, ports and waiting."""
    async with opened() as running:
        yield running
