"""Surveys functions: how many executions of each are in which status, and which of them deserve a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from durablectl.backend.base import Backend, ListFilter
from durablectl.errors import AccessDenied, DurablectlError, NotFound, Unsupported
from durablectl.model.executions import Execution
from durablectl.model.statuses import UNSUCCESSFUL_STATUSES
from durablectl.operate.functions import Searched, functions_in_scope
from durablectl.operate.listing import ListedExecution
from durablectl.operate.notes import Notes
from durablectl.operate.ordering import in_order

NEWEST = 1000
"""Executions of each function that are counted: what one request gives."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SurveyedFunction:
    """A function and its newest executions, counted; without counts while they have not been read."""

    searched: Searched
    counts: Mapping[str, int] | None = None
    has_more: bool = False
    """Whether there are executions beyond those that were counted."""
    newest_at: datetime | None = None
    executions: Sequence[ListedExecution] = ()
    trouble: DurablectlError | None = field(default=None, compare=False)
    """Why it could not be read."""

    @property
    def name(self) -> str:
        """The function as one types it."""
        return self.searched.label


def survey(backend: Backend, scope: Sequence[str], notes: Notes) -> Iterator[SurveyedFunction]:
    """Every function in scope at once, without counts; then each again as it is read, by one request.

    Raises what listing the functions raises, and what keeps every function from being read.
    """
    searched = functions_in_scope(backend, scope, notes)
    yield from (SurveyedFunction(one) for one in searched)
    for one in searched:
        try:
            yield _surveyed(backend, one)
        except (AccessDenied, NotFound, Unsupported) as error:
            yield SurveyedFunction(one, trouble=error)


def open_executions(functions: Sequence[SurveyedFunction]) -> list[ListedExecution]:
    """What is open, newest first."""
    return _newest_first(row for one in functions for row in one.executions if row.execution.status.is_open)


def failed_executions(functions: Sequence[SurveyedFunction]) -> list[ListedExecution]:
    """What ended badly, what ended last first."""
    rows = [row for one in functions for row in one.executions if row.execution.status in UNSUCCESSFUL_STATUSES]
    return sorted(rows, key=lambda row: row.execution.ended_at or row.execution.started_at or _NEVER, reverse=True)


def _surveyed(backend: Backend, searched: Searched) -> SurveyedFunction:
    filters = ListFilter(qualifier=searched.version)
    ordered = in_order(lambda size: backend.executions(searched.name, filters, page_size=size), page_size=NEWEST)
    rows = list(islice(_of_version(ordered, searched.version), NEWEST))
    return SurveyedFunction(
        searched,
        Counter(str(row.status) for row in rows),
        has_more=len(rows) == NEWEST,
        newest_at=rows[0].started_at if rows else None,
        executions=[ListedExecution(row, searched.name) for row in rows],
    )


def _of_version(rows: Iterator[Execution], version: str | None) -> Iterator[Execution]:
    return (row for row in rows if version is None or row.parts is None or row.parts.version == version)


def _newest_first(rows: Iterator[ListedExecution]) -> list[ListedExecution]:
    return sorted(rows, key=lambda row: row.execution.started_at or _NEVER, reverse=True)
