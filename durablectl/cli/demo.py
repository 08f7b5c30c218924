"""The demo's run: starts the samples, follows one of them, and sees whether each gets where it belongs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.local.demo import SAMPLES, Action, Sample
from durablectl.model.operations import Fold, Operation, fold
from durablectl.model.payloads import ErrorPayload
from durablectl.operate import follow as following
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import Look
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target

APPROVAL = b'{"approved_by": "you"}'
REJECTION = ErrorPayload("SignatureRefused", "the price is too high")
POLL_S = 0.2
LIMIT_S = 90.0
"""How long a sample may take to get where it belongs; the slowest needs about ten seconds."""

# The service is the demo's own, so nobody's quota is spared.
_IMPATIENT = Pace(interval=timedelta(seconds=POLL_S), longest_idle=timedelta(seconds=POLL_S))


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


def start_samples(backend: Backend, samples: Sequence[Sample] = SAMPLES) -> list[Started]:
    """Start every sample."""
    return [_start(backend, sample) for sample in samples]


def _start(backend: Backend, sample: Sample) -> Started:
    payload = json.dumps(sample.input).encode()
    started = backend.start(sample.function, qualifier="$LATEST", payload=payload, name=sample.name)
    return Started(sample, started.arn or "")


def act_on(backend: Backend, samples: Sequence[Started], clock: Clock) -> None:
    """Do to each sample what the demo does in the place of a person, as soon as it is where that belongs."""
    deadline = clock.now().timestamp() + LIMIT_S
    for started in samples:
        action = started.sample.action
        if action is not None:
            _ACTIONS[action](backend, started.arn, _awaited(backend, started, clock, deadline))


def _awaited(backend: Backend, started: Started, clock: Clock, deadline: float) -> Operation | None:
    """The operation that a sample waits for, as soon as it does; None if it ends before or takes too long."""
    while True:
        folded = fold(backend.history(started.arn))
        operation = _operation_waited_for(folded, started.sample)
        if operation or folded.execution.status.is_closed or clock.now().timestamp() > deadline:
            return operation
        clock.sleep(POLL_S)


def _stop(backend: Backend, arn: str, _: Operation | None) -> None:
    backend.stop(arn)


def _stop_child(backend: Backend, _: str, operation: Operation | None) -> None:
    if operation and operation.child_arn:
        backend.stop(operation.child_arn)


def _reject(backend: Backend, _: str, operation: Operation | None) -> None:
    if operation and operation.callback_id:
        backend.fail_callback(operation.callback_id, REJECTION)


def _pause(backend: Backend, arn: str, _: Operation | None) -> None:
    backend.pause(arn, reason="a wrong date in the headline")
    backend.resume(arn, reason="corrected")
    backend.pause(arn, reason="the new layout comes first")


_ACTIONS: Mapping[Action, Callable[[Backend, str, Operation | None], None]] = {
    Action.STOP: _stop,
    Action.STOP_CHILD: _stop_child,
    Action.REJECT: _reject,
    Action.PAUSE: _pause,
}


def follow(backend: Backend, started: Started, clock: Clock, *, past_waiting: bool) -> Iterator[Look]:
    """Look at a sample until it ends or, unless `past_waiting`, waits where it should."""
    target = Target(started.reference, started.arn, started.sample.name, started.sample.function)
    for look in following.follow(
        backend, target, DataLevel.ERRORS, clock=clock, notes=CollectedNotes(), pace=_IMPATIENT
    ):
        yield look
        if not past_waiting and _operation_waited_for(look.folded, started.sample):
            return


def approve(backend: Backend, started: Started) -> None:
    """Complete the callback that a sample waits for."""
    operation = _operation_waited_for(fold(backend.history(started.arn)), started.sample)
    if operation and operation.callback_id:
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
        waits = _operation_waited_for(folded, sample) is not None
        has_arrived = status == expected and (waits or status.is_closed)
        if has_arrived or status.is_closed or clock.now().timestamp() > deadline:
            return Arrival(sample, str(status), has_arrived, expected)
        clock.sleep(POLL_S)


def _operation_waited_for(folded: Fold, sample: Sample) -> Operation | None:
    """The operation that the sample names, or the nameless callback inside it, if the execution is suspended on it."""
    named = {operation.id for operation in folded.open_operations if operation.name == sample.waits_for}
    meant = [each for each in folded.open_operations if each.id in named or each.parent_id in named]
    return meant[-1] if meant and folded.is_suspended else None
