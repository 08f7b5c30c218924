"""What looking over many executions gives, whichever server is behind it: lists, the inbox of callbacks, functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from durablectl.backend.base import Backend
from durablectl.clock import SystemClock
from durablectl.errors import CallbackClosed, Unsupported
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.callback_inbox import Inbox, InboxQuery, callbacks_of_execution, read_inbox
from durablectl.operate.callbacks import CallbackStatus, find_callback, heartbeat, succeed
from durablectl.operate.connections import Connection
from durablectl.operate.filters import Filters
from durablectl.operate.function_listing import durable_functions
from durablectl.operate.listing import ListQuery, list_over
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.targets import Target, target_of_execution
from tests.contract.subjects import FUNCTION, Subject, eventually


def listed(subject: Subject, query: ListQuery, *, connections: int = 1) -> list[str]:
    """The labels of the population among what is listed; other tests start executions of their own."""
    labels = {arn: label for label, arn in subject.arns.items()}
    searched = [Connection(subject.backend, (FUNCTION,)) for _ in range(connections)]
    rows = list_over(searched, query, notes=CollectedNotes(), now=datetime.now(UTC))
    return [labels[row.execution.arn] for row in rows if row.execution.arn in labels]


def inbox_of(backend: Backend, **facts: object) -> Inbox:
    query = InboxQuery(ListQuery(limit=None), **facts)  # type: ignore[arg-type]
    return read_inbox([Connection(backend, (FUNCTION,))], query, notes=CollectedNotes(), now=datetime.now(UTC))


def target_of(subject: Subject, arn: str) -> Target:
    execution = subject.backend.execution(arn).execution
    return target_of_execution(arn, execution, function=FUNCTION, is_exact=True)


@pytest.mark.parametrize("oldest_first", [False, True])
def test_several_statuses_are_found_in_order(subject: Subject, oldest_first: bool) -> None:
    statuses = frozenset({ExecutionStatus.SUCCEEDED, ExecutionStatus.STOPPED, ExecutionStatus.FAILED})
    query = ListQuery(filters=Filters(statuses=statuses), limit=None, oldest_first=oldest_first)

    names = ["fifth", "third", "second", "first"]
    assert listed(subject, query) == (names[::-1] if oldest_first else names)


def test_what_two_connections_both_give_is_listed_once(subject: Subject) -> None:
    assert listed(subject, ListQuery(limit=None), connections=2) == ["fifth", "fourth", "third", "second", "first"]


def test_the_inbox_has_what_waits_and_nothing_else(subject: Subject) -> None:
    inbox = inbox_of(subject.backend)

    waiting = {found.target.arn: found for found in inbox.callbacks}
    assert subject.arns["fourth"] in waiting
    assert subject.arns["third"] not in waiting
    assert waiting[subject.arns["fourth"]].label == "approval"
    assert inbox.exit_code == 0


def test_the_inbox_of_one_execution_tells_its_time_left_where_the_server_does(subject: Subject) -> None:
    now = datetime.now(UTC)

    (found,) = callbacks_of_execution(
        subject.backend, target_of(subject, subject.arns["fourth"]), InboxQuery(), now=now
    ).callbacks

    assert found.is_pending
    if not subject.deviations.tells_no_callback_timeouts:
        due_by = found.due_by(now)
        assert due_by is not None
        assert due_by - now < timedelta(hours=1)


def test_a_callback_leaves_the_inbox_when_it_is_completed(subject: Subject) -> None:
    arn = subject.waiting()
    target = target_of(subject, arn)
    found = find_callback(subject.backend, target, "approval", now=datetime.now(UTC))
    assert arn in {each.target.arn for each in inbox_of(subject.backend).callbacks}

    heartbeat(subject.backend, found, clock=SystemClock())
    succeed(subject.backend, found, b'{"approved": true}', clock=SystemClock())

    eventually(
        lambda: arn not in {each.target.arn for each in inbox_of(subject.backend).callbacks}, "the callback to leave"
    )
    with pytest.raises(CallbackClosed) as refused:
        find_callback(subject.backend, target, "approval", now=datetime.now(UTC))
    assert refused.value.details["status"] == CallbackStatus.SUCCEEDED


def test_durable_functions_are_found_where_the_server_lists_functions(subject: Subject) -> None:
    if "functions" in subject.deviations.lacks:
        with pytest.raises(Unsupported):
            durable_functions([Connection(subject.backend)], notes=CollectedNotes())
        return

    found = durable_functions([Connection(subject.backend)], notes=CollectedNotes(), with_counts=True)

    by_name = {one.function.name: one for one in found}
    assert found.exit_code == 0
    assert sum((by_name[FUNCTION].counts or {}).values()) >= len(subject.arns)
