"""Entries of logs, as SDKs, runtimes and Lambda itself write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from durablectl.model.log_records import LogRecord, read_log_record

REQUEST = "7d1f2c90-1234-4a5b-8c9d-0123456789ab"
OPERATION = "6f760b9e9eac89f07ab0223b0f4acb04d1e355d893a1b86a83f4d4b405adee99"


def test_an_entry_of_an_sdk_tells_its_operation() -> None:
    fields = {
        "level": "info",
        "message": "charging",
        "requestId": REQUEST,
        "executionArn": "arn:x",
        "operationId": OPERATION,
        "operationName": "charge-card",
        "attempt": 2,
    }

    record = read_log_record(json.dumps(fields) + "\n")

    assert record == LogRecord("charging", "INFO", fields, REQUEST, "arn:x", OPERATION, "charge-card", 2)


def test_older_sdks_name_the_execution_otherwise() -> None:
    assert read_log_record('{"durableExecutionArn": "arn:x", "msg": "hello"}').execution_arn == "arn:x"


def test_an_error_comes_with_its_type_and_text() -> None:
    record = read_log_record('{"level": "WARNING", "message": "no", "errorType": "E", "errorMessage": "why"}')

    assert (record.level, record.error_type, record.error_message) == ("WARN", "E", "why")


@pytest.mark.parametrize(
    "text, level, message",
    [
        (f"[ERROR]\t2026-11-21T09:00:00.123Z\t{REQUEST}\tgone\nTraceback", "ERROR", "gone\nTraceback"),
        (f"2026-11-21T09:00:00.123Z\t{REQUEST}\tWARN\tlate", "WARN", "late"),
    ],
)
def test_text_of_a_runtime_is_taken_apart(text: str, level: str, message: str) -> None:
    record = read_log_record(text)

    assert (record.level, record.message, record.request_id) == (level, message, REQUEST)


@pytest.mark.parametrize(
    "text",
    [
        f"START RequestId: {REQUEST} Version: 7",
        f"END RequestId: {REQUEST}",
        f"REPORT RequestId: {REQUEST}\tDuration: 2 ms",
        json.dumps({"time": "x", "type": "platform.report", "record": {"requestId": REQUEST}}),
    ],
)
def test_lines_of_lambda_itself_are_known_as_such(text: str) -> None:
    record = read_log_record(text)

    assert (record.is_platform, record.request_id, record.message) == (True, REQUEST, text)


def test_plain_text_is_its_own_message_and_names_what_it_mentions() -> None:
    record = read_log_record(f"failed step for id: {OPERATION}")

    assert (record.level, record.request_id, record.mentioned_ids) == (None, None, (OPERATION,))


@pytest.mark.parametrize("message", [{"a": 1}, ["x"], 5])
def test_a_message_that_is_no_text_is_written_as_json(message: object) -> None:
    assert read_log_record(json.dumps({"message": message})).message == json.dumps(message)


@given(
    st.one_of(
        st.text(),
        st.dictionaries(
            st.sampled_from(["message", "level", "attempt", "type", "record"]),
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers())),
        ),
    )
)
def test_nothing_that_is_written_makes_reading_fail(written: object) -> None:
    text = written if isinstance(written, str) else json.dumps(written)

    assert isinstance(read_log_record(text).message, str)
