"""From the references on the command line to the executions that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import split_list
from durablectl.cli.runtime import Runtime
from durablectl.errors import UsageError
from durablectl.operate.connections import Connection
from durablectl.operate.resolve import expand_given, expand_references, regions_of, resolve_many, resolve_one
from durablectl.operate.resolving_over import resolve_over
from durablectl.operate.stdin_references import Given
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted, listed

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


def find_targets_over(runtime: Runtime, references: Sequence[str], scope: Scope) -> list[Target]:
    """As `find_targets`, for references whose stdin is reserved, over all connections that are named.

    Each target tells its connection; that of a record on stdin is the one that the record tells.
    """
    stdin = runtime.process.stdin if STDIN in references else None
    given = expand_given(references, stdin, runtime.diagnostics)
    _refuse_other_contexts(runtime, given)
    functions = split_list(scope.function)
    targets = resolve_over(
        _connections(runtime, [each.text for each in given], functions),
        given,
        scope=functions,
        notes=runtime.diagnostics,
        now=runtime.local_now(),
    )
    return told_if_none(runtime, targets)


def _connections(runtime: Runtime, references: Sequence[str], functions: Sequence[str]) -> list[Connection]:
    """The connections over which executions are looked for, among `functions` or their own.

    An ARN leads a single connection to its region; of several, each is in the region that was named.
    """
    if len(runtime.all_settings) > 1:
        return [replace(each, functions=tuple(functions) or each.functions) for each in runtime.connections()]
    regions = regions_of(references)
    if len(regions) > 1 and runtime.settings.endpoint_url is None:
        named = ",".join(regions)
        raise UsageError(f"the ARNs are of several regions: {named}", hint=f"name them all: --region {named}")
    backend = runtime.backend_for(references if len(regions) < 2 else ())
    return [Connection(backend, tuple(functions) or runtime.settings.functions)]


def _refuse_other_contexts(runtime: Runtime, given: Sequence[Given]) -> None:
    """Refuse records of contexts that the command line does not name, where it leaves open which one is meant."""
    known = {settings.context for settings in runtime.all_settings}
    others = list(dict.fromkeys(each.context for each in given if each.context and each.context not in known))
    chosen = runtime.globals
    if others and not any((chosen.context, chosen.profile, chosen.region, chosen.endpoint_url)):
        told = dict.fromkeys(each.context for each in given if each.context)
        raise UsageError(
            f"the records on stdin are of {counted(len(others), 'context')} that this command does not look at: "
            f"{listed(others)}",
            hint=f"to go on where they are: -c {','.join(told)}; any -c looks for their ARNs there",
        )


def told_if_none(runtime: Runtime, targets: list[Target]) -> list[Target]:
    """The targets; if there are none, a note says why nothing happens."""
    if not targets:
        runtime.diagnostics.note("no references on stdin, so there is nothing to do")
    return targets


def is_single(references: Sequence[str]) -> bool:
    """Whether one literal reference was given, so that the result is a bare document."""
    return len(references) == 1 and references[0] != STDIN
