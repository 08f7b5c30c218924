"""The view of `watch`: the tree of an execution as it is at this moment, as much of it as one screen holds."""

from __future__ import annotations

from collections.abc import Sequence

from durablectl.views.display import Display
from durablectl.views.lines import Line, fit_line, own
from durablectl.views.tree import TreeOptions, tree_lines
from durablectl.views.tree_executions import TreeExecution


def watch_frame(top: TreeExecution, display: Display) -> list[Line]:
    """The tree, cut at the height of the terminal; the line below it is the cursor's."""
    lines = tree_lines(top, display, TreeOptions(unfolds_with="durablectl tree --no-fold"))
    if display.height is not None:
        lines = cut(lines, display.height - 1)
    return lines if display.width is None else [fit_line(line, display.width) for line in lines]


def cut(lines: Sequence[Line], height: int) -> list[Line]:
    """At most `height` lines, but at least one; the last of them counts what is missing."""
    if len(lines) <= max(1, height):
        return list(lines)
    kept = lines[: max(0, height - 1)]
    return [*kept, own(f"… {len(lines) - len(kept)} lines hidden", "dim")]
