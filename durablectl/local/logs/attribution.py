"""Whose output a line is: the execution whose invocation wrote it, and the operation that ran meanwhile."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from durablectl.local.engine.live import LiveExecution
from durablectl.local.workers.invocations import LogLine, Stream
from durablectl.model.statuses import OperationStatus, OperationType

REMEMBERED = 256
"""Invocations that are remembered, so that the executions are not searched for each line."""


@dataclass(frozen=True, slots=True)
class AttributedLine:
    """A line that a function's process wrote, with what it belongs to where that is known."""

    function_name: str
    request_id: str | None
    at: datetime
    stream: Stream
    text: str
    execution_name: str | None = None
    operation_name: str | None = None


class Attribution:
    """Call it with a line; `find` is asked once for the execution of each invocation."""

    def __init__(self, find: Callable[[str], LiveExecution | None]) -> None:
        self._find = find
        self._known: OrderedDict[str, LiveExecution | None] = OrderedDict()

    def __call__(self, line: LogLine) -> AttributedLine:
        """The line with the names of its execution and, if only one can be meant, of its operation."""
        live = self._execution(line.request_id) if line.request_id else None
        return AttributedLine(
            line.function_name,
            line.request_id,
            line.at,
            line.stream,
            line.text,
            live.record.name if live else None,
            running_step(live) if live else None,
        )

    def _execution(self, request_id: str) -> LiveExecution | None:
        if request_id not in self._known:
            self._known[request_id] = self._find(request_id)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[request_id]


def running_step(live: LiveExecution) -> str | None:
    """The step whose code runs, as far as the service was told; None where several do or none does.

    An SDK tells of a step that may run again together with its end, or a little after its start, so the first lines
    of such a step can come too early to be known as its own. What comes after the invocation, when the history may
    not be in memory any more, is nobody's.
    """
    if live.kept is None:
        return None
    running = [
        operation
        for operation in live.kept.open_operations
        if operation.type == OperationType.STEP and operation.status == OperationStatus.STARTED
    ]
    return running[0].name if len(running) == 1 else None
