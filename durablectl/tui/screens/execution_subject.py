"""What an execution is to whoever acts on it, copies it or saves it, and what its rows lead to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from durablectl.model.arn import parse_execution_arn
from durablectl.operate.callbacks import CallbackStatus, FoundCallback, callbacks_of
from durablectl.operate.targets import Target, target_of_arn
from durablectl.tui.screens.execution_live import ExecutionLive
from durablectl.views.outline import OutlineRow
from durablectl.views.records.events import event_record
from durablectl.views.records.operations import node_record
from durablectl.views.view import Record, stamped

if TYPE_CHECKING:
    from durablectl.tui.exporting import Export

_COMMANDS = {"tree": "tree", "timeline": "timeline", "events": "history", "payloads": "get"}
DETAILS_FROM = {"tree": 106, "timeline": 150}
"""The width from which on the details stand beside a view by themselves; other views have none."""


class ExecutionSubject(ExecutionLive):
    """One execution as a subject: its names, its records, and who waits for what in it."""

    @property
    def crumb(self) -> str:
        """The name of the execution, after that of its function where the screen above is not about that alone."""
        stack, function = self.app.screen_stack, self.target.function
        place = stack.index(self) if self in stack else 0
        is_told = not function or (place and getattr(stack[place - 1], "functions", None) == (function,))
        return self.short_name if is_told or not self.target.name else f"{function} › {self.short_name}"

    @property
    def short_name(self) -> str:
        """The name of the execution, or its id where it has none."""
        return self.target.name or self.target.label

    @property
    def command(self) -> str:
        """The command that shows the same."""
        options = {"payloads": " --data", "tree": self._tree_option()}.get(self.tab, "")
        return f"durablectl {_COMMANDS[self.tab]} {self.target.label}{options}"

    @property
    def identifier(self) -> str | None:
        """The id of the highlighted callback, the ARN of the highlighted child, else the ARN of the execution."""
        row = self.outline_view.current if self.tab in ("tree", "timeline") else None
        for node in row.operations if row is not None else ():
            found = node.operation.callback_id or node.operation.child_arn
            if found:
                return found
        return self.target.arn

    @property
    def record(self) -> Record | None:
        """The highlighted event or operation."""
        look = self.looked
        if look is None:
            return None
        if self.tab == "events":
            event = self.events.current
            return stamped("event", event_record(event, self.reading)) if event is not None else None
        row = self.outline_view.current
        return stamped("operation", node_record(row.node, look.folded, self.reading)) if row and row.node else None

    @property
    def console_url(self) -> str | None:
        """Where the AWS console shows it."""
        return self.target.parts.console_url if self.target.parts else None

    def targets(self) -> list[Target]:
        """What is acted on, as it was looked at last."""
        look = self.looked
        return [self.target if look is None else replace(self.target, execution=look.detail.execution)]

    @property
    def has_export(self) -> bool:
        """Whether there is a history."""
        return self.looked is not None

    def export(self) -> Export:
        """Its history, with data only if that was read to be looked at."""
        from durablectl.tui.exporting import export_events, export_history

        assert self.looked is not None
        read, source, name = self.payloads.read, self.app.connection.backend.source, self.short_name
        if read is not None:
            return export_history(name, self.target.arn, read.history, read.reading, source)
        return export_events(name, self.target.arn, self.looked.events, self.reading, source)

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be done."""
        if action == "why" and self.looked is None:
            return "nothing is known of the execution yet"
        if action == "details" and self.tab not in DETAILS_FROM:
            return "details belong to operations: 1 Tree, 2 Timeline"
        if action == "copy_record":
            # Asked again with each key; the record itself need not be made for that.
            current = self.events.current if self.tab == "events" else self.outline_view.current
            return None if current is not None else "there is no record here to copy"
        return super().refusal(action)

    def _tree_option(self) -> str:
        return " --failed" if self.outlining.only_failures else " --all" if self.outlining.is_raw else ""

    def hint(self, row: OutlineRow) -> str:
        """What the enter key does on a row, where it does not fold."""
        if row.is_foldable:
            return ""
        if self.waiting_callback(row) is not None:
            return "enter answers it"
        return "enter opens it" if child_target(row) is not None else ""

    def waiting_callback(self, row: OutlineRow) -> FoundCallback | None:
        """The callback of a row, as long as it waits for its answer."""
        look = self.looked
        if look is None or not any(node.operation.callback_id for node in row.operations):
            return None
        ids = row.operation_ids
        found = callbacks_of(look.folded, self.target, now=self.app.clock.now())
        pending = (each for each in found if each.status == CallbackStatus.PENDING)
        return next((each for each in pending if each.operation.id in ids), None)


def child_target(row: OutlineRow) -> Target | None:
    """The execution that a chained invoke started."""
    arn = row.node.operation.child_arn if row.node is not None else None
    parts = parse_execution_arn(arn) if arn else None
    return target_of_arn(str(parts), parts) if parts is not None else None
