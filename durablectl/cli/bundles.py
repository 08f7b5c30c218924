"""Options that go together, as dataclasses that a command takes as one parameter each.

They are made at every start and only ever read, so nothing is generated for comparing and showing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from durablectl.cli.options import ACTION, CONNECTION, FILTERS, GENERAL, OUTPUT, SAFETY


@dataclass(eq=False, repr=False)
class Globals:
    """What is accepted before and after the command; the later one wins."""

    context: Annotated[
        str | None,
        typer.Option(
            "-c",
            "--context",
            metavar="NAME",
            help="Named connection; lists and batches take several, as in A,B; DURABLECTL_CONTEXT",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="AWS profile", rich_help_panel=CONNECTION)
    ] = None
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="REGION",
            help="AWS Region; lists and batches take several, as in A,B",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option("--endpoint-url", metavar="URL", help="Another server than AWS's own", rich_help_panel=CONNECTION),
    ] = None
    read_only: Annotated[
        bool | None,
        typer.Option(
            "--read-only", help="Refuse all that changes anything; DURABLECTL_READ_ONLY=1", rich_help_panel=CONNECTION
        ),
    ] = None
    no_cache: Annotated[
        bool | None,
        typer.Option(
            "--no-cache",
            help="Read and keep nothing on disk between commands; DURABLECTL_NO_CACHE=1",
            rich_help_panel=CONNECTION,
        ),
    ] = None
    color: Annotated[
        str | None,
        typer.Option(
            "--color", metavar="auto|always|never", help="Colour; auto follows the terminal", rich_help_panel=GENERAL
        ),
    ] = None
    no_color: Annotated[
        bool | None, typer.Option("--no-color", help="The same as --color never", rich_help_panel=GENERAL)
    ] = None
    ascii: Annotated[
        bool | None, typer.Option("--ascii", help="No characters beyond ASCII in glyphs", rich_help_panel=GENERAL)
    ] = None
    debug: Annotated[
        bool | None,
        typer.Option("--debug", help="Trace requests, and show where errors arise, on stderr", rich_help_panel=GENERAL),
    ] = None


@dataclass(eq=False, repr=False)
class Narration:
    """How much is told on stderr beside the result."""

    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No notes", rich_help_panel=GENERAL)] = False
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="More notes", rich_help_panel=GENERAL)] = False


@dataclass(eq=False, repr=False)
class Output:
    """The form of the result."""

    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FORMAT", help="{formats}; default {default}", rich_help_panel=OUTPUT),
    ] = None
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="EXPR", help="JMESPath on the document, or each line", rich_help_panel=OUTPUT),
    ] = None


@dataclass(eq=False, repr=False)
class Paging:
    """Whether a long result is shown page by page."""

    pager: Annotated[
        bool,
        typer.Option(
            "--pager", help="Show it in a pager, on a terminal only; DURABLECTL_PAGER", rich_help_panel=OUTPUT
        ),
    ] = False


@dataclass(eq=False, repr=False)
class Raw:
    """The service's own shapes instead of ours."""

    raw: Annotated[
        bool, typer.Option("--raw", help="The service's own JSON shapes: json, jsonl, yaml", rich_help_panel=OUTPUT)
    ] = False


@dataclass(eq=False, repr=False)
class Columns:
    """What a table shows and how wide it is."""

    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="A,B", help="Columns to show, in this order; help lists them", rich_help_panel=OUTPUT
        ),
    ] = None
    no_headers: Annotated[bool, typer.Option("--no-headers", help="No header line", rich_help_panel=OUTPUT)] = False
    max_width: Annotated[
        str | None,
        typer.Option("--max-width", metavar="N", help="Fit a table into N characters", rich_help_panel=OUTPUT),
    ] = None


@dataclass(eq=False, repr=False)
class Instants:
    """How people read times; machine formats always have UTC."""

    time_format: Annotated[
        str | None,
        typer.Option(
            "--time-format", metavar="local|iso|relative|raw", help="How times are shown", rich_help_panel=OUTPUT
        ),
    ] = None
    utc: Annotated[bool, typer.Option("--utc", help="Times in UTC", rich_help_panel=OUTPUT)] = False
    tz: Annotated[
        str | None,
        typer.Option("--tz", metavar="ZONE", help="Times in this zone, as in Europe/Berlin", rich_help_panel=OUTPUT),
    ] = None


@dataclass(eq=False, repr=False)
class DataAccess:
    """Whether payloads are asked for, and whether secrets in them are hidden."""

    data: Annotated[
        bool | None,
        typer.Option("--data/--no-data", help="Read inputs and results / not even error texts", rich_help_panel=OUTPUT),
    ] = None
    redact: Annotated[
        bool | None,
        typer.Option("--redact/--no-redact", help="Hide secrets in payloads; on by default", rich_help_panel=OUTPUT),
    ] = None


