"""How often the crash test kills the service, and where it reports its figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

CRASH_COUNT = 50

_FIGURES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-count", type=int, default=CRASH_COUNT, help="how often the local service is killed in its crash test"
    )


@pytest.fixture(scope="session")
def crash_count(request: pytest.FixtureRequest) -> int:
    """How often to kill the service."""
    return int(request.config.getoption("--crash-count"))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes a line that is shown when all tests have run."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(line)
