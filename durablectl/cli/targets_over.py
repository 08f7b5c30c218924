"""From references to the executions that they mean, over all connections that the command line names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import split_list
from durablectl.cli.runtime import Runtime
from durablectl.cli.targets import STDIN, told_if_none
from durablectl.errors import UsageError
from durablectl.operate.connections import Connection
from durablectl.operate.resolve import regions_of
from durablectl.operate.resolving_over import resolve_over
from durablectl.operate.stdin_references import Given, expand_given
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted, listed


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
