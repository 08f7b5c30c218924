"""How far a long job is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from durablectl.cli.jobs import Job

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "done, seconds, words",
    [
        (0, 5, "stopping: 0 of 500"),
        (3, 0.5, "stopping: 3 of 500"),
        (100, 10, "stopping: 100 of 500, 10.0 a second, 40s left"),
        (500, 50, "stopping: 500 of 500, 10.0 a second, 0ms left"),
        (1, 60, "stopping: 1 of 500, 0.0 a second, 8h19m left"),
    ],
)
def test_rate_and_time_left_are_measured(done: int, seconds: float, words: str) -> None:
    job = Job("stopping", 500, START, done)

    assert job.words(START + timedelta(seconds=seconds)) == words
