"""Filters of executions, as words and as conditions that hold whatever a server ignored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase

from durablectl.backend.base import ListFilter
from durablectl.model.executions import Execution
from durablectl.model.refs import is_pattern
from durablectl.model.statuses import CLOSED_STATUSES, OPEN_STATUSES, UNSUCCESSFUL_STATUSES, ExecutionStatus
from durablectl.operate.notes import Notes

STATUS_GROUPS = {"open": OPEN_STATUSES, "closed": CLOSED_STATUSES, "unsuccessful": UNSUCCESSFUL_STATUSES}


def parse_statuses(words: Iterable[str], notes: Notes) -> frozenset[ExecutionStatus]:
    """Statuses from words in any case, group names included; an unknown word is passed on with a warning."""
    statuses: set[ExecutionStatus] = set()
    for word in words:
        group = STATUS_GROUPS.get(word.lower())
        if group is not None:
            statuses |= group
            continue
        status = ExecutionStatus(word.upper().replace("-", "_"))
        if not status.is_known:
            known = [*(member.lower() for member in ExecutionStatus), *STATUS_GROUPS]
            close = get_close_matches(word.lower().replace("-", "_"), known, n=1)
            meant = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            notes.warning(f'status "{word}" is unknown here and passed on; {meant}', type="usage")
        statuses.add(status)
    return frozenset(statuses)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which executions are wanted."""

    statuses: frozenset[ExecutionStatus] = frozenset()
    name: str | None = None
    """Exact, or a pattern with `*`."""
    since: datetime | None = None
    until: datetime | None = None
    older_than: timedelta | None = None
    """Age since the end of closed executions, since the start of open ones."""
    longer_than: timedelta | None = None
    """Total time, up to now for open executions."""

    @property
    def has_pattern(self) -> bool:
        """Whether the name is matched here rather than by the service."""
        return self.name is not None and is_pattern(self.name)

    @property
    def is_local(self) -> bool:
        """Whether the service cannot do all of the filtering, so that rows of a page may be dropped."""
        # The service takes one status at a time.
        return self.has_pattern or bool(self.older_than or self.longer_than) or len(self.statuses) > 1

    def request(self, now: datetime, *, version: str | None, oldest_first: bool) -> ListFilter:
        """What the service is asked for: as much of the filters as it understands."""
        ages = [age for age in (self.older_than, self.longer_than) if age is not None]
        # Whatever has ended or lasted so long ago started even earlier.
        bounds = [now - age for age in ages] + ([self.until] if self.until else [])
        return ListFilter(
            qualifier=version,
            name=None if self.has_pattern else self.name,
            statuses=self.statuses,
            started_after=self.since,
            started_before=min(bounds, default=None),
            oldest_first=oldest_first,
        )

    def accept(self, execution: Execution, now: datetime, *, version: str | None = None) -> bool:
        """Whether an execution is wanted, decided from its summary alone."""
        return (
            (not self.statuses or execution.status in self.statuses)
            and (version is None or execution.parts is None or execution.parts.version == version)
            and (self.name is None or self._accepts_name(execution.name))
            and self._accepts_times(execution, now)
        )

    def _accepts_name(self, name: str) -> bool:
        return fnmatchcase(name, self.name or "") if self.has_pattern else name == self.name

    def _accepts_times(self, execution: Execution, now: datetime) -> bool:
        started_at = execution.started_at
        if started_at is None:
            return not (self.since or self.until or self.older_than or self.longer_than)
        if (self.since and started_at < self.since) or (self.until and started_at > self.until):
            return False
        age = now - (execution.ended_at or started_at)
        lasted = (execution.ended_at or now) - started_at
        return not (
            (self.older_than is not None and age < self.older_than)
            or (self.longer_than is not None and lasted <= self.longer_than)
        )
