"""Filters of executions, from the texts of the options to conditions, and back to words for notes."""

from __future__ import annotations

from durablectl.cli.bundles import Filters as FilterOptions
from durablectl.cli.bundles import Limits
from durablectl.cli.choices import split_list, whole_number
from durablectl.cli.runtime import Runtime
from durablectl.errors import UsageError
from durablectl.model.times import names_zone, parse_duration, parse_window
from durablectl.operate.filters import Filters, parse_statuses
from durablectl.operate.listing import ListQuery

DEFAULT_LIMIT = 50


def parse_list_query(runtime: Runtime, chosen: FilterOptions, limits: Limits) -> ListQuery:
    """Which executions the options mean, and how many of them. Raises UsageError."""
    limit = whole_number("--limit", limits.limit)
    return ListQuery(
        filters=parse_filters(runtime, chosen),
        qualifier=chosen.qualifier,
        stuck=parse_duration(chosen.stuck, option="--stuck") if chosen.stuck else None,
        limit=None if limit == 0 else DEFAULT_LIMIT if limit is None else limit,
        oldest_first=bool(limits.oldest_first),
        page_size=whole_number("--page-size", limits.page_size, least=1, most=1000),
    )


def parse_filters(runtime: Runtime, chosen: FilterOptions) -> Filters:
    """The conditions that the options mean; a note names the zone that a time was taken to be in."""
    if chosen.name == "":
        raise UsageError("--name is empty, and every execution has a name", hint="leave it out for any name")
    window = parse_window(chosen.since, chosen.until, runtime.now(), runtime.zone)
    given = [text for text in (chosen.since, chosen.until) if text]
    if not all(names_zone(text) for text in given):
        runtime.diagnostics.note(f"times without an offset are taken to be in {runtime.display.zone_name}")
    return Filters(
        statuses=parse_statuses(split_list(chosen.status), runtime.diagnostics),
        name=chosen.name,
        since=window.since,
        until=window.until,
        older_than=parse_duration(chosen.older_than, option="--older-than") if chosen.older_than else None,
        longer_than=parse_duration(chosen.longer_than, option="--longer-than") if chosen.longer_than else None,
    )


def describe_filters(chosen: FilterOptions) -> list[str]:
    """The options that were given, as phrases: `status failed`, `since 2h`."""
    phrases = {
        "status": ", ".join(split_list(chosen.status)),
        "name": chosen.name,
        "since": chosen.since,
        "until": chosen.until,
        "older than": chosen.older_than,
        "longer than": chosen.longer_than,
        "stuck": chosen.stuck,
        "qualifier": chosen.qualifier,
    }
    return [f"{word} {text}" for word, text in phrases.items() if text]
