"""`durablectl list`: executions of one or all functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import typer

from durablectl.backend.budget import AWS_RATES
from durablectl.cli.bundles import Filters, Limits, Scope
from durablectl.cli.choices import split_list
from durablectl.cli.jobs import tracked
from durablectl.cli.options import CountOpt, FunctionsArg, ReasonsOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.selection import describe_filters, parse_list_query
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import UsageError
from durablectl.operate.connections import Connection, different_places, is_several
from durablectl.operate.data_level import DataLevel
from durablectl.operate.discovery import searched_words
from durablectl.operate.listing import Listing, ListQuery, list_over
from durablectl.operate.wording import counted
from durablectl.views.counts import COUNT_COLUMNS, COUNT_FORMATS, count_view
from durablectl.views.executions import list_columns, list_view
from durablectl.views.records.context import Reading
from durablectl.views.view import ALL_FORMATS, Column, ListFacts, View


def list_command(
    runtime: Runtime,
    filters: Filters,
    limits: Limits,
    scope: Scope,
    functions: FunctionsArg = None,
    reasons: ReasonsOpt = False,
    count: CountOpt = False,
) -> None:
    """List executions of one or all functions, newest first

    Statuses are words in any case, or open, closed, unsuccessful. Times are durations ago, dates, today or yesterday.
    Without FUNCTION all durable functions of the account and Region are listed, or those of the context; --region A,B
    and --context A,B list several.
    """
    if count and (limits.limit or reasons):
        raise UsageError("--count goes with neither --limit nor --reasons")
    if count and runtime.choices.format not in COUNT_FORMATS:
        raise UsageError(
            f"--count has no output format {runtime.choices.format}", hint=f"it has {', '.join(COUNT_FORMATS)}"
        )
    query = parse_list_query(runtime, filters, limits)
    query = replace(query, with_reasons=reasons, limit=None if count else query.limit)
    if query.limit is None:
        _tell_price(runtime, query)
    connections = runtime.connections([*(functions or ()), *split_list(scope.function)])
    track = partial(tracked, runtime)
    listing = list_over(connections, query, notes=runtime.diagnostics, now=runtime.now(), track=track)
    if count:
        shown = runtime.show(count_view(str(row.execution.status) for row in listing))
        _tell(runtime, listing, shown, filters, reasons, limit=None)
    else:
        shown = runtime.show(_view(runtime, listing, connections, reasons))
        _tell(runtime, listing, shown, filters, reasons, limit=query.limit)
    raise typer.Exit(listing.exit_code)


def _tell_price(runtime: Runtime, query: ListQuery) -> None:
    """Tell beforehand what takes long where all executions are wanted; a limit bounds it otherwise."""
    if query.stuck is not None:
        text = f"--stuck reads the history of each running execution, at most {AWS_RATES['history']} a second on AWS"
        runtime.diagnostics.note(text)
    if query.with_reasons:
        text = f"--reasons reads each execution that ended badly, at most {AWS_RATES['get']} a second on AWS"
        runtime.diagnostics.note(text)


def _view(runtime: Runtime, listing: Listing, connections: Sequence[Connection], reasons: bool) -> View[Any]:
    def facts() -> ListFacts:
        return runtime.facts(truncated=listing.is_truncated, limit=listing.limit)

    return list_view(
        listing,
        reading=runtime.reading(DataLevel.ERRORS if reasons else DataLevel.METADATA),
        source=runtime.source,
        facts=facts,
        with_reasons=reasons,
        shown_places=different_places(connections),
    )


def _tell(
    runtime: Runtime, listing: Listing, shown: int, filters: Filters, reasons: bool, *, limit: int | None
) -> None:
    """What the rows alone do not say."""
    searched = searched_words(listing.places)
    if not shown and not listing.failures:
        facts = "; ".join([f"searched {searched}", *describe_filters(filters)])
        runtime.diagnostics.note(f"no executions match ({facts})")
        return
    parts = []
    if listing.is_truncated and shown == limit:
        parts.append(f"showing {shown} (more exist, -n 0 for all)")
    if is_several(list({place.connection for place in listing.places})):
        parts.append(f"searched {searched}")
    if listing.extra_requests:
        requests = counted(listing.extra_requests, "extra request")
        parts.append(f"{'REASON' if reasons else '--stuck'} took {requests}")
    if parts:
        runtime.diagnostics.note("; ".join(parts))


def _columns(reading: Reading, given: Mapping[str, Any]) -> Sequence[Column[Any]]:
    return COUNT_COLUMNS if given["count"] else list_columns(reading, with_reasons=given["reasons"])


LIST = CommandSpec(
    name="list",
    group=Group.INSPECT,
    run=list_command,
    formats=ALL_FORMATS,
    exits=(3, 7, 8),
    has_raw=True,
    columns=_columns,
    examples=(
        Example("durablectl list -c local", "all durable functions of the local service"),
        Example("durablectl list orders -c local --status failed --since 2h", "what went wrong lately"),
        Example("durablectl list -c local --status unsuccessful --reasons", "with the reason of each"),
        Example("durablectl list -c local --count", "how many there are of each status"),
    ),
)
