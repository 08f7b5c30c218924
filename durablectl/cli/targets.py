"""From the references on the command line to the executions that they mean."""

from __future__ import annotations

from collections.abc import Sequence

from durablectl.cli.bundles import Scope
from durablectl.cli.runtime import Runtime
from durablectl.errors import UsageError
from durablectl.operate.resolve import resolve_many, resolve_one
from durablectl.operate.stdin_references import expand_references
from durablectl.operate.targets import Target

STDIN = "-"


def find_target(runtime: Runtime, reference: str, scope: Scope) -> Target:
    """The one execution of a command that takes one. Raises what resolving raises."""
    if reference == STDIN:
        raise UsageError("this command takes one execution, so it does not read references from stdin")
    return resolve_one(
        runtime.backend_for([reference]),
        reference,
        scope=runtime.scope(scope.function),
        notes=runtime.diagnostics,
        now=runtime.local_now(),
    )


def reserve_stdin(runtime: Runtime, references: Sequence[str]) -> None:
    """Keep stdin for references if they come from it. Raises UsageError if it is kept for something else."""
    if STDIN in references:
        runtime.take_stdin("references")


def find_targets(runtime: Runtime, references: Sequence[str], scope: Scope) -> list[Target]:
    """The executions of a command that takes several, each once; `-` reads references from stdin.

    ARNs fix the region, also those from stdin. Raises UsageError for ARNs of several regions.
    """
    reserve_stdin(runtime, references)
    stdin = runtime.process.stdin if STDIN in references else None
    given = expand_references(references, stdin, runtime.diagnostics)
    targets = resolve_many(
        runtime.backend_for(given),
        given,
        scope=runtime.scope(scope.function),
        notes=runtime.diagnostics,
        now=runtime.local_now(),
    )
    return told_if_none(runtime, targets)


def told_if_none(runtime: Runtime, targets: list[Target]) -> list[Target]:
    """The targets; if there are none, a note says why nothing happens."""
    if not targets:
        runtime.diagnostics.note("no references on stdin, so there is nothing to do")
    return targets


def is_single(references: Sequence[str]) -> bool:
    """Whether one literal reference was given, so that the result is a bare document."""
    return len(references) == 1 and references[0] != STDIN
