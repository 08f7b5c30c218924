"""What requests to the service carry: bodies, parameters and markers, read as the API's shapes say or refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request

from durablectl.local import errors, tokens
from durablectl.local.encoding import read_json
from durablectl.local.engine.pausing import ChangeRequest
from durablectl.local.rules import shapes
from durablectl.local.rules.pausing import MAX_REASON_CHARACTERS
from durablectl.local.workers.runtime_api import bounded_body
from durablectl.model import wire
from durablectl.model.arn import parse_execution_arn
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Of requests that have no limit of their own."""
MAX_PAGE_ITEMS = 1000
MAX_STATUSES = 10


def execution_arn(request: Request) -> str:
    """The ARN by which the path names an execution."""
    arn: str = request.path_params["arn"]
    if parse_execution_arn(arn) is None:
        raise errors.validation(arn, "durableExecutionArn", "Member must be the ARN of a durable execution")
    return arn


async def read_object(request: Request, limit: int = MAX_BODY_BYTES) -> Mapping[str, Any]:
    """The JSON object in the body, of at most `limit` bytes; an empty body is an empty object."""
    body = await bounded_body(request, limit)
    if body is None:
        raise errors.too_large(limit)
    try:
        value = read_json(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise errors.serialization(f"Could not parse request body into json: {error}") from None
    if not isinstance(value, dict):
        raise errors.serialization("Start of structure or map found where not expected.")
    return value


async def read_error(request: Request) -> ErrorPayload:
    """The error object that is the body."""
    return shapes.error_object(await read_object(request))


def checkpoint_token(members: Mapping[str, Any]) -> str:
    """The token that has to be among the members of a request."""
    shapes.required_text(members, "CheckpointToken")
    return shapes.matched_text(members, "CheckpointToken", shapes.CHECKPOINT_TOKEN) or ""


async def read_change(request: Request) -> ChangeRequest:
    """The wish to pause or to resume that the body states; every member may be left out."""
    body = await read_object(request)
    client_token, reason = shapes.matched_text(body, "ClientToken", shapes.CLIENT_TOKEN), shapes.text(body, "Reason")
    if reason is not None and len(reason) > MAX_REASON_CHARACTERS:
        constraint = f"Member must have length less than or equal to {MAX_REASON_CHARACTERS}"
        # The reason is sensitive, so the message does not repeat it.
        raise errors.validation("***", "reason", constraint)
    timeout_paused = shapes.flag(body, "ExecutionTimeoutPaused")
    return ChangeRequest(client_token, reason, timeout_paused is not False)


def check_statuses(statuses: frozenset[str]) -> None:
    """Refuse statuses that the API does not have, and too many of them."""
    if len(statuses) > MAX_STATUSES:
        constraint = f"Member must have length less than or equal to {MAX_STATUSES}"
        raise errors.validation(sorted(statuses), "statuses", constraint)
    for status in sorted(statuses):
        if not ExecutionStatus(status).is_known:
            constraint = f"Member must satisfy enum value set: [{', '.join(ExecutionStatus)}]"
            raise errors.validation(status, "statuses", constraint)


def weights(body: Mapping[str, Any]) -> dict[str, float] | None:
    """The weights in a routing configuration, or None without one."""
    routing = shapes.structure(body, "RoutingConfig")
    if routing is None:
        return None
    given = shapes.structure(routing, "AdditionalVersionWeights", "routingConfig") or {}
    for weight in given.values():
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise errors.serialization(f"'{weight}' can not be converted to Double")
    return {str(version): float(weight) for version, weight in given.items()}


def item_marker(request: Request) -> str:
    """The key behind which a list of functions, versions or aliases goes on; empty at its start."""
    marker = request.query_params.get("Marker")
    if not marker:
        return ""
    parts = tokens.read_marker(marker, 2)
    if parts is None or parts[0] != "items":
        raise errors.invalid_parameter("Invalid marker")
    return parts[1]


def max_items(request: Request, *, most: int = MAX_PAGE_ITEMS) -> int:
    """How many items a page may have at most; 0 leaves it to the service."""
    text = request.query_params.get("MaxItems", "0")
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise errors.serialization(f"'{text}' can not be converted to Integer")
    value = int(text)
    if value < 0:
        raise errors.validation(value, "maxItems", "Member must have value greater than or equal to 0")
    if value > most:
        raise errors.validation(value, "maxItems", f"Member must have value less than or equal to {most}")
    return value


def flag(request: Request, name: str, *, default: bool) -> bool:
    """A boolean parameter."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if text not in ("true", "false"):
        raise errors.serialization(f"'{text}' can not be converted to Boolean")
    return text == "true"


def instant(request: Request, name: str) -> datetime | None:
    """A parameter that is an instant, or None without it."""
    text = request.query_params.get(name)
    if text is None:
        return None
    instant = wire.read_instant(text)
    if instant is None:
        raise errors.serialization(f"'{text}' can not be converted to Timestamp")
    return instant


def client_context(header: str | None) -> str | None:
    """The JSON object in an Invoke's client context, which comes in base64. Raises ServiceError."""
    if not header:
        return None
    try:
        text = base64.b64decode(header, validate=True).decode()
        is_object = isinstance(json.loads(text), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise errors.ServiceError(
            "InvalidRequestContentException", 400, "Client context must be a valid Base64-encoded JSON object."
        )
    return text
