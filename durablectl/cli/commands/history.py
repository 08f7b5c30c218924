"""`durablectl history`: every event of one execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from durablectl.cli.bundles import Limits, Scope
from durablectl.cli.choices import split_list, whole_number
from durablectl.cli.options import AfterOpt, ExecutionArg, FollowOpt, OperationOpt, TypesOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import NotFound
from durablectl.model.events import EVENT_SPECS
from durablectl.operate.data_level import DataLevel
from durablectl.operate.open_history import open_history
from durablectl.operate.reading import HistoryRead, read_history
from durablectl.operate.targets import Target
from durablectl.views.annotations import AnnotatedEvent, Annotator, annotate
from durablectl.views.history import event_columns, history_view

if TYPE_CHECKING:
    from durablectl.model.operations import Fold
    from durablectl.operate.follow import Look

Condition = Callable[[AnnotatedEvent], bool]


def history(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    limits: Limits,
    types: TypesOpt = None,
    operation: OperationOpt = None,
    after: AfterOpt = None,
    follow: FollowOpt = False,
) -> None:
    """Show every event of one execution, oldest first

    With --follow, -n shows the last events of what is there, and then each event as it is recorded. The texts of errors
    are read only if something failed; inputs and results only with --data.
    """
    after_id = whole_number("--after", after)
    limit = whole_number("--limit", limits.limit) or None
    page_size = whole_number("--page-size", limits.page_size, least=1, most=1000) or 1000
    conditions = _conditions(after_id, _event_types(runtime, types))
    if follow:
        # Most histories are read once, and then nothing of following is needed.
        from durablectl.cli.following import check_following

        check_following(runtime, limits)
    target = find_target(runtime, execution, scope)
    level = runtime.data_level(DataLevel.ERRORS)
    if follow:
        raise typer.Exit(_follow(runtime, target, level, conditions, limit, operation))
    if _is_streamed(runtime, level, limits, operation):
        _stream(runtime, target, conditions, limit, page_size)
        return
    read = read_history(runtime.backend, target.arn, level, runtime.diagnostics, page_size=page_size)
    if operation is not None:
        from durablectl.model.operations import fold

        conditions.append(_of_operation(_operation_ids(fold(read.events), operation, runtime)))
    _show(runtime, target.arn, read, conditions, limit, oldest_first=limits.oldest_first is not False)


def _conditions(after_id: int | None, types: frozenset[str]) -> list[Condition]:
    conditions: list[Condition] = []
    if after_id is not None:
        conditions.append(lambda one: one.event.event_id > after_id)
    if types:
        conditions.append(lambda one: one.event.type in types)
    return conditions


def _of_operation(ids: frozenset[str]) -> Condition:
    return lambda one: one.event.operation_id in ids


def _follow(
    runtime: Runtime,
    target: Target,
    level: DataLevel,
    conditions: Sequence[Condition],
    limit: int | None,
    operation: str | None,
) -> int:
    """Show events as they are recorded; the exit code of how that ended."""
    from durablectl.cli.following import follow_execution, show_events
    from durablectl.operate.waiting import DELETED_EXIT_CODE

    following = follow_execution(runtime, target, level)
    first = following.last

    def choose(look: Look, events: list[AnnotatedEvent]) -> list[AnnotatedEvent]:
        chosen = [one for one in events if all(condition(one) for condition in conditions)]
        if operation is not None and chosen:
            chosen = list(filter(_of_operation(_ids_so_far(look.folded, operation, runtime)), chosen))
        return chosen[-limit:] if limit and look is first else chosen

    show_events(following, choose)
    code = following.finish()
    return code if code == DELETED_EXIT_CODE else 0


def _ids_so_far(folded: Fold, reference: str, runtime: Runtime) -> frozenset[str]:
    """The operation that is meant and those below it; none as long as it has not started."""
    try:
        return _operation_ids(folded, reference, runtime)
    except NotFound:
        return frozenset()


def _is_streamed(runtime: Runtime, level: DataLevel, limits: Limits, operation: str | None) -> bool:
    """Whether events can be written as they come: with data, which is what takes memory, and to be read by programs."""
    needs_all = operation is not None or limits.oldest_first is False
    return level == DataLevel.FULL and runtime.choices.is_machine_format and not needs_all


def _stream(
    runtime: Runtime, target: Target, conditions: Sequence[Condition], limit: int | None, page_size: int
) -> None:
    """Show a history of any length with its data while it is read."""
    history = open_history(runtime.backend, target.arn, runtime.diagnostics, page_size=page_size)
    tally = _Tally(limit)
    view = history_view(
        tally.limited(Annotator().annotate_in_parts(history.events), conditions),
        reading=runtime.reading(history.level, is_key_denied=history.is_key_denied),
        source=runtime.backend.source,
        facts=lambda: runtime.facts(truncated=tally.is_truncated, limit=limit),
        arn=target.arn,
    )
    runtime.show(view)
    _tell(runtime, tally)


@dataclass(slots=True)
class _Tally:
    """Counts events while they pass, and lets no more through than are wanted."""

    limit: int | None
    read: int = 0
    chosen: int = 0

    @property
    def is_truncated(self) -> bool:
        """Whether some that were chosen are not shown."""
        return self.limit is not None and self.chosen > self.limit

    def limited(self, events: Iterable[AnnotatedEvent], conditions: Sequence[Condition]) -> Iterator[AnnotatedEvent]:
        """The events that fulfil all conditions, up to the limit; all are read, to know how many there are."""
        for one in events:
            self.read += 1
            if conditions and not all(condition(one) for condition in conditions):
                continue
            self.chosen += 1
            if not self.is_truncated:
                yield one


def _tell(runtime: Runtime, tally: _Tally) -> None:
    """Say on stderr what the events do not."""
    if not tally.chosen:
        runtime.diagnostics.note(f"none of the {tally.read} events matches")
    elif tally.is_truncated:
        runtime.diagnostics.note(f"showing {tally.limit} of {tally.chosen} events (-n 0 for all)")


def _show(
    runtime: Runtime,
    arn: str,
    read: HistoryRead,
    conditions: Sequence[Condition],
    limit: int | None,
    *,
    oldest_first: bool,
) -> None:
    annotated = annotate(read.events)
    if not oldest_first:
        annotated.reverse()
    tally = _Tally(limit)
    shown = list(tally.limited(annotated, conditions))
    view = history_view(
        shown,
        reading=runtime.reading(read.level, is_key_denied=read.is_key_denied),
        source=runtime.backend.source,
        facts=lambda: runtime.facts(truncated=tally.is_truncated, limit=limit),
        arn=arn,
    )
    runtime.show(view)
    _tell(runtime, tally)


def _event_types(runtime: Runtime, texts: TypesOpt) -> frozenset[str]:
    """Event types as the service spells them; an unknown word is looked for as it is, with a warning."""
    known = {name.lower(): name for name in EVENT_SPECS}
    words = split_list(texts)
    for word in words:
        if word.lower() not in known:
            runtime.diagnostics.warning(f'event type "{word}" is unknown here and looked for as it is', type="usage")
    return frozenset(known.get(word.lower(), word) for word in words)


def _operation_ids(folded: Fold, reference: str, runtime: Runtime) -> frozenset[str]:
    """The operation that is meant and those below it, as the parts of a wait for callback."""
    from durablectl.model.tree import walk
    from durablectl.operate.operation_references import operation_nodes, resolve_operation

    meant = resolve_operation(folded, reference, now=runtime.now())
    nodes = [node for node in operation_nodes(folded, runtime.now()) if node.operation.id == meant.id]
    return frozenset(below.operation.id for below in walk(nodes))


HISTORY = CommandSpec(
    name="history",
    group=Group.INSPECT,
    run=history,
    formats=("table", "wide", "json", "jsonl", "yaml", "name", "plain"),
    exits=(3, 13),
    has_raw=True,
    reads_data=True,
    columns=lambda reading, given: event_columns(reading),
    examples=(
        Example("durablectl history orders@latest -c local", "what happened"),
        Example("durablectl history shipments@latest -c local --follow", "what happens, until it has ended"),
        Example("durablectl history orders@latest -c local --type StepFailed,StepSucceeded", "only how steps ended"),
        Example("durablectl history orders@latest -c local --newest-first -n 5 -o json", "the last five events"),
    ),
)
