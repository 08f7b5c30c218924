"""`durablectl functions`: the durable functions in reach."""

from __future__ import annotations

import typer

from durablectl.cli.options import CountsOpt, FunctionGlobsArg, VersionsOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import Partial
from durablectl.operate.functions import durable_functions
from durablectl.views.functions import functions_view
from durablectl.views.view import ALL_FORMATS


def functions(
    runtime: Runtime, globs: FunctionGlobsArg = None, versions: VersionsOpt = False, counts: CountsOpt = False
) -> None:
    """List the durable functions in reach"""
    found = durable_functions(
        runtime.backend,
        tuple(globs or ()),
        notes=runtime.diagnostics,
        with_versions=versions,
        with_counts=counts,
    )
    view = functions_view(
        found,
        reading=runtime.reading(),
        source=runtime.backend.source,
        with_versions=versions,
        with_counts=counts,
        facts=runtime.facts,
    )
    if not runtime.show(view):
        runtime.diagnostics.note("no durable function" + (f" matches {', '.join(globs)}" if globs else ""))
    raise typer.Exit(Partial.exit_code if runtime.diagnostics.warnings else 0)


FUNCTIONS = CommandSpec(
    name="functions",
    group=Group.TOOLS,
    run=functions,
    formats=ALL_FORMATS,
    exits=(3, 8),
    has_raw=True,
    examples=(
        Example("durablectl functions -c local", "what can be started"),
        Example("durablectl functions 'o*' -c local --versions --counts", "with versions and how many executions"),
    ),
)
