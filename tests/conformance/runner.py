"""Runs one case against a service, over HTTP alone, and keeps what the service answered and recorded."""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .catalogue import Action, Case
from .matcher import Bindings, substitute

CASE_DEADLINE_SECONDS = 120
POLL_SECONDS = 0.1
RANDOM_WORD_LENGTH = 10
OPEN_STATUS = "RUNNING"

Event = dict[str, Any]
LambdaClient = Any
"""A boto3 client: its methods are made at run time and have no types."""


@dataclass(frozen=True)
class Recording:
    """What is left of a case that has run."""

    arn: str
    payload: str
    """The input that was sent."""
    response: dict[str, Any]
    """The answer to Invoke, its payload read."""
    execution: dict[str, Any]
    """The answer to GetDurableExecution after the end."""
    events: list[Event]
    bound: Bindings


def run(client: LambdaClient, case: Case) -> Recording:
    """Invoke the case's function and follow the execution until it has ended or recorded all that is expected.

    Raises TimeoutError, with the last history seen, when it does neither in time.
    """
    bound: Bindings = {name: _random_word() for name in case.random}
    payload = json.dumps({"scenario": case.scenario, "input": substitute(case.input, bound)})
    answer = client.invoke(
        FunctionName=case.function, Qualifier="$LATEST", InvocationType=case.invocation, Payload=payload.encode()
    )
    response = answer | {"Payload": answer["Payload"].read()}
    arn = response["DurableExecutionArn"]
    _follow(client, case, arn, bound)
    execution = client.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=True)
    return Recording(arn, payload, response, execution, read_history(client, arn), bound)


def read_history(client: LambdaClient, arn: str) -> list[Event]:
    """All events of an execution with their data, oldest first."""
    pages = client.get_paginator("get_durable_execution_history").paginate(
        DurableExecutionArn=arn, IncludeExecutionData=True, ReverseOrder=False
    )
    return [event for page in pages for event in page["Events"]]


def _follow(client: LambdaClient, case: Case, arn: str, bound: Bindings) -> None:
    pending = list(case.actions)
    deadline = time.monotonic() + CASE_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if pending:
            pending = _act(client, pending, read_history(client, arn), bound)
        if _is_over(client, case, arn):
            return
        time.sleep(POLL_SECONDS)
    seen = [event["EventType"] for event in read_history(client, arn)]
    raise TimeoutError(f"{case.id} is not over after {CASE_DEADLINE_SECONDS} s; its history so far: {seen}")


def _is_over(client: LambdaClient, case: Case, arn: str) -> bool:
    if case.status is None:
        return len(read_history(client, arn)) >= case.last_event_id
    execution = client.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)
    return bool(execution["Status"] != OPEN_STATUS)


def _act(client: LambdaClient, pending: list[Action], events: Sequence[Event], bound: Bindings) -> list[Action]:
    """Take the actions that are due, in order; returns those that are left."""
    by_id = {event["EventId"]: event for event in events}
    while pending and _is_due(pending[0], by_id):
        action, *pending = pending
        _complete_callback(client, action, by_id[action.started_by]["CallbackStartedDetails"]["CallbackId"], bound)
    return pending


def _is_due(action: Action, by_id: dict[int, Event]) -> bool:
    if action.after not in by_id or action.started_by not in by_id:
        return False
    age = datetime.now(UTC) - by_id[action.started_by]["EventTimestamp"]
    return bool(age.total_seconds() >= action.seconds)


def _complete_callback(client: LambdaClient, action: Action, callback_id: str, bound: Bindings) -> None:
    payload = substitute(action.payload, bound)
    if action.kind == "heartbeat":
        client.send_durable_execution_callback_heartbeat(CallbackId=callback_id)
    elif action.kind == "fail":
        client.send_durable_execution_callback_failure(CallbackId=callback_id, Error=payload)
    else:
        client.send_durable_execution_callback_success(CallbackId=callback_id, Result=json.dumps(payload).encode())


def _random_word() -> str:
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=RANDOM_WORD_LENGTH))
