"""The invariants accept a sound history and name what is wrong with another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .invariants import violations
from .runner import Event, Recording

START = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST/durable-execution/name/execution-id"


def event(number: int, event_type: str, details: dict[str, Any] | None = None, **members: Any) -> Event:
    return {
        "EventId": number,
        "EventType": event_type,
        "EventTimestamp": START + timedelta(seconds=number),
        f"{event_type}Details": details or {},
        **members,
    }


def invocation(number: int, start: int) -> Event:
    times = {"StartTimestamp": START + timedelta(seconds=start), "EndTimestamp": START + timedelta(seconds=number)}
    return event(number, "InvocationCompleted", {"RequestId": f"request-{number}", **times})


@pytest.fixture
def recording() -> Recording:
    """A child context with a step that is tried twice."""
    step = {"Id": "step", "ParentId": "child", "SubType": "Step"}
    retried = {"RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 1}}
    events = [
        event(1, "ExecutionStarted", {"Input": {"Payload": "{}"}, "ExecutionTimeout": 60}, Id="execution-id"),
        event(2, "ContextStarted", Id="child", SubType="RunInChildContext"),
        event(3, "StepStarted", **step),
        event(4, "StepFailed", retried, **step),
        invocation(5, start=1),
        event(6, "StepStarted", **step),
        event(7, "StepSucceeded", {"RetryDetails": {"CurrentAttempt": 2}}, **step),
        event(8, "ContextSucceeded", Id="child", SubType="RunInChildContext"),
        invocation(9, start=6),
        event(10, "ExecutionSucceeded", Id="execution-id"),
    ]
    return Recording(ARN, "{}", {}, {"Status": "SUCCEEDED"}, events, {})


def test_a_sound_history_breaks_nothing(recording: Recording) -> None:
    assert list(violations(recording)) == []


def change_id(events: list[Event]) -> None:
    events[-1]["EventId"] = 11


def go_back(events: list[Event]) -> None:
    events[3]["EventTimestamp"] = START


def add_details(events: list[Event]) -> None:
    events[2]["WaitStartedDetails"] = {}


def change_input(events: list[Event]) -> None:
    events[0]["ExecutionStartedDetails"]["Input"]["Payload"] = "[]"


def drop_end(events: list[Event]) -> None:
    events.pop()


def rename(events: list[Event]) -> None:
    events[6]["Name"] = "another"


def orphan(events: list[Event]) -> None:
    events[2]["ParentId"] = events[3]["ParentId"] = events[5]["ParentId"] = events[6]["ParentId"] = "nobody"


def end_twice(events: list[Event]) -> None:
    events[3]["StepFailedDetails"] = {"RetryDetails": {"CurrentAttempt": 1}}


def overlap(events: list[Event]) -> None:
    events[8]["InvocationCompletedDetails"]["StartTimestamp"] = START + timedelta(seconds=4)


@pytest.mark.parametrize(
    "damage, violation",
    [
        (change_id, "event ids are not"),
        (go_back, "event 4 is older than event 3"),
        (add_details, "event 3 StepStarted has details"),
        (change_input, "ExecutionStarted has the input"),
        (drop_end, "the execution is SUCCEEDED, its closing events are []"),
        (rename, "differ in Name"),
        (orphan, "event 3 names a parent that is no context before it"),
        (end_twice, "event 6 follows event 4, which ended its operation"),
        (overlap, "invocation request-9 starts before request-5 has ended"),
    ],
)
def test_a_damaged_history_is_told(recording: Recording, damage: Callable[[list[Event]], None], violation: str) -> None:
    damage(recording.events)

    assert violation in " ".join(violations(recording))
