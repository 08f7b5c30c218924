"""What is about to happen, laid out for the terminal on which it is asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from durablectl.backend.base import Source
from durablectl.cli.runtime import Runtime
from durablectl.config import Settings
from durablectl.model.arn import ExecutionArn
from durablectl.model.operations import Fold
from durablectl.model.statuses import CLOSED_STATUSES
from durablectl.operate.callbacks import FoundCallback
from durablectl.operate.connections import Connection
from durablectl.operate.fold_reading import read_newest
from durablectl.operate.lifecycle import Change
from durablectl.operate.restarting import Restart
from durablectl.operate.targets import Target, backend_of, connections_of
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

_BANNER = "PRODUCTION   "
_MAX_WIDTH = 100
_LEAST_GAP = 2
_MAX_ROWS = 20
_LEAST_CELL = 12

_Row = tuple[str, str, str, str, str]


def change_preview(runtime: Runtime, verb: str, target: Target) -> tuple[str, ...]:
    """What a verb would change: one execution with what it is doing; and what it does."""
    backend = backend_of(target)
    execution = target.execution or backend.execution(target.arn).execution
    newest = read_newest(backend, target.arn) if execution.status.is_open else Fold()
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

    The targets are frozen; without rows their statuses are counted as far as they are known. Those of several
    connections stand under a line for each.
    """
    head = title or f"{change.verb.capitalize()} {counted(len(targets), 'execution')}"
    groups = [[each for each in targets if each.connection is one] for one in connections_of(targets)]
    return (
        *(_title(runtime, head, targets[0]) if len(groups) < 2 else _title_of_several(runtime, head, groups)),
        *_table(groups, runtime, is_ended=change.statuses == CLOSED_STATUSES, most=_MAX_ROWS if has_rows else 0),
        *_summary(runtime, targets, filters),
        *_effect(runtime, *change_effects(change.verb, (), is_several=True)),
    )


def restart_preview(runtime: Runtime, plan: Restart) -> tuple[str, ...]:
    """Which execution would be started again, as what, and with which input."""
    tenant = f" for tenant {clean(plan.request.tenant)}" if plan.request.tenant else ""
    version = f"  on version {clean(plan.request.qualifier)}{tenant}"
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
    return titled(runtime, text, target.parts, target.connection)


def _title_of_several(runtime: Runtime, text: str, groups: Sequence[Sequence[Target]]) -> tuple[str, ...]:
    """As `_title`, where each group of targets names its own connection below."""
    behind = [runtime.settings_behind(one) for group in groups for one in connections_of(group)]
    is_production = any(settings.production for settings in behind)
    return _headed(runtime, text, f"{len(groups)} connections", is_production=is_production)


def titled(
    runtime: Runtime, text: str, parts: ExecutionArn | None = None, connection: Connection | None = None
) -> tuple[str, ...]:
    """A question with the connection; a production context heads it in red, what options took from it is named."""
    connection = connection or Connection(runtime.backend)
    settings = runtime.settings_behind(connection)
    return _headed(runtime, text, _place(settings, connection.source, parts), is_production=settings.production)


def _place(settings: Settings, source: Source, parts: ExecutionArn | None) -> str:
    """Context, account, region and, where it is not Lambda's own, the endpoint."""
    overridden = f", {' and '.join(settings.overridden)} overridden" if settings.overridden else ""
    name = settings.context or source.context
    context = f"context {name}{overridden}" if name else None
    region = (parts.region if parts else None) or source.region
    told = (context, parts.account if parts else None, region, source.endpoint_url)
    return clean(" · ".join(part for part in told if part))


def _headed(runtime: Runtime, text: str, told: str, *, is_production: bool) -> tuple[str, ...]:
    banner = _BANNER if is_production else ""
    gap = min(runtime.process.columns, _MAX_WIDTH) - width(text) - width(banner + told)
    banner = _banner(runtime) if is_production else ""
    return (text, f"  {banner}{told}") if gap < _LEAST_GAP else (f"{text}{' ' * gap}{banner}{told}",)


def _banner(runtime: Runtime) -> str:
    return f"\x1b[1;31m{_BANNER}\x1b[0m" if runtime.diagnostics.color else _BANNER


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


def _table(groups: Sequence[Sequence[Target]], runtime: Runtime, *, is_ended: bool, most: int) -> list[str]:
    """The first rows, as wide as the terminal at most, and how many more there are; several groups have headings."""
    shares = _shares([len(group) for group in groups], most)
    header = runtime.display.header("ENDED" if is_ended else "STARTED")
    rows: list[_Row] = [("FUNCTION", "NAME", "STATUS", header, "AGE")]
    for group, share in zip(groups, shares, strict=True):
        rows += [_row(target, runtime, is_ended=is_ended) for target in group[:share]]
    laid_out = iter(_laid_out(rows, runtime.process.columns))
    lines = [*islice(laid_out, 1)] if most else []
    for group, share in zip(groups, shares, strict=True):
        if len(groups) > 1:
            lines += _group_heading(runtime, group)
        lines += islice(laid_out, share)
        if most and len(group) > share:
            lines.append(f"  and {len(group) - share} more")
    return lines


def _shares(counts: Sequence[int], most: int) -> list[int]:
    """How many rows each group gets of those that are shown, which the smaller ones leave to the larger ones."""
    shares = [0] * len(counts)
    while sum(shares) < min(most, sum(counts)):
        left = [place for place, count in enumerate(counts) if shares[place] < count]
        for place in left[: min(most, sum(counts)) - sum(shares)]:
            shares[place] += 1
    return shares


def _group_heading(runtime: Runtime, group: Sequence[Target]) -> list[str]:
    """The connection of some targets, and how many they are; production is marked as in a title."""
    (connection,) = connections_of(group)
    settings = runtime.settings_behind(connection)
    place = f"{_place(settings, connection.source, group[0].parts)} · {counted(len(group), 'execution')}"
    lines = fold_words(place, runtime.process.columns, indent="  ")
    if not settings.production:
        return lines
    is_wide = width(_BANNER + place) <= runtime.process.columns
    return [f"{_banner(runtime)}{place}"] if is_wide else [_banner(runtime).rstrip(), *lines]


def _laid_out(rows: Sequence[_Row], columns: int) -> list[str]:
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell + " " * (cells - width(cell)) for cell, cells in zip(row, widths, strict=True)).rstrip()
        for row in _fitted(rows, widths, columns)
    ]


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
