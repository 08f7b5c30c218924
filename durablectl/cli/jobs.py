"""How far a long job is: what is done of how much, how fast, and how long it will take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from durablectl.cli.runtime import Runtime
from durablectl.views.durations import format_duration

_T = TypeVar("_T")

_LEAST_MEASURED_S = 1.0
"""A rate that was measured over less time says little."""


@dataclass(slots=True)
class Job:
    """A job of known size."""

    what: str
    """What is done, in one word: `stopping`."""
    total: int
    started_at: datetime
    done: int = 0

    def words(self, now: datetime) -> str:
        """How far it is: `stopping: 37 of 500, 9.8 a second, 47s left`."""
        text = f"{self.what}: {self.done} of {self.total}"
        elapsed_s = (now - self.started_at).total_seconds()
        if not self.done or elapsed_s < _LEAST_MEASURED_S:
            return text
        rate = self.done / elapsed_s
        left_ms = round((self.total - self.done) / rate) * 1000
        return f"{text}, {rate:.1f} a second, {format_duration(left_ms)} left"


def tracked(runtime: Runtime, items: Iterable[_T], *, what: str, total: int) -> Iterator[_T]:
    """The items, with a line on a terminal that tells how far the job is while the next one is waited for.

    One item alone is no job to be told of.
    """
    if total < 2:
        yield from items
        return
    job = Job(what, total, runtime.now())
    runtime.diagnostics.show_progress(job.words(runtime.now()))
    for item in items:
        job.done += 1
        yield item
        runtime.diagnostics.show_progress(job.words(runtime.now()))
    runtime.diagnostics.stop_progress()
