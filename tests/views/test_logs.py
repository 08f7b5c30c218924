"""What the lines of a log look like."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from durablectl.backend.logs import LogEvent
from durablectl.model.log_records import read_log_record
from durablectl.model.operations import fold
from durablectl.operate.log_joining import Joiner, LogLine
from durablectl.views.display import Display
from durablectl.views.logs import LOG_FORMATS, logs_view
from durablectl.views.records.context import Reading
from durablectl.views.text import is_safe, width
from durablectl.views.view import View
from tests.fakes.histories import NOW
from tests.goldens import Golden
from tests.views.examples import AWS, HOSTILE, SECRET, crm_retrying, order_running, shown

GOLDENS = Path(__file__).with_name("goldens") / "logs"
REQUEST = "7d1f2c90-1234-4a5b-8c9d-0123456789ab"


def lines_of(*written: str | dict[str, Any]) -> list[LogLine]:
    """Entries of two executions' worth of operations, a second apart."""
    folded = fold(order_running().events)
    joiner = Joiner(order_running().arn, folded, NOW)
    lines = []
    for number, each in enumerate(written):
        text = each if isinstance(each, str) else json.dumps(each)
        event = LogEvent(str(number), "s", NOW + timedelta(seconds=number), text)
        lines.append(joiner.line(event, read_log_record(text)))
    return lines


def operation_id(name: str) -> str:
    return next(each.id for each in fold(order_running().events).operations.values() if each.name == name)


def usual() -> list[LogLine]:
    charge, reserve = operation_id("charge-card"), operation_id("reserve")
    long = "the bank answers slowly today, so this message is one of those that do not fit into any line of a terminal"
    return lines_of(
        f"START RequestId: {REQUEST} Version: 7",
        {"level": "INFO", "message": "reserving", "operationId": reserve, "attempt": 1, "requestId": REQUEST},
        {"level": "WARN", "message": long, "operationId": charge, "attempt": 2, "requestId": REQUEST},
        {
            "level": "ERROR",
            "message": f"failed step {charge}",
            "operationId": charge,
            "attempt": 3,
            "errorType": "CardTimeout",
            "errorMessage": "no answer",
            "stackTrace": ["  File a.py\n    charge()\n", "  File b.py"],
        },
        f"[DEBUG]\t2026-11-21T09:00:00.1Z\t{REQUEST}\tfirst line\nsecond line",
        "nobody knows where this comes from",
    )


def view_of(lines: list[LogLine], **options: Any) -> View[LogLine]:
    return logs_view(lines, reading=Reading(NOW), source=AWS, arn=order_running().arn, **options)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_lines_match_their_golden(columns: int, golden: Golden) -> None:
    golden(GOLDENS / f"logs.{columns}.txt", shown(view_of(usual()), width=columns))


def test_piped_lines_match_their_golden(golden: Golden) -> None:
    golden(GOLDENS / "logs.piped.txt", shown(view_of(usual())))


def test_stack_traces_match_their_golden(golden: Golden) -> None:
    golden(GOLDENS / "logs.stacks.txt", shown(view_of(usual(), with_stacks=True), width=100))


def test_coloured_lines_match_their_golden(golden: Golden) -> None:
    golden(GOLDENS / "logs.color.txt", shown(view_of(usual()), width=100, color=True))


def test_ascii_lines_hold_nothing_else(golden: Golden) -> None:
    written = shown(view_of(usual()), display=Display(NOW, width=100, ascii=True))

    golden(GOLDENS / "logs.ascii.txt", written)
    assert written.isascii()


@pytest.mark.parametrize("format", ["json", "jsonl", "plain"])
def test_machine_formats_match_their_golden(format: str, golden: Golden) -> None:
    golden(GOLDENS / f"logs.{format}", shown(view_of(usual()), format))


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    written = shown(view_of(usual()), width=columns).decode()

    assert max(map(width, written.splitlines())) <= columns


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_from_60_columns_on_nothing_is_cut_but_identifiers(columns: int) -> None:
    written = shown(view_of(usual()), width=columns).decode()

    assert "…" not in written.replace("card…", "").replace(f"{operation_id('charge-card')[:8]}…", "")


@pytest.mark.parametrize("format", LOG_FORMATS)
def test_check_8_nothing_that_acts_on_a_terminal_is_written(format: str) -> None:
    hostile = lines_of(HOSTILE, {"level": HOSTILE, "message": HOSTILE, "operationName": HOSTILE, "x": HOSTILE})

    written = shown(view_of(hostile, with_stacks=True), format).decode()

    assert is_safe("".join(character for character in written if character not in "\n\t"))


@pytest.mark.parametrize("format", LOG_FORMATS)
def test_secrets_in_lines_are_hidden(format: str) -> None:
    lines = lines_of(
        {"message": f'{{"password": "{SECRET}"}}', "token": SECRET}, "Authorization: Bearer abcdefgh12345678"
    )

    written = shown(view_of(lines), format).decode()

    assert SECRET not in written
    assert "abcdefgh12345678" not in written


def test_an_iteration_is_named_with_its_index() -> None:
    folded = fold(crm_retrying().events)
    joiner = Joiner(crm_retrying().arn, folded, NOW)
    render = next(each for each in folded.operations.values() if each.name == "render")
    text = json.dumps({"message": "rendering", "operationId": render.id})

    line = joiner.line(LogEvent("1", "s", NOW, text), read_log_record(text))

    assert "#3 › render" in shown(view_of([line]), width=100).decode()
