"""How chained executions are called where there is little room; generated names are known by their beginning."""

from __future__ import annotations

from durablectl.model.arn import ExecutionArn, parse_execution_arn
from durablectl.model.refs import is_id
from durablectl.views.display import Display
from durablectl.views.lines import Line, Segment, data, fit_line, line_width
from durablectl.views.phrases import child_phrase

_SHORT_ID = 8
_MOST_FUNCTION = 16
_LATEST = "$LATEST"


def short_target(child_arn: str | None, function: str | None, display: Display, cells: int) -> Line:
    """`→ fraud:12/order-1042`, on a terminal of at most about `cells` cells, such as `→ fraud/497f0b82…`."""
    whole = child_phrase(child_arn, function)
    if display.width is None or line_width(whole) <= cells:
        return whole
    parts = parse_execution_arn(child_arn) if child_arn else None
    if parts is None or not is_id(parts.name):
        return fit_line(whole, cells)
    return (Segment("→ "), *_short(parts))


def short_execution(arn: str, display: Display) -> Line:
    """`fraud:12/order-1042`, on a terminal with generated names shortened to what still finds them."""
    parts = parse_execution_arn(arn)
    if parts is None:
        return data(arn)
    if display.width is None or not is_id(parts.name):
        return data(f"{parts.function}:{parts.version}/{parts.name}")
    return _short(parts)


def short_reference(reference: str, display: Display) -> Line:
    """`fraud/check-1`, on a terminal with a generated name shortened in the same way."""
    function, _, name = reference.rpartition("/")
    return data(reference if display.width is None or not is_id(name) else f"{function}/{name[:_SHORT_ID]}…", "dim")


def _short(parts: ExecutionArn) -> Line:
    """The beginning of a generated name, which is enough of a reference; what runs on $LATEST needs no version."""
    version = "" if parts.version == _LATEST else f":{parts.version}"
    return (*fit_line(data(f"{parts.function}{version}"), _MOST_FUNCTION), *data(f"/{parts.name[:_SHORT_ID]}…"))
