"""How executions stand, from as little of their histories as tells it, and how that reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from durablectl.clock import ManualClock
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.standing import NEWEST_EVENTS, read_standing
from durablectl.operate.survey import failed_executions, open_executions, survey
from durablectl.views.display import Display
from durablectl.views.lines import text_of
from durablectl.views.records.context import Reading
from durablectl.views.standing import standing_line
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import (
    NOW,
    STARTED_AT,
    RecordedExecution,
    callback,
    failure,
    invoke,
    make_execution,
    step,
    wait,
    wait_for_callback,
)

DECLINED = failure("no funds", "CardDeclined")


def told(recorded: RecordedExecution, notes: CollectedNotes, **quirks: bool) -> str:
    backend = FakeBackend(recorded, **quirks)  # type: ignore[arg-type]
    standing = read_standing(backend, recorded.execution, notes, NOW)
    return text_of(standing_line(standing, Reading(NOW), Display(NOW)))


@pytest.mark.parametrize(
    "recorded, line",
    [
        (make_execution("a", wait_for_callback("approval")), "◇ approval, 22h53m left"),
        (make_execution("a", callback("sign-off", timeout_s=None)), "◇ sign-off, no timeout"),
        (make_execution("a", step("charge").fails(6, delay_s=7200)), "↻ charge, attempt 7 in 10h54m"),
        (make_execution("a", wait("cool-down", 86_400).is_pending()), "◷ cool-down, 22h53m left"),
        (make_execution("a", step("charge").is_running()), "▸ charge, running for 1h06m"),
        (make_execution("a", status="PAUSED", pause_reason="deploy 3.2"), 'ǁ paused 1h06m: "deploy 3.2"'),
        (
            make_execution("a", step("charge").gives_up(DECLINED), status="FAILED", error=DECLINED),
            "✗ charge: CardDeclined: no funds",
        ),
        (make_execution("a", wait_for_callback("approval").times_out(), status="FAILED"), "⧖ approval timed out"),
        (make_execution("a", step("charge"), status="SUCCEEDED"), ""),
    ],
)
def test_a_few_words_tell_what_is_waited_for_or_why_it_ended(
    recorded: RecordedExecution, line: str, notes: CollectedNotes
) -> None:
    assert told(recorded, notes) == line


def test_what_began_before_the_newest_events_is_found(notes: CollectedNotes) -> None:
    long = make_execution(
        "a", *(step(f"step-{number}") for number in range(NEWEST_EVENTS)), invoke("child").is_pending()
    )

    assert told(long, notes).startswith("» child")


def test_a_server_that_gives_the_opposite_order_tells_the_same(notes: CollectedNotes) -> None:
    long = make_execution("a", *(step(f"step-{number}") for number in range(NEWEST_EVENTS)), callback("approval"))

    assert told(long, notes, is_reversed=True) == told(long, notes)


def test_a_healthy_execution_causes_no_request_for_data(notes: CollectedNotes) -> None:
    recorded = make_execution("a", callback("approval"))
    backend = FakeBackend(recorded)

    read_standing(backend, recorded.execution, notes, NOW)

    assert backend.data_requests == []


def test_a_survey_names_every_function_before_it_reads_them(notes: CollectedNotes) -> None:
    recorded = [
        make_execution("order-1"),
        make_execution("order-2", status="FAILED", started_at=STARTED_AT - timedelta(hours=1), id="0" * 36),
    ]
    backend = FakeBackend(*recorded, functions=[make_function("orders"), make_function("crm")], clock=ManualClock(NOW))

    found = list(survey(backend, (), notes))

    assert [one.name for one in found if one.counts is None] == ["orders", "crm"]
    counted = [one for one in found if one.counts is not None]
    assert [dict(one.counts or {}) for one in counted] == [{"RUNNING": 1, "FAILED": 1}, {}]
    assert [row.execution.name for row in open_executions(counted)] == ["order-1"]
    assert [row.execution.name for row in failed_executions(counted)] == ["order-2"]
