"""A history with data is handed on while it is read, and without data where the key refuses it."""

from __future__ import annotations

import pytest

from durablectl.errors import KeyDenied
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.open_history import open_history
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution, step

RECORDED = make_execution("order-1", step("charge").succeeds('"ok"'), step("ship").succeeds('"sent"'))


def test_a_page_is_fetched_only_when_its_events_are_wanted(notes: CollectedNotes) -> None:
    backend = FakeBackend(RECORDED)

    history = open_history(backend, RECORDED.arn, notes, page_size=2)
    pages_when_opened = backend.count("history")
    events = list(history.events)

    assert pages_when_opened == 1
    assert backend.count("history") == -(-len(events) // 2)
    assert events == RECORDED.events
    assert (history.level, history.is_key_denied) == (DataLevel.FULL, False)


def test_a_denied_key_leaves_the_events_without_data_and_a_warning(notes: CollectedNotes) -> None:
    backend = FakeBackend(RECORDED)
    backend.fail("history", KeyDenied("key disabled"))

    history = open_history(backend, RECORDED.arn, notes)

    assert (history.level, history.is_key_denied) == (DataLevel.METADATA, True)
    assert [event.event_id for event in history.events] == [event.event_id for event in RECORDED.events]
    assert notes.warnings == [("payloads not readable (key disabled)", {"type": "key_denied"})]


def test_a_key_that_is_denied_later_is_an_error(notes: CollectedNotes) -> None:
    backend = FakeBackend(RECORDED)
    backend.fail("history", KeyDenied("key disabled"), nth=2)

    history = open_history(backend, RECORDED.arn, notes, page_size=2)

    with pytest.raises(KeyDenied):
        list(history.events)
