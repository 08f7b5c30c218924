"""Every rule of checkpoints: one row for each state of an operation and each update, with its events or its refusal."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.local.errors import ServiceError
from durablectl.local.rules.completions import complete_wait, fail_callback, succeed_callback
from durablectl.local.rules.draft import Closing, Draft
from durablectl.local.rules.transitions import finished_attempts
from durablectl.local.rules.updates import ChainedInvokeOptions, OperationUpdate
from durablectl.model import wire
from durablectl.model.events import Event
from durablectl.model.operations import Fold, fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import OperationStatus
from tests.local.checkpoint_support import BOOM, CHILD_ARN, EXECUTION_ID, NOW, after, checkpoint, later, started, update

STEP_START, STEP_SUCCEED = update("STEP", "START"), update("STEP", "SUCCEED", payload="1")
STEP_FAIL = update("STEP", "FAIL", error=BOOM)
STEP_RETRY = update("STEP", "RETRY", error=BOOM, next_attempt_delay_s=5)
POLL = update("STEP", "RETRY", payload='"state"', next_attempt_delay_s=5)
CONTEXT_START, CONTEXT_SUCCEED = update("CONTEXT", "START"), update("CONTEXT", "SUCCEED", payload="1")
CONTEXT_FAIL = update("CONTEXT", "FAIL", error=BOOM)
WAIT_START, WAIT_CANCEL = update("WAIT", "START", wait_s=60), update("WAIT", "CANCEL")
CALLBACK_START = update("CALLBACK", "START")
INVOKE_START = update("CHAINED_INVOKE", "START", chained_invoke=ChainedInvokeOptions("child:$LATEST"), payload="{}")


def _completed(kind: str) -> Fold:
    """An execution whose wait has passed or whose callback was answered."""
    updates = {"wait": WAIT_START, "callback": CALLBACK_START, "failed_callback": CALLBACK_START}
    draft = Draft.on(after([updates[kind]]), NOW)
    operation = draft.folded.operations["1"]
    if kind == "wait":
        complete_wait(draft, operation)
    elif kind == "callback":
        succeed_callback(draft, operation, "1")
    else:
        fail_callback(draft, operation, BOOM)
    return draft.folded


STATES: dict[str, Fold] = {
    "no operation": started(),
    "step STARTED": after([STEP_START]),
    # A retry is due five seconds after it was asked for, so at NOW the first is pending and the second is ready.
    "step PENDING": after([STEP_START, STEP_RETRY]),
    "step READY": after([STEP_START, STEP_RETRY], now=later(-10)),
    "step SUCCEEDED": after([STEP_START, STEP_SUCCEED]),
    "step FAILED": after([STEP_START, STEP_FAIL]),
    "context STARTED": after([CONTEXT_START]),
    "context SUCCEEDED": after([CONTEXT_START, CONTEXT_SUCCEED]),
    "context FAILED": after([CONTEXT_START, CONTEXT_FAIL]),
    "wait STARTED": after([WAIT_START]),
    "wait SUCCEEDED": _completed("wait"),
    "wait CANCELLED": after([WAIT_START, WAIT_CANCEL]),
    "callback STARTED": after([CALLBACK_START]),
    "callback SUCCEEDED": _completed("callback"),
    "callback FAILED": _completed("failed_callback"),
    "invoke STARTED": after([INVOKE_START]),
    "invoke FAILED": after([update("CHAINED_INVOKE", "START", chained_invoke=ChainedInvokeOptions("nobody"))]),
}


def _attempt(number: int, delay_ms: int | None = None) -> dict[str, int]:
    return {"current_attempt": number} | ({} if delay_ms is None else {"next_attempt_delay_ms": delay_ms})


_WAITING = {"duration_ms": 60_000, "scheduled_end_at": later(60)}
_CALLED = {"function": "child:$LATEST", "executed_version": "$LATEST", "child_arn": CHILD_ARN}
_ONE = {"result": Payload("1")}
_BOOM = {"error": BOOM}

ALLOWED: list[tuple[str, OperationUpdate, str, dict[str, Any], OperationStatus]] = [
    # state, update → event, its members, status of the operation
    ("no operation", STEP_START, "StepStarted", {}, OperationStatus.STARTED),
    ("step READY", STEP_START, "StepStarted", {}, OperationStatus.STARTED),
    ("no operation", STEP_SUCCEED, "StepSucceeded", {"details": _attempt(1), **_ONE}, OperationStatus.SUCCEEDED),
    ("step STARTED", STEP_SUCCEED, "StepSucceeded", {"details": _attempt(1), **_ONE}, OperationStatus.SUCCEEDED),
    ("step READY", STEP_SUCCEED, "StepSucceeded", {"details": _attempt(2), **_ONE}, OperationStatus.SUCCEEDED),
    ("no operation", STEP_FAIL, "StepFailed", {"details": _attempt(1), **_BOOM}, OperationStatus.FAILED),
    ("step STARTED", STEP_FAIL, "StepFailed", {"details": _attempt(1), **_BOOM}, OperationStatus.FAILED),
    ("step READY", STEP_FAIL, "StepFailed", {"details": _attempt(2), **_BOOM}, OperationStatus.FAILED),
    ("no operation", STEP_RETRY, "StepFailed", {"details": _attempt(1, 5000), **_BOOM}, OperationStatus.PENDING),
    ("step STARTED", STEP_RETRY, "StepFailed", {"details": _attempt(1, 5000), **_BOOM}, OperationStatus.PENDING),
    ("step READY", STEP_RETRY, "StepFailed", {"details": _attempt(2, 5000), **_BOOM}, OperationStatus.PENDING),
    (
        "step STARTED",
        POLL,
        "StepSucceeded",
        {"details": _attempt(1, 5000), "result": Payload('"state"')},
        OperationStatus.PENDING,
    ),
    (
        "step STARTED",
        update("STEP", "RETRY", next_attempt_delay_s=1),
        "StepSucceeded",
        {"details": _attempt(1, 1000), "result": Payload(None)},
        OperationStatus.PENDING,
    ),
    (
        "step STARTED",
        update("STEP", "FAIL"),
        "StepFailed",
        {"details": _attempt(1), "error": ErrorPayload()},
        OperationStatus.FAILED,
    ),
    ("no operation", CONTEXT_START, "ContextStarted", {}, OperationStatus.STARTED),
    ("context STARTED", CONTEXT_SUCCEED, "ContextSucceeded", _ONE, OperationStatus.SUCCEEDED),
    ("context STARTED", CONTEXT_FAIL, "ContextFailed", _BOOM, OperationStatus.FAILED),
    ("no operation", CONTEXT_SUCCEED, "ContextSucceeded", _ONE, OperationStatus.SUCCEEDED),
    ("no operation", CONTEXT_FAIL, "ContextFailed", _BOOM, OperationStatus.FAILED),
    ("no operation", WAIT_START, "WaitStarted", {"details": _WAITING}, OperationStatus.STARTED),
    ("wait STARTED", WAIT_CANCEL, "WaitCancelled", {}, OperationStatus.CANCELLED),
    (
        "no operation",
        CALLBACK_START,
        "CallbackStarted",
        {"details": {"callback_id": "callback-of-1"}},
        OperationStatus.STARTED,
    ),
    (
        "no operation",
        update("CALLBACK", "START", callback_timeout_s=60, heartbeat_timeout_s=5),
        "CallbackStarted",
        {"details": {"callback_id": "callback-of-1", "timeout_ms": 60_000, "heartbeat_timeout_ms": 5_000}},
        OperationStatus.STARTED,
    ),
    (
        "no operation",
        INVOKE_START,
        "ChainedInvokeStarted",
        {"details": _CALLED, "input": Payload("{}")},
        OperationStatus.STARTED,
    ),
    (
        "no operation",
        update("CHAINED_INVOKE", "START", chained_invoke=ChainedInvokeOptions("plain", tenant_id="t-1")),
        "ChainedInvokeStarted",
        {
            "details": {"function": "plain", "executed_version": "$LATEST", "tenant_id": "t-1"},
            "input": Payload("{}"),
        },
        OperationStatus.STARTED,
    ),
]


@pytest.mark.parametrize("state, asked, event_type, members, status", ALLOWED)
def test_an_allowed_update_writes_its_event(
    state: str, asked: OperationUpdate, event_type: str, members: dict[str, Any], status: OperationStatus
) -> None:
    folded = STATES[state]

    draft = checkpoint(folded, asked)

    expected = Event(folded.last_event_id + 1, event_type, NOW, operation_id="1", **members)
    assert draft.events == [expected]
    assert draft.folded.operations["1"].status == status
    assert list(draft.touched_ids) == ["1"]


STEP_OVER, CONTEXT_OVER = ("step SUCCEEDED", "step FAILED"), ("context SUCCEEDED", "context FAILED")
TO_START, TO_CLOSE = "Invalid current STEP state to start.", "Invalid current STEP state to close."
TO_RETRY = "Invalid current STEP state to re-attempt."
CANNOT_CANCEL = "Cannot cancel a WAIT that does not exist or has already completed."

REFUSED: list[tuple[str, OperationUpdate, str]] = [
    *[(state, STEP_START, TO_START) for state in ("step STARTED", "step PENDING", *STEP_OVER)],
    *[(state, closing, TO_CLOSE) for state in ("step PENDING", *STEP_OVER) for closing in (STEP_SUCCEED, STEP_FAIL)],
    *[(state, STEP_RETRY, TO_RETRY) for state in ("step PENDING", *STEP_OVER)],
    ("step STARTED", update("STEP", "RETRY", error=BOOM), "Invalid StepOptions for the given action."),
    (
        "step STARTED",
        update("STEP", "SUCCEED", next_attempt_delay_s=5),
        "Invalid StepOptions for the given action.",
    ),
    (
        "step STARTED",
        update("STEP", "RETRY", error=BOOM, payload="1", next_attempt_delay_s=5),
        "Cannot provide both error and payload to RETRY a STEP.",
    ),
    *[
        (state, CONTEXT_START, "Cannot start a CONTEXT that already exist.")
        for state in ("context STARTED", *CONTEXT_OVER)
    ],
    *[
        (state, closing, "Invalid current CONTEXT state to close.")
        for state in CONTEXT_OVER
        for closing in (CONTEXT_SUCCEED, CONTEXT_FAIL)
    ],
    *[
        (state, WAIT_START, "Cannot start a WAIT that already exist.")
        for state in ("wait STARTED", "wait SUCCEEDED", "wait CANCELLED")
    ],
    *[(state, WAIT_CANCEL, CANNOT_CANCEL) for state in ("no operation", "wait SUCCEEDED", "wait CANCELLED")],
    ("no operation", update("WAIT", "START"), "Update for WAIT operation requires WaitOptions."),
    *[
        (state, CALLBACK_START, "Cannot start a CALLBACK that already exist.")
        for state in ("callback STARTED", "callback SUCCEEDED", "callback FAILED")
    ],
    *[
        (state, INVOKE_START, "Cannot start a CHAINED_INVOKE operation that already exists.")
        for state in ("invoke STARTED", "invoke FAILED")
    ],
    (
        "no operation",
        update("CHAINED_INVOKE", "START"),
        "Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.",
    ),
    (
        "no operation",
        update("CHAINED_INVOKE", "START", chained_invoke=ChainedInvokeOptions("elsewhere")),
        "Cannot start a CHAINED_INVOKE on a function in another account.",
    ),
    ("no operation", update("TIMER", "START"), "Unknown operation type."),
    *[
        ("no operation", update(kind, action), "Invalid action for the given operation type.")
        for kind, actions in {
            "EXECUTION": ("START", "RETRY", "CANCEL"),
            "CONTEXT": ("RETRY", "CANCEL"),
            "STEP": ("CANCEL", "DANCE"),
            "WAIT": ("SUCCEED", "FAIL", "RETRY"),
            "CALLBACK": ("SUCCEED", "FAIL", "RETRY", "CANCEL"),
            "CHAINED_INVOKE": ("SUCCEED", "FAIL", "RETRY", "CANCEL"),
        }.items()
        for action in actions
    ],
    *[
        ("no operation", update(kind, "FAIL", payload="1"), "Cannot provide a Payload for FAIL action.")
        for kind in ("EXECUTION", "CONTEXT", "STEP")
    ],
    *[
        ("no operation", update(kind, "SUCCEED", error=BOOM), "Cannot provide an Error for SUCCEED action.")
        for kind in ("EXECUTION", "CONTEXT", "STEP")
    ],
]


@pytest.mark.parametrize("state, asked, message", REFUSED)
def test_a_forbidden_update_is_refused_in_the_service_s_words(state: str, asked: OperationUpdate, message: str) -> None:
    with pytest.raises(ServiceError) as raised:
        checkpoint(STATES[state], asked)

    assert raised.value.message == message
    assert (raised.value.code, raised.value.status) == ("InvalidParameterValueException", 400)


NAMED = after(
    [
        *(update("CONTEXT", "START", each) for each in "cd"),
        update("STEP", "START", sub_type="Step", name="a", parent_id="c"),
    ]
)
CONTEXT_2, STEP_1 = update("CONTEXT", "START", "2"), update("STEP", "SUCCEED")

IDENTITIES: list[tuple[OperationUpdate, str]] = [
    (update("CONTEXT", "SUCCEED"), "Inconsistent operation type."),
    (replace(STEP_1, sub_type="WaitForCondition"), "Inconsistent operation subtype."),
    (replace(STEP_1, name="b"), "Inconsistent operation name."),
    (replace(STEP_1, parent_id="d"), "Inconsistent parent operation id."),
    (update("CONTEXT", "SUCCEED", "c", name="late"), "Inconsistent operation name."),
    (update("CONTEXT", "SUCCEED", "c", sub_type="Map"), "Inconsistent operation subtype."),
    (update("CONTEXT", "SUCCEED", "c", parent_id="c"), "Inconsistent parent operation id."),
    (update("STEP", "START", EXECUTION_ID), "Inconsistent operation type."),
    (update("STEP", "START", "2", parent_id=EXECUTION_ID), "Invalid parent operation id."),
    (update("EXECUTION", "SUCCEED", "1"), "Inconsistent operation type."),
    (update("STEP", "START", "2", parent_id="nowhere"), "Invalid parent operation id."),
    (update("STEP", "START", "2", parent_id="1"), "Invalid parent operation id."),
    (update("STEP", "START", "2", parent_id="2"), "Invalid parent operation id."),
]


@pytest.mark.parametrize("asked, message", IDENTITIES)
def test_an_operation_keeps_what_identifies_it(asked: OperationUpdate, message: str) -> None:
    with pytest.raises(ServiceError) as raised:
        checkpoint(NAMED, asked)

    assert raised.value.message == message


def test_later_updates_may_leave_out_what_identifies_the_operation() -> None:
    (event,) = checkpoint(NAMED, STEP_1).events

    assert (event.name, event.sub_type, event.parent_id) == ("a", "Step", "c")


def test_a_completed_parent_still_takes_children() -> None:
    folded = after([CONTEXT_START, CONTEXT_SUCCEED])

    (event,) = checkpoint(folded, update("STEP", "START", "2", parent_id="1")).events

    assert event.parent_id == "1"


SAME_ID = "Cannot checkpoint multiple operations with the same ID."
END = update("EXECUTION", "SUCCEED", "end", payload='"done"')

BATCHES: list[tuple[list[OperationUpdate], str]] = [
    # What is wrong with the batch is told before what is wrong with an update.
    ([END, update("TIMER", "START")], "EXECUTION checkpoint must be the last update."),
    ([update("WAIT", "SUCCEED"), update("STEP", "START", "2", parent_id="no")], "Invalid parent operation id."),
    ([update("CONTEXT", "FAIL", payload="1"), STEP_START, STEP_START], SAME_ID),
    ([replace(END, parent_id="no")], "Invalid parent operation id."),
    ([END, replace(END, id="end-2")], "Cannot checkpoint multiple EXECUTION updates."),
    ([END, STEP_START], "EXECUTION checkpoint must be the last update."),
    ([STEP_START, STEP_START], SAME_ID),
    ([STEP_SUCCEED, STEP_START], SAME_ID),
    ([STEP_START, STEP_RETRY, STEP_SUCCEED], SAME_ID),
    ([WAIT_START, WAIT_CANCEL], SAME_ID),
    ([CALLBACK_START, CALLBACK_START], SAME_ID),
    ([STEP_START, CONTEXT_SUCCEED], "Inconsistent operation type."),
    ([update("STEP", "START", "2", parent_id="1"), CONTEXT_START], "Invalid parent operation id."),
    ([STEP_START, CONTEXT_2, update("WAIT", "CANCEL", "3")], CANNOT_CANCEL),
]


@pytest.mark.parametrize("batch, message", BATCHES)
def test_one_bad_update_rejects_the_batch(batch: list[OperationUpdate], message: str) -> None:
    folded = started()
    before = copy.deepcopy(folded)

    with pytest.raises(ServiceError) as raised:
        checkpoint(folded, *batch)

    assert raised.value.message == message
    assert folded == before


def test_a_batch_keeps_its_order_and_shares_one_instant() -> None:
    child = update("STEP", "START", "2", parent_id="1", name="inner")

    draft = checkpoint(started(), CONTEXT_START, child, replace(child, action="SUCCEED", payload="2"), WAIT_3)

    assert [event.type for event in draft.events] == ["ContextStarted", "StepStarted", "StepSucceeded", "WaitStarted"]
    assert [event.event_id for event in draft.events] == [2, 3, 4, 5]
    assert {event.at for event in draft.events} == {NOW}


WAIT_3 = replace(WAIT_START, id="3")


@pytest.mark.parametrize(
    "end, closing",
    [
        (END, Closing(result='"done"')),
        (update("EXECUTION", "SUCCEED"), Closing()),
        (update("EXECUTION", "FAIL", error=BOOM), Closing(error=BOOM)),
        (update("EXECUTION", "FAIL"), Closing(error=ErrorPayload())),
    ],
)
def test_an_execution_update_decides_the_end_and_writes_nothing_yet(end: OperationUpdate, closing: Closing) -> None:
    draft = checkpoint(started(), STEP_START, replace(end, id="end"))

    assert draft.closing == closing
    assert [event.type for event in draft.events] == ["StepStarted"]
    assert "end" not in draft.folded.operations


def test_a_closed_execution_cannot_be_closed_again() -> None:
    draft = Draft.on(started(), NOW)
    draft.record("ExecutionStopped", operation_id="execution", error=BOOM)

    with pytest.raises(ServiceError, match="Cannot make multiple close workflow decisions"):
        checkpoint(draft.folded, END)


def test_an_unresolved_invoke_fails_at_once_and_calls_nobody() -> None:
    asked = update("CHAINED_INVOKE", "START", chained_invoke=ChainedInvokeOptions("nobody"), payload="{}")

    draft = checkpoint(started(), asked)

    assert [event.type for event in draft.events] == ["ChainedInvokeStarted", "ChainedInvokeFailed"]
    assert draft.events[0].input is None
    assert draft.started_invokes == []
    assert draft.folded.operations["1"].error == ErrorPayload("ResourceNotFoundException", "Function not found")


def test_a_resolved_invoke_is_to_be_called_with_braces_for_no_payload() -> None:
    draft = checkpoint(started(), replace(INVOKE_START, payload=None))

    assert draft.started_invokes == ["1"]
    assert draft.events[0].input == Payload("{}")


def test_replay_children_is_kept_for_the_contexts_that_ask_for_it() -> None:
    closing = replace(CONTEXT_SUCCEED, replay_children=True)

    draft = checkpoint(started(), CONTEXT_START, CONTEXT_2, closing, replace(CONTEXT_SUCCEED, id="2"))

    assert draft.replay_children == {"1"}


def test_attempts_are_counted_when_they_end() -> None:
    folded, counts = started(), []
    for number, asked in enumerate([STEP_START, STEP_RETRY, STEP_START, POLL, STEP_START, STEP_SUCCEED]):
        folded = checkpoint(folded, asked, now=later(10 * number)).folded
        counts.append(finished_attempts(folded.operations["1"]))

    assert counts == [0, 1, 1, 2, 2, 3]


def test_an_interrupted_attempt_is_counted_once_without_a_new_start() -> None:
    draft = Draft.on(after([STEP_START]), NOW)
    draft.record("InvocationCompleted", details={"request_id": "r-1"}, error=BOOM)

    (event,) = checkpoint(draft.folded, STEP_RETRY).events

    assert event.details == {"current_attempt": 1, "next_attempt_delay_ms": 5000}


# --- properties -------------------------------------------------------------------------------------------------------

_IDS = st.sampled_from(["1", "2", "3"])
_KINDS = st.sampled_from(["STEP", "CONTEXT", "WAIT", "CALLBACK", "CHAINED_INVOKE", "EXECUTION", "TIMER"])
_ACTIONS = st.sampled_from(["START", "SUCCEED", "FAIL", "RETRY", "CANCEL", "DANCE"])
_TARGETS = st.sampled_from(["child:$LATEST", "plain", "nobody", "elsewhere"])


def updates() -> st.SearchStrategy[OperationUpdate]:
    """Any update, mostly near a legal one."""
    return st.builds(
        update,
        _KINDS,
        _ACTIONS,
        _IDS,
        parent_id=st.none() | _IDS,
        name=st.sampled_from([None, "a", "b"]),
        payload=st.sampled_from([None, None, "1"]),
        error=st.sampled_from([None, None, BOOM]),
        next_attempt_delay_s=st.sampled_from([None, 1, 31_622_400]),
        wait_s=st.sampled_from([None, 1, 31_622_400]),
        callback_timeout_s=st.sampled_from([0, 99_999_999]),
        heartbeat_timeout_s=st.sampled_from([0, 5]),
        replay_children=st.booleans(),
        chained_invoke=st.none() | _TARGETS.map(ChainedInvokeOptions),
    )


legal = st.sampled_from(
    [
        [STEP_START],
        [STEP_START, STEP_SUCCEED],
        [STEP_RETRY],
        [STEP_FAIL],
        [POLL],
        [CONTEXT_2],
        [CONTEXT_2, update("STEP", "START", "4", parent_id="2")],
        [replace(CONTEXT_SUCCEED, id="2", replay_children=True)],
        [replace(WAIT_START, id="3")],
        [replace(WAIT_CANCEL, id="3")],
        [replace(CALLBACK_START, id="5")],
        [replace(INVOKE_START, id="6")],
    ]
)
batches = st.lists(st.tuples(st.integers(0, 20), legal | st.lists(updates(), max_size=4)), max_size=12)


@given(batches)
def test_any_batch_is_decided_or_refused_and_the_fold_stays_what_the_journal_says(
    asked: list[tuple[int, list[OperationUpdate]]],
) -> None:
    folded, journal, seconds = started(), [], 0
    for elapsed, batch in asked:
        seconds += elapsed
        before = copy.deepcopy(folded)
        try:
            draft = checkpoint(folded, *batch, now=later(seconds))
        except ServiceError:
            assert folded == before
        else:
            assert folded == before, "a decision counts only once the engine takes it over"
            journal += draft.events
            folded = draft.folded

    read_back = [wire.read_event(wire.write_event(event)) for event in journal]
    assert [event.event_id for event in journal] == list(range(2, len(journal) + 2))
    assert fold(read_back, onto=started()) == folded
