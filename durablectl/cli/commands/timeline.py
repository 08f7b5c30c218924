"""`durablectl timeline`: when everything of one execution happened, as bars over an axis."""

from __future__ import annotations

from durablectl.cli.bundles import Scope
from durablectl.cli.choices import whole_number
from durablectl.cli.options import ChildrenOpt, CollapseIdleOpt, ExecutionArg, FromOpt, ToOpt, WidthOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import UsageError
from durablectl.model.operations import Fold
from durablectl.model.timeline import Timeline, timeline
from durablectl.model.times import parse_duration
from durablectl.operate.children import follow_children
from durablectl.operate.data_level import DataLevel
from durablectl.operate.fold_reading import read_fold
from durablectl.operate.reading import read_detail
from durablectl.operate.targets import Target
from durablectl.views.durations import milliseconds
from durablectl.views.timeline import TIMELINE_COLUMNS, TimelineView, Window, timeline_view

NARROWEST, WIDEST = 40, 1000


def show_timeline(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    collapse_idle: CollapseIdleOpt = True,
    from_offset: FromOpt = None,
    to_offset: ToOpt = None,
    children: ChildrenOpt = None,
    width: WidthOpt = None,
) -> None:
    """Show when everything of one execution happened, as bars over an axis

    Each texture is a kind of operation, each colour a status. Stretches in which no code ran and nothing was recorded
    are collapsed, with their length on the axis; --linear draws all of the time to one scale.
    """
    window = _window(from_offset, to_offset, width, is_linear=not collapse_idle)
    levels = whole_number("--children", children) or 0
    target = find_target(runtime, execution, scope)
    backend, notes = runtime.backend, runtime.diagnostics
    detail = read_detail(backend, target.arn, DataLevel.METADATA, notes).detail
    folded = read_fold(backend, target.arn, DataLevel.METADATA, notes).folded
    made = timeline(folded, runtime.now(), detail=detail)
    shown = TimelineView(made, detail, window, _chained(runtime, target, folded, made, levels))
    runtime.show(timeline_view(shown, reading=runtime.reading(), source=backend.source, function=target.function))
    _tell(runtime, shown)


def _window(from_offset: str | None, to_offset: str | None, width: str | None, *, is_linear: bool) -> Window:
    from_ms = _offset("--from", from_offset)
    to_ms = _offset("--to", to_offset)
    if to_ms is not None and to_ms <= (from_ms or 0):
        raise UsageError("--to has to lie after --from", hint=f"--from {from_offset or '0s'} --to {to_offset}")
    cells = whole_number("--width", width, least=NARROWEST, most=WIDEST)
    return Window(from_ms, to_ms, is_linear=is_linear, width=cells)


def _offset(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    return milliseconds(parse_duration(text, option=option))


def _chained(runtime: Runtime, target: Target, folded: Fold, made: Timeline, levels: int) -> dict[str, Timeline]:
    children = follow_children(
        runtime.backend, target.arn, folded, levels=levels, level=DataLevel.METADATA, notes=runtime.diagnostics
    )
    return {
        arn: timeline(child.folded, runtime.now(), detail=child.detail, origin=made.started_at)
        for arn, child in children.items()
        if child.folded is not None
    }


def _tell(runtime: Runtime, shown: TimelineView) -> None:
    """What the picture does not say of itself."""
    notes, made = runtime.diagnostics, shown.made
    if made.started_at is None:
        notes.note("no event of this execution has a time, so there is nothing to draw")
    if made.adjusted_count:
        notes.note(f"clocks contradict each other in {made.adjusted_count} rows (clock_adjusted): see -o json")
    if shown.window.from_ms is not None and shown.window.from_ms >= made.length_ms:
        notes.note("--from lies after the end, so there is nothing to draw")
    if runtime.choices.is_machine_format:
        return
    if len(shown.rows_drawn) < len(shown.rows_in_view):
        notes.note(f"{shown.operation_count} operations in {len(shown.rows_drawn)} rows; -o json has each")


TIMELINE = CommandSpec(
    name="timeline",
    group=Group.INSPECT,
    run=show_timeline,
    formats=("table", "json", "yaml", "plain"),
    exits=(3,),
    columns=lambda reading, given: TIMELINE_COLUMNS,
    examples=(
        Example("durablectl timeline orders@latest -c local", "what ran when, and what was waited for"),
        Example("durablectl timeline orders@latest -c local --linear", "with all idle time to scale"),
        Example("durablectl timeline restocking@latest -c local --children 1 -o json", "with the children, as JSON"),
    ),
)
