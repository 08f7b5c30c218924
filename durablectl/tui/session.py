"""What the dashboard knows of one connection: names that were seen, and how each view was left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from durablectl.tui.connection import Connection

if TYPE_CHECKING:
    from durablectl.model.executions import Execution
    from durablectl.operate.listing import ListedExecution
    from durablectl.operate.standing import Standing
    from durablectl.operate.targets import Target

MOST_KNOWN = 20_000
"""Executions that are remembered for finding; the ones that were seen first are forgotten first."""
_OFFERED = 50
_ASKED = 100
"""Executions among which an ARN is looked for that names the account."""


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
    standings: dict[str, Standing] = field(default_factory=dict)
    """How executions stand, as any screen read it last, by ARN."""

    def view(self, name: str) -> ViewState:
        """The state of a view, kept until the connection is left."""
        return self.views.setdefault(name, ViewState())

    def see(self, rows: Mapping[str, ListedExecution], functions: Iterable[str]) -> None:
        """Remember executions by their ARN, and whose they are."""
        self.known.update(rows)
        self.functions.update(dict.fromkeys(functions))
        if self.account is None:
            named = (row.execution.parts for row in islice(rows.values(), _ASKED))
            self.account = next((parts.account for parts in named if parts), None)
        for arn in list(islice(self.known, max(0, len(self.known) - MOST_KNOWN))):
            del self.known[arn]

    def matching(self, text: str) -> list[Target]:
        """Executions whose FUNCTION/NAME or id holds `text`, those that begin with it first; nothing is asked."""
        wanted = text.casefold().strip()
        found = [(label, row) for label, row in self._labelled() if wanted in label]
        if not found and len(wanted) >= 4:
            found = [("", row) for row in self.known.values() if wanted in row.execution.id.casefold()]
        found.sort(key=lambda each: not _begins(each[0], wanted))
        return [row.target for _, row in found[:_OFFERED]]

    def exactly(self, reference: str) -> Target | None:
        """The one known execution that a reference names in full; None where a request has to tell."""
        last = reference.rpartition("/")[2].casefold()
        likely = [row for label, row in self._labelled() if label.endswith(last) or last == row.execution.id.casefold()]
        meant = [target for row in likely if reference in _names(target := row.target, row.execution)]
        return meant[0] if len(meant) == 1 else None

    def _labelled(self) -> Iterator[tuple[str, ListedExecution]]:
        """The known executions with what they are called, in lower case; there are too many to take ARNs apart."""
        from durablectl.model.arn import parse_function_name

        bare: dict[str, str] = {}
        for row in self.known.values():
            if row.function not in bare:
                name = parse_function_name(row.function)
                bare[row.function] = name.name if name else row.function
            yield f"{bare[row.function]}/{row.execution.name}".casefold(), row


def _begins(label: str, wanted: str) -> bool:
    return label.startswith(wanted) or label.partition("/")[2].startswith(wanted)


def _names(target: Target, execution: Execution) -> tuple[str, ...]:
    return (target.label, target.arn, f"{target.function}/{execution.id}")
