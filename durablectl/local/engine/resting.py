"""Executions at rest: what a start has to know of those that only wait, and whose folds stay in memory meanwhile."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from durablectl.local.engine.live import LiveExecution
from durablectl.local.journal.journal import Journal
from durablectl.local.rules import completions
from durablectl.local.rules.completions import Due
from durablectl.model import wire
from durablectl.model.operations import Fold, fold
from durablectl.model.statuses import OperationType

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

    @classmethod
    def of(cls, live: LiveExecution) -> Rest | None:
        """The rest of an execution as it is now; None for one that has been paused, whose history is needed."""
        folded = live.folded
        if folded.execution.pauses or folded.last_event_at is None:
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
        )

    def write(self) -> str:
        """The note."""
        dues = [[wire.write_instant(due.at), due.operation_id, due.kind] for due in self.dues]
        last_at = wire.write_instant(self.last_event_at)
        return json.dumps([self.last_event_id, last_at, self.data_bytes, dues, self.invokes], separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Rest:
        """Read back what `write` wrote. Raises ValueError or TypeError for anything else."""
        last_event_id, last_event_at, data_bytes, dues, invokes = json.loads(text)
        return cls(
            last_event_id,
            datetime.fromtimestamp(last_event_at, UTC),
            data_bytes,
            tuple(Due(datetime.fromtimestamp(at, UTC), operation_id, kind) for at, operation_id, kind in dues),
            tuple((operation_id, child_id) for operation_id, child_id in invokes),
        )


def is_at_rest(notes: Mapping[str, str], last_event_id: int) -> bool:
    """Whether notes and the last event of a history tell all that a start has to know."""
    if REST not in notes or not _UNREST.isdisjoint(notes):
        return False
    return Rest.read(notes[REST]).last_event_id == last_event_id


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
