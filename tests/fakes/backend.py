"""A server in memory behind the Backend protocol: it pages by two, counts its requests and fails when told to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from durablectl.backend.base import ListFilter, Source, StartedExecution, StateOperation
from durablectl.clock import Clock, ManualClock
from durablectl.errors import CallbackClosed, Conflict, NameInUse, NotFound, UsageError
from durablectl.local.rules.navigable_state import StateView
from durablectl.model.arn import parse_function_name
from durablectl.model.events import Event
from durablectl.model.executions import Alias, Execution, ExecutionDetail, Function, PauseDetails
from durablectl.model.operations import Operation, fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import CLOSED_STATUSES, ExecutionStatus, OperationType
from durablectl.model.wire_operations import read_operation, without_data
from tests.fakes.histories import NOW, RecordedExecution, make_arn, make_execution

PAGE = 2
"""Items of a page, whatever page size was asked for, so that forgetting to page is noticed."""

AWS = Source("aws", None, "eu-west-1")
NO_FILTER = ListFilter()

MUTATIONS = frozenset(
    {"stop", "pause", "resume", "delete", "succeed_callback", "fail_callback", "heartbeat_callback", "start"}
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the server saw it; a list of three pages is three calls."""

    verb: str
    target: str | None
    page: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


def make_function(
    name: str = "orders", *, version: str = "$LATEST", is_durable: bool = True, execution_timeout_s: int = 604_800
) -> Function:
    """A function of the account that the tests work in."""
    return Function(
        name=name,
        arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{name}:{version}",
        version=version,
        runtime="python3.13",
        timeout_s=60,
        execution_timeout_s=execution_timeout_s if is_durable else None,
        retention_days=14 if is_durable else None,
        last_modified_at=NOW,
        is_durable=is_durable,
    )


