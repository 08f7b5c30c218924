"""`durablectl list`: executions of one or all functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from durablectl.cli.bundles import Filters, Limits, Scope
from durablectl.cli.choices import split_list, whole_number
from durablectl.cli.options import CountOpt, FunctionsArg, ReasonsOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.selection import describe_filters, parse_filters
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration
from durablectl.operate.listing import Listing, ListQuery, list_executions
from durablectl.operate.reading import DataLevel
from durablectl.operate.wording import listed
from durablectl.views.executions import list_view
from durablectl.views.lines import own
from durablectl.views.view import ALL_FORMATS, Column, ListFacts, View, bare

DEFAULT_LIMIT = 50


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
    Without FUNCTION all durable functions of the account and Region are listed, or those of the context.
    """
    if count and (limits.limit or reasons):
        raise UsageError("--count goes with neither --limit nor --reasons")
    query = _query(runtime, filters, limits, scope, functions, with_reasons=reasons, is_count=count)
    listing = list_executions(runtime.backend, query, notes=runtime.diagnostics, now=runtime.now())
    if count:
        runtime.show(_count_view(listing))
    else:
        shown = runtime.show(_view(runtime, listing, reasons))
        _tell(runtime, listing, shown, filters, reasons)
    raise typer.Exit(listing.exit_code)


def _query(
    runtime: Runtime,
    filters: Filters,
    limits: Limits,
    scope: Scope,
    functions: FunctionsArg,
    *,
    with_reasons: bool,
    is_count: bool,
) -> ListQuery:
    limit = whole_number("--limit", limits.limit)
    chosen = parse_filters(runtime, filters)
    return ListQuery(
        functions=runtime.scope([*(functions or ()), *split_list(scope.function)]),
        filters=chosen,
        qualifier=filters.qualifier,
        stuck=parse_duration(filters.stuck, option="--stuck") if filters.stuck else None,
        limit=None if is_count or limit == 0 else DEFAULT_LIMIT if limit is None else limit,
        oldest_first=bool(limits.oldest_first),
        with_reasons=with_reasons,
        page_size=whole_number("--page-size", limits.page_size, least=1, most=1000),
    )


def _view(runtime: Runtime, listing: Listing, reasons: bool) -> View[Any]:
    def facts() -> ListFacts:
        return runtime.facts(truncated=listing.is_truncated, limit=listing.limit)

    return list_view(
        listing,
        reading=runtime.reading(DataLevel.ERRORS if reasons else DataLevel.METADATA),
        source=runtime.backend.source,
        facts=facts,
        with_reasons=reasons,
    )


def _tell(runtime: Runtime, listing: Listing, shown: int, filters: Filters, reasons: bool) -> None:
    """What the rows alone do not say."""
    searched = listed([one.label for one in listing.searched]) or "no durable function"
    if not shown and not listing.failures:
        facts = "; ".join([f"searched {searched}", *describe_filters(filters)])
        runtime.diagnostics.note(f"no executions match ({facts})")
        return
    parts = []
    if listing.is_truncated:
        parts.append(f"showing {shown} (more exist, -n 0 for all)")
    if listing.extra_requests:
        requests = f"{listing.extra_requests} extra request{'s' if listing.extra_requests > 1 else ''}"
        parts.append(f"{'REASON' if reasons else '--stuck'} took {requests}")
    if parts:
        runtime.diagnostics.note("; ".join(parts))


def _count_view(listing: Listing) -> View[int]:
    def total() -> Iterator[int]:
        yield sum(1 for _ in listing)

    return View(
        kind="execution_count",
        items=total(),
        record=lambda number: {"count": number},
        document=bare("execution_count"),
        columns=(Column("count", "COUNT", lambda number, _: own(str(number)), lambda number: number),),
        card=lambda number, _: [own(str(number))],
        formats=("table", "json", "jsonl", "yaml", "plain"),
    )


LIST = CommandSpec(
    name="list",
    group=Group.INSPECT,
    run=list_command,
    formats=ALL_FORMATS,
    exits=(3, 7, 8),
    has_raw=True,
    examples=(
        Example("durablectl list -c local", "all durable functions of the local service"),
        Example("durablectl list orders -c local --status failed --since 2h", "what went wrong lately"),
        Example("durablectl list -c local --status unsuccessful --reasons", "with the reason of each"),
    ),
)
