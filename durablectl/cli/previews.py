"""What is about to happen, laid out for the terminal on which it is asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from durablectl.cli.runtime import Runtime
from durablectl.model.arn import ExecutionArn
from durablectl.model.operations import Fold
from durablectl.model.statuses import CLOSED_STATUSES
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.lifecycle import Change
from durablectl.operate.reading import read_newest
from durablectl.operate.restarting import Restart
from durablectl.operate.targets import Target
from durablectl.operate.wording import counted
from durablectl.views.instants import Precision
from durablectl.views.previews import (
    callback_text,
    change_effects,
    label_of,
    payload_text,
    restart_effect,
    span_text,
    state_text,
)
from durablectl.views.text import clean, fit, fold_words, width

_MAX_WIDTH = 100
_LEAST_GAP = 2
_MAX_ROWS = 20
_LEAST_CELL = 12

_Row = tuple[str, str, str, str, str]


def change_preview(runtime: Runtime, verb: str, target: Target) -> tuple[str, ...]:
    """What a verb would change: one execution with what it is doing; and what it does."""
    execution = target.execution or runtime.backend.execution(target.arn).execution
    newest = read_newest(runtime.backend, target.arn) if execution.status.is_open else Fold()
    state = state_text(execution, newest, runtime.now())
    title = _title(runtime, f"{verb.capitalize()} this execution?", target)
    effects = change_effects(verb, [newest], is_several=False)
    return (*title, *_identity(runtime, target), f"  {state}", *_effect(runtime, *effects))


def batch_preview(
    runtime: Runtime,
    change: Change,
    targets: Sequence[Target],
    filters: Sequence[str] = (),
    title: str | None = None,
    *,
    has_rows: bool = True,
) -> tuple[str, ...]:
    """What a change of several would change: a table of them, by what they were found, and what the change does.

    The targets are frozen; without rows their statuses are counted as far as they are known.
    """
    head = title or f"{change.verb.capitalize()} {counted(len(targets), 'execution')}"
    return (
        *_title(runtime, head, targets[0]),
        *(_table(targets, runtime, is_ended=change.statuses == CLOSED_STATUSES) if has_rows else ()),
        *_summary(runtime, targets, filters),
        *_effect(runtime, *change_effects(change.verb, (), is_several=True)),
    )


def restart_preview(runtime: Runtime, plan: Restart) -> tuple[str, ...]:
    """Which execution would be started again, as what, and with which input."""
    version = f"  on version {clean(plan.request.qualifier)}"
    title = _title(runtime, "Restart this execution?", plan.target)
    return (*title, *_identity(runtime, plan.target), version, *_effect(runtime, restart_effect(plan)))


def callback_preview(runtime: Runtime, title: str, found: FoundCallback, payload: bytes | None) -> tuple[str, ...]:
    """Which callback would be completed, and with what."""
    return (
        *_title(runtime, title, found.target),
        *_identity(runtime, found.target),
        f"  {callback_text(found, runtime.now())}",
        f"  {payload_text(payload, runtime.redactor)}",
    )


def mild_preview(runtime: Runtime, title: str, *facts: str) -> tuple[str, ...]:
    """What is about to happen where no execution is known: the question, the connection, and a line for each fact."""
    return (*titled(runtime, title), *(f"  {clean(fact)}" for fact in facts))


def payload_fact(runtime: Runtime, payload: bytes | None) -> str:
    """Size and beginning of a payload, without its secrets."""
    return payload_text(payload, runtime.redactor)


def error_payload_text(*parts: str | None) -> bytes | None:
    """The parts of an error as one text for a preview."""
    text = ": ".join(part for part in parts if part)
    return text.encode() if text else None


def _title(runtime: Runtime, text: str, target: Target) -> tuple[str, ...]:
    """The question at the left, the connection at the right or below, so that nobody acts on the wrong account."""
    return titled(runtime, text, target.parts)


def titled(runtime: Runtime, text: str, parts: ExecutionArn | None = None) -> tuple[str, ...]:
    """A question with the connection; a production context heads it in red, what options took from it is named."""
    source, settings = runtime.backend.source, runtime.settings
    overridden = f", {' and '.join(settings.overridden)} overridden" if settings.overridden else ""
    name = settings.context or source.context
    context = f"context {name}{overridden}" if name else None
    region = (parts.region if parts else None) or source.region
    told = clean(" · ".join(part for part in (context, parts.account if parts else None, region) if part))
    told = clean(" · ".join(part for part in (told, source.endpoint_url) if part))
    banner = "PRODUCTION   " if settings.production else ""
    gap = min(runtime.process.columns, _MAX_WIDTH) - width(text) - width(banner + told)
    if banner and runtime.diagnostics.color:
        banner = f"\x1b[1;31m{banner}\x1b[0m"
    return (text, f"  {banner}{told}") if gap < _LEAST_GAP else (f"{text}{' ' * gap}{banner}{told}",)


def _effect(runtime: Runtime, *sentences: str) -> list[str]:
    folded = (fold_words(f"  {text}", runtime.process.columns, indent="  ") for text in sentences if text)
    return [line for lines in folded for line in lines]


def _identity(runtime: Runtime, target: Target) -> tuple[str, ...]:
    """Function, name and id, on one line where there is room."""
    parts = target.parts
    function, slash, name = label_of(target).partition("/")
    label = clean(f"{function} / {name}" if slash and parts else label_of(target))
    if parts is None:
        return (f"  {label}",)
    line = f"  {label}   {clean(parts.id)}"
    return (line,) if width(line) <= runtime.process.columns else (f"  {label}", f"  {clean(parts.id)}")


def _table(targets: Sequence[Target], runtime: Runtime, *, is_ended: bool) -> list[str]:
    """The first rows, as wide as the terminal at most, and how many more there are."""
    header = runtime.display.header("ENDED" if is_ended else "STARTED")
    rows: list[_Row] = [("FUNCTION", "NAME", "STATUS", header, "AGE")]
    rows += [_row(target, runtime, is_ended=is_ended) for target in targets[:_MAX_ROWS]]
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  " + "  ".join(cell + " " * (cells - width(cell)) for cell, cells in zip(row, widths, strict=True)).rstrip()
        for row in _fitted(rows, widths, runtime.process.columns)
    ]
    return [*lines, f"  and {len(targets) - _MAX_ROWS} more"] if len(targets) > _MAX_ROWS else lines


def _row(target: Target, runtime: Runtime, *, is_ended: bool) -> _Row:
    execution = target.execution
    function, _, name = label_of(target).rpartition("/")
    instant = None
    if execution is not None:
        instant = execution.ended_at if is_ended else execution.started_at
    shown = runtime.display.instant(instant, other_days=Precision.SECONDS)
    age = span_text(runtime.now() - instant) if instant else "–"
    status = clean(execution.status) if execution else "–"
    return clean(function), clean(name), status, "".join(segment.text for segment in shown), age


def _fitted(rows: Sequence[_Row], widths: list[int], columns: int) -> list[_Row]:
    """The rows with function and name cut to what the terminal leaves them; `widths` are adapted."""
    excess = 2 + sum(widths) + 2 * (len(widths) - 1) - columns
    for column in (0, 1):
        cut = max(0, min(excess, widths[column] - _LEAST_CELL))
        widths[column] -= cut
        excess -= cut
    return [(fit(row[0], widths[0]), fit(row[1], widths[1]), row[2], row[3], row[4]) for row in rows]


def _summary(runtime: Runtime, targets: Sequence[Target], filters: Sequence[str]) -> list[str]:
    """How many are in which status, and the filter that found them."""
    counts = Counter(clean(target.execution.status) for target in targets if target.execution)
    parts = ["by status: " + ", ".join(f"{count} {status}" for status, count in counts.items())] if counts else []
    parts += [f"filter: {clean(', '.join(filters))}"] if filters else []
    return fold_words(f"  {' · '.join(parts)}", runtime.process.columns, indent="  ") if parts else []
