"""Documents and records: every key is there, in its place, whatever was read."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from durablectl.backend.base import Source
from durablectl.model.events import Event
from durablectl.model.operations import fold
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.views.annotations import annotate
from durablectl.views.records.context import Reading
from durablectl.views.records.details import detail_record
from durablectl.views.records.events import event_record
from durablectl.views.records.executions import execution_record
from durablectl.views.records.payloads import error_record, payload_record
from durablectl.views.state import state_view
from tests.fakes.histories import NOW, make_execution, make_history, step, wait_for_condition
from tests.views.examples import (
    AWS,
    EMULATOR,
    SECRET,
    VIEWS,
    empty,
    emulated,
    order_failed,
    order_paused,
    order_running,
    shown,
    with_unknowns,
)
from tests.views.record_keys import CALLBACK

PAYLOAD = ["included", "absent_because", "truncated", "bytes", "encoding", "value", "redacted_paths", "sha256"]
ERROR = ["included", "absent_because", "truncated", "type", "message", "data", "stack_trace", "redacted_paths"]
EXECUTION = [
    "arn",
    "id",
    "name",
    "function",
    "version",
    "region",
    "account",
    "status",
    "open",
    "started_at",
    "ended_at",
    "duration_ms",
    "elapsed_ms",
    "kms_key_arn",
    "reason",
    "extra",
]
DETAIL = (
    *EXECUTION,
    *[
        "execution_timeout_ms",
        "timeout_at",
        "retention_days",
        "history_expires_at",
        "trace_header",
        "console_url",
        "pause",
    ],
    *["data_level", "input", "result", "error"],
)
EVENT = [
    "event_id",
    "type",
    "group",
    "transition",
    "known",
    "at",
    "operation_id",
    "parent_id",
    "path",
    "name",
    "sub_type",
    "attempt",
    "details",
    "input",
    "result",
    "error",
    "extra",
]
OPERATION = [
    "id",
    "path",
    "parent_id",
    "depth",
    "index",
    "name",
    "name_inherited",
    "type",
    "sub_type",
    "status",
    "shown_as",
    "final",
    "on_cause_path",
    "started_at",
    "ended_at",
    "duration_ms",
    "elapsed_ms",
    "attempts",
    "polls",
    "next_attempt_at",
    "attempt_list",
    "wait",
    "invoke",
    "callback",
    "input",
    "result",
    "error",
    "flags",
    "event_ids",
    "invocation_indexes",
    "children",
    "extra",
]
TREE = [
    "schema_version",
    "kind",
    "execution",
    "source",
    "as_of_event_id",
    "operations",
    "invocations",
    "counts",
    "warnings",
]
FUNCTION = [
    "name",
    "arn",
    "runtime",
    "execution_timeout_ms",
    "retention_days",
    "kms_key_arn",
    "latest_modified_at",
    "versions",
    "aliases",
    "counts",
    "extra",
]
ACTION = [
    "action",
    "reference",
    "arn",
    "function",
    "name",
    "outcome",
    "status_before",
    "status_after",
    "at",
    "wait_ms",
    "reason",
    "new_arn",
    "callback_id",
    "error",
    "source",
]
WAIT = ["arn", "status", "for", "satisfied", "elapsed_ms"]
ENVELOPE = ["schema_version", "kind", "observed_at", "source", "items", "truncated", "limit", "warnings"]

RECORD_KEYS = {
    "callback": [*CALLBACK, "context"],
    "execution": [*EXECUTION, "context"],
    "execution_detail": DETAIL,
    "event": EVENT,
    "operation": OPERATION,
    "function": [*FUNCTION, "context"],
    "action_result": ACTION,
    "wait_result": WAIT,
}

DETAILS = {
    "ExecutionStarted": ["execution_timeout_ms"],
    "ExecutionPaused": ["requested_at", "reason", "timeout_paused"],
    "ExecutionResumed": ["requested_at", "reason"],
    "StepStarted": ["attempt"],
    "StepSucceeded": ["attempt", "next_attempt_delay_ms", "next_attempt_at", "final"],
    "StepFailed": ["attempt", "next_attempt_delay_ms", "next_attempt_at", "final"],
    "WaitStarted": ["duration_ms", "scheduled_end_at"],
    "WaitSucceeded": ["duration_ms"],
    "CallbackStarted": ["callback_id", "timeout_ms", "heartbeat_timeout_ms", "timeout_at"],
    "ChainedInvokeStarted": ["function", "child_arn", "executed_version", "tenant_id"],
    "InvocationCompleted": ["request_id", "started_at", "ended_at", "duration_ms"],
}


def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(shown(VIEWS[name](), "json"))
    return loaded


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shown(VIEWS[name](), "jsonl").splitlines()]


@pytest.mark.parametrize("name", VIEWS)
def test_check_20_every_record_has_all_its_keys_in_order(name: str) -> None:
    for record in records(name):
        assert list(record) == ["schema_version", "kind", *RECORD_KEYS[record["kind"]]]
        for member in ("input", "result"):
            assert list(record.get(member, dict.fromkeys(PAYLOAD))) == PAYLOAD
        if record["kind"] != "action_result":
            assert list(record.get("error", dict.fromkeys(ERROR))) == ERROR


@pytest.mark.parametrize("name", [name for name in VIEWS if name.startswith("state")])
def test_check_20_a_tree_has_all_its_keys_at_every_depth(name: str) -> None:
    tree = document(name)

    assert list(tree) == TREE
    assert list(tree["execution"]) == list(DETAIL)
    pending = list(tree["operations"])
    while pending:
        node = pending.pop()
        assert list(node) == OPERATION
        pending += node["children"]


@pytest.mark.parametrize("name", ["list", "list-empty", "get-several", "history", "functions", "stop-batch"])
def test_check_20_a_list_is_wrapped_in_its_envelope(name: str) -> None:
    envelope = document(name)

    assert list(envelope) == ENVELOPE
    assert envelope["kind"].endswith("_list")
    assert envelope["source"] == {
        "backend": "aws",
        "context": "prod",
        "region": "eu-west-1",
        "account": None if name == "list-empty" else "123456789012",
    }
    assert all("schema_version" not in item for item in envelope["items"])


@pytest.mark.parametrize("name", ["get", "stop", "wait"])
def test_one_reference_gives_the_bare_document(name: str) -> None:
    assert "items" not in document(name)


@pytest.mark.parametrize("name", VIEWS)
def test_yaml_holds_the_same_document_as_json(name: str) -> None:
    assert yaml.safe_load(shown(VIEWS[name](), "yaml")) == document(name)


@pytest.mark.parametrize("name", ["list-empty", "history-empty", "functions-empty"])
def test_check_1_an_empty_result_is_an_envelope_without_items(name: str) -> None:
    assert document(name)["items"] == []
    assert shown(VIEWS[name](), "jsonl") == b""
    assert shown(VIEWS[name]()) == b""
    assert shown(VIEWS[name](), "plain", headers=False) == b""


def test_event_details_have_all_keys_of_their_type() -> None:
    for event_type, keys in DETAILS.items():
        (annotated,) = annotate([Event(1, event_type, NOW, "a")])
        assert list(event_record(annotated, Reading(NOW))["details"]) == keys


def test_every_event_of_an_emulator_has_null_where_it_tells_nothing() -> None:
    started = records("history-emulator")[0]
    completed = records("history-emulator")[-1]

    assert started["details"] == {"execution_timeout_ms": None}
    assert set(completed["details"].values()) == {None}


def test_check_13_what_nobody_knows_survives_into_extra() -> None:
    (execution,) = records("list-unknown")
    unknown = records("history-unknown")[-1]

    assert (execution["status"], execution["open"], execution["extra"]) == ("HIBERNATING", False, {"Priority": "high"})
    assert document("get-unknown")["extra"] == {"Priority": "high", "Shard": 7}
    assert (unknown["type"], unknown["group"], unknown["known"], unknown["details"]) == (
        "StepTeleported",
        "unknown",
        False,
        {},
    )


def test_check_14_a_retrying_failure_is_not_final_and_a_poll_is_not_ok() -> None:
    history = make_history(step("a").fails(1), wait_for_condition("b"))
    failed = next(one for one in annotate(history) if one.event.type == "StepFailed")
    polled = next(
        one for one in annotate(make_history(wait_for_condition("b").polls(1))) if one.event.type == "StepSucceeded"
    )

    assert event_record(failed, Reading(NOW))["details"] == {
        "attempt": 1,
        "next_attempt_delay_ms": 2000,
        "next_attempt_at": "2026-11-21T09:14:05.312Z",
        "final": False,
    }
    assert event_record(polled, Reading(NOW))["details"]["final"] is False


def test_attempts_are_counted_from_starts() -> None:
    history = make_history(step("a").crashes_worker(1).succeeds())

    attempts = [(one.event.type, one.attempt) for one in annotate(history) if one.attempt]

    assert attempts == [("StepStarted", 1), ("StepStarted", 2), ("StepSucceeded", 2)]


@pytest.mark.parametrize("format", ["table", "json", "jsonl", "yaml", "plain", "name"])
@pytest.mark.parametrize("name", VIEWS)
def test_check_10_a_secret_appears_in_no_output(name: str, format: str) -> None:
    view = VIEWS[name]()
    if format in view.formats:
        assert SECRET not in shown(view, format).decode()


@pytest.mark.parametrize("level", ["metadata", "errors"])
def test_check_10_raw_shows_no_payload_that_was_not_asked_for(level: str) -> None:
    from tests.views.examples import detail_of, history_of

    for view in (detail_of(order_running(), level=level), history_of(order_running(), level=level)):
        raw = shown(view, "json", raw=True).decode()
        assert "1042, " not in raw
        assert "InputPayload" not in raw


def test_raw_instants_are_iso_8601() -> None:
    raw = json.loads(shown(VIEWS["list"](), "json", raw=True))

    assert raw["DurableExecutions"][0]["StartTimestamp"] == "2026-11-21T09:14:03.120Z"


def test_a_non_arn_id_is_kept_with_the_queried_function() -> None:
    record = execution_record(emulated().execution, Reading(NOW), function="demo")

    assert (record["arn"], record["id"]) == ("0b6b1a52/c1f29d7e", "c1f29d7e")
    assert (record["function"], record["version"], record["region"], record["account"]) == ("demo", None, None, None)


def test_elapsed_time_runs_while_open_and_stands_when_closed() -> None:
    running = execution_record(order_running().execution, Reading(NOW))
    failed = execution_record(order_failed().execution, Reading(NOW))

    assert (running["duration_ms"], running["elapsed_ms"]) == (None, 3_960_880)
    assert failed["duration_ms"] == failed["elapsed_ms"] == 86_402_776


def test_console_url_is_for_aws_alone() -> None:
    detail = order_running().detail

    assert detail_record(detail, Reading(NOW), AWS)["console_url"].startswith("https://eu-west-1.console.aws")
    assert detail_record(detail, Reading(NOW), EMULATOR)["console_url"] is None


def test_a_pause_is_told_with_its_reason() -> None:
    assert detail_record(order_paused().detail, Reading(NOW, "errors"), AWS)["pause"] == {
        "requested_at": "2026-11-21T09:14:03.315Z",
        "reason": "deploy 3.2",
        "timeout_paused": True,
    }


@pytest.mark.parametrize(
    "payload, reading, absent_because",
    [
        (Payload("1"), Reading(NOW), "not_requested"),
        (None, Reading(NOW), "not_requested"),
        (Payload(truncated=True), Reading(NOW, "errors"), "not_requested"),
        (None, Reading(NOW, "full"), "none_recorded"),
        (Payload(truncated=True), Reading(NOW, "full"), "truncated_by_service"),
        (None, Reading(NOW, is_key_denied=True), "key_denied"),
    ],
)
def test_an_absent_payload_says_why(payload: Payload | None, reading: Reading, absent_because: str) -> None:
    record = payload_record(payload, reading, is_expected=True)

    assert (record["included"], record["absent_because"], record["value"]) == (False, absent_because, None)


def test_a_payload_that_cannot_exist_was_not_recorded() -> None:
    assert payload_record(None, Reading(NOW), is_expected=False)["absent_because"] == "none_recorded"
    assert error_record(None, Reading(NOW), is_expected=False)["absent_because"] == "none_recorded"


@pytest.mark.parametrize(
    "text, encoding, value",
    [
        ('{"id": 1042}', "json", {"id": 1042}),
        ("no json", "text", "no json"),
        ('{"t": "m", "v": {"a": {"t": "d", "v": "1.5"}}}', "python_sdk", {"a": "1.5"}),
        ("[" * 5000 + "]" * 5000, "text", "[" * 5000 + "]" * 5000),
    ],
)
def test_a_payload_is_decoded_by_its_shape(text: str, encoding: str, value: Any) -> None:
    record = payload_record(Payload(text), Reading(NOW, "full"), is_expected=True)

    assert (record["encoding"], record["value"], record["bytes"]) == (encoding, value, len(text))


def test_redaction_can_be_turned_off() -> None:
    payload = Payload('{"password": "x"}')

    assert payload_record(payload, Reading(NOW, "full", None), is_expected=True)["value"] == {"password": "x"}


def test_an_error_that_came_unasked_is_used() -> None:
    error = ErrorPayload("orders.OrderError", "Bearer abcdefgh0123", '{"token": "x"}', ("at AKIAIOSFODNN7EXAMPLE",))

    record = error_record(error, Reading(NOW), is_expected=True)

    assert (record["included"], record["type"], record["message"]) == (True, "orders.OrderError", "‹redacted›")
    assert record["redacted_paths"] == ["$.message", "$.data.token", "$.stack_trace[0]"]


def test_an_error_beyond_the_pages_that_were_read_was_not_requested() -> None:
    record = error_record(ErrorPayload(truncated=True), Reading(NOW, "errors"), is_expected=True)

    assert record["absent_because"] == "not_requested"


def test_a_tree_of_thousands_of_levels_becomes_a_document() -> None:
    ids = [f"c{number}" for number in range(3000)]
    events = [
        Event(number + 1, "ContextStarted", NOW, name, ids[number - 1] if number else None)
        for number, name in enumerate(ids)
    ]
    view = state_view(make_execution().detail, fold(events), reading=Reading(NOW), source=Source("local"))

    assert shown(view, "json").count(b'"children"') == 3000


def test_an_empty_history_is_a_tree_without_operations() -> None:
    assert empty().events == []
    assert document("state-empty")["counts"] == {"operations": 0, "retries": 0, "polls": 0, "events": 0}
    assert with_unknowns().events[-1].type == "StepTeleported"