@dataclass(eq=False, repr=False)
class Scope:
    """Where a reference that names no function is searched."""

    function: Annotated[
        list[str] | None,
        typer.Option(
            "-f", "--function", metavar="FUNCTION", help="Search only these functions", rich_help_panel=FILTERS
        ),
    ] = None


@dataclass(eq=False, repr=False)
class Filters:
    """Which executions a list shows."""

    status: Annotated[
        list[str] | None,
        typer.Option(
            "-s",
            "--status",
            metavar="A,B",
            help="Statuses in any case, or open, closed, unsuccessful",
            rich_help_panel=FILTERS,
        ),
    ] = None
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Exact name, or a glob", rich_help_panel=FILTERS)
    ] = None
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Started since: 2h, today, 2026-11-20", rich_help_panel=FILTERS),
    ] = None
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Started before", rich_help_panel=FILTERS)
    ] = None
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than", metavar="DURATION", help="Ended, or if open started, before", rich_help_panel=FILTERS
        ),
    ] = None
    longer_than: Annotated[
        str | None,
        typer.Option("--longer-than", metavar="DURATION", help="Total time above this", rich_help_panel=FILTERS),
    ] = None
    stuck: Annotated[
        str | None,
        typer.Option(
            "--stuck",
            metavar="DURATION",
            help="RUNNING, quiet for so long and awaiting nothing: one more request for each",
            rich_help_panel=FILTERS,
        ),
    ] = None
    qualifier: Annotated[
        str | None,
        typer.Option("--qualifier", metavar="VERSION|ALIAS", help="Only of this version", rich_help_panel=FILTERS),
    ] = None


@dataclass(eq=False, repr=False)
class Limits:
    """How many rows, and which come first."""

    limit: Annotated[
        str | None,
        typer.Option("-n", "--limit", metavar="N", help="Rows; 0 is all", rich_help_panel=FILTERS),
    ] = None
    page_size: Annotated[
        str | None,
        typer.Option("--page-size", metavar="N", help="Rows of one request, 1 to 1000", rich_help_panel=FILTERS),
    ] = None
    oldest_first: Annotated[
        bool | None,
        typer.Option("--oldest-first/--newest-first", help="Order of the rows", rich_help_panel=FILTERS),
    ] = None


@dataclass(eq=False, repr=False)
class Batch:
    """How many executions may be changed at once, and how fast."""

    max: Annotated[
        str | None,
        typer.Option("--max", metavar="N", help="Refuse more executions than this; default 50", rich_help_panel=SAFETY),
    ] = None
    rps: Annotated[
        str | None,
        typer.Option("--rps", metavar="N", help="Changes a second at most; default 10", rich_help_panel=SAFETY),
    ] = None


@dataclass(eq=False, repr=False)
class Selection(Batch, Limits, Filters, Scope):
    """Filters that find the executions of a change where none are named, and how many of them at once."""


@dataclass(eq=False, repr=False)
class Safety:
    """How a command that changes something is allowed to go on."""

    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask; all checks stay", rich_help_panel=SAFETY)] = (
        False
    )
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, change nothing", rich_help_panel=SAFETY)
    ] = False
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Never ask: exit 2 where an answer is needed", rich_help_panel=SAFETY)
    ] = False


@dataclass(eq=False, repr=False)
class PayloadForm:
    """How the text of a payload becomes the bytes that are sent."""

    string: Annotated[bool, typer.Option("--string", help="Send the text as a JSON string", rich_help_panel=ACTION)] = (
        False
    )
    no_validate: Annotated[
        bool, typer.Option("--no-validate", help="Send the bytes as they are, JSON or not", rich_help_panel=ACTION)
    ] = False


@dataclass(eq=False, repr=False)
class ErrorFields:
    """The error that is recorded."""

    error_type: Annotated[
        str | None, typer.Option("--error-type", metavar="TYPE", help="Its type", rich_help_panel=ACTION)
    ] = None
    error_message: Annotated[
        str | None, typer.Option("--error-message", metavar="TEXT", help="Its message", rich_help_panel=ACTION)
    ] = None
    error_data: Annotated[
        str | None,
        typer.Option("--error-data", metavar="VALUE|@FILE|-", help="Its data, as JSON", rich_help_panel=ACTION),
    ] = None
    stack_trace: Annotated[
        list[str] | None,
        typer.Option(
            "--stack-trace", metavar="VALUE|@FILE|-", help="One line of its stack; repeatable", rich_help_panel=ACTION
        ),
    ] = None


@dataclass(eq=False, repr=False)
class Polling:
    """How long and how often a wait looks."""

    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="DURATION", help="Give up after this, with exit 124", rich_help_panel=ACTION),
    ] = None
    interval: Annotated[
        str | None,
        typer.Option(
            "--interval", metavar="DURATION", help="Between two looks; default 2s, at least 1s", rich_help_panel=ACTION
        ),
    ] = None
