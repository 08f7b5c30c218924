"""The view of `list --count`: how many executions there are of each status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from durablectl.model.statuses import ExecutionStatus
from durablectl.views.display import Display
from durablectl.views.glyphs import execution_status
from durablectl.views.layout import Track, lay_out
from durablectl.views.lines import Line, own
from durablectl.views.view import Column, Record, View, stamped

_KIND = "execution_count"


@dataclass(frozen=True, slots=True)
class StatusCount:
    """A status, and how many executions have it."""

    status: str
    count: int


COUNT_FORMATS = ("table", "json", "jsonl", "yaml", "plain")
COUNT_COLUMNS: tuple[Column[StatusCount], ...] = (
    Column(
        "status",
        "STATUS",
        lambda one, _: execution_status(one.status),
        lambda one: one.status,
        about="status, as the service spells it",
    ),
    Column(
        "count",
        "COUNT",
        lambda one, _: own(str(one.count)),
        lambda one: one.count,
        aligns_right=True,
        about="how many executions have it",
    ),
)


def count_view(statuses: Iterable[str]) -> View[StatusCount]:
    """The counts of statuses, in the order in which the service lists them; counted when they are shown."""
    return View(
        kind=_KIND,
        items=_counted(statuses),
        record=lambda one: {"status": one.status, "count": one.count},
        document=_document,
        columns=COUNT_COLUMNS,
        drawing=_drawing,
        formats=COUNT_FORMATS,
    )


def _counted(statuses: Iterable[str]) -> Iterator[StatusCount]:
    counts = Counter(statuses)
    known = [str(status) for status in ExecutionStatus if status in counts]
    for status in (*known, *sorted(counts.keys() - set(known))):
        yield StatusCount(status, counts[status])


def _document(records: Iterator[Record]) -> Record:
    by_status = {record["status"]: record["count"] for record in records}
    return stamped(_KIND, {"count": sum(by_status.values()), "by_status": by_status})


def _drawing(counts: Sequence[StatusCount], display: Display) -> list[Line]:
    """A line for each status, and the total of several."""
    rows = [[execution_status(one.status), own(str(one.count))] for one in counts]
    if len(rows) > 1:
        rows.append([own("  total", "bold"), own(str(sum(one.count for one in counts)), "bold")])
    return lay_out(rows, [Track(), Track(aligns_right=True)], display.width)
