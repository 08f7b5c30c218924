"""What holds for every history that a service records, whatever ran."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from .runner import Event, Recording

CLOSING_EVENT = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed"}
ENDINGS = ("Succeeded", "Failed", "TimedOut", "Stopped", "Cancelled")


def violations(recording: Recording) -> Iterator[str]:
    """The invariants that a recording breaks, in words; none when it is sound."""
    for invariant in INVARIANTS:
        yield from invariant(recording)


def _event_ids_have_no_gaps(recording: Recording) -> Iterator[str]:
    ids = [event["EventId"] for event in recording.events]
    if ids != list(range(1, len(ids) + 1)):
        yield f"event ids are not 1, 2, 3 …: {ids}"


def _timestamps_never_go_back(recording: Recording) -> Iterator[str]:
    for before, after in pairwise(recording.events):
        if after["EventTimestamp"] < before["EventTimestamp"]:
            yield f"event {after['EventId']} is older than event {before['EventId']}"


def _details_belong_to_the_type(recording: Recording) -> Iterator[str]:
    for event in recording.events:
        details = [key for key in event if key.endswith("Details")]
        if details != [f"{event['EventType']}Details"]:
            yield f"event {event['EventId']} {event['EventType']} has details {details}"


def _it_begins_with_its_start(recording: Recording) -> Iterator[str]:
    first = recording.events[0]
    if first["EventType"] != "ExecutionStarted":
        yield f"the first event is {first['EventType']}"
        return
    if first["Id"] != recording.arn.rsplit("/", 1)[-1]:
        yield f"ExecutionStarted has the id {first['Id']}, the ARN is {recording.arn}"
    details = first["ExecutionStartedDetails"]
    if details["Input"].get("Payload") != recording.payload:
        yield f"ExecutionStarted has the input {details['Input']!r}, {recording.payload!r} was sent"
    if details["ExecutionTimeout"] < 1:
        yield f"ExecutionStarted has the execution timeout {details['ExecutionTimeout']}"


def _it_ends_with_its_end(recording: Recording) -> Iterator[str]:
    status = recording.execution["Status"]
    closing = [event["EventType"] for event in recording.events if event["EventType"] in CLOSING_EVENT.values()]
    expected = [CLOSING_EVENT[status]] if status in CLOSING_EVENT else []
    if closing != expected:
        yield f"the execution is {status}, its closing events are {closing}"
    elif closing and [event["EventType"] for event in recording.events[-2:]] != ["InvocationCompleted", *closing]:
        yield f"{closing[0]} is not the last event, right after the end of an invocation"


def _events_of_an_operation_agree(recording: Recording) -> Iterator[str]:
    known: dict[str, Event] = {}
    for event in _operation_events(recording):
        first = known.setdefault(event["Id"], event)
        for key in ("SubType", "Name", "ParentId"):
            if event.get(key) != first.get(key):
                yield f"events {first['EventId']} and {event['EventId']} of one operation differ in {key}"


def _parents_come_first(recording: Recording) -> Iterator[str]:
    contexts: set[str] = set()
    for event in _operation_events(recording):
        if event.get("ParentId") not in {None, *contexts}:
            yield f"event {event['EventId']} names a parent that is no context before it"
        if event["EventType"] == "ContextStarted":
            contexts.add(event["Id"])


def _operations_end_once(recording: Recording) -> Iterator[str]:
    ended: dict[str, int] = {}
    for event in _operation_events(recording):
        if event["Id"] in ended:
            yield f"event {event['EventId']} follows event {ended[event['Id']]}, which ended its operation"
        if event["EventType"].endswith(ENDINGS) and not _will_be_tried_again(event):
            ended[event["Id"]] = event["EventId"]


def _invocations_follow_each_other(recording: Recording) -> Iterator[str]:
    events = [event for event in recording.events if event["EventType"] == "InvocationCompleted"]
    invocations = [event["InvocationCompletedDetails"] for event in events]
    if len({invocation["RequestId"] for invocation in invocations}) != len(invocations):
        yield "two invocations have the same request id"
    for invocation in invocations:
        if invocation["EndTimestamp"] < invocation["StartTimestamp"]:
            yield f"invocation {invocation['RequestId']} ends before it starts"
    for before, after in pairwise(invocations):
        if after["StartTimestamp"] < before["EndTimestamp"]:
            yield f"invocation {after['RequestId']} starts before {before['RequestId']} has ended"
    for event in events:
        if {"Id", "ParentId", "Name", "SubType"} & event.keys():
            yield f"event {event['EventId']} ends an invocation and names an operation"


def _operation_events(recording: Recording) -> Iterator[Event]:
    for event in recording.events:
        if not event["EventType"].startswith(("Execution", "Invocation")):
            yield event


def _will_be_tried_again(event: Event) -> bool:
    details: dict[str, Any] = event[f"{event['EventType']}Details"]
    return bool(details.get("RetryDetails", {}).get("NextAttemptDelaySeconds"))


INVARIANTS: tuple[Callable[[Recording], Iterator[str]], ...] = (
    _event_ids_have_no_gaps,
    _timestamps_never_go_back,
    _details_belong_to_the_type,
    _it_begins_with_its_start,
    _it_ends_with_its_end,
    _events_of_an_operation_agree,
    _parents_come_first,
    _operations_end_once,
    _invocations_follow_each_other,
)
