"""A service that falls ill and recovers when a test says so."""

from __future__ import annotations

from typing import Any

from durablectl.errors import DurablectlError
from tests.fakes.backend import FakeBackend


class Ailing(FakeBackend):
    """Fails whatever it is asked while it is ill."""

    illness: DurablectlError | None = None

    def _request(self, verb: str, target: str | None, *, page: int = 0, **facts: Any) -> None:
        super()._request(verb, target, page=page, **facts)
        if self.illness is not None:
            raise self.illness
