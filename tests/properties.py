"""Settings of all property tests: no limit of time for an example, which would be a timed assertion by accident."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

# A check of a change must not depend on chance; the examples of every other run differ.
settings.register_profile(
    "durablectl",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("durablectl")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what hypothesis remembers in pytest's cache: pytest would look for tests in a folder of its own."""
    set_hypothesis_home_dir(config.rootpath / ".pytest_cache" / "hypothesis")
