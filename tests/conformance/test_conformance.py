"""The service records what durable executions are known to leave behind, case by case."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from concurrent.futures import Future

import pytest

from .catalogue import Case, load_cases
from .invariants import violations
from .matcher import history_mismatches, mismatches, substitute
from .runner import CASE_DEADLINE_SECONDS, Recording
from .service import POLL_SECONDS, Service

CASES = list(load_cases())
LOG_DEADLINE_SECONDS = 5

# The cases share one service and run at the same time; spread over several processes each would run them all.
pytestmark = pytest.mark.xdist_group("conformance")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_service_conforms(case: Case, recordings: dict[str, Future[Recording]], service: Service) -> None:
    recording = recordings[case.id].result(timeout=CASE_DEADLINE_SECONDS * 2)

    found = differences(case, recording, service)

    assert not found, report(case, recording, found)


def test_case_ids_are_unique() -> None:
    assert [case_id for case_id, count in Counter(case.id for case in CASES).items() if count > 1] == []


def differences(case: Case, recording: Recording, service: Service) -> list[str]:
    """All that is not as the case expects, one line each."""
    return [
        *history_mismatches(case.history, recording.events, recording.bound),
        *surplus_events(case, recording),
        *violations(recording),
        *outcome_differences(case, recording),
        *log_differences(case, recording, service),
    ]


def surplus_events(case: Case, recording: Recording) -> list[str]:
    """Events after the last expected one, and counts of types whose order is open."""
    surplus = [event["EventType"] for event in recording.events if event["EventId"] > case.last_event_id]
    counts = Counter(event["EventType"] for event in recording.events)
    wrong = {event_type: counts[event_type] for event_type, count in case.counts.items() if counts[event_type] != count}
    return [f"unexpected events at the end: {surplus}"] * bool(surplus) + [f"wrong counts: {wrong}"] * bool(wrong)


def outcome_differences(case: Case, recording: Recording) -> list[str]:
    """What GetDurableExecution and, of a synchronous one, the answer to Invoke say about the end."""
    if case.status is None:
        return []
    execution = recording.execution
    found = list(mismatches(case.status, execution["Status"], recording.bound, "Status"))
    if execution["Status"] == "SUCCEEDED":
        found += mismatches(case.result, json.loads(execution["Result"]), recording.bound, "Result")
    elif "Error" not in execution:
        found.append("the execution has no Error")
    return found + (response_differences(recording) if case.invocation == "RequestResponse" else [])


def response_differences(recording: Recording) -> list[str]:
    """How the answer to a synchronous Invoke differs from the end of the execution that it waited for."""
    response, execution = recording.response, recording.execution
    if execution["Status"] == "SUCCEEDED":
        return list(mismatches(json.loads(execution["Result"]), json.loads(response["Payload"]), {}, "response"))
    return [] if response.get("FunctionError") else ["the response of a failed execution has no FunctionError"]


def log_differences(case: Case, recording: Recording, service: Service) -> list[str]:
    """Texts that the handlers wrote too often or not often enough, as the service showed them."""
    return [
        f"log {pattern!r}: expected {expected.count} lines, got {count}"
        for expected in case.logs
        for pattern in [substitute(expected.pattern, recording.bound)]
        for count in [matching_lines(service, pattern, expected.count)]
        if count != expected.count
    ]


def matching_lines(service: Service, pattern: str, enough: int) -> int:
    """Lines of the service's output that a pattern matches; output may arrive a little after the execution's end."""
    deadline = time.monotonic() + LOG_DEADLINE_SECONDS
    while True:
        lines = service.output.read_text(encoding="utf-8", errors="replace").splitlines()
        count = sum(re.search(pattern, line) is not None for line in lines)
        if count >= enough or time.monotonic() > deadline:
            return count
        time.sleep(POLL_SECONDS)


def report(case: Case, recording: Recording, found: list[str]) -> str:
    """What a failing test shows: the sentence of the case, what differs, and the recorded history."""
    history = [f"{event['EventId']:>3} {event['EventType']} {event.get('Name', '')}" for event in recording.events]
    return "\n".join([f"{case.id}: {case.proves}", *found, recording.arn, *history])
