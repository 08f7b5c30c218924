"""What all tests share: servers to talk to, and an environment in which nothing of the machine shows."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

pytest_plugins = [
    "tests.servers.fixtures",
    "tests.goldens",
    "tests.skips",
    "tests.properties",
    "tests.local.crash_option",
]

_FOREIGN = ("AWS_", "DURABLECTL_", "XDG_")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of its own, no AWS configuration, no proxy, and no metadata service to wait for."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_FOREIGN) or name.upper() in _PROXIES:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield
