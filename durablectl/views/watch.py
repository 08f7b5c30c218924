"""The view of `watch`: the tree of an execution as it is at this moment, as much of it as one screen holds."""

from __future__ import annotations

from durablectl.views.display import Display
from durablectl.views.lines import Line, fit_line
from durablectl.views.tree import TreeOptions, tree_lines
from durablectl.views.tree_executions import TreeExecution


def watch_frame(top: TreeExecution, display: Display) -> list[Line]:
    """The tree, cut at the height of the terminal; the line below it is the cursor's."""
    most = None if display.height is None else display.height - 1
    lines = tree_lines(top, display, TreeOptions(unfolds_with="durablectl tree --no-fold", most_lines=most))
    return lines if display.width is None else [fit_line(line, display.width) for line in lines]
