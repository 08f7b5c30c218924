"""The facts of one execution with what several rules derive from them, each derived once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

from durablectl.insight.commands import Intent, next_command
from durablectl.insight.findings import ChainLink, Diagnosis, NextCommand
from durablectl.insight.sentences import Name, Part
from durablectl.model.causes import CauseLink, cause_chain
from durablectl.model.events import Event
from durablectl.model.executions import ExecutionDetail
from durablectl.model.facts import ChildFacts, Facts
from durablectl.model.operations import Fold, Invocation, Operation
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus, OperationType
from durablectl.model.tree import Node, operation_tree, walk

PATIENCE = timedelta(seconds=60)
"""How late a service may be before it is said to be."""

_LONGEST_TYPED = 64
"""Characters of a name that somebody may be told to type; longer ones, which lines break, have a path."""


class Case:
    """One execution under diagnosis."""

    def __init__(self, facts: Facts, child_diagnoses: dict[str, Diagnosis]) -> None:
        self.facts = facts
        self.detail: ExecutionDetail = facts.detail
        self.folded: Fold = facts.folded
        self.now: datetime = facts.now
        self.child_diagnoses = child_diagnoses
        """By the id of the operation that invoked the child, for those that were read."""

    # --- the execution ------------------------------------------------------------------------------------------------

    @property
    def status(self) -> ExecutionStatus:
        """The status that the service told, or that of the history, which is read later, if it ended in between."""
        recorded, told = self.folded.execution.status, self.detail.execution.status
        return recorded if told.is_open and recorded.is_closed else told

    @property
    def is_open(self) -> bool:
        """Whether the execution can still go on."""
        return self.status.is_open

    @property
    def is_paused(self) -> bool:
        """Whether no code is invoked because somebody paused it."""
        return self.status in (ExecutionStatus.PAUSED, ExecutionStatus.PAUSING)

    @property
    def started_at(self) -> datetime | None:
        """When it started."""
        return self.detail.execution.started_at or self.folded.execution.started_at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended."""
        return self.detail.execution.ended_at or self.folded.execution.ended_at

    @property
    def error(self) -> ErrorPayload | None:
        """The error that it ended with, from wherever its text is known."""
        for error in (self.folded.execution.error, self.detail.error):
            if error is not None and error.is_present:
                return error
        return self.folded.execution.error or self.detail.error

    # --- its operations -----------------------------------------------------------------------------------------------

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """All operations in the tree, by id, each before its children."""
        return {node.operation.id: node for node in walk(operation_tree(self.folded, self.now))}

    def open_nodes(self, operation_type: OperationType) -> Iterator[Node]:
        """The operations of a type that have not ended, if the execution is open."""
        for operation in self.folded.open_operations if self.is_open else ():
            if operation.type == operation_type:
                yield self.nodes[operation.id]

    def label(self, node: Node) -> Part:
        """What people call an operation."""
        return Name(self.name(node) or self.path(node) or node.operation.id[:8])

    def name(self, node: Node) -> str | None:
        """Its name, or that of the operation that it is a part of, or which branch or iteration it is."""
        if node.index is not None and (node.is_generated or not node.name):
            return f"#{node.index}"
        if node.is_generated and node.parent is not None:
            return node.parent.name
        return node.name

    def path(self, node: Node) -> str | None:
        """The logical path as users type it."""
        return ".".join(map(str, node.path)) if node.path else None

    def operation_reference(self, node: Node) -> str:
        """What names one operation in a command: its name where that is the only one, its path, or its id."""
        whole = node.parent if node.parent is not None and node.parent.operation.sub_type == "WaitForCallback" else node
        name = whole.operation.name
        if name and self._name_counts[name] == 1 and len(name) <= _LONGEST_TYPED and name.isprintable():
            return name
        return self.path(whole) or whole.operation.id

    @cached_property
    def _name_counts(self) -> Counter[str | None]:
        return Counter(operation.name for operation in self.folded.operations.values())

    # --- its failure --------------------------------------------------------------------------------------------------

    @cached_property
    def chain(self) -> list[CauseLink]:
        """The way that its failure took, deepest first."""
        return cause_chain(self.folded)

    @property
    def cause(self) -> CauseLink | None:
        """The event that the failure began with."""
        return self.chain[0] if self.chain else None

    def cause_operation(self, *event_types: str) -> Operation | None:
        """The operation that the failure began with, if it ended in one of these ways."""
        cause = self.cause
        if cause is None or cause.type not in event_types or cause.operation_id is None:
            return None
        return self.folded.operations[cause.operation_id]

    @cached_property
    def chain_links(self) -> tuple[ChainLink, ...]:
        """The chain with the names of its operations."""
        return tuple(ChainLink(link, self._link_name(link)) for link in self.chain)

    def _link_name(self, link: CauseLink) -> str | None:
        node = self.nodes.get(link.operation_id or "")
        return self.name(node) if node else None

    # --- its invocations and children ---------------------------------------------------------------------------------

    @property
    def last_invocation(self) -> Invocation | None:
        """The invocation that ended last."""
        return self.folded.invocations[-1] if self.folded.invocations else None

    @cached_property
    def failed_run(self) -> list[Invocation]:
        """The invocations at the end of the history that died one after the other."""
        run: list[Invocation] = []
        for invocation in reversed(self.folded.invocations):
            if invocation.error is None:
                break
            run.append(invocation)
        return run[::-1]

    def child(self, operation: Operation) -> ChildFacts | None:
        """What was read of the execution that an operation invoked."""
        return self.facts.children.get(operation.id)

    # --- its events and commands --------------------------------------------------------------------------------------

    @cached_property
    def events_by_id(self) -> dict[int, Event]:
        """Events by their ids."""
        return {event.event_id: event for event in self.facts.events}

    def event_at(self, event_id: int) -> datetime | None:
        """When an event happened."""
        event = self.events_by_id.get(event_id)
        return event.at if event else None

    def next(self, intent: Intent, node: Node | None = None, *, invocation: int | None = None) -> NextCommand:
        """The command to type next about this execution, one operation of it, or an invocation by its index."""
        return next_command(
            intent,
            self.facts.reference,
            operation=self.operation_reference(node) if node else None,
            invocation=invocation,
            function=self.facts.function_name,
        )
