"""A local service as it announces itself, and what it tells of itself when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from durablectl.model.wire_values import read_instant
from durablectl.views.cards import Field, lay_out_card
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.glyphs import execution_status
from durablectl.views.instants import iso
from durablectl.views.lines import EMPTY, Line, data, join, own, wrap_line
from durablectl.views.view import Record, View, bare


@dataclass(frozen=True, slots=True)
class Served:
    """A function as the announcement shows it."""

    name: str
    source: str
    is_durable: bool


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told when the service is ready."""

    endpoint: str
    functions: tuple[Served, ...]
    pid: int | None = None
    """Of a service in the background."""
    log_file: str | None = None
    """Where that one writes what a service in the foreground shows."""


def announcement_view(announcement: Announcement) -> View[Announcement]:
    """Where the service listens and what it serves."""
    return View(
        kind="local_service",
        items=[announcement],
        record=_announcement_record,
        document=bare("local_service"),
        card=lambda shown, _: _card(shown),
        formats=("table", "json", "jsonl", "yaml"),
    )


def _announcement_record(shown: Announcement) -> Record:
    functions = [{"name": each.name, "source": each.source, "durable": each.is_durable} for each in shown.functions]
    return {"endpoint": shown.endpoint, "functions": functions, "pid": shown.pid, "log_file": shown.log_file}


def _card(announcement: Announcement) -> list[Line]:
    lines = [join([own("durablectl local", "bold"), own("listens on"), own(announcement.endpoint, "cyan")])]
    lines += [join([own(" "), line]) for line in _function_lines(announcement.functions)]
    if announcement.pid is not None:
        background = join([own("in the background as process"), own(str(announcement.pid)), own("· log", "dim")])
        lines.append(join([own(" "), background, data(announcement.log_file)]))
    return lines


def _function_lines(functions: Iterable[Served]) -> list[Line]:
    served = list(functions)
    width = max((len(each.name) for each in served), default=0)
    return [
        join(
            [
                data(each.name.ljust(width), "bold"),
                own("durable", "green") if each.is_durable else own("plain  ", "dim"),
                data(each.source, "dim"),
            ]
        )
        for each in served
    ]


# --- a service that runs ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunningService:
    """A local service that runs, and what it tells of itself."""

    endpoint: str
    pid: int
    store: str | None
    log_file: str | None
    status: Record | None
    """The service's own answer; None where it does not answer."""

    @property
    def functions(self) -> tuple[Served, ...]:
        """What it serves."""
        told: list[Record] = (self.status or {}).get("functions") or []
        return tuple(Served(str(each["name"]), str(each["source"]), bool(each["durable"])) for each in told)


def status_view(running: RunningService) -> View[RunningService]:
    """Where a service listens, what it serves, and what it does."""
    return View(
        kind="local_status",
        items=[running],
        record=_status_record,
        document=bare("local_status"),
        card=_status_card,
        formats=("table", "json", "jsonl", "yaml"),
    )


def _status_record(running: RunningService) -> Record:
    status = running.status or {}
    timer = status.get("next_timer")
    return {
        "endpoint": running.endpoint,
        "pid": running.pid,
        "is_answering": running.status is not None,
        "version": status.get("version"),
        "started_at": iso(read_instant(status.get("started_at"))),
        "uptime_ms": _milliseconds(status.get("uptime_s")),
        "time_ahead_ms": _milliseconds(status.get("time_ahead_s")),
        "store": {"path": running.store, "bytes": (status.get("store") or {}).get("bytes")},
        "log_file": running.log_file,
        "executions": status.get("executions"),
        "next_timer": _timer_record(timer) if timer else None,
        "functions": status.get("functions"),
    }


def _timer_record(timer: Record) -> Record:
    known = {key: timer.get(key) for key in ("kind", "function", "execution", "operation")}
    return {"due_in_ms": _milliseconds(timer.get("due_in_s")), **known}


def _milliseconds(seconds: Any) -> int | None:
    return round(seconds * 1000) if isinstance(seconds, int | float) else None


def _status_card(running: RunningService, display: Display) -> Iterable[Line]:
    title = join([own("durablectl local", "bold"), own("runs on"), own(running.endpoint, "cyan")])
    yield from wrap_line(title, display.width, indent=2)
    fields = [Field(label, line, wraps=True) for label, make in _FIELDS.items() if (line := make(running))]
    yield from lay_out_card(fields, display.width)
    functions = _function_lines(running.functions)
    yield from lay_out_card(
        [Field("functions" if number == 0 else "", line) for number, line in enumerate(functions)], display.width
    )


def _process(running: RunningService) -> Line:
    if running.status is None:
        return join([own(str(running.pid)), own("does not answer", "red")])
    uptime = format_duration(_milliseconds(running.status["uptime_s"]) or 0)
    return join([own(str(running.pid)), own(f"· up {uptime}", "dim")])


def _store(running: RunningService) -> Line:
    if running.status is None and running.store is None:
        return EMPTY
    size = ((running.status or {}).get("store") or {}).get("bytes")
    told = own(f"· {format_bytes(size)}", "dim") if size is not None else EMPTY
    return join([data(running.store) or own("memory"), told])


def _executions(running: RunningService) -> Line:
    if running.status is None:
        return EMPTY
    counts: dict[str, int] = running.status.get("executions") or {}
    each = [join([own(str(count)), execution_status(status)]) for status, count in sorted(counts.items())]
    return join(each, "  ") if each else own("none yet", "dim")


def _next_timer(running: RunningService) -> Line:
    timer = (running.status or {}).get("next_timer")
    if not timer:
        return EMPTY
    due = own(f"in {format_duration(_milliseconds(timer['due_in_s']) or 0)}")
    what = data(_TIMERS.get(timer["kind"], str(timer["kind"])))
    of = data(f"of {timer['function']}/{timer['execution']}") if timer["execution"] else EMPTY
    return join([due, own("·", "dim"), what, data(timer["operation"], "bold"), of])


def _ahead(running: RunningService) -> Line:
    ahead = _milliseconds((running.status or {}).get("time_ahead_s")) or 0
    return own(f"{format_duration(ahead)} ahead of this machine's clock", "yellow") if ahead >= 1000 else EMPTY


_TIMERS = {
    "execution": "the timeout",
    "invocation": "the next invocation",
    "retry": "a retry of",
    "callback": "the timeout of the callback",
    "heartbeat": "the heartbeat timeout of",
    "wait": "the wait",
}

_FIELDS: dict[str, Callable[[RunningService], Line]] = {
    "process": _process,
    "store": _store,
    "log": lambda running: data(running.log_file),
    "executions": _executions,
    "next timer": _next_timer,
    "time": _ahead,
}


def format_bytes(count: int) -> str:
    """A size as people read it: `512 B`, `1.2 MB`."""
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "B" or size >= 100 else f"{size:.1f} {units[0]}"


# --- what was done to a service ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocalAction:
    """What `local stop` or `local reset` did."""

    action: str
    outcome: str
    """`done` or `would_apply`."""
    text: str
    facts: Record


def _action_card(done: LocalAction, display: Display) -> list[Line]:
    mark = own("✓", "green") if done.outcome == "done" else own("·", "dim")
    return wrap_line(join([mark, data(done.text)]), display.width, indent=2)


def local_action_view(action: LocalAction) -> View[LocalAction]:
    """What was done, in a line."""
    return View(
        kind="local_action",
        items=[action],
        record=lambda done: {"action": done.action, "outcome": done.outcome, **done.facts},
        document=bare("local_action"),
        card=_action_card,
        formats=("table", "json", "jsonl", "yaml"),
    )
