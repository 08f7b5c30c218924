"""Executions to draw: an order that failed after a day, a renewal with long pauses, a synchronisation that retries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from durablectl.model.events import Event
from durablectl.model.ids import SCHEMES
from durablectl.model.operations import fold
from durablectl.model.timeline import timeline
from durablectl.operate.data_level import DataLevel
from durablectl.views.records.context import Reading
from durablectl.views.timeline import TimelineView, Window, timeline_view
from durablectl.views.view import View
from tests.fakes.histories import NOW, RecordedExecution, make_execution
from tests.views.examples import AWS

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_DIGEST = SCHEMES[0].digest


@dataclass
class Tape:
    """Events at offsets from the start, in whatever order they are written down."""

    started_at: datetime
    events: list[Event] = field(default_factory=list)

    def add(self, at_ms: int, event_type: str, path: str | None = None, **facts: Any) -> None:
        """An event of the operation at a path such as `2-1`; the ids are those of the Python SDK."""
        ids = _ids(path)
        parent = ids[-2] if len(ids) > 1 else None
        at = self.started_at + timedelta(milliseconds=at_ms)
        self.events.append(Event(0, event_type, at, ids[-1] if ids else None, parent, **facts))

    def step(self, path: str, name: str, *attempts: tuple[int, int], **facts: Any) -> None:
        """A step with attempts from and to; all but the last fail, and the last succeeds."""
        for number, (from_ms, to_ms) in enumerate(attempts, 1):
            self.add(from_ms, "StepStarted", path, name=name, sub_type="Step")
            following = attempts[number][0] if number < len(attempts) else facts.get("next_ms")
            if following is None:
                self.add(to_ms, "StepSucceeded", path, name=name, sub_type="Step")
            else:
                details = {"next_attempt_delay_ms": following - to_ms}
                self.add(to_ms, "StepFailed", path, name=name, sub_type="Step", details=details)

    def context(self, path: str, name: str, sub_type: str, from_ms: int, to_ms: int, end: str = "Succeeded") -> None:
        """A child context."""
        self.add(from_ms, "ContextStarted", path, name=name, sub_type=sub_type)
        self.add(to_ms, f"Context{end}", path, name=name, sub_type=sub_type)

    def invocation(self, from_ms: int, to_ms: int) -> None:
        """A call of the function's code."""
        details = {
            "started_at": self.started_at + timedelta(milliseconds=from_ms),
            "ended_at": self.started_at + timedelta(milliseconds=to_ms),
        }
        self.add(to_ms, "InvocationCompleted", details=details)

    def recorded(self, name: str, function: str, version: str, status: str = "RUNNING") -> RecordedExecution:
        """The execution; its events get their ids in the order of their time."""
        made = make_execution(name, function=function, version=version, status=status, started_at=self.started_at)
        ordered = sorted(self.events, key=lambda event: event.at or self.started_at)
        made.events = [
            Event(
                number,
                event.type,
                event.at,
                event.operation_id,
                event.parent_id,
                event.name,
                event.sub_type,
                event.details,
            )
            for number, event in enumerate(ordered, 1)
        ]
        if status != "RUNNING":
            made.change(ended_at=made.events[-1].at)
        return made


