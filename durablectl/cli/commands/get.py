"""`durablectl get`: one execution, or several, with status, times, limits and error."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from durablectl.cli.bundles import Scope
from durablectl.cli.options import ExecutionsArg, ExitStatusOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_targets, is_single
from durablectl.errors import DurablectlError, Partial
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import warn_of
from durablectl.operate.reading import read_detail
from durablectl.operate.targets import Target
from durablectl.operate.waiting import STATUS_EXIT_CODES
from durablectl.views.details import Detailed, detail_view
from durablectl.views.executions import execution_columns


def get(runtime: Runtime, executions: ExecutionsArg, scope: Scope, exit_status: ExitStatusOpt = False) -> None:
    """Show one execution: status, times, timeouts, configuration, error

    Inputs and results are read with --data only. The text of an error is read if it ended badly, unless --no-data.
    """
    targets = find_targets(runtime, executions, scope)
    reader = _Reader(runtime, targets, is_single(executions))
    view = detail_view(
        reader.read(),
        reading=runtime.reading(runtime.data_level(DataLevel.ERRORS)),
        source=runtime.backend.source,
        as_list=not is_single(executions),
        facts=runtime.facts,
    )
    runtime.show(view)
    raise typer.Exit(reader.exit_code(with_status=exit_status))


class _Reader:
    """Reads one execution after the other; one of several that cannot be read is warned of."""

    def __init__(self, runtime: Runtime, targets: list[Target], is_single: bool) -> None:
        self._runtime = runtime
        self._targets = targets
        self._is_single = is_single
        self._failures = 0
        self._statuses: list[int] = []

    def read(self) -> Iterator[Detailed]:
        for target in self._targets:
            try:
                yield self._read_one(target)
            except DurablectlError as error:
                if self._is_single:
                    raise
                self._failures += 1
                warn_of(self._runtime.diagnostics, error, f"{target.label}: {error.message}", arn=target.arn)

    def exit_code(self, *, with_status: bool) -> int:
        """That of a partial success, else the lowest of those that did not succeed, if that was asked for."""
        if self._failures:
            return Partial.exit_code
        return min(filter(None, self._statuses), default=0) if with_status else 0

    def _read_one(self, target: Target) -> Detailed:
        runtime = self._runtime
        level = runtime.data_level(DataLevel.ERRORS)
        detail, reached, is_key_denied = read_detail(runtime.backend, target.arn, level, runtime.diagnostics)
        self._statuses.append(STATUS_EXIT_CODES.get(detail.execution.status, 0))
        return Detailed(detail, reached, target.function, is_key_denied)


GET = CommandSpec(
    name="get",
    group=Group.INSPECT,
    run=get,
    formats=("table", "json", "jsonl", "yaml", "name", "plain"),
    exits=(3, 8, 10, 11, 12, 13),
    has_raw=True,
    reads_data=True,
    columns=lambda reading, given: execution_columns(reading),
    examples=(
        Example("durablectl get orders@latest -c local", "the newest execution of a function"),
        Example("durablectl get orders@latest -c local --data -o json", "with input and result"),
    ),
)
