"""What tests of the service share: worlds without processes, served or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.local.engine_support import World, opened
from tests.local.http_support import Served, served


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
