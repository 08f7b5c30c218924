"""Filters of a list as they are typed: `status:open !name:test-* since:2h`, in the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fnmatch import fnmatchcase

from durablectl.errors import UsageError
from durablectl.model.executions import Execution
from durablectl.model.refs import is_pattern
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.times import parse_duration, parse_instant
from durablectl.operate.filters import STATUS_GROUPS, Filters, parse_statuses
from durablectl.operate.listing import ListedExecution
from durablectl.operate.notes import CollectedNotes
from durablectl.operate.wording import nearest

Accepts = Callable[[ListedExecution], bool]
Told = Callable[[ListedExecution], str]
"""What the column WAITING ON / REASON says of a row."""


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows of a list are shown: those that all words accept."""

    text: str = ""
    words: Sequence[Accepts] = ()

    def accepts(self, row: ListedExecution) -> bool:
        """Whether a row is shown."""
        return all(word(row) for word in self.words)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What words depend on beside the row."""

    now: datetime
    zone: tzinfo
    told: Told = lambda row: ""


def parse_row_filter(text: str, circumstances: Circumstances) -> RowFilter:
    """The filter that a text means; raises UsageError for an unknown column or value."""
    return RowFilter(text.strip(), tuple(_word(word, circumstances) for word in text.split()))


def _word(word: str, circumstances: Circumstances) -> Accepts:
    if word.startswith("!"):
        accepts = _word(word[1:], circumstances) if word[1:] else None
        return (lambda row: not accepts(row)) if accepts else (lambda row: True)
    column, colon, value = word.partition(":")
    if not colon:
        return _anywhere(word.casefold())
    if column.casefold() not in COLUMNS:
        near = nearest(column, COLUMNS)
        hint = f"did you mean {near[0]}:{value}" if near else f"columns: {', '.join(COLUMNS)}"
        raise UsageError(f'there is no column "{column}" to filter by', hint=hint)
    if not value:
        return lambda row: True
    return COLUMNS[column.casefold()](value, circumstances)


def _anywhere(wanted: str) -> Accepts:
    def matches(row: ListedExecution) -> bool:
        return any(fnmatchcase(text, wanted) for text in _shown(row).split("\n"))

    # A letter that is typed asks this of ten thousand rows.
    return matches if is_pattern(wanted) else lambda row: wanted in _shown(row)


def _shown(row: ListedExecution) -> str:
    """What a word without a column is looked for in, a text on each line; no word has more than one."""
    execution = row.execution
    return f"{execution.name}\n{row.function}\n{execution.id}\n{execution.status}".casefold()


def _status(value: str, circumstances: Circumstances) -> Accepts:
    notes = CollectedNotes()
    words = [known for word in value.split(",") if word for known in _begun(word)]
    statuses = parse_statuses(words, notes)
    if notes.warnings:
        raise UsageError(notes.warnings[0][0].replace(" and passed on", ""))
    return lambda row: row.execution.status in statuses


def _begun(word: str) -> list[str]:
    """The statuses and groups that a word is the beginning of, so that a filter works while it is typed."""
    lower = word.casefold()
    known = [*STATUS_GROUPS, *(str(status).casefold() for status in ExecutionStatus)]
    return [lower] if lower in known else [each for each in known if each.startswith(lower)] or [word]


def _text(of: Callable[[ListedExecution], str]) -> Callable[[str, Circumstances], Accepts]:
    def make(value: str, circumstances: Circumstances) -> Accepts:
        wanted = [part.casefold() for part in value.split(",") if part]
        return lambda row: any(_holds(of(row), each) for each in wanted)

    return make


def _told(value: str, circumstances: Circumstances) -> Accepts:
    wanted = [part.casefold() for part in value.split(",") if part]
    return lambda row: any(_holds(circumstances.told(row), each) for each in wanted)


def _holds(text: str, wanted: str) -> bool:
    text = text.casefold()
    return fnmatchcase(text, wanted) if is_pattern(wanted) else wanted in text


def _filters(member: str, parse: Callable[[str, Circumstances], object]) -> Callable[[str, Circumstances], Accepts]:
    def make(value: str, circumstances: Circumstances) -> Accepts:
        filters = Filters(**{member: parse(value, circumstances)})  # type: ignore[arg-type]
        return lambda row: filters.accept(row.execution, circumstances.now)

    return make


def _instant(value: str, circumstances: Circumstances) -> datetime:
    return parse_instant(value, circumstances.now, circumstances.zone)


COLUMNS: Mapping[str, Callable[[str, Circumstances], Accepts]] = {
    "status": _status,
    "name": _text(lambda row: row.execution.name),
    "function": _text(lambda row: row.function),
    "version": _text(lambda row: _version(row.execution)),
    "id": _text(lambda row: row.execution.id),
    "waiting": _told,
    "reason": _told,
    "since": _filters("since", _instant),
    "until": _filters("until", _instant),
    "older-than": _filters("older_than", lambda value, _: parse_duration(value)),
    "longer-than": _filters("longer_than", lambda value, _: parse_duration(value)),
}
"""By what rows are filtered: the columns, and the filters of the command line."""


def _version(execution: Execution) -> str:
    return execution.parts.version if execution.parts else ""
