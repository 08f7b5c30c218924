"""The view of `get`: one execution, or several, each as a card."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from durablectl.backend.base import Source
from durablectl.model.arn import ExecutionArn
from durablectl.model.executions import Execution, ExecutionDetail
from durablectl.model.payloads import called_type
from durablectl.model.wire import write_detail
from durablectl.operate.data_level import DataLevel
from durablectl.views.cards import Field, lay_out_card
from durablectl.views.display import Display
from durablectl.views.durations import format_duration, milliseconds
from durablectl.views.executions import execution_columns
from durablectl.views.glyphs import execution_status
from durablectl.views.instants import Precision
from durablectl.views.lines import DASH, EMPTY, Line, Segment, data, join, own, wrap_line
from durablectl.views.phrases import bytes_text, comma, error_phrase, limit_text, short_id
from durablectl.views.raw import raw_record
from durablectl.views.records.context import Reading
from durablectl.views.records.details import detail_record
from durablectl.views.records.executions import elapsed_ms, function_label
from durablectl.views.view import Envelope, ListFacts, RawShape, Record, View, bare


@dataclass(frozen=True, slots=True)
class Detailed:
    """An execution with how much of its data was read."""

    detail: ExecutionDetail
    level: str = DataLevel.METADATA
    function: str | None = None
    """The function that was asked for it, for servers whose ids name none."""
    is_key_denied: bool = False
    """Whether its data was asked for and the encryption key refused."""

    @property
    def execution(self) -> Execution:
        """What a list shows of it."""
        return self.detail.execution

    @property
    def reason(self) -> str | None:
        """Why it ended badly, or is paused, as far as that was read."""
        error, pause = self.detail.error, self.detail.pause
        if error is not None and error.is_present:
            return ": ".join(part for part in (called_type(error.type), error.message) if part) or None
        return pause.reason if pause else None


def detail_view(
    executions: Iterable[Detailed],
    *,
    reading: Reading,
    source: Source,
    as_list: bool = False,
    facts: Callable[[], ListFacts] = ListFacts,
) -> View[Detailed]:
    """Executions as cards; `as_list` wraps their documents in the envelope that several references get."""
    kind = "execution_detail"

    def record(one: Detailed) -> Record:
        return detail_record(one.detail, _reading(one, reading), source, function=one.function)

    return View(
        kind=kind,
        items=executions,
        record=record,
        document=Envelope(f"{kind}_list", reading.now, source, facts) if as_list else bare(kind),
        columns=execution_columns(reading),
        card=lambda one, display: _card(one, record(one), _reading(one, reading), display),
        identifier=lambda one: one.execution.arn,
        raw=RawShape(lambda one: _raw(one, _reading(one, reading)), "DurableExecutions" if as_list else None),
        formats=("table", "json", "jsonl", "yaml", "name", "plain"),
    )


def _reading(one: Detailed, reading: Reading) -> Reading:
    return replace(reading, level=one.level, is_key_denied=one.is_key_denied)


def _raw(one: Detailed, reading: Reading) -> Record:
    detail = one.detail
    if not reading.has_payloads:
        detail = replace(detail, input=None, result=None, data_included=False)
    return raw_record(write_detail(detail), reading)


def _card(one: Detailed, record: Record, reading: Reading, display: Display) -> Iterator[Line]:
    detail = one.detail
    fields = [
        _title_field(one, reading, display),
        _times_field(detail, display),
        _retention_field(detail, record, display),
        _pause_field(detail, record, display),
        # No server is known to tell it here yet; those of chained invokes stand in the history.
        Field("tenant", data(record["extra"].get("TenantId"))),
        Field("error", error_phrase(record["error"]), wraps=True),
        Field("console", own(record["console_url"] or "", "blue"), is_one_word=True),
    ]
    yield from lay_out_card([field for field in fields if field.left or field.right], display.width)
    for line in (*_payload_lines("input", record), *_payload_lines("result", record), *_error_lines(record["error"])):
        yield from wrap_line(line, display.width, indent=2)


def _title_field(one: Detailed, reading: Reading, display: Display) -> Field:
    execution = one.execution
    time_ms = elapsed_ms(execution, reading)
    word = "for" if execution.ended_at is None else "after"
    time = own(f"{word} {format_duration(time_ms)}") if time_ms is not None else EMPTY
    return Field(
        execution.name or execution.id,
        join((execution_status(execution.status), time)),
        _place(execution, one.function, display),
        is_title=True,
    )


def _place(execution: Execution, queried: str | None, display: Display) -> Line:
    parts: ExecutionArn | None = execution.parts
    identity = (Segment("id "), *short_id(execution.id, display, head=14, tail=0))
    facts = [data(function_label(execution, queried)), identity]
    if parts:
        facts[1:1] = [own(parts.region), own(parts.account)]
    return join(facts, " · ")


def _times_field(detail: ExecutionDetail, display: Display) -> Field:
    execution = detail.execution
    started = display.full_instant(execution.started_at, precision=Precision.MILLISECONDS)
    zone = f" {display.zone_name}" if execution.started_at and display.names_zone else ""
    if execution.ended_at is not None:
        ending = own(f"ended {display.full_instant(execution.ended_at, precision=Precision.MILLISECONDS)}")
    else:
        ending = _timeout_phrase(detail.timeout_at, display)
    limit_s = detail.execution_timeout_s
    return Field(
        "started",
        own(f"{started}{zone}"),
        comma(ending, own(f"limit {limit_text(limit_s * 1000)}") if limit_s else EMPTY),
    )


def _timeout_phrase(timeout_at: datetime | None, display: Display) -> Line:
    if timeout_at is None:
        return EMPTY
    left_ms = milliseconds(timeout_at - display.now) or 0
    return own(f"times out {display.full_instant(timeout_at)} ({format_duration(left_ms)})")


def _retention_field(detail: ExecutionDetail, record: Record, display: Display) -> Field:
    expires_at, days = detail.history_expires_at, detail.retention_days
    if expires_at is not None:
        left = format_duration(milliseconds(expires_at - display.now) or 0)
        retention = own(f"until {display.full_date(expires_at)} ({left})")
    else:
        retention = own(f"{days} day{'' if days == 1 else 's'} after the end") if days is not None else EMPTY
    absence = own(_absence(record), "dim")
    return Field("retention", retention or (DASH if absence else EMPTY), absence)


_ABSENCES = {
    "not_requested": "not requested (--data)",
    "truncated_by_service": "‹truncated by service›",
    "key_denied": "not readable (encryption key)",
}


def _absence(record: Record) -> str:
    """Which payloads exist and are not shown, by the first reason that applies."""
    for reason, words in _ABSENCES.items():
        missing = [label for label in ("input", "result") if record[label]["absent_because"] == reason]
        if missing:
            return f"{' and '.join(missing)} {words}"
    return ""


def _pause_field(detail: ExecutionDetail, record: Record, display: Display) -> Field:
    if detail.pause is None:
        return Field("paused", EMPTY)
    reason = record["pause"]["reason"]
    requested_at = detail.pause.requested_at
    since = own(f"since {display.full_instant(requested_at)}" if requested_at else "yes")
    stands = own("execution timeout stands still") if detail.pause.timeout_paused else EMPTY
    return Field("paused", since, comma(data(f'"{reason}"') if reason else EMPTY, stands))


def _payload_lines(label: str, record: Record) -> Iterator[Line]:
    payload = record[label]
    if not payload["included"]:
        return
    value, marks = payload["value"], _marks(payload)
    yield join((own(label, "bold"), own(marks, "dim")), "  ")
    # A payload that is no JSON keeps its own lines; JSON gets lines of ours.
    text = value if payload["encoding"] == "text" else json.dumps(value, ensure_ascii=False, indent=2)
    for line in text.splitlines() or [""]:
        yield (Segment("  "), *data(line))


def _marks(payload: Record) -> str:
    encodings = {"text": "no JSON, redacted by patterns only", "python_sdk": "decoded from the Python SDK's envelope"}
    marks = [bytes_text(payload["bytes"])]
    marks += [encodings[payload["encoding"]]] if payload["encoding"] in encodings else []
    marks += ["‹truncated by service›"] if payload["truncated"] else []
    return ", ".join(marks)


def _error_lines(error: Record) -> Iterator[Line]:
    if error["data"]:
        yield own("error data", "bold")
        yield (Segment("  "), *data(str(error["data"])))
    if error["stack_trace"]:
        yield own("stack trace", "bold")
        for entry in error["stack_trace"]:
            yield (Segment("  "), *data(entry, "dim"))
