"""What handlers wrote, through the operations of CloudWatch Logs that reading it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from durablectl.local import tokens
from durablectl.local.errors import ServiceError
from durablectl.local.functions.catalog import Catalog
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.records import KeptLine, OutputLine, OutputQuery
from durablectl.local.logs.filter_patterns import Condition, InvalidPattern, parse_filter_pattern

Json = dict[str, Any]

TARGET_PREFIX = "Logs_20140328."
MAX_EVENTS = 10_000
_SCANNED_AT_ONCE = 1_000
"""Lines that are read and compared in one go, so that other requests get their turn."""
_SCANNED_FOR_A_PAGE = 20_000
"""Lines that are looked at for one answer; where few match, an answer may be empty and still not the last."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    query: OutputQuery
    matches: Condition
    streams: frozenset[str]
    limit: int


class Logs:
    """Answers FilterLogEvents over the journal; each invocation has a log stream of its own."""

    def __init__(self, catalog: Catalog, journal: Journal) -> None:
        self._catalog = catalog
        self._journal = journal

    async def answer(self, target: str, request: Mapping[str, Any]) -> Json:
        """The answer to the operation that the header X-Amz-Target names. Raises ServiceError."""
        if target != f"{TARGET_PREFIX}FilterLogEvents":
            raise _refusal("UnknownOperationException", f"Unknown operation: {target}")
        return await self._filter_events(self._wanted(request))

    def _wanted(self, request: Mapping[str, Any]) -> _Wanted:
        pattern = request.get("filterPattern")
        if pattern is not None and not isinstance(pattern, str):
            raise _refusal("InvalidParameterException", "filterPattern must be text")
        try:
            matches = parse_filter_pattern(pattern)
        except InvalidPattern as error:
            raise _refusal("InvalidParameterException", f"Invalid filter pattern: {error}") from None
        limit = request.get("limit") or MAX_EVENTS
        if not isinstance(limit, int) or not 0 < limit <= MAX_EVENTS:
            raise _refusal("InvalidParameterException", f"limit must be between 1 and {MAX_EVENTS}")
        query = OutputQuery(
            function=self._function_of(request.get("logGroupName") or request.get("logGroupIdentifier")),
            since=_instant(request, "startTime"),
            until=_instant(request, "endTime"),
            after=_read_token(request.get("nextToken")),
            limit=_SCANNED_AT_ONCE,
        )
        return _Wanted(query, matches, _streams(request.get("logStreamNames")), limit)

    def _function_of(self, group: object) -> str:
        names = {f"/aws/lambda/{function.name}": function.name for function in self._catalog}
        if not isinstance(group, str) or group not in names:
            raise _refusal("ResourceNotFoundException", "The specified log group does not exist.")
        return names[group]

    async def _filter_events(self, wanted: _Wanted) -> Json:
        found: list[Json] = []
        query = wanted.query
        for _ in range(_SCANNED_FOR_A_PAGE // _SCANNED_AT_ONCE):
            lines = await self._journal.output_of(query)
            for kept in lines:
                if not _matches(kept, wanted):
                    continue
                found.append(_event(kept))
                if len(found) == wanted.limit:
                    return _page(found, kept.number)
            if len(lines) < query.limit:
                return _page(found, None)
            query = query.following(lines[-1].number)
        return _page(found, query.after)


def _matches(kept: KeptLine, wanted: _Wanted) -> bool:
    return (not wanted.streams or _stream_of(kept.line) in wanted.streams) and wanted.matches(kept.line.text)


def _stream_of(line: OutputLine) -> str:
    """The log stream: on Lambda that of the process, here that of the invocation, because processes are not kept."""
    return f"{line.at:%Y/%m/%d}/[{line.version}]{(line.request_id or 'init').replace('-', '')}"


def _event(kept: KeptLine) -> Json:
    milliseconds = round(kept.line.at.timestamp() * 1000)
    return {
        "eventId": f"{kept.number:056d}",
        "logStreamName": _stream_of(kept.line),
        "timestamp": milliseconds,
        "ingestionTime": milliseconds,
        "message": kept.line.text,
    }


def _page(events: list[Json], last_number: int | None) -> Json:
    answer: Json = {"events": events, "searchedLogStreams": []}
    if last_number is not None:
        answer["nextToken"] = tokens.marker("logs", last_number)
    return answer


def _read_token(token: object) -> int:
    if not token:
        return 0
    parts = tokens.read_marker(str(token), 2)
    if parts is None or parts[0] != "logs" or not tokens.is_count(parts[1]):
        raise _refusal("InvalidParameterException", "The specified nextToken is invalid.")
    return int(parts[1])


def _streams(names: object) -> frozenset[str]:
    if names is None:
        return frozenset()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _refusal("InvalidParameterException", "logStreamNames must be a list of names")
    return frozenset(names)


def _instant(request: Mapping[str, Any], member: str) -> datetime | None:
    value = request.get(member)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise _refusal("InvalidParameterException", f"{member} is no instant in milliseconds") from None


def _refusal(code: str, message: str) -> ServiceError:
    # CloudWatch Logs speaks another protocol than Lambda: the code stands in the body.
    return ServiceError(code, 400, message, extra={"__type": code})
