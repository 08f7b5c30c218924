"""What the tests of operate share."""

from __future__ import annotations

import pytest

from durablectl.clock import ManualClock
from durablectl.operate.notes import CollectedNotes
from tests.fakes.histories import NOW


@pytest.fixture
def notes() -> CollectedNotes:
    return CollectedNotes()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)
