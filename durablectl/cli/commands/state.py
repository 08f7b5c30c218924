"""`durablectl state`: the operations of an execution, as of now or of a past point."""

from __future__ import annotations

from datetime import datetime

from durablectl.cli.bundles import Scope
from durablectl.cli.options import AtOpt, ExecutionArg, OperationOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.model.times import parse_instant
from durablectl.model.tree import Node
from durablectl.operate.operation_references import resolve_operation
from durablectl.operate.reading import DataLevel, read_detail, read_fold
from durablectl.operate.targets import Target
from durablectl.views.state import state_view


def state(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    at: AtOpt = None,
    operation: OperationOpt = None,
) -> None:
    """Show the operations of one execution, as of now or of a past point

    The service's own state call takes a token that only the running invocation holds, and leaves out the children of
    finished child contexts. So the state is folded from the history, which has both.
    """
    until = _point(runtime, at)
    target = find_target(runtime, execution, scope)
    _show_folded(runtime, target, until, operation)


def _show_folded(runtime: Runtime, target: Target, until: int | datetime | None, operation: str | None) -> None:
    backend, notes = runtime.backend, runtime.diagnostics
    level = runtime.data_level(DataLevel.ERRORS)
    detail = read_detail(backend, target.arn, level, notes).detail
    read = read_fold(backend, target.arn, level, notes, until=until)
    at = None if until is None else until if isinstance(until, datetime) else read.folded.last_event_at
    reading = runtime.reading(read.history.level, is_key_denied=read.history.is_key_denied, at=at)
    keep = _everything
    if operation is not None:
        wanted = resolve_operation(read.folded, operation, now=runtime.now()).id

        def keep(node: Node) -> bool:
            return node.operation.id == wanted

    view = state_view(detail, read.folded, reading=reading, source=backend.source, function=target.function, keep=keep)
    if not runtime.show(view, at=at):
        notes.note("no operations" if until is None else "no operations at that point")


def _everything(node: Node) -> bool:
    return True


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
    exits=(3,),
    reads_data=True,
    examples=(
        Example("durablectl state orders@latest -c local", "what every operation is doing"),
        Example("durablectl state orders@latest -c local --at 5", "as of event 5"),
        Example("durablectl state orders@latest -c local -o json --query 'operations[].name'", "their names"),
    ),
)
