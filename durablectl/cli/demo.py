"""The demo's run: starts the samples, follows one of them, and sees whether each gets where it belongs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.local.demo import SAMPLES, Sample
from durablectl.model.events import Event
from durablectl.model.operations import Fold, fold

APPROVAL = b'{"approved_by": "you"}'
POLL_S = 0.2
LIMIT_S = 90.0
"""How long a sample may take to get where it belongs; the slowest needs about ten seconds."""


@dataclass(frozen=True, slots=True)
class Started:
    """A sample and its execution."""

    sample: Sample
    arn: str

    @property
    def reference(self) -> str:
        """How to name it in commands."""
        return f"{self.sample.function}/{self.sample.name}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a sample has got, and whether it belongs there."""

    sample: Sample
    status: str
    has_arrived: bool
    expected: str


def start_samples(backend: Backend) -> list[Started]:
    """Start every sample."""
    return [_start(backend, sample) for sample in SAMPLES]


def _start(backend: Backend, sample: Sample) -> Started:
    payload = json.dumps(sample.input).encode()
    started = backend.start(sample.function, qualifier="$LATEST", payload=payload, name=sample.name)
    return Started(sample, started.arn or "")


def stop_samples(backend: Backend, samples: Sequence[Started]) -> None:
    """Stop those that are there to be stopped."""
    for started in samples:
        if started.sample.is_stopped:
            backend.stop(started.arn)


def follow(backend: Backend, started: Started, clock: Clock, *, past_waiting: bool) -> Iterator[list[Event]]:
    """The history of a sample whenever it has grown, until it ends or, unless `past_waiting`, waits where it should."""
    seen = 0
    while True:
        events = list(backend.history(started.arn, with_data=True))
        if len(events) > seen:
            seen = len(events)
            yield events
        folded = fold(events)
        if folded.execution.status.is_closed or (not past_waiting and _is_waiting(folded, started.sample)):
            return
        clock.sleep(POLL_S)


def approve(backend: Backend, started: Started) -> None:
    """Complete the callback that a sample waits for."""
    folded = fold(backend.history(started.arn))
    for operation in folded.open_operations:
        if operation.callback_id:
            backend.succeed_callback(operation.callback_id, APPROVAL)


def arrivals(backend: Backend, samples: Sequence[Started], clock: Clock, *, approved: str) -> Iterator[Arrival]:
    """Where each sample gets, one after the other; `approved` is the name of the one that goes on to its end."""
    deadline = clock.now().timestamp() + LIMIT_S
    for started in samples:
        yield _arrival(backend, started, clock, deadline, is_approved=started.sample.name == approved)


def _arrival(backend: Backend, started: Started, clock: Clock, deadline: float, *, is_approved: bool) -> Arrival:
    sample = started.sample
    expected = "SUCCEEDED" if is_approved else sample.becomes
    while True:
        folded = fold(backend.history(started.arn))
        status = folded.execution.status
        waits = sample.waits_for is None or is_approved or _is_waiting(folded, sample)
        has_arrived = status == expected and waits
        if has_arrived or status.is_closed or clock.now().timestamp() > deadline:
            return Arrival(sample, str(status), has_arrived, expected)
        clock.sleep(POLL_S)


def _is_waiting(folded: Fold, sample: Sample) -> bool:
    """Whether the execution is suspended on the operation that the sample names."""
    names = {operation.name for operation in folded.open_operations}
    return folded.is_suspended and sample.waits_for in names
