"""Golden files: expected texts beside the tests, rewritten with `--update-goldens`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[Path, bytes], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write what the tests got as what they expect")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares bytes with a file, or writes the file."""
    updates = request.config.getoption("--update-goldens")

    def compare(path: Path, actual: bytes) -> None:
        if updates:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual)
        assert path.exists(), f"no golden {path.name}; look at it after --update-goldens"
        assert actual.decode() == path.read_bytes().decode()

    return compare
