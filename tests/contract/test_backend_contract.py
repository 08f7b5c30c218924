"""What every backend does, whichever server is behind it; where a server is known to differ, the test says how."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from durablectl.backend.base import Backend, ListFilter
from durablectl.errors import CallbackClosed, Conflict, NameInUse, NotFound, Unsupported, UsageError
from durablectl.model.executions import Execution
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import CLOSED_STATUSES, ExecutionStatus
from tests.contract.subjects import (
    FUNCTION,
    OUTCOMES,
    Subject,
    callback_id_of,
    events_of,
    eventually,
    order,
)

NEWEST_FIRST = ["fifth", "fourth", "third", "second", "first"]


def named(subject: Subject, rows: Iterable[Execution]) -> list[str]:
    """The names of the population among rows; other tests start executions of their own."""
    names = {arn: name for name, arn in subject.arns.items()}
    return [names[row.arn] for row in rows if row.arn in names]


def started_at(subject: Subject, name: str) -> datetime:
    instant = subject.backend.execution(subject.arns[name]).execution.started_at
    assert instant is not None
    return instant


def is_same(one: datetime | None, other: datetime | None) -> bool:
    """Whether two instants are the same; stores keep milliseconds, some answers hold more."""
    return one is not None and other is not None and abs(one - other) < timedelta(milliseconds=1)


def unknown_arn(subject: Subject) -> str:
    if subject.deviations.issues_no_arns:
        return f"{uuid.uuid4()}/{uuid.uuid4()}"
    head, _, _ = subject.arns["first"].rpartition("/")
    return f"{head}/{uuid.uuid4()}"


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_list_is_complete_and_newest_first(subject: Subject, page_size: int) -> None:
    assert named(subject, subject.backend.executions(FUNCTION, page_size=page_size)) == NEWEST_FIRST


@pytest.mark.parametrize("page_size", [1, 2, 1000])
def test_list_is_oldest_first_when_asked(subject: Subject, page_size: int) -> None:
    rows = subject.backend.executions(FUNCTION, ListFilter(oldest_first=True), page_size=page_size)

    assert named(subject, rows) == NEWEST_FIRST[::-1]


@pytest.mark.parametrize(
    "statuses, names",
    [
        ({ExecutionStatus.FAILED}, ["second"]),
        ({ExecutionStatus.SUCCEEDED}, ["fifth", "first"]),
        ({ExecutionStatus.PAUSED}, []),
        ({ExecutionStatus.RUNNING, ExecutionStatus.STOPPED}, ["fourth", "third"]),
        (CLOSED_STATUSES, ["fifth", "third", "second", "first"]),
    ],
)
def test_list_keeps_to_the_statuses(subject: Subject, statuses: set[ExecutionStatus], names: list[str]) -> None:
    assert named(subject, subject.backend.executions(FUNCTION, ListFilter(statuses=frozenset(statuses)))) == names


def test_list_keeps_to_the_name(subject: Subject) -> None:
    name = subject.name("third")

    assert [row.name for row in subject.backend.executions(FUNCTION, ListFilter(name=name))] == [name]
    assert list(subject.backend.executions(FUNCTION, ListFilter(name=name[:-1]))) == []


@pytest.mark.parametrize("oldest_first", [False, True])
def test_list_keeps_to_the_window_of_start_times(subject: Subject, oldest_first: bool) -> None:
    after, before = started_at(subject, "second"), started_at(subject, "fourth")
    # Instants travel with microseconds in requests and milliseconds in answers.
    window = ListFilter(
        started_after=after - timedelta(milliseconds=1),
        started_before=before + timedelta(milliseconds=1),
        oldest_first=oldest_first,
    )

    names = ["second", "third", "fourth"]
    assert named(subject, subject.backend.executions(FUNCTION, window)) == (names if oldest_first else names[::-1])


def test_list_beyond_the_last_start_is_empty(subject: Subject) -> None:
    later = started_at(subject, "fifth") + timedelta(days=1)

    assert list(subject.backend.executions(FUNCTION, ListFilter(started_after=later))) == []


def test_list_keeps_to_the_version(subject: Subject) -> None:
    assert named(subject, subject.backend.executions(FUNCTION, ListFilter(qualifier="$LATEST"))) == NEWEST_FIRST
    # Where versions are known, an unknown one may be an error.
    with suppress(NotFound):
        assert named(subject, subject.backend.executions(FUNCTION, ListFilter(qualifier="99"))) == []


def test_list_tells_the_facts_of_each_execution(subject: Subject) -> None:
    rows = {row.arn: row for row in subject.backend.executions(FUNCTION)}

    for name, arn in subject.arns.items():
        row = rows[arn]
        assert (row.name, row.status) == (subject.name(name), OUTCOMES[name][1])
        assert row.started_at is not None
        assert (row.ended_at is not None) == row.status.is_closed
        assert row.function_arn is not None
        assert f":function:{FUNCTION}" in row.function_arn


def test_list_of_an_unknown_function(subject: Subject) -> None:
    if subject.deviations.knows_no_functions:
        assert list(subject.backend.executions("nobody")) == []
    else:
        with pytest.raises(NotFound):
            list(subject.backend.executions("nobody"))


# --- one execution ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OUTCOMES)
def test_get_tells_status_and_times(subject: Subject, name: str) -> None:
    detail = subject.backend.execution(subject.arns[name])

    execution = detail.execution
    facts = (subject.arns[name], subject.name(name), OUTCOMES[name][1])
    assert (execution.arn, execution.name, execution.status) == facts
    assert (execution.ended_at is not None) == execution.status.is_closed
    assert detail.version == "$LATEST"
    assert (execution.parts is None) == subject.deviations.issues_no_arns


def test_get_tells_the_configuration(subject: Subject) -> None:
    detail = subject.backend.execution(subject.arns["fourth"])

    if subject.deviations.tells_no_configuration:
        assert (detail.execution_timeout_s, detail.retention_days, detail.timeout_at) == (None, None, None)
    else:
        assert detail.execution_timeout_s
        assert detail.retention_days
        assert detail.timeout_at == started_at(subject, "fourth") + timedelta(seconds=detail.execution_timeout_s)


def test_get_without_data_has_neither_input_nor_result(subject: Subject) -> None:
    detail = subject.backend.execution(subject.arns["first"], with_data=False)

    assert (detail.input, detail.result, detail.data_included) == (None, None, False)


def test_get_with_data_has_input_and_result(subject: Subject) -> None:
    detail = subject.backend.execution(subject.arns["first"], with_data=True)

    assert detail.input is not None
    assert detail.input.text == order("succeed")
    assert detail.result is not None
    assert detail.result.text == '{"amount": 1}'
    assert (detail.error, detail.data_included) == (None, True)


def test_get_with_data_has_the_error(subject: Subject) -> None:
    detail = subject.backend.execution(subject.arns["second"], with_data=True)

    assert detail.error is not None
    assert (detail.error.message, detail.error.short_type) == ("nothing to ship", "StepError")


# --- history ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OUTCOMES)
def test_history_is_numbered_and_begins_with_the_start(subject: Subject, name: str) -> None:
    events = list(subject.backend.history(subject.arns[name]))

    assert [event.event_id for event in events] == list(range(1, len(events) + 1))
    assert (events[0].type, events[0].at) == ("ExecutionStarted", started_at(subject, name))
    assert all(event.at is not None and event.spec.is_known for event in events)


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_history_is_the_same_by_small_pages(subject: Subject, page_size: int) -> None:
    whole = list(subject.backend.history(subject.arns["second"], with_data=True))

    paged = list(subject.backend.history(subject.arns["second"], with_data=True, page_size=page_size))

    assert paged == whole


@pytest.mark.parametrize("page_size", [2, 1000])
def test_history_newest_first_is_the_reverse(subject: Subject, page_size: int) -> None:
    arn = subject.arns["second"]
    forward = [event.event_id for event in subject.backend.history(arn)]

    backward = [event.event_id for event in subject.backend.history(arn, newest_first=True, page_size=page_size)]

    assert backward == forward[::-1]


@pytest.mark.parametrize("name", OUTCOMES)
def test_history_folds_to_the_status_and_the_operations(subject: Subject, name: str) -> None:
    folded = fold(subject.backend.history(subject.arns[name]))

    statuses = {operation.name: str(operation.status) for operation in folded.operations.values()}
    outcome, status = OUTCOMES[name]
    added = {"fail": {"ship": "FAILED"}, "approve": {"approval": "STARTED"}, "succeed": {}}[outcome]
    assert statuses == {"charge": "SUCCEEDED"} | added
    assert folded.execution.status == status


def test_history_without_data_holds_no_payload(subject: Subject) -> None:
    for name in OUTCOMES:
        for event in subject.backend.history(subject.arns[name], with_data=False):
            assert event.input is None or event.input.text is None
            assert event.result is None or event.result.text is None


def test_history_with_data_holds_results_and_errors(subject: Subject) -> None:
    (charged,) = events_of(subject.backend, subject.arns["second"], "StepSucceeded", with_data=True)
    (failed,) = events_of(subject.backend, subject.arns["second"], "StepFailed", with_data=True)

    assert charged.result is not None
    assert charged.result.text
    assert failed.error is not None
    assert failed.error.message == "nothing to ship"


def test_callback_is_told_without_data(subject: Subject) -> None:
    (started,) = events_of(subject.backend, subject.arns["fourth"], "CallbackStarted")

    assert started.details["callback_id"]
    timeout_ms = None if subject.deviations.tells_no_callback_timeouts else 3_600_000
    assert started.details.get("timeout_ms") == timeout_ms


# --- what is not there ------------------------------------------------------------------------------------------------

ON_EXECUTIONS: dict[str, Callable[[Backend, str], object]] = {
    "get": lambda backend, arn: backend.execution(arn),
    "history": lambda backend, arn: list(backend.history(arn)),
    "stop": lambda backend, arn: backend.stop(arn),
    "pause": lambda backend, arn: backend.pause(arn),
    "resume": lambda backend, arn: backend.resume(arn),
    "delete": lambda backend, arn: backend.delete(arn),
}

ON_CALLBACKS: dict[str, Callable[[Backend, str], object]] = {
    "succeed": lambda backend, callback_id: backend.succeed_callback(callback_id, b'"late"'),
    "fail": lambda backend, callback_id: backend.fail_callback(callback_id, ErrorPayload(message="late")),
    "heartbeat": lambda backend, callback_id: backend.heartbeat_callback(callback_id),
}


@pytest.mark.parametrize("verb", ON_EXECUTIONS)
def test_unknown_execution_is_not_found(subject: Subject, verb: str) -> None:
    with pytest.raises(Unsupported if verb in subject.deviations.lacks else NotFound):
        ON_EXECUTIONS[verb](subject.backend, unknown_arn(subject))


@pytest.mark.parametrize("verb", ON_CALLBACKS)
def test_unknown_callback_is_not_found(subject: Subject, verb: str) -> None:
    with pytest.raises((NotFound, UsageError)):
        ON_CALLBACKS[verb](subject.backend, "bm9ib2R5")


def test_state_needs_the_token_of_a_running_invocation(subject: Subject) -> None:
    with pytest.raises(UsageError):
        list(subject.backend.state(subject.arns["fourth"], checkpoint_token=None))


# --- changes ----------------------------------------------------------------------------------------------------------


def test_succeeded_callback_lets_the_execution_go_on(subject: Subject) -> None:
    arn = subject.waiting()

    subject.backend.succeed_callback(callback_id_of(subject.backend, arn) or "", b'"yes"')

    (succeeded,) = events_of(subject.backend, arn, "CallbackSucceeded", with_data=True)
    assert succeeded.result is not None
    assert succeeded.result.text == '"yes"'
    if not subject.deviations.runs_nothing:
        detail = eventually(
            lambda: (found := subject.backend.execution(arn, with_data=True)).execution.status.is_closed and found,
            "the execution to end",
        )
        assert detail
        assert detail.execution.status == "SUCCEEDED"


def test_failed_callback_keeps_the_error(subject: Subject) -> None:
    arn = subject.waiting()

    subject.backend.fail_callback(callback_id_of(subject.backend, arn) or "", ErrorPayload("Refused", "too dear"))

    (failed,) = events_of(subject.backend, arn, "CallbackFailed", with_data=True)
    assert failed.error is not None
    assert (failed.error.type, failed.error.message) == ("Refused", "too dear")


def test_heartbeat_leaves_the_callback_open(subject: Subject) -> None:
    arn = subject.waiting()
    callback_id = callback_id_of(subject.backend, arn) or ""

    subject.backend.heartbeat_callback(callback_id)

    subject.backend.succeed_callback(callback_id, None)
    assert events_of(subject.backend, arn, "CallbackSucceeded")


@pytest.mark.parametrize("verb", ON_CALLBACKS)
def test_closed_callback_is_told_from_an_unknown_one(subject: Subject, verb: str) -> None:
    callback_id = callback_id_of(subject.backend, subject.waiting()) or ""
    subject.backend.succeed_callback(callback_id, b"1")

    with pytest.raises(CallbackClosed):
        ON_CALLBACKS[verb](subject.backend, callback_id)


def test_stop_ends_the_execution(subject: Subject) -> None:
    arn = subject.waiting()

    stopped_at = subject.backend.stop(arn, ErrorPayload("Cancelled", "the customer left", "{}", ("shop.py:1",)))

    detail = subject.backend.execution(arn, with_data=True)
    assert detail.execution.status == "STOPPED"
    assert is_same(detail.execution.ended_at, stopped_at)
    (stopped,) = events_of(subject.backend, arn, "ExecutionStopped", with_data=True)
    if subject.deviations.loses_stop_errors:
        assert stopped.error != ErrorPayload("Cancelled", "the customer left", "{}", ("shop.py:1",))
    else:
        assert stopped.error == ErrorPayload("Cancelled", "the customer left", "{}", ("shop.py:1",))
        assert detail.error == stopped.error


def test_stopping_again_changes_nothing(subject: Subject) -> None:
    arn = subject.waiting()
    stopped_at = subject.backend.stop(arn)

    # Lambda's own answer is not documented: an error would be as good.
    with suppress(Conflict):
        assert is_same(subject.backend.stop(arn), stopped_at)
    assert len(events_of(subject.backend, arn, "ExecutionStopped")) == 1


def lacks(subject: Subject, verb: str) -> bool:
    """Whether the server cannot do that; then it is told in these words."""
    if verb not in subject.deviations.lacks:
        return False
    with pytest.raises(Unsupported, match=f"^{verb} is not supported by the backend at "):
        ON_EXECUTIONS[verb](subject.backend, subject.arns["first"])
    return True


def status_becomes(subject: Subject, arn: str, status: str) -> None:
    eventually(lambda: subject.backend.execution(arn).execution.status == status, f"{arn} to be {status}")


def test_pause_and_resume_are_recorded_with_their_reasons(subject: Subject) -> None:
    if lacks(subject, "pause"):
        return
    arn = subject.waiting()

    subject.backend.pause(arn, reason="deploy 3.2", timeout_paused=False)
    status_becomes(subject, arn, "PAUSED")

    pause = subject.backend.execution(arn, with_data=True).pause
    assert pause is not None
    assert (pause.reason, pause.timeout_paused) == ("deploy 3.2", False)
    without_data = subject.backend.execution(arn).pause
    assert without_data is not None
    assert without_data.reason is None
    subject.backend.resume(arn, reason="deployed")
    status_becomes(subject, arn, "RUNNING")
    (paused,) = events_of(subject.backend, arn, "ExecutionPaused", with_data=True)
    (resumed,) = events_of(subject.backend, arn, "ExecutionResumed", with_data=True)
    assert (paused.details["reason"], resumed.details["reason"]) == ("deploy 3.2", "deployed")
    assert subject.backend.execution(arn).pause is None


def test_what_was_completed_during_a_pause_goes_on_after_it(subject: Subject) -> None:
    if lacks(subject, "resume") or subject.deviations.runs_nothing:
        return
    arn = subject.waiting()
    subject.backend.pause(arn)
    status_becomes(subject, arn, "PAUSED")

    subject.backend.succeed_callback(callback_id_of(subject.backend, arn) or "", b'"yes"')
    assert subject.backend.execution(arn).execution.status == "PAUSED"
    subject.backend.resume(arn)

    status_becomes(subject, arn, "SUCCEEDED")


@pytest.mark.parametrize("verb, name", [("pause", "first"), ("resume", "first"), ("resume", "fourth")])
def test_what_the_status_does_not_allow_is_a_conflict(subject: Subject, verb: str, name: str) -> None:
    if lacks(subject, verb):
        return

    with pytest.raises(Conflict):
        ON_EXECUTIONS[verb](subject.backend, subject.arns[name])


def test_an_open_execution_is_not_deleted(subject: Subject) -> None:
    if lacks(subject, "delete"):
        return

    with pytest.raises(Conflict):
        subject.backend.delete(subject.arns["fourth"])


def test_a_closed_execution_is_deleted(subject: Subject) -> None:
    if lacks(subject, "delete"):
        return
    arn = subject.waiting()
    subject.backend.stop(arn)

    assert subject.backend.delete(arn) is not None

    def is_gone() -> bool:
        try:
            subject.backend.execution(arn)
        except NotFound:
            return True
        return False

    eventually(is_gone, f"{arn} to be gone")


def test_start_gives_the_execution_that_it_started(subject: Subject) -> None:
    start = subject.backend.start
    if "start" in subject.deviations.lacks:
        with pytest.raises(Unsupported, match="start is not supported"):
            start(FUNCTION, qualifier="$LATEST", payload=b"{}")
        return
    if subject.deviations.tells_no_started_arn:
        started = start(FUNCTION, qualifier="$LATEST", payload=order("approve").encode(), name="started")
        assert (started.arn, started.executed_version) == (None, "$LATEST")
        return
    name = f"started-{uuid.uuid4()}"

    started = start(FUNCTION, qualifier="$LATEST", payload=order("approve").encode(), name=name)
    again = start(FUNCTION, qualifier="$LATEST", payload=order("approve").encode(), name=name)

    assert started.arn is not None
    assert (again.arn, started.executed_version) == (started.arn, "$LATEST")
    assert subject.backend.execution(started.arn).execution.name == name
    with pytest.raises(NameInUse):
        start(FUNCTION, qualifier="$LATEST", payload=order("fail").encode(), name=name)


def test_start_without_a_name_gets_one(subject: Subject) -> None:
    if "start" in subject.deviations.lacks:
        with pytest.raises(Unsupported):
            subject.backend.start(FUNCTION, qualifier="$LATEST", payload=b"{}")
        return

    started = subject.backend.start(FUNCTION, qualifier="$LATEST", payload=order("succeed").encode())

    if subject.deviations.tells_no_started_arn:
        assert started.arn is None
        return
    assert started.arn is not None
    assert subject.backend.execution(started.arn).execution.name


# --- functions --------------------------------------------------------------------------------------------------------


def test_durable_functions_are_listed(subject: Subject) -> None:
    if "functions" in subject.deviations.lacks:
        with pytest.raises(Unsupported, match="functions is not supported"):
            list(subject.backend.functions())
        return

    (function,) = subject.backend.functions()
    assert (function.name, function.is_durable, function.version) == (FUNCTION, True, "$LATEST")
    assert function.execution_timeout_s


def test_function_is_told_by_name(subject: Subject) -> None:
    if "function" in subject.deviations.lacks:
        with pytest.raises(Unsupported):
            subject.backend.function(FUNCTION)
        return

    assert subject.backend.function(FUNCTION).name == FUNCTION
    assert subject.backend.function(FUNCTION, qualifier="$LATEST").version == "$LATEST"
    with pytest.raises(NotFound):
        subject.backend.function("nobody")


def test_versions_of_a_function(subject: Subject) -> None:
    if "versions" in subject.deviations.lacks:
        with pytest.raises(Unsupported):
            list(subject.backend.versions(FUNCTION))
        return

    assert [function.version for function in subject.backend.versions(FUNCTION)] == ["$LATEST"]
    with pytest.raises(NotFound):
        list(subject.backend.versions("nobody"))


def test_aliases_of_a_function(subject: Subject) -> None:
    if "aliases" in subject.deviations.lacks:
        with pytest.raises(Unsupported):
            list(subject.backend.aliases(FUNCTION))
        return

    assert list(subject.backend.aliases(FUNCTION)) == []
    with pytest.raises(NotFound):
        list(subject.backend.aliases("nobody"))


def test_unknown_alias(subject: Subject) -> None:
    missing = Unsupported if "alias_versions" in subject.deviations.lacks else NotFound

    with pytest.raises(missing):
        subject.backend.alias_versions(FUNCTION, "live")
