"""`durablectl callback list`: what waits for an answer from outside, and how long it still does."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import partial
from typing import Any

import typer

from durablectl.cli.bundles import Filters, Limits, Scope
from durablectl.cli.choices import split_list
from durablectl.cli.jobs import tracked
from durablectl.cli.options import AllCallbacksOpt, DueWithinOpt, OperationOpt, OptionalExecutionArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.selection import describe_filters, parse_list_query
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration
from durablectl.operate.callback_inbox import Inbox, InboxQuery, callbacks_of_execution, read_inbox
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.connections import different_places
from durablectl.operate.discovery import searched_words
from durablectl.operate.wording import counted
from durablectl.views.callbacks import callback_list_view, placed_columns
from durablectl.views.records.context import Reading
from durablectl.views.view import ALL_FORMATS, Column, ListFacts


def callback_list(
    runtime: Runtime,
    filters: Filters,
    limits: Limits,
    scope: Scope,
    execution: OptionalExecutionArg = None,
    operation: OperationOpt = None,
    include_closed: AllCallbacksOpt = False,
    due_within: DueWithinOpt = None,
) -> None:
    """List pending callbacks, those that time out soonest first

    Without EXEC all open executions of the functions in reach are looked at: one request for the history of each.
    LEFT is the time until the timeout; a heartbeat leaves no trace, so where one is due sooner LEFT tells by when at
    the latest.
    """
    due = parse_duration(due_within, option="--due-within") if due_within else None
    query = InboxQuery(parse_list_query(runtime, filters, limits), operation, include_closed, due)
    if execution is not None:
        _refuse_filters(filters)
        target = find_target(runtime, execution, scope)
        inbox = callbacks_of_execution(runtime.backend, target, query, now=runtime.now())
        _show(runtime, inbox, query, arn=target.arn)
        _tell(runtime, inbox, query, f"of {target.label}", [])
        return
    connections = runtime.connections(split_list(scope.function))
    track = partial(tracked, runtime)
    inbox = read_inbox(connections, query, notes=runtime.diagnostics, now=runtime.now(), track=track)
    _show(runtime, inbox, query, shown_places=different_places(connections))
    looked_at = f"in {counted(inbox.read_count, 'execution')} of {searched_words(inbox.places)}"
    _tell(runtime, inbox, query, looked_at, describe_filters(filters))
    raise typer.Exit(inbox.exit_code)


def _refuse_filters(filters: Filters) -> None:
    if any(value is not None for value in astuple(filters)):
        raise UsageError(
            "filters choose among executions, and one was named",
            hint="leave out EXEC to look at all that match, or the filters; --op, --all and --due-within go with both",
        )


def _show(
    runtime: Runtime, inbox: Inbox, query: InboxQuery, *, arn: str | None = None, shown_places: list[str] | None = None
) -> None:
    def facts() -> ListFacts:
        return runtime.facts(truncated=inbox.is_truncated, limit=query.listed.limit)

    view = callback_list_view(
        inbox.callbacks,
        reading=runtime.reading(),
        source=runtime.source,
        facts=facts,
        with_closed=query.with_closed,
        shown_places=shown_places or (),
        arn=arn,
    )
    runtime.show(view)


def _tell(runtime: Runtime, inbox: Inbox, query: InboxQuery, where: str, filters: list[str]) -> None:
    """What the rows alone do not say."""
    shown = len(inbox.callbacks)
    if not shown and not inbox.failures:
        told = [f"operation {query.operation}"] if query.operation else []
        facts = "; ".join([*told, *filters])
        pending = "" if query.with_closed else "pending "
        closed = "" if query.with_closed else "; --all shows closed ones too"
        runtime.diagnostics.note(f"no {pending}callbacks {where}{f' ({facts})' if facts else ''}{closed}")
        return
    if shown == query.listed.limit and inbox.is_truncated:
        runtime.diagnostics.note(f"showing {shown} (more exist, -n 0 for all)")
    first = next((each for each in inbox.callbacks if each.is_pending), None)
    if first is not None:
        runtime.diagnostics.next(runtime.reconnecting(_answer(first, inbox.callbacks), first.source))


def _answer(callback: FoundCallback, among: Sequence[FoundCallback]) -> str:
    """The command that completes a callback; by its path where others of the execution have the same name."""
    own = [each for each in among if each.target == callback.target and each.connection is callback.connection]
    namesakes = [each for each in own if each.label == callback.label]
    operation = callback.path if len(namesakes) > 1 and callback.path else callback.label
    words = ("--execution", callback.target.label, "--op", operation, "--result", "@FILE")
    return f"durablectl callback succeed {shlex.join(words)}"


def _columns(reading: Reading, given: Mapping[str, Any]) -> Sequence[Column[Any]]:
    return placed_columns(reading, with_closed=given["include_closed"])


CALLBACK_LIST = CommandSpec(
    name="callback list",
    group=Group.CALLBACKS,
    run=callback_list,
    formats=ALL_FORMATS,
    exits=(3, 8),
    has_raw=False,
    columns=_columns,
    examples=(
        Example("durablectl callback list -c local", "what waits for an answer anywhere"),
        Example("durablectl callback list orders/order-1042 -c local", "the callbacks of one execution"),
        Example("durablectl callback list -c local --function orders --due-within 2d", "what is about to time out"),
        Example("durablectl callback list -c local --all --output wide", "closed ones too, with every column"),
    ),
)
