"""`durablectl functions`: the durable functions in reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import typer

from durablectl.cli.jobs import tracked
from durablectl.cli.options import CountsOpt, FunctionGlobsArg, VersionsOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.operate.connections import different_places
from durablectl.operate.function_listing import durable_functions
from durablectl.views.functions import function_columns, functions_view
from durablectl.views.records.context import Reading
from durablectl.views.view import ALL_FORMATS, Column


def functions(
    runtime: Runtime, globs: FunctionGlobsArg = None, versions: VersionsOpt = False, counts: CountsOpt = False
) -> None:
    """List the durable functions in reach

    In reach is what the context names as its functions, else all of the account and Region; --region A,B and
    --context A,B look at several.
    """
    named = tuple(globs or ())
    connections = runtime.connections(named)
    listing = durable_functions(
        connections,
        named,
        notes=runtime.diagnostics,
        with_versions=versions,
        with_counts=counts,
        track=partial(tracked, runtime),
    )
    view = functions_view(
        listing,
        reading=runtime.reading(),
        source=runtime.source,
        with_versions=versions,
        with_counts=counts,
        facts=runtime.facts,
        shown_places=different_places(connections),
    )
    if not runtime.show(view):
        scope = named or tuple(dict.fromkeys(function for each in connections for function in each.functions))
        runtime.diagnostics.note("no durable function" + (f" matches {', '.join(scope)}" if scope else ""))
    raise typer.Exit(listing.exit_code)


def _columns(reading: Reading, given: Mapping[str, Any]) -> Sequence[Column[Any]]:
    return function_columns(with_versions=given["versions"], with_counts=given["counts"])


FUNCTIONS = CommandSpec(
    name="functions",
    group=Group.TOOLS,
    run=functions,
    formats=ALL_FORMATS,
    exits=(3, 8),
    has_raw=True,
    columns=_columns,
    examples=(
        Example("durablectl functions -c local", "what can be started"),
        Example("durablectl functions 'o*' -c local --versions --counts", "with versions and how many executions"),
    ),
)
