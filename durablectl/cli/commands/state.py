"""`durablectl state`: the operations of an execution, as of now or of a past point."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import one_of
from durablectl.cli.options import AtOpt, CheckpointTokenOpt, ExecutionArg, OperationOpt, StateSourceOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import UsageError
from durablectl.model.operations import Fold
from durablectl.model.times import parse_instant
from durablectl.model.tree import Node
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.operation_references import resolve_operation
from durablectl.operate.reading import read_detail
from durablectl.operate.service_state import check_token, read_state
from durablectl.operate.targets import Target
from durablectl.views.state import raw_state_view, state_view
from durablectl.views.state_columns import state_columns


def state(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    at: AtOpt = None,
    operation: OperationOpt = None,
    source: StateSourceOpt = None,
    checkpoint_token: CheckpointTokenOpt = None,
) -> None:
    """Show the operations of one execution, as of now or of a past point

    The service's own state call takes a token that only the running invocation holds, and leaves out the children of
    finished child contexts. So the state is folded from the history, which has both.
    """
    until = _point(runtime, at)
    asks_service = one_of("--source", source, ("history", "service"), default="history") == "service"
    _check_source(runtime, asks_service, at, operation, checkpoint_token)
    target = find_target(runtime, execution, scope)
    if asks_service:
        _show_state_of_service(runtime, target, operation, checkpoint_token)
    else:
        _show_folded(runtime, target, until, operation)


def _check_source(
    runtime: Runtime, asks_service: bool, at: str | None, operation: str | None, checkpoint_token: str | None
) -> None:
    if not asks_service and (runtime.choices.raw or checkpoint_token is not None):
        option = "--raw" if runtime.choices.raw else "--checkpoint-token"
        raise UsageError(
            f"{option} goes with --source service",
            hint="without it the state is folded from the history: durablectl history EXEC --raw",
        )
    if asks_service and at is not None:
        raise UsageError("--at goes with the history; the service tells only the present", hint="leave --source out")
    if runtime.choices.raw and operation is not None:
        raise UsageError("--op does not go with --raw", hint="--query \"Operations[?Name=='NAME']\" chooses")
    if asks_service:
        check_token(runtime.backend.source, checkpoint_token)


def _show_state_of_service(
    runtime: Runtime, target: Target, operation: str | None, checkpoint_token: str | None
) -> None:
    backend, notes = runtime.backend, runtime.diagnostics
    level = runtime.data_level(DataLevel.ERRORS)
    detail = read_detail(backend, target.arn, level, notes).detail
    read = read_state(backend, detail, level, checkpoint_token=checkpoint_token)
    reading = runtime.reading(level)
    if runtime.choices.raw:
        runtime.show(raw_state_view(read.operations, reading))
        return
    view = state_view(
        detail,
        read.folded,
        reading=reading,
        source=backend.source,
        function=target.function,
        keep=_keep(runtime, read.folded, operation),
        told_by="service",
    )
    if not runtime.show(view):
        notes.note("no operations")
    notes.note("operations inside finished child contexts are not part of the service's state")


def _show_folded(runtime: Runtime, target: Target, until: int | datetime | None, operation: str | None) -> None:
    backend, notes = runtime.backend, runtime.diagnostics
    level = runtime.data_level(DataLevel.ERRORS)
    detail = read_detail(backend, target.arn, level, notes).detail
    read = read_fold(backend, target.arn, level, notes, until=until)
    at = None if until is None else until if isinstance(until, datetime) else read.folded.last_event_at
    reading = runtime.reading(read.history.level, is_key_denied=read.history.is_key_denied, at=at)
    view = state_view(
        detail,
        read.folded,
        reading=reading,
        source=backend.source,
        function=target.function,
        keep=_keep(runtime, read.folded, operation),
    )
    if not runtime.show(view, at=at):
        notes.note("no operations" if until is None else "no operations at that point")


def _keep(runtime: Runtime, folded: Fold, operation: str | None) -> Callable[[Node], bool]:
    """Which subtrees to show: all, or that of the operation that is meant."""
    wanted = resolve_operation(folded, operation, now=runtime.now()).id if operation is not None else None
    return lambda node: wanted is None or node.operation.id == wanted


def _point(runtime: Runtime, text: str | None) -> int | datetime | None:
    """An event id, or an instant."""
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 9:
        return int(text)
    return parse_instant(text, runtime.now(), runtime.zone, option="--at")


STATE = CommandSpec(
    name="state",
    group=Group.INSPECT,
    run=state,
    formats=("table", "json", "jsonl", "yaml", "plain"),
    exits=(3, 7),
    has_raw=True,
    reads_data=True,
    columns=lambda reading, given: state_columns(Fold(), reading),
    examples=(
        Example("durablectl state orders@latest -c local", "what every operation is doing"),
        Example("durablectl state orders@latest -c local --at 5", "as of event 5"),
        Example("durablectl state orders@latest -c local -o json --query 'operations[].name'", "their names"),
    ),
)
