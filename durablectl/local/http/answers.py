"""What the service answers over HTTP: JSON, bytes and errors in the shapes that Lambda sends."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from durablectl.clock import SystemClock
from durablectl.errors import DurablectlError
from durablectl.local import errors, tokens

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

_SERVER = "durablectl"
"""What clients know the service by."""

TOO_MANY_REQUESTS = 429

_log = logging.getLogger(__name__)


def route(method: str, path: str, handler: Handler) -> Route:
    """A route whose handler may raise service errors."""
    return Route(path, answering(handler), methods=[method])


def answering(handler: Handler) -> Handler:
    """The handler with its service errors answered; a bug is logged and answered as the service's own fault.

    So is the failure of the store, but not logged: the service ends with it, and tells it then.
    """

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except errors.ServiceError as error:
            return refusal(error)
        except DurablectlError as error:
            return refusal(errors.internal(f"The local service cannot go on: {error.message}."))
        except Exception:
            # The edge of the service: a bug in one request must not end what other executions rely on.
            _log.exception("%s %s failed", request.method, request.url.path)
            return refusal(errors.internal("An internal error occurred in the local service."))

    return answer


def json_answer(body: Json, status: int = 200) -> Response:
    """A body with its status."""
    return bytes_answer(status, json.dumps(body).encode(), {})


def refusal(error: errors.ServiceError) -> Response:
    """An error, with the header that clients read its code from, and when to try again what was too much."""
    headers = {"x-amzn-errortype": error.code} | ({"Retry-After": "1"} if error.status == TOO_MANY_REQUESTS else {})
    return bytes_answer(error.status, json.dumps(error.body()).encode(), headers)


def bytes_answer(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    """Bytes as they are."""
    return Response(
        body or None,
        status_code=status,
        media_type="application/json",
        headers={"Server": _SERVER, "Date": _date(), "x-amzn-RequestId": tokens.new_request_id(), **headers},
    )


def _date() -> str:
    """The machine's time, whatever the executions take it for: clients compare it with their own."""
    return format_datetime(SystemClock().now(), usegmt=True)
