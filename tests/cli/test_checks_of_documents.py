"""Acceptance check of all documents: how names and values are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.emulators import OWN_ID, make_emulator
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import (
    RecordedExecution,
    callback,
    failure,
    make_execution,
    step,
    wait_for_callback,
)


@pytest.fixture
def emulator() -> FakeBackend:
    return make_emulator()


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_FOREIGN = frozenset({"extra", "value", "data", "counts", "redacted_paths"})
"""Keys below which names and values are the service's or the user's."""
_LISTS = frozenset(
    {"items", "warnings", "operations", "invocations", "children", "flags", "event_ids", "invocation_indexes"}
    | {"attempt_list", "stack_trace", "redacted_paths", "versions", "aliases", "operation_ids"}
)


def faults(value: Any, where: str = "$") -> Iterator[str]:
    """Where a document breaks the rules for values."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from faults(element, f"{where}[{index}]")
    for key, member in value.items() if isinstance(value, dict) else ():
        here = f"{where}.{key}"
        if not _SNAKE.fullmatch(key):
            yield f"{here} is no snake_case"
        if key.endswith("_at") and member is not None and not _INSTANT.fullmatch(str(member)):
            yield f"{here} is no instant: {member!r}"
        if key.endswith("_ms") and member is not None and type(member) is not int:
            yield f"{here} is no whole number: {member!r}"
        if key in _LISTS and not isinstance(member, list):
            yield f"{here} is no list: {member!r}"
        if key not in _FOREIGN:
            yield from faults(member, here)


def failed_execution() -> RecordedExecution:
    error = failure("card expired", "PaymentDeclined", data='{"card": 1}')
    return make_execution("demo", step("charge").fails(1).gives_up(error), status="FAILED", error=error)


def running_execution() -> RecordedExecution:
    return make_execution("demo", step("charge").fails(1), callback("sign"), wait_for_callback("approval"))


SITUATIONS = ["empty", "running", "failed", "emulator"]
COMMANDS = [
    ("list",),
    ("list", "--reasons"),
    ("functions", "--versions", "--counts"),
    ("get", "EXEC"),
    ("get", "EXEC", "--data"),
    ("history", "EXEC"),
    ("history", "EXEC", "--data"),
    ("state", "EXEC"),
    ("state", "EXEC", "--at", "2"),
    ("wait", "EXEC", "--timeout", "1s"),
    ("stop", "EXEC", "EXEC", "--dry-run"),
    ("stop", "EXEC", "--yes"),
    ("start", "orders", "--name", "demo-2"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_check_20_every_document_keeps_the_rules_for_values(
    situation: str, command: tuple[str, ...], emulator: FakeBackend
) -> None:
    empty = make_execution("demo")
    empty.events.clear()
    made = {"empty": empty, "running": running_execution(), "failed": failed_execution()}
    backend = emulator if situation == "emulator" else FakeBackend(made[situation])
    reference = OWN_ID if situation == "emulator" else "orders/demo"
    words = [word.replace("EXEC", reference) for word in command]

    documents = run(*words, "-o", "json", backend=backend), run(*words, "-o", "jsonl", backend=backend)

    for ran in documents:
        told = [ran.json] if ran is documents[0] and ran.out else ran.lines
        told = told if ran.code == 0 or told else [json.loads(ran.err.splitlines()[-1])]
        assert [fault for document in told for fault in faults(document)] == []
        assert all(list(document)[:2] == ["schema_version", "kind"] for document in told)
