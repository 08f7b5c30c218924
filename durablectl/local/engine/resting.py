"""Executions at rest: what a start has to know of those that only wait, and whose folds stay in memory meanwhile."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from durablectl.local.engine.live import LiveExecution
from durablectl.local.journal.journal import Journal
from durablectl.local.rules import completions
from durablectl.local.rules.completions import Due
from durablectl.model import wire
from durablectl.model.operations import ExecutionFacts, Fold, Pause, fold
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType

REST = "rest"
"""The note of an execution at rest."""
KEPT_EVENTS = 50_000
"""The folds of executions at rest that stay in memory come from so many events; that is some 25 MB."""
_UNREST = frozenset({"invocation", "owed", "pausing", "closing"})
"""Notes of something that has to be done, whether or not anything happens."""


@dataclass(frozen=True, slots=True)
class Rest:
    """An execution that needs nothing until something becomes due, is completed from outside or ends elsewhere.

    It is written with the end of an invocation and holds as long as no event is recorded after it.
    """

    last_event_id: int
    last_event_at: datetime
    data_bytes: int
    dues: tuple[Due, ...]
    invokes: tuple[tuple[str, str], ...]
    """Open chained invokes: the operation's id, and that of the child execution or nothing for a plain function."""
    pauses: tuple[Pause, ...] = ()

    @classmethod
    def of(cls, live: LiveExecution) -> Rest | None:
        """The rest of an execution as it is now; None for one that nothing is recorded of."""
        folded = live.folded
        if folded.last_event_at is None:
            return None
        operations = folded.open_operations
        return cls(
            last_event_id=folded.last_event_id,
            last_event_at=folded.last_event_at,
            data_bytes=live.data_bytes,
            dues=tuple(due for each in operations for due in completions.due_of(each, live.heartbeats.get(each.id))),
            invokes=tuple(
                (each.id, (each.child_arn or "").rpartition("/")[2])
                for each in operations
                if each.type == OperationType.CHAINED_INVOKE
            ),
            pauses=tuple(folded.execution.pauses),
        )

    @property
    def outline(self) -> ExecutionFacts:
        """What is known of the execution itself while its history is not in memory."""
        is_paused = bool(self.pauses) and self.pauses[-1].resumed_at is None
        status = ExecutionStatus.PAUSED if is_paused else ExecutionStatus.RUNNING
        return ExecutionFacts(status=status, pauses=list(self.pauses))

    def write(self) -> str:
        """The note."""
        dues = [[wire.write_instant(due.at), due.operation_id, due.kind] for due in self.dues]
        last_at = wire.write_instant(self.last_event_at)
        written = [self.last_event_id, last_at, self.data_bytes, dues, self.invokes]
        return json.dumps(written + [_write_pause(each) for each in self.pauses], separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Rest:
        """Read back what `write` wrote. Raises ValueError or TypeError for anything else."""
        last_event_id, last_event_at, data_bytes, dues, invokes, *pauses = json.loads(text)
        return cls(
            last_event_id,
            datetime.fromtimestamp(last_event_at, UTC),
            data_bytes,
            tuple(Due(datetime.fromtimestamp(at, UTC), operation_id, kind) for at, operation_id, kind in dues),
            tuple((operation_id, child_id) for operation_id, child_id in invokes),
            tuple(_read_pause(*each) for each in pauses),
        )


def _write_pause(pause: Pause) -> list[Any]:
    instants = (pause.paused_at, pause.requested_at, pause.resumed_at)
    return [*(None if at is None else wire.write_instant(at) for at in instants), pause.timeout_paused, pause.reason]


def _read_pause(
    paused_at: float | None,
    requested_at: float | None,
    resumed_at: float | None,
    timeout_paused: bool | None,
    reason: str | None,
) -> Pause:
    paused, requested, resumed = map(wire.read_instant, (paused_at, requested_at, resumed_at))
    return Pause(paused, requested, reason, timeout_paused, resumed)


def is_at_rest(notes: Mapping[str, str], last_event_id: int) -> bool:
    """Whether notes and the last event of a history tell all that a start has to know."""
    if REST not in notes or not _UNREST.isdisjoint(notes):
        return False
    return Rest.read(notes[REST]).last_event_id == last_event_id


def owes_invocation(folded: Fold, now: datetime) -> bool:
    """Whether something happened that no invocation has seen, read from the history alone."""
    last = folded.invocations[-1] if folded.invocations else None
    if last is None or last.error is not None:
        return True
    # Pauses are recorded after an invocation too, and nobody has to see them.
    if any(operation.event_ids[-1] > last.event_id for operation in folded.operations.values()):
        return True
    return any(operation.status_at(now) == OperationStatus.READY for operation in folded.open_operations)


class KeptFolds:
    """The folds of executions at rest: those that were used last stay, the others are read again when needed.

    What a store in memory holds is not read twice; it stays.
    """

    def __init__(self, journal: Journal, most_events: int = KEPT_EVENTS) -> None:
        self._journal = journal
        self._most_events = most_events
        self._kept: OrderedDict[str, tuple[LiveExecution, int]] = OrderedDict()
        self._event_count = 0

    def load(self, live: LiveExecution) -> Fold:
        """The fold of an execution that was let go of. Raises DurablectlError when the store cannot be read."""
        live.folded = folded = fold(self._journal.events_now(live.record.key))
        self.keep(live)
        return folded

    def keep(self, live: LiveExecution) -> None:
        """Keep the fold of an execution that has come to rest, in place of those that were used longest ago."""
        if not self._journal.can_read_now:
            return
        self.forget(live)
        count = live.folded.event_count
        self._kept[live.record.id] = live, count
        self._event_count += count
        if self._event_count > self._most_events:
            self._let_go()

    def forget(self, live: LiveExecution) -> None:
        """Care no more for an execution, which has ended."""
        _, count = self._kept.pop(live.record.id, (live, 0))
        self._event_count -= count

    def _let_go(self) -> None:
        for live, _ in list(self._kept.values()):
            if self._event_count <= self._most_events:
                break
            if live.in_flight is not None:
                # It is kept again when its invocation has ended.
                self.forget(live)
            elif live.is_written:
                self.forget(live)
                live.let_go()
