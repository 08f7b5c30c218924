"""The demo that the command lines of others are tried against, one for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.demo import Demo, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(
        tmp_path_factory.mktemp("demo"), "order-1042", "onboard-acme", "contract-4412", "refund-1038"
    ) as running:
        yield running
