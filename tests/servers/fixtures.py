"""The servers of the tests as fixtures; each worker of a parallel run has its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.local_service import LocalServiceProcess, local_service
from tests.servers.ministack import MiniStack, ministack
from tests.servers.runner import OfficialRunner, official_runner
from tests.servers.stub import StubService, stub_service

HANDLERS = Path(__file__).with_name("handlers.py")


@pytest.fixture
def stub() -> Iterator[StubService]:
    """A stub that answers what the test scripts."""
    with stub_service() as running:
        yield running


@pytest.fixture(scope="session")
def official_server() -> Iterator[OfficialRunner]:
    """The official testing SDK's local runner, serving `order`."""
    with official_runner(HANDLERS) as runner:
        yield runner


@pytest.fixture(scope="session")
def official_server_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficialRunner]:
    """The same with its other store, which reads filters differently."""
    with official_runner(HANDLERS, store=tmp_path_factory.mktemp("official-runner") / "store.db") as runner:
        yield runner


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    """Our local service with a store in a file, serving `order`."""
    directory = tmp_path_factory.mktemp("local-service")
    with local_service({"order": f"{HANDLERS}:order"}, directory=directory, store=directory / "local.db") as service:
        yield service


@pytest.fixture(scope="session")
def throttled_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    """Our local service behind the request rates of AWS, serving `order`."""
    directory = tmp_path_factory.mktemp("throttled-service")
    served = {"order": f"{HANDLERS}:order"}
    with local_service(served, directory=directory, options=("--throttle", "aws")) as service:
        yield service


@pytest.fixture(scope="session")
def ministack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """MiniStack, serving `order` from a deployment package."""
    with ministack(tmp_path_factory.mktemp("ministack")) as server:
        server.create_function("order", HANDLERS, "order")
        yield server
