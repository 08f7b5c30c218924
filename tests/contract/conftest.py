"""Runs each test of the contract against every server."""

from __future__ import annotations

import pytest

from tests.contract.subjects import Subject, fake_subject, local_subject, ministack_subject, official_subject

SERVERS = (
    "fake",
    "local service",
    "throttled local service",
    "official runner",
    "official runner on SQLite",
    "MiniStack",
)


@pytest.fixture(scope="session", params=SERVERS)
def subject(request: pytest.FixtureRequest) -> Subject:
    """A server with the population."""
    if request.param == "fake":
        return fake_subject()
    if request.param == "local service":
        return local_subject(request.getfixturevalue("local_server").endpoint)
    if request.param == "throttled local service":
        return local_subject(request.getfixturevalue("throttled_server").endpoint)
    if request.param == "MiniStack":
        return ministack_subject(request.getfixturevalue("ministack_server"))
    is_on_sqlite = request.param.endswith("SQLite")
    return official_subject(request.getfixturevalue("official_server_on_sqlite" if is_on_sqlite else "official_server"))
