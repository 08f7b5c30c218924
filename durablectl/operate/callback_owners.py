"""Which execution a callback may belong to that is named by its id alone: no call of the service tells that."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice

from durablectl.backend.base import Backend
from durablectl.errors import DurablectlError
from durablectl.model.arn import parse_execution_arn
from durablectl.model.executions import Execution
from durablectl.operate.functions import Searched, functions_in_scope
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.ordering import in_order
from durablectl.operate.resolve import resolve_one
from durablectl.operate.targets import Target, target_of_arn, target_of_execution

Owners = Callable[[str], Iterable[Target]]
"""The executions that a callback id may belong to, the likeliest first; finding each may cost requests."""

MOST_NEWEST = 25
"""Executions of the functions that were named whose histories are worth reading for one refusal."""


def nobody(callback_id: str) -> Iterable[Target]:
    """For callers who know no execution."""
    return ()


def told_by(callback_id: str) -> Iterator[Target]:
    """The execution that is written in the id, as some servers do it: base64 of JSON with its ARN.

    Observed with the official testing SDK's local runner. AWS's ids are opaque.
    """
    try:
        content = json.loads(base64.b64decode(callback_id, validate=True))
    except ValueError:
        return
    arn = content.get("arn") if isinstance(content, dict) else None
    if isinstance(arn, str) and arn:
        parts = parse_execution_arn(arn)
        yield target_of_arn(arn, parts) if parts else Target(arn, arn, arn)


def remembered(backend: Backend, reference: str | None, now: datetime) -> Iterator[Target]:
    """The execution in whose history the id was seen before, by its reference."""
    if reference is None:
        return
    try:
        yield resolve_one(backend, reference, scope=(), notes=CollectedNotes(), now=now)
    except DurablectlError:
        return


def newest_of(backend: Backend, functions: Sequence[str]) -> Iterator[Target]:
    """The newest executions of the functions that were named."""
    if not functions:
        return
    try:
        for searched in functions_in_scope(backend, functions, CollectedNotes()):
            for row in islice(in_order(partial(_pages, backend, searched), page_size=MOST_NEWEST), MOST_NEWEST):
                yield target_of_execution(row.arn, row, function=searched.name, is_exact=True)
    except DurablectlError:
        return


def _pages(backend: Backend, searched: Searched, page_size: int) -> Iterator[Execution]:
    return backend.executions(searched.address, page_size=page_size)