def order_failed_after_a_day() -> RecordedExecution:
    """Work of seconds, a day of waiting for an approval that never comes, and more work of seconds."""
    tape = Tape(datetime(2026, 11, 19, 22, 41, 9, tzinfo=UTC))
    tape.add(0, "ExecutionStarted", "execution")
    tape.step("1", "validate", (20, 140))
    tape.context("2", "prepare", "Parallel", 150, 5_350)
    tape.context("2-0", "inventory", "ParallelBranch", 160, 1_000)
    tape.step("2-0-1", "reserve", (160, 1_000))
    tape.context("2-1", "payment", "ParallelBranch", 170, 5_270)
    tape.step("2-1-1", "charge-card", (170, 770), (1_770, 2_370), (4_370, 5_270))
    tape.context("2-2", "fraud", "ParallelBranch", 180, 1_280)
    tape.add(180, "ChainedInvokeStarted", "2-2-1", name="fraud-check", sub_type="ChainedInvoke")
    tape.add(1_280, "ChainedInvokeSucceeded", "2-2-1", name="fraud-check", sub_type="ChainedInvoke")
    until = 5_400 + _DAY
    tape.context("3", "approval", "WaitForCallback", 5_400, until, "Failed")
    tape.add(5_410, "CallbackStarted", "3-1", sub_type="Callback", details={"timeout_ms": _DAY})
    tape.step("3-2", "approval submitter", (5_420, 6_500))
    tape.invocation(0, 6_600)
    tape.add(until, "CallbackTimedOut", "3-1", sub_type="Callback")
    tape.step("4", "release-stock", (until + 20, until + 2_720))
    tape.invocation(until + 10, until + 2_740)
    tape.add(until + 2_750, "ExecutionFailed", "execution")
    return tape.recorded("order-1038", "orders", "7", "FAILED")


def renewal_running() -> RecordedExecution:
    """Three long stretches of nothing, the last of which still grows."""
    tape = Tape(NOW - timedelta(milliseconds=_DAY + 2 * _HOUR))
    resumed, answered = 3_600 + _HOUR, 8_000 + _HOUR + _DAY
    tape.add(0, "ExecutionStarted", "execution")
    tape.step("1", "load-contract", (0, 3_600))
    tape.add(3_600, "WaitStarted", "2", name="cool-down", sub_type="Wait", details={"duration_ms": _HOUR})
    tape.invocation(0, 3_700)
    tape.add(resumed, "WaitSucceeded", "2", name="cool-down", sub_type="Wait")
    tape.step("3", "send-offer", (resumed + 20, resumed + 4_220))
    tape.add(resumed + 4_300, "CallbackStarted", "4", name="customer-reply", sub_type="Callback")
    tape.invocation(resumed + 10, resumed + 4_400)
    tape.add(answered, "CallbackSucceeded", "4", name="customer-reply", sub_type="Callback")
    tape.add(answered + 3_900, "CallbackStarted", "5", name="countersign", sub_type="Callback")
    tape.invocation(answered + 10, answered + 4_000)
    return tape.recorded("renewal-4411", "contracts", "3")


def crm_backing_off() -> RecordedExecution:
    """Seven stretches of nothing, so breaks are narrow."""
    tape = Tape(datetime(2026, 11, 21, 8, 2, tzinfo=UTC))
    tape.add(0, "ExecutionStarted", "execution")
    tape.step("1", "fetch-page", (10, 1_210))
    tape.add(1_300, "WaitStarted", "2", name="business-hours", sub_type="Wait", details={"duration_ms": 2 * _HOUR})
    tape.invocation(0, 2_000)
    starts = [2 * _HOUR + 1_310 + minutes * _MINUTE for minutes in (0, 1, 2, 4, 8, 15)]
    tape.add(starts[0] - 10, "WaitSucceeded", "2", name="business-hours", sub_type="Wait")
    tape.step("3", "push-contacts", *[(start + 300, start + 2_400) for start in starts], next_ms=3 * _HOUR)
    for start in starts:
        tape.invocation(start, start + 3_000)
    return tape.recorded("sync-crm-77", "crm", "31")


def timeline_of(recorded: RecordedExecution, **window: Any) -> View[Any]:
    """The view of an execution's timeline through a window."""
    made = timeline(fold(recorded.events), NOW, detail=recorded.detail)
    shown = TimelineView(made, recorded.detail, Window(**window))
    return timeline_view(shown, reading=Reading(NOW, level=DataLevel.METADATA), source=AWS)


def _ids(path: str | None) -> list[str]:
    if path is None:
        return []
    ids: list[str] = []
    for position in path.split("-"):
        if not position.isdigit():
            return [position]
        ids.append(_DIGEST(f"{ids[-1]}-{position}" if ids else position))
    return ids
