"""Reads the conformance cases and spells out the events that each expects.

A file `cases/NAME.yaml` holds cases for the function NAME, which is served from `handlers/NAME.py`; one document is
one case:

    id: step-1-2                             # what pytest calls it
    proves: A step carries its name.         # one sentence
    scenario: greet_by_name                  # which part of the handler runs
    input: World                             # what that part is given
    random: [word]                           # placeholders that get a random word before anything else
    invocation: Event                        # how it is invoked; RequestResponse unless said otherwise
    operations:                              # the operations of the history: label, then what all their events share
      greeting: {sub_type: Step, name: compose, parent: other-label}
    actions:                                 # callbacks completed from outside, in this order
      - {after: 3, succeed: approval, with: "${word}"}
    status: SUCCEEDED                        # how the execution ends; left out when it is not followed to its end
    result: Hello, World!                    # what it returns, decoded
    history:                                 # by EventId; the last one listed is the last one recorded
      2: StepStarted greeting
      3: {event: StepSucceeded greeting, Result: {Payload: '"Hello, World!"'}}
      4: InvocationCompleted
      5: ExecutionSucceeded
    counts: {ContextStarted: 4}              # how many events of a type there are, where their order is open
    logs: [{pattern: 'Hello, ${word}', count: 1}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .matcher import ABSENT, ANYTHING

CASES = Path(__file__).parent / "cases"
HANDLERS = Path(__file__).parent / "handlers"


@dataclass(frozen=True)
class Action:
    """One call of the callback API, made as soon as the history has got far enough."""

    kind: str
    """`succeed`, `fail` or `heartbeat`."""
    started_by: int
    """EventId of the CallbackStarted event that holds the callback id."""
    after: int
    """EventId that must be recorded first: usually the InvocationCompleted that leaves the execution suspended."""
    seconds: float = 0
    """How long after the start of the callback at the earliest."""
    payload: Any = None
    """What a success sends as JSON, or the members of the error of a failure."""


@dataclass(frozen=True)
class LogExpectation:
    """How often a text occurs among the lines that the handlers wrote."""

    pattern: str
    count: int


@dataclass(frozen=True)
class Case:
    """One conformance case: what to run, and what the service must have recorded afterwards."""

    id: str
    proves: str
    function: str
    scenario: str
    input: Any
    history: tuple[dict[str, Any], ...]
    random: tuple[str, ...] = ()
    invocation: str = "RequestResponse"
    status: str | None = None
    result: Any = ANYTHING
    actions: tuple[Action, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    logs: tuple[LogExpectation, ...] = ()

    @property
    def last_event_id(self) -> int:
        """EventId of the last event that the execution records."""
        return max(int(event["EventId"]) for event in self.history)


def load_cases() -> Iterator[Case]:
    """All cases, file by file in the order of their names."""
    for path in sorted(CASES.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield read_case(path.stem, document)


def read_case(function: str, document: Mapping[str, Any]) -> Case:
    """The case that a YAML document describes; a misspelt key is an error."""
    fields = dict(document)
    operations = fields.pop("operations", {})
    history = tuple(_expected_event(number, entry, operations) for number, entry in fields.pop("history").items())
    return Case(
        function=function,
        history=history,
        input=fields.pop("input", None),
        random=tuple(fields.pop("random", ())),
        actions=tuple(_action(entry, history) for entry in fields.pop("actions", ())),
        logs=tuple(LogExpectation(**entry) for entry in fields.pop("logs", ())),
        **fields,
    )


def _expected_event(number: int, entry: str | Mapping[str, Any], operations: Mapping[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {} if isinstance(entry, str) else dict(entry)
    event_type, _, label = (entry if isinstance(entry, str) else details.pop("event")).partition(" ")
    event = {"EventId": number, "EventType": event_type, "EventTimestamp": ANYTHING, f"{event_type}Details": details}
    if not label:
        return event
    return event | _shared_members(label, **operations[label])


def _shared_members(label: str, sub_type: str, parent: str | None = None, name: str | None = None) -> dict[str, Any]:
    members = {"Id": _placeholder(label), "SubType": sub_type, "ParentId": _placeholder(parent) if parent else ABSENT}
    return members if name is None else members | {"Name": name}


def _placeholder(label: str) -> str:
    return f"${{{label.replace('-', '_')}}}"


def _action(entry: Mapping[str, Any], history: tuple[dict[str, Any], ...]) -> Action:
    kind = next(key for key in ("succeed", "fail", "heartbeat") if key in entry)
    callbacks = {event["Id"]: event["EventId"] for event in history if event["EventType"] == "CallbackStarted"}
    return Action(
        kind=kind,
        started_by=callbacks[_placeholder(entry[kind])],
        after=entry["after"],
        seconds=entry.get("seconds", 0),
        payload=entry.get("with"),
    )
