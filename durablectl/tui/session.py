"""What the dashboard knows of one connection: names that were seen, and how each view was left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from durablectl.tui.connection import Connection

if TYPE_CHECKING:
    from durablectl.model.executions import Execution
    from durablectl.operate.listing import ListedExecution
    from durablectl.operate.targets import Target

MOST_KNOWN = 20_000
"""Executions that are remembered for finding; the ones that were seen first are forgotten first."""
_OFFERED = 50


@dataclass(slots=True)
class ViewState:
    """How a view was left, so that it is found so again; it never applies to another view."""

    filter: str = ""
    sort: str = "started"
    is_turned: bool = False
    """Whether the order is the opposite of the usual one."""
    cursor: str | None = None


@dataclass(slots=True)
class Session:
    """One connection and what was learnt over it; another context begins another one."""

    connection: Connection
    known: dict[str, ListedExecution] = field(default_factory=dict)
    """Executions that lists have shown, by ARN."""
    functions: dict[str, None] = field(default_factory=dict)
    """Names of durable functions that were seen."""
    views: dict[str, ViewState] = field(default_factory=dict)
    account: str | None = None

    def view(self, name: str) -> ViewState:
        """The state of a view, kept until the connection is left."""
        return self.views.setdefault(name, ViewState())

    def see(self, rows: Iterable[ListedExecution]) -> None:
        """Remember executions."""
        for row in rows:
            self.known[row.execution.arn] = row
            self.functions.setdefault(row.function)
            if self.account is None and row.execution.parts:
                self.account = row.execution.parts.account
        for arn in list(self.known)[: max(0, len(self.known) - MOST_KNOWN)]:
            del self.known[arn]

    def matching(self, text: str) -> list[Target]:
        """Executions whose FUNCTION/NAME or id holds `text`, those that begin with it first; nothing is asked."""
        wanted = text.casefold().strip()
        found = [target for row in self.known.values() if wanted in (target := _target(row)).label.casefold()]
        if not found and len(wanted) >= 4:
            found = [_target(row) for row in self.known.values() if wanted in row.execution.id]
        found.sort(key=lambda target: not _begins(target, wanted))
        return found[:_OFFERED]

    def exactly(self, reference: str) -> Target | None:
        """The one known execution that a reference names in full; None where a request has to tell."""
        meant = [target for row in self.known.values() if reference in _names(target := _target(row), row.execution)]
        return meant[0] if len(meant) == 1 else None


def _target(row: ListedExecution) -> Target:
    # Imported once something is looked for, so that the first frame need not wait for it.
    from durablectl.operate.targets import target_of_execution

    return target_of_execution(row.execution.arn, row.execution, function=row.function, is_exact=True)


def _begins(target: Target, wanted: str) -> bool:
    return target.name.casefold().startswith(wanted) or target.label.casefold().startswith(wanted)


def _names(target: Target, execution: Execution) -> tuple[str, ...]:
    return (target.label, target.arn, f"{target.function}/{execution.id}")
