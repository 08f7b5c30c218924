"""`durablectl logs`: what the invocations of one execution logged, beside its operations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from durablectl.cli.bundles import Limits, Scope
from durablectl.cli.choices import whole_number
from durablectl.cli.following import check_following
from durablectl.cli.options import (
    AllLinesOpt,
    ExecutionArg,
    FollowOpt,
    GrepOpt,
    InvocationOpt,
    LogsSinceOpt,
    OperationOpt,
)
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import NotFound, UsageError
from durablectl.model.carets import point_at
from durablectl.model.operations import Fold
from durablectl.model.times import names_zone, parse_window
from durablectl.model.tree import walk
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.follow import follow as look_at
from durablectl.operate.log_joining import LogLine
from durablectl.operate.logs import DELIVERY_LAG, LogReader, bounds_of, follow_logs, log_group_of
from durablectl.operate.operation_references import operation_nodes, resolve_operation
from durablectl.operate.reading import read_detail
from durablectl.operate.targets import Target
from durablectl.views.logs import FOLLOWED_LABEL_CELLS, LOG_FORMATS, log_columns, logs_view

_RECENT = timedelta(minutes=1)


@dataclass(slots=True)
class _Choice:
    """Which lines are shown."""

    operation: str | None
    invocation: str | None
    pattern: re.Pattern[str] | None
    shows_all: bool
    hidden_count: int = 0
    """Lines of Lambda itself that were left out."""

    def of(self, lines: Iterable[LogLine], folded: Fold, now: datetime) -> list[LogLine]:
        """The lines that are wanted of these."""
        ids = None if self.operation is None else _operation_ids(folded, self.operation, now)
        kept: list[LogLine] = []
        for line in lines:
            if not self._is_meant(line, ids):
                continue
            if line.record.is_platform and not self.shows_all:
                self.hidden_count += 1
            else:
                kept.append(line)
        return kept

    def check_invocation(self, folded: Fold, target: Target) -> None:
        """Raise NotFound if the invocation that is wanted neither ended nor can be the one that runs."""
        ended = folded.invocations
        known = {str(index) for index in range(len(ended))} | {one.request_id for one in ended}
        # Some servers tell of no invocations at all.
        if not ended or self.invocation is None or self.invocation in known or folded.execution.status.is_open:
            return
        several, only = f"its invocations: 0 to {len(ended) - 1}, or their request ids", "its only invocation: 0"
        raise NotFound(
            f'{target.label} has no invocation "{self.invocation}"', hint=several if len(ended) > 1 else only
        )

    def _is_meant(self, line: LogLine, operation_ids: frozenset[str] | None) -> bool:
        record = line.record
        if operation_ids is not None and (line.node is None or line.node.operation.id not in operation_ids):
            return False
        if self.invocation is not None and self.invocation not in (str(line.invocation_index), line.request_id):
            return False
        texts = (record.message, record.error_type or "", record.error_message or "")
        return self.pattern is None or any(self.pattern.search(text) for text in texts)


def logs(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    limits: Limits,
    operation: OperationOpt = None,
    invocation: InvocationOpt = None,
    grep: GrepOpt = None,
    since: LogsSinceOpt = None,
    follow: FollowOpt = False,
    all_lines: AllLinesOpt = False,
) -> None:
    """Show what one execution logged, each line beside its operation

    Lines come from the log group that the function is configured with, by the ARN in them, by the request ids of the
    invocations, or because they were written in between. The lines that Lambda itself writes show with --all.
    """
    choice = _Choice(operation, invocation, _pattern(grep), all_lines)
    limit = whole_number("--limit", limits.limit) or None
    from_instant = parse_window(since, None, runtime.now(), runtime.zone).since
    if since and not names_zone(since):
        runtime.diagnostics.note(f"times without an offset are taken to be in {runtime.display.zone_name}")
    if follow:
        check_following(runtime, limits)
    target = find_target(runtime, execution, scope)
    group = log_group_of(runtime.backend, target, runtime.diagnostics)
    reader = LogReader(runtime.logs, group, target.arn, runtime.diagnostics, reads_all=all_lines)
    if follow:
        _follow(runtime, target, reader, choice, from_instant, limit)
    else:
        _show(runtime, target, reader, choice, from_instant, limit, oldest_first=limits.oldest_first is not False)


def _show(
    runtime: Runtime,
    target: Target,
    reader: LogReader,
    choice: _Choice,
    since: datetime | None,
    limit: int | None,
    *,
    oldest_first: bool,
) -> None:
    notes, backend = runtime.diagnostics, runtime.backend
    found = read_detail(backend, target.arn, DataLevel.METADATA, notes).detail.execution
    folded = read_fold(backend, target.arn, DataLevel.METADATA, notes).folded
    if choice.operation is not None:
        resolve_operation(folded, choice.operation, now=runtime.now())
    choice.check_invocation(folded, target)
    lines = choice.of(reader.read(folded, bounds_of(found, since), runtime.now()), folded, runtime.now())
    if not oldest_first:
        lines.reverse()
    shown = lines[:limit]
    view = logs_view(
        shown,
        reading=runtime.reading(),
        source=backend.source,
        arn=target.arn,
        facts=lambda: runtime.facts(truncated=len(shown) < len(lines), limit=limit),
        with_stacks=choice.shows_all,
    )
    runtime.show(view)
    if len(shown) < len(lines):
        notes.note(f"showing {len(shown)} of {len(lines)} lines (-n 0 for all)")
    _tell(runtime, reader, choice, is_empty=not lines, ended_at=found.ended_at)


def _tell(runtime: Runtime, reader: LogReader, choice: _Choice, *, is_empty: bool, ended_at: datetime | None) -> None:
    """Say what is missing, or may still come."""
    is_recent = ended_at is None or runtime.now() - ended_at < _RECENT
    lag = f"CloudWatch shows lines up to {DELIVERY_LAG.seconds} seconds late"
    if is_empty:
        hidden = f"; {choice.hidden_count} of Lambda itself with --all" if choice.hidden_count else ""
        late = f"; {lag}" if runtime.backend.source.backend != "local" else ""
        runtime.diagnostics.note(f"no log lines match in {reader.group}{hidden}{late}")
    elif choice.hidden_count:
        runtime.diagnostics.detail(f"{choice.hidden_count} lines of Lambda itself are left out (--all shows them)")
    if not is_empty and is_recent and runtime.backend.source.backend == "aws":
        runtime.diagnostics.note(f"the last lines may be missing: {lag}")


def _follow(
    runtime: Runtime, target: Target, reader: LogReader, choice: _Choice, since: datetime | None, limit: int | None
) -> None:
    clock, notes = runtime.process.clock, runtime.diagnostics
    runtime.standing = f"{target.name} goes on (nothing was stopped)"
    is_local = runtime.backend.source.backend == "local"
    looks = look_at(runtime.backend, target, DataLevel.METADATA, clock=clock, notes=notes)
    is_first = True
    for folded, lines in follow_logs(looks, reader, since, clock, is_local=is_local):
        wanted = choice.of(lines, folded, runtime.now())
        _show_more(runtime, target, wanted[-limit:] if is_first and limit else wanted, choice, has_headers=is_first)
        is_first = False


def _show_more(runtime: Runtime, target: Target, lines: list[LogLine], choice: _Choice, *, has_headers: bool) -> None:
    """Show lines that have just come, below those before."""
    if not lines and not has_headers:
        return
    runtime.choices = replace(runtime.choices, has_headers=runtime.choices.has_headers and has_headers)
    view = logs_view(
        lines,
        reading=runtime.reading(),
        source=runtime.backend.source,
        arn=target.arn,
        with_stacks=choice.shows_all,
        label_cells=FOLLOWED_LABEL_CELLS,
    )
    runtime.show(view)


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text is not None else None
    except re.error as error:
        pointed = point_at(text or "", error.pos or 0, 1, remark=error.msg, label="--grep")
        raise UsageError("--grep is no valid regular expression", hint=pointed) from error


def _operation_ids(folded: Fold, reference: str, now: datetime) -> frozenset[str]:
    """The operation that is meant and those below it; none as long as it has not started."""
    try:
        meant = resolve_operation(folded, reference, now=now)
    except NotFound:
        return frozenset()
    nodes = [node for node in operation_nodes(folded, now) if node.operation.id == meant.id]
    return frozenset(below.operation.id for below in walk(nodes))


LOGS = CommandSpec(
    name="logs",
    group=Group.INSPECT,
    run=logs,
    formats=LOG_FORMATS,
    exits=(3, 7),
    columns=lambda reading, given: log_columns(reading),
    examples=(
        Example("durablectl logs orders@latest -c local", "what was logged, line by line"),
        Example("durablectl logs orders@latest -c local --op charge-card --grep bank", "of one operation"),
        Example("durablectl logs refunds@latest -c local --follow", "go on until it has ended"),
    ),
)
