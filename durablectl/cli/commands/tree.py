"""`durablectl tree`: the operations of one execution as a tree."""

from __future__ import annotations

import shlex

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import whole_number
from durablectl.cli.options import (
    AllOperationsOpt,
    AttemptsOpt,
    ChildrenOpt,
    DepthOpt,
    ExecutionArg,
    FailedOpt,
    NoFoldOpt,
)
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import UsageError
from durablectl.model.statuses import OperationType
from durablectl.operate.children import follow_children
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.reading import read_detail
from durablectl.operate.targets import Target
from durablectl.views.records.paths import path_text
from durablectl.views.tree import TreeOptions, tree_columns, tree_view
from durablectl.views.tree_executions import TreeExecution, tree_execution


def tree(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    depth: DepthOpt = None,
    all_operations: AllOperationsOpt = False,
    attempts: AttemptsOpt = False,
    children: ChildrenOpt = None,
    failed: FailedOpt = False,
    no_fold: NoFoldOpt = False,
) -> None:
    """Show the operations of one execution as a tree, with what failed and why

    Wide maps and parallels are summed up with every failure shown. On a terminal, what is done is folded to fit the
    screen. Chained executions are only named unless --children follows them.
    """
    levels = whole_number("--children", children) or 0
    options = TreeOptions(
        depth=whole_number("--depth", depth, least=1),
        is_raw=all_operations,
        with_attempts=attempts,
        only_failures=failed,
        may_fold=not no_fold,
    )
    _check(options)
    target = find_target(runtime, execution, scope)
    top = _read(runtime, target, levels)
    runtime.show(tree_view(top, options, warnings=lambda: runtime.diagnostics.warnings))
    _suggest(runtime, target, top)


def _check(options: TreeOptions) -> None:
    if options.is_raw and options.only_failures:
        raise UsageError("--all and --failed exclude each other")
    if options.depth is not None and not options.may_fold:
        raise UsageError("--depth and --no-fold exclude each other")


def _read(runtime: Runtime, target: Target, levels: int) -> TreeExecution:
    backend, notes = runtime.backend, runtime.diagnostics
    level = runtime.data_level(DataLevel.ERRORS)
    detail = read_detail(backend, target.arn, level, notes).detail
    read = read_fold(backend, target.arn, level, notes)
    followed = follow_children(backend, target.arn, read.folded, levels=levels, level=level, notes=notes)
    return tree_execution(
        detail,
        read.folded,
        reading=runtime.reading(read.history.level, is_key_denied=read.history.is_key_denied),
        source=backend.source,
        function=target.function,
        followed=followed,
        levels=levels,
    )


def _suggest(runtime: Runtime, target: Target, top: TreeExecution) -> None:
    """Show how to complete the callback that the execution waits for, if it is one."""
    waiting = [
        node
        for node in top.nodes.values()
        if node.operation.type == OperationType.CALLBACK and node.shown_as == "waiting"
    ]
    if len(waiting) != 1:
        return
    (callback,) = waiting
    parent = callback.parent
    named = parent if parent is not None and parent.operation.sub_type == "WaitForCallback" else callback
    is_unique = sum(node.operation.name == named.name for node in top.nodes.values()) == 1
    reference = named.name if named.name and is_unique else path_text(callback.path) or callback.operation.id
    command = f"durablectl callback succeed --execution {target.label} --op {shlex.quote(reference)} --result @FILE"
    runtime.diagnostics.next(runtime.reconnecting(command))


TREE = CommandSpec(
    name="tree",
    group=Group.INSPECT,
    run=tree,
    formats=("table", "json", "yaml", "plain"),
    exits=(3,),
    reads_data=True,
    columns=lambda reading, given: tree_columns(reading),
    examples=(
        Example("durablectl tree orders@latest -c local", "what ran, and what it waits for"),
        Example("durablectl tree imports@latest -c local --failed --attempts", "what failed, attempt by attempt"),
        Example("durablectl tree onboarding@latest -c local --children 2", "with the executions that it started"),
    ),
)
