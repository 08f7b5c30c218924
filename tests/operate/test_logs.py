"""Which lines belong to an execution, and to which of its operations and invocations."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from durablectl.backend.logs import LONGEST_PATTERN
from durablectl.clock import ManualClock
from durablectl.errors import NotFound, ServiceFault, Unsupported
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import follow
from durablectl.operate.log_joining import LogLine
from durablectl.operate.log_windows import Bounds, Span, arn_pattern, request_patterns, windows_of
from durablectl.operate.logs import WINDOWS_READ, LogReader, bounds_of, follow_logs, log_group_of
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.targets import Target
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import NOW, RecordedExecution, make_execution, step, wait
from tests.fakes.logs import GROUP, FakeLogs

RUNNING = "aaaaaaaa-0000-4000-8000-000000000000"
FOREIGN = "ffffffff-0000-4000-8000-000000000000"
TARGET_FUNCTION = replace(make_function(version="7"), log_group=GROUP)


@pytest.fixture
def execution() -> RecordedExecution:
    """One that has ended its first invocation and waits."""
    return make_execution("order-1042", step("charge").fails(1).succeeds(), wait("cool-down", 7200).is_pending())


def first_invocation(execution: RecordedExecution) -> tuple[str, datetime, datetime]:
    first = fold(execution.events).invocations[0]
    assert first.request_id
    assert first.started_at
    assert first.ended_at
    return first.request_id, first.started_at, first.ended_at


def read(execution: RecordedExecution, logs: FakeLogs) -> list[LogLine]:
    reader = LogReader(logs, GROUP, execution.arn, CollectedNotes())
    return reader.read(fold(execution.events), Bounds(), NOW)


def messages(lines: list[LogLine]) -> list[str]:
    return [line.record.message for line in lines]


def test_a_line_with_the_arn_is_joined_by_its_fields(execution: RecordedExecution) -> None:
    logs, (request_id, at, _) = FakeLogs(), first_invocation(execution)
    operation = next(iter(fold(execution.events).operations))
    logs.write_record(
        at, message="a", executionArn=execution.arn, requestId=request_id, operationId=operation, attempt=2
    )

    (line,) = read(execution, logs)

    assert line.node is not None
    assert (line.node.name, line.attempt, line.invocation_index, line.request_id) == ("charge", 2, 0, request_id)


def test_a_line_is_joined_by_a_name_that_only_one_operation_has(execution: RecordedExecution) -> None:
    logs, (_, at, _) = FakeLogs(), first_invocation(execution)
    logs.write_record(at, message="a", executionArn=execution.arn, operationName="charge")

    (line,) = read(execution, logs)

    assert line.node is not None


def test_text_is_joined_by_the_request_id(execution: RecordedExecution) -> None:
    logs, (request_id, at, _) = FakeLogs(), first_invocation(execution)
    logs.write(at, f"[INFO]\t2026-11-21T09:00:00.1Z\t{request_id}\tcharging")

    (line,) = read(execution, logs)

    assert (line.record.message, line.invocation_index, line.node) == ("charging", 0, None)


def test_a_line_that_names_nothing_belongs_to_who_wrote_to_its_stream_then(execution: RecordedExecution) -> None:
    logs, (request_id, since, until) = FakeLogs(), first_invocation(execution)
    logs.write(since, f"START RequestId: {request_id} Version: 7")
    logs.write(since, "printed")
    logs.write(since, "elsewhere", stream="s-2")
    logs.write(since - timedelta(seconds=1), "before")
    logs.write(until + timedelta(seconds=1), "after")

    lines = read(execution, logs)

    assert messages(lines)[1:] == ["printed"]
    assert {line.request_id for line in lines} == {request_id}


def test_lines_of_others_are_left_out(execution: RecordedExecution) -> None:
    logs, (request_id, at, _) = FakeLogs(), first_invocation(execution)
    logs.write_record(at, message="other", executionArn=f"{execution.arn}-2", requestId=request_id)
    logs.write_record(at, message=f"mentions {request_id}", requestId=FOREIGN)
    logs.write(at, f"START RequestId: {request_id} Version: 7")
    logs.write(at, f"[INFO]\t2026-11-21T09:00:00.1Z\t{FOREIGN}\tforeign")

    assert len(read(execution, logs)) == 1


def test_the_running_invocation_is_the_one_after_the_last(execution: RecordedExecution) -> None:
    logs, at = FakeLogs(), NOW
    logs.write_record(at, message="a", executionArn=execution.arn, requestId=RUNNING)
    logs.write(at, f"[INFO]\t2026-11-21T09:00:00.1Z\t{RUNNING}\tb")
    logs.write(at, "printed")

    lines = read(execution, logs)

    count = len(fold(execution.events).invocations)
    assert messages(lines) == ["a", "b", "printed"]
    assert {line.invocation_index for line in lines} == {count}


def test_lines_come_in_order_and_only_once(execution: RecordedExecution) -> None:
    logs, (_, at, _) = FakeLogs(), first_invocation(execution)
    reader = LogReader(logs, GROUP, execution.arn, CollectedNotes())
    folded = fold(execution.events)
    logs.write_record(at + timedelta(seconds=1), message="b", executionArn=execution.arn)
    logs.write_record(at, message="a", executionArn=execution.arn)

    assert messages(reader.read(folded, Bounds(), NOW)) == ["a", "b"]
    logs.write_record(at, message="late", executionArn=execution.arn)
    assert messages(reader.read(folded, Bounds(), NOW)) == ["late"]


def test_times_are_bounded_by_the_execution_and_since() -> None:
    ended = make_execution("order-1", step("a"), status="SUCCEEDED").execution
    assert ended.started_at
    assert ended.ended_at

    bounds = bounds_of(ended, None)

    assert bounds.since
    assert bounds.since < ended.started_at
    assert bounds.until
    assert bounds.until > ended.ended_at
    assert bounds_of(ended, ended.ended_at).since == ended.ended_at


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_patterns_keep_to_the_services_length() -> None:
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(60)]

    patterns = request_patterns(ids)

    assert max(map(len, patterns)) <= LONGEST_PATTERN
    assert all(sum(f'?"{each}"' in pattern for pattern in patterns) == 1 for each in ids)


def test_quotes_in_an_id_stay_inside_the_pattern() -> None:
    assert arn_pattern('a"b').count('\\"') == 2


def test_neighbours_are_read_in_one_go_and_far_ones_apart() -> None:
    def span(second: int, stream: str) -> Span:
        since = NOW + timedelta(seconds=second)
        return Span(stream, Bounds(since, since + timedelta(seconds=5)), frozenset({stream}))

    windows = windows_of([span(3600, "c"), span(0, "a"), span(30, "b")], Bounds())

    assert [window.streams for window in windows] == [("a", "b"), ("c",)]


@pytest.mark.parametrize("reads_all, unread", [(False, 5), (True, 0)])
def test_old_stretches_are_left_out_with_a_note_unless_all_are_wanted(reads_all: bool, unread: int) -> None:
    logs, notes, events = FakeLogs(), CollectedNotes(), list[Event]()
    for number in range(WINDOWS_READ + 5):
        request_id, at = f"{number:08d}-0000-4000-8000-000000000000", NOW + timedelta(hours=number)
        details = {"request_id": request_id, "started_at": at, "ended_at": at}
        events.append(Event(number + 1, "InvocationCompleted", at, details=details))
        logs.write(at, f"START RequestId: {request_id} Version: 7", stream=f"s-{number}")
        logs.write(at, "printed", stream=f"s-{number}")

    lines = LogReader(logs, GROUP, "arn", notes, reads_all=reads_all).read(fold(events), Bounds(), NOW)

    assert messages(lines).count("printed") == WINDOWS_READ + 5 - unread
    assert bool(notes.notes) == bool(unread)


# --- the log group ----------------------------------------------------------------------------------------------------


def target_of(execution: RecordedExecution) -> Target:
    return Target("order-1042", execution.arn, "order-1042", "orders", "7")


def test_the_group_is_that_of_the_version(execution: RecordedExecution) -> None:
    other = replace(make_function(), log_group="/other")
    backend = FakeBackend(execution, functions=[other, TARGET_FUNCTION])

    assert log_group_of(backend, target_of(execution), CollectedNotes()) == GROUP


def test_the_group_of_a_version_that_is_gone_is_that_of_the_latest(execution: RecordedExecution) -> None:
    notes = CollectedNotes()
    backend = FakeBackend(execution, functions=[replace(make_function(), log_group=GROUP)])

    assert log_group_of(backend, target_of(execution), notes) == GROUP
    assert "version 7 of orders is gone" in notes.notes[0]


def test_no_group_is_guessed(execution: RecordedExecution) -> None:
    backend = FakeBackend(execution, functions=[make_function(version="7")])

    with pytest.raises(Unsupported, match="names no log group"):
        log_group_of(backend, target_of(execution), CollectedNotes())


def test_a_function_that_is_gone_is_not_found(execution: RecordedExecution) -> None:
    with pytest.raises(NotFound):
        log_group_of(FakeBackend(execution, functions=[]), target_of(execution), CollectedNotes())


# --- following --------------------------------------------------------------------------------------------------------


def followed(execution: RecordedExecution, logs: FakeLogs, notes: CollectedNotes) -> list[str]:
    clock = ManualClock(NOW)
    backend = FakeBackend(execution, clock=clock)
    backend.at(NOW + timedelta(seconds=20), lambda: backend.stop(execution.arn) and None)
    reader = LogReader(logs, GROUP, execution.arn, notes)
    looks = follow(backend, target_of(execution), DataLevel.METADATA, clock=clock, notes=notes)
    found: list[str] = []
    for number, (_, lines) in enumerate(follow_logs(looks, reader, None, clock)):
        found += messages(lines)
        if number < 3:
            logs.write_record(clock.now(), message=f"line {number}", executionArn=execution.arn)
    return found


def test_following_gives_each_line_once_and_ends_with_the_execution(execution: RecordedExecution) -> None:
    assert followed(execution, FakeLogs(), CollectedNotes()) == ["line 0", "line 1", "line 2"]


def test_a_failure_while_following_is_told_and_loses_nothing(execution: RecordedExecution) -> None:
    logs, notes = FakeLogs(), CollectedNotes()
    logs.failures = 2

    assert followed(execution, logs, notes) == ["line 0", "line 1", "line 2"]
    assert [text for text, _ in notes.warnings][:1] == ["logs are read later: the service failed"]


def test_a_service_that_goes_on_failing_ends_following(execution: RecordedExecution) -> None:
    logs = FakeLogs()
    logs.failures = 100

    with pytest.raises(ServiceFault):
        followed(execution, logs, CollectedNotes())
