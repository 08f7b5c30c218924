"""CloudWatch Logs: the lines of a log group, one client for AWS and for what the local service serves of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from durablectl.backend.budget import Budgets, OnWait
from durablectl.backend.endpoints import is_aws
from durablectl.backend.logs import LogEvent, LogQuery
from durablectl.backend.requests import Json, Observer, Requests
from durablectl.backend.transport import BotocoreTransport, Limits
from durablectl.clock import Clock, SystemClock
from durablectl.config import Settings

_LIMITS = Limits()

PAGE_EVENTS = 10_000
"""The most that FilterLogEvents gives at once."""


def connect_logs(
    settings: Settings,
    *,
    clock: Clock | None = None,
    limits: Limits = _LIMITS,
    on_wait: OnWait | None = None,
    observer: Observer | None = None,
    budgets: Budgets | None = None,
) -> LogsApi:
    """The logs that belong to the functions of a connection; nothing is sent before the first question.

    A server that is not AWS's own is asked for its logs too, unless AWS_ENDPOINT_URL_LOGS names another.
    """
    endpoint_url = settings.logs_endpoint_url
    if endpoint_url is None and not is_aws(settings.endpoint_url):
        endpoint_url = settings.endpoint_url
    settings = replace(settings, endpoint_url=endpoint_url)
    transport = BotocoreTransport(settings, limits, service="logs")
    budget = (budgets or Budgets(clock or SystemClock(), on_wait)).of(settings, "logs")
    return LogsApi(Requests(transport, budget, read_only=settings.read_only, observer=observer))


class LogsApi:
    """Implements `LogSource` by the API of CloudWatch Logs."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def events(self, query: LogQuery) -> Iterator[LogEvent]:
        """The entries that match (FilterLogEvents); pages in between may be empty."""
        parameters: dict[str, Any] = {"logGroupName": query.group, "limit": PAGE_EVENTS}
        optional = {
            "startTime": _milliseconds(query.since),
            "endTime": _milliseconds(query.until),
            "filterPattern": query.pattern,
            "logStreamNames": list(query.streams) or None,
        }
        parameters |= {name: value for name, value in optional.items() if value is not None}
        pages = self._requests.pages(
            "FilterLogEvents", query.group, parameters, member="events", tokens=("nextToken", "nextToken")
        )
        return (_read_event(row) for page in pages for row in page)


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else max(0, round(instant.timestamp() * 1000))


def _read_event(row: Json) -> LogEvent:
    at = row.get("timestamp")
    milliseconds = at if isinstance(at, int) else 0
    return LogEvent(
        id=str(row.get("eventId") or ""),
        stream=str(row.get("logStreamName") or ""),
        at=datetime.fromtimestamp(milliseconds / 1000, UTC),
        message=str(row.get("message") or ""),
    )
