"""Settings of the service's property tests: no deadline, because a deadline is a timed assertion by accident."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

settings.register_profile("durablectl", deadline=None)
settings.load_profile("durablectl")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what hypothesis remembers in pytest's cache: pytest would look for tests in a folder of its own."""
    set_hypothesis_home_dir(config.rootpath / ".pytest_cache" / "hypothesis")
