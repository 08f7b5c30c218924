"""Joins entries of a log to the operations and invocations of one execution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from durablectl.backend.logs import LogEvent
from durablectl.model.log_records import LogRecord
from durablectl.model.operations import Fold, Invocation
from durablectl.model.tree import Node, operation_tree, walk
from durablectl.operate.log_windows import Bounds


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of a log in its place in an execution."""

    event: LogEvent
    record: LogRecord
    request_id: str | None = None
    invocation_index: int | None = None
    """Counted from 0, as the history counts them; the one after the last is running."""
    node: Node | None = None
    """The operation that it belongs to; None where only the invocation is known."""
    attempt: int | None = None


class Joiner:
    """Knows the operations and invocations of one execution, and tells which of them an entry belongs to."""

    def __init__(self, arn: str, folded: Fold, now: datetime) -> None:
        self._arn = arn
        self._invocations: dict[str, list[Invocation]] = defaultdict(list)
        for invocation in folded.invocations:
            if invocation.request_id:
                self._invocations[invocation.request_id].append(invocation)
        self._next_index = len(folded.invocations)
        self._nodes = {node.operation.id: node for node in walk(operation_tree(folded, now))}
        self._by_name: dict[str, list[Node]] = defaultdict(list)
        for node in self._nodes.values():
            if node.operation.name:
                self._by_name[node.operation.name].append(node)

    def knows(self, request_id: str | None) -> bool:
        """Whether an invocation of that request id belongs to the execution and has ended."""
        return request_id in self._invocations

    def is_foreign(self, record: LogRecord) -> bool:
        """Whether an entry says of itself that it belongs to another execution."""
        return record.execution_arn is not None and record.execution_arn != self._arn

    def is_own(self, record: LogRecord) -> bool:
        """Whether an entry says of itself that it belongs to the execution."""
        return record.execution_arn == self._arn or (not self.is_foreign(record) and self.knows(record.request_id))

    def bounds(self, request_id: str, seen: Iterable[datetime]) -> Bounds:
        """When the invocations of a request id ran; `seen` are the instants of entries that name it."""
        instants = list(seen)
        ended = self._invocations.get(request_id, [])
        starts = [one.started_at for one in ended if one.started_at] + instants
        ends = [one.ended_at for one in ended if one.ended_at] + instants if ended else []
        return Bounds(min(starts, default=None), max(ends, default=None))

    def line(self, event: LogEvent, record: LogRecord, request_id: str | None = None) -> LogLine:
        """An entry with what it belongs to; `request_id` is known for one that names none itself."""
        request_id = record.request_id or request_id
        node = self._node(record)
        return LogLine(event, record, request_id, self._index(request_id, event.at), node, record.attempt)

    def _index(self, request_id: str | None, at: datetime) -> int | None:
        ended = self._invocations.get(request_id or "")
        if not ended:
            # An invocation that the history does not know yet is the one that is running.
            return self._next_index if request_id else None
        # A request that Lambda repeats keeps its id.
        begun = [one for one in ended if one.started_at is None or one.started_at <= at]
        return (begun or ended[:1])[-1].index

    def _node(self, record: LogRecord) -> Node | None:
        for operation_id in (record.operation_id, *record.mentioned_ids):
            if operation_id in self._nodes:
                return self._nodes[operation_id]
        named = self._by_name.get(record.operation_name or "", [])
        return named[0] if len(named) == 1 and record.operation_id is None else None