class FakeBackend:
    """Serves recorded executions as AWS would.

    `is_reversed` lists and reads in the opposite order instead, `renumbers_events` sorts and numbers the events of a
    history by time at each request.
    """

    def __init__(
        self,
        *recorded: RecordedExecution,
        clock: Clock | None = None,
        functions: Iterable[Function] | None = None,
        aliases: dict[tuple[str, str], list[str]] | None = None,
        source: Source = AWS,
        is_reversed: bool = False,
        ignores_filters: bool = False,
        renumbers_events: bool = False,
    ) -> None:
        self.recorded: dict[str, RecordedExecution] = {each.arn: each for each in recorded}
        self.clock = clock or ManualClock(NOW)
        self.served = list(functions) if functions is not None else _functions_of(recorded)
        self.known_aliases = aliases or {}
        self.calls: list[Call] = []
        self.heartbeats: list[str] = []
        self.client_tokens: list[str | None] = []
        """What came with each request that the service tells from its repetition."""
        self.is_reversed = is_reversed
        self.ignores_filters = ignores_filters
        self.renumbers_events = renumbers_events
        self._source = source
        self._hooks: dict[tuple[str, str | None, int], list[Callable[[], None]]] = {}
        self._scheduled: list[tuple[datetime, Callable[[], None]]] = []
        self._counts: Counter[tuple[str, str | None]] = Counter()
        self._lock = threading.RLock()

    # --- what a test sets up and looks at -----------------------------------------------------------------------------

    def add(self, *recorded: RecordedExecution) -> None:
        """Know further executions."""
        self.recorded |= {each.arn: each for each in recorded}

    def fail(self, verb: str, error: Exception, *, nth: int = 1, times: int = 1, target: str | None = None) -> None:
        """Answer the nth request of `verb` from now on, and as many as `times` says, with `error`.

        With `target` requests about that alone are counted: those of several threads come in any order.
        """

        def raise_error() -> None:
            raise error

        for number in range(nth, nth + times):
            self.before(verb, raise_error, nth=number, target=target)

    def before(self, verb: str, action: Callable[[], None], *, nth: int = 1, target: str | None = None) -> None:
        """Run `action` before the nth request of `verb`, about `target` if that is given, is answered."""
        self._hooks.setdefault((verb, target, self._counts[verb, target] + nth), []).append(action)

    def at(self, instant: datetime, action: Callable[[], None]) -> None:
        """Run `action` before the first request at or after `instant`."""
        self._scheduled.append((instant, action))

    def set_status(self, arn: str, status: str) -> None:
        """Move an execution to another status, as the service would."""
        recorded, known = self.recorded[arn], ExecutionStatus(status)
        pause = PauseDetails(self.clock.now(), None, True) if known in ("PAUSING", "PAUSED") else None
        recorded.detail = replace(recorded.detail, pause=pause)
        recorded.change(status=known, ended_at=self.clock.now() if known.is_closed else None)

    def forget(self, arn: str) -> None:
        """Know an execution no more, as after its deletion."""
        del self.recorded[arn]

    def count(self, verb: str | None = None) -> int:
        """How many requests there were, of one verb or of all."""
        return len(self.calls) if verb is None else sum(call.verb == verb for call in self.calls)

    @property
    def data_requests(self) -> list[Call]:
        """The requests that asked for payloads."""
        return [call for call in self.calls if call.facts.get("with_data")]

    @property
    def mutations(self) -> list[Call]:
        """The requests that change something."""
        return [call for call in self.calls if call.verb in MUTATIONS]

    # --- the protocol -------------------------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        return self._source

    @property
    def keeps_event_ids(self) -> bool:
        return not self.renumbers_events

    def executions(
        self, function: str, filters: ListFilter = NO_FILTER, *, page_size: int = 1000
    ) -> Iterator[Execution]:
        name = _bare(function)
        rows = [each.execution for each in self.recorded.values() if _function_of(each, name)]
        if not rows and not any(served.name == name for served in self.served):
            self._request("executions", function, filters=filters)
            raise NotFound(f"Function not found: {function}")
        if not self.ignores_filters:
            rows = [row for row in rows if _matches(row, filters)]
        rows.sort(key=lambda row: row.started_at or NOW, reverse=filters.oldest_first == self.is_reversed)
        yield from self._pages("executions", function, rows, page_size, filters=filters)

    def execution(self, arn: str, *, with_data: bool = False) -> ExecutionDetail:
        self._request("execution", arn, with_data=with_data)
        detail = self._find(arn).detail
        if with_data:
            return detail
        pause = replace(detail.pause, reason=None) if detail.pause else None
        return replace(detail, input=None, result=None, error=None, pause=pause, data_included=False)

    def history(
        self, arn: str, *, with_data: bool = False, newest_first: bool = False, page_size: int = 1000
    ) -> Iterator[Event]:
        if arn not in self.recorded:
            self._request("history", arn, with_data=with_data)
        events = list(self._find(arn).events)
        if self.renumbers_events:
            events = _renumbered(events)
        if newest_first != self.is_reversed:
            events.reverse()
        facts = {"with_data": with_data, "newest_first": newest_first}
        for event in self._pages("history", arn, events, page_size, **facts):
            yield event if with_data else _without_data(event)

    def state(self, arn: str, *, checkpoint_token: str | None, with_data: bool = False) -> Iterator[StateOperation]:
        self._request("state", arn, checkpoint_token=checkpoint_token, with_data=with_data)
        if checkpoint_token is None:
            raise UsageError("Invalid checkpoint token")
        view = StateView(self.clock.now())
        for operation in fold(self._find(arn).events).operations.values():
            raw = view.operation(operation)
            raw = raw if with_data else without_data(raw, with_errors=True)
            yield StateOperation(read_operation(raw), raw)

    def stop(self, arn: str, error: ErrorPayload | None = None) -> datetime | None:
        self._request("stop", arn, error=error)
        recorded = self._find(arn)
        if recorded.execution.status.is_closed:
            return recorded.execution.ended_at
        self._append(recorded, Event(0, "ExecutionStopped", error=error or ErrorPayload()))
        recorded.detail = replace(recorded.detail, error=error)
        self.set_status(arn, "STOPPED")
        return self.clock.now()

    def pause(
        self, arn: str, *, reason: str | None = None, timeout_paused: bool = True, client_token: str | None = None
    ) -> None:
        self.client_tokens.append(client_token)
        self._request("pause", arn, reason=reason, timeout_paused=timeout_paused)
        recorded = self._find(arn)
        self._need(recorded, ExecutionStatus.RUNNING)
        details = {"requested_at": self.clock.now(), "timeout_paused": timeout_paused, "reason": reason}
        self._append(recorded, Event(0, "ExecutionPaused", details=details))
        self.set_status(arn, "PAUSED")
        recorded.detail = replace(recorded.detail, pause=PauseDetails(self.clock.now(), reason, timeout_paused))

    def resume(self, arn: str, *, reason: str | None = None, client_token: str | None = None) -> None:
        self.client_tokens.append(client_token)
        self._request("resume", arn, reason=reason)
        recorded = self._find(arn)
        self._need(recorded, ExecutionStatus.PAUSED, ExecutionStatus.PAUSING)
        if recorded.execution.status == ExecutionStatus.PAUSED:
            details = {"requested_at": self.clock.now(), "reason": reason}
            self._append(recorded, Event(0, "ExecutionResumed", details=details))
        self.set_status(arn, "RUNNING")

    def delete(self, arn: str) -> datetime | None:
        self._request("delete", arn)
        self._need(self._find(arn), *CLOSED_STATUSES)
        # Gone when somebody looks again, as good as at once.
        self.at(self.clock.now(), lambda: self.forget(arn))
        return self.clock.now()

    def succeed_callback(self, callback_id: str, result: bytes | None) -> None:
        self._request("succeed_callback", callback_id, result=result)
        payload = Payload(None if result is None else result.decode())
        self._close_callback(callback_id, "CallbackSucceeded", result=payload)

    def fail_callback(self, callback_id: str, error: ErrorPayload | None) -> None:
        self._request("fail_callback", callback_id, error=error)
        self._close_callback(callback_id, "CallbackFailed", error=error or ErrorPayload())

    def heartbeat_callback(self, callback_id: str) -> None:
        self._request("heartbeat_callback", callback_id)
        self._open_callback(callback_id)
        self.heartbeats.append(callback_id)

    def start(
        self, function: str, *, qualifier: str, payload: bytes, name: str | None = None, tenant: str | None = None
    ) -> StartedExecution:
        for_whom = {"tenant": tenant} if tenant is not None else {}
        self._request("start", function, qualifier=qualifier, payload=payload, name=name, **for_whom)
        version = self.known_aliases.get((function, qualifier), [qualifier])[0]
        for recorded in self.recorded.values():
            if name is not None and recorded.execution.name == name and _function_of(recorded, function):
                return _attach(recorded, payload, version)
        name = name or f"generated-{len(self.recorded) + 1}"
        execution_id = f"00000000-0000-4000-8000-{len(self.recorded) + 1:012d}"
        arn = make_arn(name, function=function, version=version, id=execution_id)
        now = self.clock.now()
        self.add(make_execution(name, arn=arn, version=version, input=payload.decode(), started_at=now))
        return StartedExecution(arn, version)

    def functions(self) -> Iterator[Function]:
        latest = [function for function in self.served if function.version == "$LATEST"]
        yield from self._pages("functions", None, latest, PAGE)

    def function(self, name: str, *, qualifier: str | None = None) -> Function:
        self._request("function", name, qualifier=qualifier)
        wanted = self.known_aliases.get((name, qualifier or ""), [qualifier or "$LATEST"])[0]
        for function in self.served:
            if function.name == name and function.version == wanted:
                return function
        raise NotFound(f"Function not found: {name}:{wanted}")

    def versions(self, name: str) -> Iterator[Function]:
        yield from self._pages("versions", name, self._versions_of(name, "versions"), PAGE)

    def aliases(self, name: str) -> Iterator[Alias]:
        self._versions_of(name, "aliases")
        shares = [(alias, versions) for (function, alias), versions in self.known_aliases.items() if function == name]
        aliases = [Alias(alias, dict.fromkeys(versions, 1 / len(versions))) for alias, versions in shares]
        yield from self._pages("aliases", name, aliases, PAGE)

    def alias_versions(self, name: str, alias: str) -> list[str]:
        self._request("alias_versions", name, alias=alias)
        if (name, alias) not in self.known_aliases:
            raise NotFound(f"Alias not found: {name}:{alias}")
        return self.known_aliases[name, alias]

    # --- the inside ---------------------------------------------------------------------------------------------------

    def _request(self, verb: str, target: str | None, *, page: int = 0, **facts: Any) -> None:
        with self._lock:
            self.calls.append(Call(verb, target, page, facts))
            due = [entry for entry in self._scheduled if entry[0] <= self.clock.now()]
            self._scheduled = [entry for entry in self._scheduled if entry not in due]
            for _instant, action in due:
                action()
            hooks: list[Callable[[], None]] = []
            for about in dict.fromkeys((None, target)):
                self._counts[verb, about] += 1
                hooks += self._hooks.pop((verb, about, self._counts[verb, about]), ())
        # What a test hooks in may wait for another thread.
        for action in hooks:
            action()

    def _versions_of(self, name: str, verb: str) -> list[Function]:
        versions = [function for function in self.served if function.name == name]
        if not versions:
            self._request(verb, name)
            raise NotFound(f"Function not found: {name}")
        return versions

    def _pages(
        self, verb: str, target: str | None, items: Sequence[Item], page_size: int, **facts: Any
    ) -> Iterator[Item]:
        size = min(PAGE, page_size)
        for page in range(max(1, -(-len(items) // size))):
            self._request(verb, target, page=page, **facts)
            yield from items[page * size : (page + 1) * size]

    def _find(self, arn: str) -> RecordedExecution:
        if arn not in self.recorded:
            raise NotFound(f"The durable execution {arn} does not exist")
        return self.recorded[arn]

    def _need(self, recorded: RecordedExecution, *statuses: ExecutionStatus) -> None:
        if recorded.execution.status not in statuses:
            raise Conflict(f"{recorded.execution.name} is {recorded.execution.status}")

    def _open_callback(self, callback_id: str) -> tuple[RecordedExecution, Operation]:
        for recorded in self.recorded.values():
            for operation in fold(recorded.events).operations.values():
                if operation.type != OperationType.CALLBACK or operation.callback_id != callback_id:
                    continue
                if operation.is_final or recorded.execution.status.is_closed:
                    raise CallbackClosed("The callback is either timed out or already completed")
                return recorded, operation
        raise NotFound("Invalid callback id")

    def _close_callback(self, callback_id: str, event_type: str, **facts: Any) -> None:
        recorded, operation = self._open_callback(callback_id)
        event = Event(0, event_type, operation_id=operation.id, parent_id=operation.parent_id, **facts)
        self._append(recorded, replace(event, name=operation.name, sub_type=operation.sub_type))

    def _append(self, recorded: RecordedExecution, event: Event) -> None:
        recorded.events.append(replace(event, event_id=len(recorded.events) + 1, at=self.clock.now()))


def _functions_of(recorded: Iterable[RecordedExecution]) -> list[Function]:
    names = dict.fromkeys(each.execution.parts.function for each in recorded if each.execution.parts)
    return [make_function(name) for name in names]


def _bare(function: str) -> str:
    parsed = parse_function_name(function)
    return parsed.name if parsed else function


def _function_of(recorded: RecordedExecution, name: str) -> bool:
    return _bare(recorded.execution.function_arn or "") == name


def _matches(row: Execution, filters: ListFilter) -> bool:
    started_at = row.started_at or NOW
    return (
        (filters.qualifier is None or (row.parts is not None and row.parts.version == filters.qualifier))
        and (filters.name is None or row.name == filters.name)
        and (not filters.statuses or row.status in filters.statuses)
        and (filters.started_after is None or started_at >= filters.started_after)
        and (filters.started_before is None or started_at <= filters.started_before)
    )


def _renumbered(events: list[Event]) -> list[Event]:
    by_time = sorted(events, key=lambda event: event.at or NOW)
    return [replace(event, event_id=number) for number, event in enumerate(by_time, 1)]


def _without_data(event: Event) -> Event:
    """The event as the service gives it without execution data: payloads are marked as left out."""
    return replace(
        event,
        input=Payload(truncated=True) if event.input else None,
        result=Payload(truncated=True) if event.result else None,
        error=ErrorPayload(truncated=True) if event.error else None,
        details={key: value for key, value in event.details.items() if key != "reason"},
    )


def _attach(recorded: RecordedExecution, payload: bytes, version: str) -> StartedExecution:
    known = recorded.detail.input.text if recorded.detail.input else None
    if (known or "").encode() != payload:
        raise NameInUse(f"Execution already started: {recorded.arn}")
    return StartedExecution(recorded.arn, version)
