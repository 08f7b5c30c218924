"""One service for the whole suite, and all selected cases under way from the start."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from .catalogue import Case
from .runner import Recording, run
from .service import Service, running_service

CASES_AT_A_TIME = 12
"""Most cases sleep most of the time; more of them would only make each other's invocations slow."""


def pytest_configure(config: pytest.Config) -> None:
    """Let the suite run without xdist too, which would otherwise bring this marker."""
    config.addinivalue_line("markers", "xdist_group(name): tests that one process runs, with --dist loadgroup")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service under test."""
    with running_service(tmp_path_factory.mktemp("conformance")) as started:
        yield started


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest, service: Service) -> Iterator[dict[str, Future[Recording]]]:
    """By case id, what is left of each selected case, as soon as it has run."""
    cases = [case for item in request.session.items for case in _cases_of(item)]
    client = service.client()
    with ThreadPoolExecutor(CASES_AT_A_TIME, thread_name_prefix="conformance") as executor:
        yield {case.id: executor.submit(run, client, case) for case in cases}
        executor.shutdown(cancel_futures=True)
    client.close()


def _cases_of(item: pytest.Item) -> Iterator[Case]:
    callspec = getattr(item, "callspec", None)
    if callspec is not None and isinstance(callspec.params.get("case"), Case):
        yield callspec.params["case"]
