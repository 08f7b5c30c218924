"""A stub of Lambda's API: answers from a script, or pages of two rows, and remembers what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.servers.http import Answer, Request, serve

PAGE = 2
"""Rows of a page, whatever page size is asked for, so that forgetting to page is noticed."""


class StubService:
    """Answers with what the script says, one entry after the other; the last one stays."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.requests: list[Request] = []
        self._script: deque[Answer | Callable[[Request], Answer]] = deque([Answer()])

    def script(self, *answers: Answer | Callable[[Request], Answer]) -> None:
        """What to answer from now on."""
        self._script = deque(answers)

    def serve_pages(self, member: str, rows: Sequence[dict[str, Any]]) -> None:
        """Answer with these rows, page after page."""
        self.script(lambda request: Answer(page(request, member, rows)))

    def __call__(self, request: Request) -> Answer:
        """The next answer of the script."""
        self.requests.append(request)
        answer = self._script[0] if len(self._script) == 1 else self._script.popleft()
        return answer if isinstance(answer, Answer) else answer(request)


def page(request: Request, member: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The page of `rows` that a request's marker points to."""
    start = int(request.query.get("Marker", ["0"])[0])
    following = {"NextMarker": str(start + PAGE)} if start + PAGE < len(rows) else {}
    return {member: list(rows[start : start + PAGE]), **following}


@contextmanager
def stub_service() -> Iterator[StubService]:
    """A running stub."""
    stub = StubService()
    with serve(stub) as endpoint:
        stub.endpoint = endpoint
        yield stub


def refusal(code: str | None, status: int, message: str = "", **headers: str) -> Answer:
    """An error as the service words it; without a code, as some emulators do."""
    coded = {"x-amzn-errortype": code} if code else {}
    return Answer({"Type": "User", "message": message}, status, {"x-amzn-RequestId": "req-1", **coded, **headers})
