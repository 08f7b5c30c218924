"""The timers of executions: which ones the operations of an execution need, and what they are called."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import datetime

from durablectl.local.engine.live import LiveExecution
from durablectl.local.engine.timers import Timers
from durablectl.local.rules import completions, pausing
from durablectl.local.rules.completions import Due
from durablectl.model.statuses import OperationStatus

_OPERATION_KINDS = ("wait", "retry", "callback", "heartbeat")


class ExecutionTimers:
    """Keeps timers as executions need them; `on_due` is called for operations, `on_timeout` for executions."""

    def __init__(
        self,
        timers: Timers,
        *,
        on_due: Callable[[LiveExecution, Due], None],
        on_timeout: Callable[[LiveExecution], None],
    ) -> None:
        self._timers = timers
        self._on_due = on_due
        self._on_timeout = on_timeout

    def arm_timeout(self, live: LiveExecution) -> None:
        """Set the timer of the execution timeout, or move it as pauses do."""
        pauses = live.execution.pauses
        ends_at = pausing.times_out_at(live.record.started_at, live.facts.execution_timeout_s, pauses)
        self._timers.set((live.record.id, "execution"), ends_at, functools.partial(self._on_timeout, live))

    def arm(self, live: LiveExecution, operation_ids: Iterable[str]) -> None:
        """Set, move or cancel the timers of operations that have changed."""
        for operation_id in list(operation_ids):
            operation = live.folded.operations[operation_id]
            if operation.is_final or live.is_closed:
                self._disarm(live, operation_id)
                continue
            self.arm_dues(live, completions.due_of(operation, live.heartbeats.get(operation_id)))

    def arm_dues(self, live: LiveExecution, dues: Iterable[Due]) -> None:
        """Set or move the timers of what becomes due."""
        for due in dues:
            key = (live.record.id, due.kind, due.operation_id)
            self._timers.set(key, due.at, functools.partial(self._on_due, live, due))

    def take_due_retries(self, live: LiveExecution, now: datetime) -> list[str]:
        """Steps of an execution that have become READY before their timers were looked at, which do not fire then."""
        ready = [
            each.id
            for each in live.folded.open_operations
            if each.status_at(now) == OperationStatus.READY and (live.record.id, "retry", each.id) in self._timers
        ]
        for operation_id in ready:
            self._timers.cancel((live.record.id, "retry", operation_id))
        return ready

    def arm_invocation(self, live: LiveExecution, at: datetime, invoke: Callable[[LiveExecution], None]) -> None:
        """Set the timer that repeats a failed invocation."""
        self._timers.set((live.record.id, "invocation"), at, functools.partial(invoke, live))

    def has_invocation(self, live: LiveExecution) -> bool:
        """Whether a failed invocation waits for its repetition."""
        return (live.record.id, "invocation") in self._timers

    def follow_pause(self, live: LiveExecution) -> bool:
        """Set the timers of an execution that was paused or resumed; whether a repetition was due that is put off."""
        self.arm_timeout(live)
        puts_off = live.is_paused and self.has_invocation(live)
        if puts_off:
            self._timers.cancel((live.record.id, "invocation"))
        return puts_off

    def disarm_all(self, live: LiveExecution) -> None:
        """Cancel all timers of an execution that has ended."""
        for operation_id in live.folded.open_ids:
            self._disarm(live, operation_id)
        self._timers.cancel((live.record.id, "execution"))
        self._timers.cancel((live.record.id, "invocation"))

    def _disarm(self, live: LiveExecution, operation_id: str) -> None:
        for kind in _OPERATION_KINDS:
            self._timers.cancel((live.record.id, kind, operation_id))
