"""Which executions a word means: exact names and ids first, then unique beginnings and ends of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from durablectl.backend.base import Backend
from durablectl.errors import AmbiguousReference, DurablectlError, NotFound
from durablectl.model.executions import Execution
from durablectl.model.refs import SHORTEST_PART
from durablectl.operate.functions import Searched
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted, iso_words, listed, minute_words, nearest

MAX_CANDIDATES = 10
_INSTANT_WIDTH = 14


def is_part(execution: Execution, wanted: str) -> bool:
    """Whether `wanted` begins or ends the name or the id, and is long enough to say so."""
    if len(wanted) < SHORTEST_PART:
        return False
    return any(text.startswith(wanted) or text.endswith(wanted) for text in (execution.name, execution.id))


def ambiguous(reference: str, candidates: Sequence[Target], now: datetime) -> AmbiguousReference:
    """The error that lists what a reference may mean, newest first."""
    ordered = sorted(candidates, key=started, reverse=True)
    shown = ordered[:MAX_CANDIDATES]
    places = _places(shown)
    lines = _rows(shown, places, now)
    if len(ordered) > len(shown):
        lines.append(f"… and {len(ordered) - len(shown)} more")
    which = "use FUNCTION/NAME, more characters, or the full id"
    return AmbiguousReference(
        f'"{reference}" matches {counted(len(ordered), "execution")}',
        hint=[*lines, "use the ARN, or name one context and region" if any(places) else which],
        details={
            "reference": reference,
            "match_count": len(ordered),
            "candidates": [_candidate(target) for target in shown],
        },
    )


def started(target: Target) -> datetime:
    """When a target started, for ordering."""
    started_at = target.execution.started_at if target.execution else None
    return started_at or datetime.min.replace(tzinfo=UTC)


def _places(targets: Sequence[Target]) -> list[str]:
    """Where each is, if they were found over several connections."""
    labels = [target.connection.label if target.connection else "" for target in targets]
    return labels if len(set(labels)) > 1 else [""] * len(labels)


def _rows(targets: Sequence[Target], places: Sequence[str], now: datetime) -> list[str]:
    names = [_versioned(target) for target in targets]
    statuses = [str(target.execution.status) if target.execution else "" for target in targets]
    name_width, status_width = max(map(len, names)), max(map(len, statuses))
    return [
        f"{name:<{name_width}}   {status:<{status_width}}  "
        f"{minute_words(target.execution.started_at if target.execution else None, now):<{_INSTANT_WIDTH}}   "
        f"{target.arn.rpartition('/')[2]}{f'   {place}' if place else ''}"
        for target, name, status, place in zip(targets, names, statuses, places, strict=True)
    ]


def _versioned(target: Target) -> str:
    function = f"{target.function}:{target.version}" if target.version else target.function or ""
    return f"{function}/{target.name}" if function else target.name


def _candidate(target: Target) -> dict[str, Any]:
    execution = target.execution
    return {
        "arn": target.arn,
        "id": target.arn.rpartition("/")[2],
        "name": target.name,
        "function": target.function,
        "version": target.version,
        "status": str(execution.status) if execution else None,
        "started_at": iso_words(execution.started_at) if execution else None,
    }


def no_execution(
    backend: Backend, wanted: str, searched: Sequence[Searched], rows: Sequence[Execution], limit: int
) -> NotFound:
    """The error for a name that no execution has, with the names that are close to it.

    The retention is told where the functions' configurations are known, or where asking for one is enough.
    """
    labels = [one.label for one in searched]
    where = listed(labels, at_most=3)
    near = _near(wanted, rows)
    hint = [f"close names: {', '.join(f'{row.name} {row.status}' for row in near)}"] if near else []
    if len(wanted) < SHORTEST_PART:
        hint.append(f"the beginning or end of a name or id needs at least {SHORTEST_PART} characters")
    hint.append(f"finished executions disappear after their retention{_retention(backend, searched)}")
    return NotFound(
        f'no execution "{wanted}" in {where} (searched names, newest {limit} ids)',
        hint=hint,
        details={"reference": wanted, "functions": labels, "near": [row.arn for row in near]},
    )


def no_executions_yet(function: str) -> NotFound:
    """The error for the latest execution of a function that has none."""
    return NotFound(
        f"{function} has no executions",
        hint=["finished executions disappear after their retention", f"start one: durablectl start {function}"],
        details={"functions": [function]},
    )


def _near(wanted: str, rows: Sequence[Execution]) -> list[Execution]:
    by_name = {row.name: row for row in reversed(rows)}
    return [by_name[name] for name in nearest(wanted, by_name)]


def _retention(backend: Backend, searched: Sequence[Searched]) -> str:
    days = {one.name: one.configuration.retention_days for one in searched if one.configuration}
    if not days and len(searched) == 1:
        try:
            days = {searched[0].name: backend.function(searched[0].name).retention_days}
        except DurablectlError:
            return ""
    known = [f"{name}: {counted(count, 'day')}" for name, count in days.items() if count]
    return f" ({listed(known, at_most=3)})" if known else ""
