"""How often the crash test kills the service."""

from __future__ import annotations

import pytest

CRASH_COUNT = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-count", type=int, default=CRASH_COUNT, help="how often the local service is killed in its crash test"
    )


@pytest.fixture(scope="session")
def crash_count(request: pytest.FixtureRequest) -> int:
    """How often to kill the service."""
    return int(request.config.getoption("--crash-count"))
