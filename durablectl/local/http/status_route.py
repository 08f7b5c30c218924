"""The one route that is not Lambda's: the status of the service, for the commands that look after it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

STATUS_PATH = "/.durablectl/status"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class StatusRoute:
    """Answers GET on the status path, and leaves everything else to `application`.

    It has to stand behind whatever refuses clients that are not on this machine.
    """

    def __init__(self, application: Application, status: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._application = application
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != STATUS_PATH or scope["method"] != "GET":
            await self._application(scope, receive, send)
            return
        body = json.dumps(await self._status()).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
