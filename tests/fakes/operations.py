"""Builders of operations: each says what happened to it, and records that when its turn comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from durablectl.model.payloads import ErrorPayload, Payload
from tests.fakes.recorder import Recorder


class Builder(Protocol):
    """An operation of a made-up history."""

    def record(self, recorder: Recorder) -> bool:
        """Record the operation's events; False when it is still open, so that the function waits for it."""


def failure(message: str = "card declined", type: str = "PaymentError", *, data: str | None = None) -> ErrorPayload:
    """An error such as user code raises."""
    return ErrorPayload(type=type, message=message, data=data, stack_trace=("handler.py|charge|12|raise",))


def _payload(text: str | None) -> Payload:
    return Payload(text)


@dataclass
class StepBuilder:
    """A step: fails so often, dies so often, and then ends or stays as it is. By default it succeeds at once."""

    name: str | None
    sub_type: str = "Step"
    failures: int = 0
    crashes: int = 0
    error: ErrorPayload = field(default_factory=failure)
    delay_s: int = 2
    duration_ms: int = 190
    end: str = "succeeded"
    result: str | None = '"ok"'

    def fails(self, count: int = 1, *, error: ErrorPayload | None = None, delay_s: int = 2) -> StepBuilder:
        """The first `count` attempts fail and are retried; alone, the last of them is pending."""
        self.failures, self.delay_s, self.error, self.end = count, delay_s, error or self.error, "pending"
        return self

    def polls(self, count: int, *, delay_s: int = 30) -> StepBuilder:
        """A wait for condition whose first `count` polls are not met."""
        self.sub_type, self.failures, self.delay_s, self.end = "WaitForCondition", count, delay_s, "pending"
        return self

    def crashes_worker(self, count: int = 1) -> StepBuilder:
        """`count` invocations die while the step is started; alone, the last of them leaves it started."""
        self.crashes, self.end = count, "started"
        return self

    def succeeds(self, result: str | None = '"ok"') -> StepBuilder:
        """The last attempt succeeds."""
        self.end, self.result = "succeeded", result
        return self

    def gives_up(self, error: ErrorPayload | None = None) -> StepBuilder:
        """The last attempt fails for good."""
        self.end, self.error = "failed", error or self.error
        return self

    def is_running(self) -> StepBuilder:
        """The last attempt has started and not ended."""
        self.end = "started"
        return self

    def takes(self, milliseconds: int) -> StepBuilder:
        """How long each attempt runs."""
        self.duration_ms = milliseconds
        return self

    def record(self, recorder: Recorder) -> bool:
        """Record the attempts."""
        operation_id, _ = recorder.new_id()
        for _crash in range(self.crashes):
            self._add(recorder, "StepStarted", operation_id)
            recorder.pass_time(self.duration_ms)
            recorder.end_invocation(ErrorPayload("Runtime.ExitError", "Runtime exited with error: exit status 1"))
        for number in range(1, self.failures + 1):
            self._attempt(recorder, operation_id, number, is_last=number == self.failures)
        if self.end == "pending" or (self.end == "started" and self.crashes):
            return False
        self._add(recorder, "StepStarted", operation_id)
        recorder.pass_time(self.duration_ms)
        return self._finish(recorder, operation_id)

    def _attempt(self, recorder: Recorder, operation_id: str, number: int, *, is_last: bool) -> None:
        self._add(recorder, "StepStarted", operation_id)
        recorder.pass_time(self.duration_ms)
        retry = {"current_attempt": number, "next_attempt_delay_ms": self.delay_s * 1000}
        if self.sub_type == "WaitForCondition":
            self._add(recorder, "StepSucceeded", operation_id, details=retry, result=_payload('"not yet"'))
        else:
            self._add(recorder, "StepFailed", operation_id, details=retry, error=self.error)
        recorder.end_invocation()
        if not (is_last and self.end == "pending"):
            recorder.pass_time(self.delay_s * 1000)

    def _finish(self, recorder: Recorder, operation_id: str) -> bool:
        details = {"current_attempt": self.failures + 1}
        if self.end == "succeeded":
            self._add(recorder, "StepSucceeded", operation_id, details=details, result=_payload(self.result))
        elif self.end == "failed":
            self._add(recorder, "StepFailed", operation_id, details=details, error=self.error)
        return self.end != "started"

    def _add(self, recorder: Recorder, event_type: str, operation_id: str, **facts: Any) -> None:
        recorder.add(event_type, operation_id, name=self.name, sub_type=self.sub_type, **facts)


@dataclass
class WaitBuilder:
    """A wait; by default it has passed."""

    name: str | None
    seconds: int = 60
    end: str = "succeeded"

    def is_pending(self) -> WaitBuilder:
        """The wait has not passed yet."""
        self.end = "started"
        return self

    def is_cancelled(self) -> WaitBuilder:
        """The function cancelled the wait."""
        self.end = "cancelled"
        return self

    def record(self, recorder: Recorder) -> bool:
        """Record start and end."""
        operation_id, _ = recorder.new_id()
        duration_ms = self.seconds * 1000
        facts: dict[str, Any] = {"name": self.name, "sub_type": "Wait"}
        scheduled_end_at = recorder.at + timedelta(milliseconds=duration_ms)
        details = {"duration_ms": duration_ms, "scheduled_end_at": scheduled_end_at}
        recorder.add("WaitStarted", operation_id, details=details, **facts)
        if self.end == "started":
            return False
        if self.end == "cancelled":
            recorder.add("WaitCancelled", operation_id, error=ErrorPayload(), **facts)
            return True
        recorder.end_invocation()
        recorder.pass_time(duration_ms)
        recorder.add("WaitSucceeded", operation_id, details={"duration_ms": duration_ms}, **facts)
        return True


@dataclass
class CallbackBuilder:
    """A callback; by default it is pending."""

    name: str | None
    timeout_s: int | None = 86_400
    heartbeat_s: int | None = None
    callback_id: str | None = None
    after_s: int = 600
    end: str = "started"
    result: str | None = None
    error: ErrorPayload | None = None

    def succeeds(self, result: str | None = '{"approved": true}', *, after_s: int = 600) -> CallbackBuilder:
        """It was completed from outside."""
        self.end, self.result, self.after_s = "CallbackSucceeded", result, after_s
        return self

    def fails(self, error: ErrorPayload | None = None, *, after_s: int = 600) -> CallbackBuilder:
        """It was failed from outside."""
        self.end, self.error, self.after_s = "CallbackFailed", error or failure("rejected", "Rejected"), after_s
        return self

    def times_out(self) -> CallbackBuilder:
        """Nobody completed it in time."""
        self.end, self.error = "CallbackTimedOut", ErrorPayload("Callback.Timeout", "Callback timed out")
        self.after_s = self.timeout_s or self.heartbeat_s or 0
        return self

    def record(self, recorder: Recorder) -> bool:
        """Record start and end."""
        operation_id, _ = recorder.new_id()
        facts: dict[str, Any] = {"name": self.name, "sub_type": "Callback"}
        self.start(recorder, operation_id)
        if self.end == "started":
            return False
        recorder.end_invocation()
        recorder.pass_time(self.after_s * 1000)
        result = _payload(self.result) if self.end == "CallbackSucceeded" else None
        recorder.add(self.end, operation_id, result=result, error=self.error, **facts)
        return True

    def start(self, recorder: Recorder, operation_id: str) -> None:
        """Record the start alone."""
        details: dict[str, Any] = {"callback_id": self.callback_id or callback_id_of(operation_id)}
        if self.timeout_s is not None:
            details["timeout_ms"] = self.timeout_s * 1000
        if self.heartbeat_s is not None:
            details["heartbeat_timeout_ms"] = self.heartbeat_s * 1000
        recorder.add("CallbackStarted", operation_id, name=self.name, sub_type="Callback", details=details)


def callback_id_of(operation_id: str) -> str:
    """The callback id that a made-up callback has unless it says otherwise."""
    return f"Ab3k/{operation_id[:24]}+w=="


@dataclass
class InvokeBuilder:
    """A chained invoke; by default it has succeeded."""

    name: str | None
    function: str
    child_arn: str | None = None
    duration_ms: int = 900
    end: str = "ChainedInvokeSucceeded"
    error: ErrorPayload | None = None

    def is_pending(self) -> InvokeBuilder:
        """The invoked function has not answered yet."""
        self.end = "started"
        return self

    def fails(self, error: ErrorPayload | None = None) -> InvokeBuilder:
        """The invoked function failed."""
        self.end, self.error = "ChainedInvokeFailed", error or failure("no stock", "StockError")
        return self

    def record(self, recorder: Recorder) -> bool:
        """Record start and end."""
        operation_id, _ = recorder.new_id()
        facts: dict[str, Any] = {"name": self.name, "sub_type": "ChainedInvoke"}
        details = {"function": self.function, "executed_version": "$LATEST"}
        if self.child_arn:
            details["child_arn"] = self.child_arn
        recorder.add("ChainedInvokeStarted", operation_id, details=details, input=_payload('{"sku": 7}'), **facts)
        if self.end == "started":
            return False
        recorder.end_invocation()
        recorder.pass_time(self.duration_ms)
        result = None if self.error else _payload('"reserved"')
        recorder.add(self.end, operation_id, result=result, error=self.error, **facts)
        return True


@dataclass
class ContextBuilder:
    """A child context of any kind; it succeeds when its children have ended and stays open otherwise."""

    name: str | None
    children: tuple[Builder, ...]
    sub_type: str = "RunInChildContext"
    count_from: int = 1
    is_concurrent: bool = False
    error: ErrorPayload | None = None
    stays_open: bool = False

    def fails(self, error: ErrorPayload | None = None) -> ContextBuilder:
        """The context ends in an error."""
        self.error = error or failure("branch failed", "ChildContextError")
        return self

    def is_running(self) -> ContextBuilder:
        """The context stays open though its children may have ended."""
        self.stays_open = True
        return self

    def record(self, recorder: Recorder) -> bool:
        """Record start, children and end."""
        operation_id, key = recorder.new_id()
        facts: dict[str, Any] = {"name": self.name, "sub_type": self.sub_type}
        recorder.add("ContextStarted", operation_id, **facts)
        with recorder.inside(operation_id, key, count_from=self.count_from):
            has_ended = self._record_children(recorder)
        if self.error is not None:
            recorder.add("ContextFailed", operation_id, error=self.error, **facts)
            return True
        if self.stays_open or not has_ended:
            return False
        recorder.add("ContextSucceeded", operation_id, result=_payload('"done"'), **facts)
        return True

    def _record_children(self, recorder: Recorder) -> bool:
        has_ended = True
        for child in self.children:
            has_ended = child.record(recorder) and has_ended
            if not has_ended and not self.is_concurrent:
                break
        return has_ended


@dataclass
class WaitForCallbackBuilder:
    """The SDK's wait for callback: a context with a callback and a submitter step."""

    name: str | None
    callback: CallbackBuilder
    names_children: bool = True
    submitter_runs: bool = False
    """Whether the submitter is still running, so that the callback can be completed before it ends."""

    def succeeds(self, result: str | None = '{"approved": true}') -> WaitForCallbackBuilder:
        """The callback was completed from outside."""
        self.callback.succeeds(result)
        return self

    def fails(self, error: ErrorPayload | None = None) -> WaitForCallbackBuilder:
        """The callback was failed from outside."""
        self.callback.fails(error)
        return self

    def times_out(self) -> WaitForCallbackBuilder:
        """Nobody completed the callback in time."""
        self.callback.times_out()
        return self

    def without_child_names(self) -> WaitForCallbackBuilder:
        """As newer histories are: the children have no names of their own."""
        self.names_children = False
        return self

    def record(self, recorder: Recorder) -> bool:
        """Record the context, the callback's start, the submitter and the callback's end."""
        operation_id, key = recorder.new_id()
        facts: dict[str, Any] = {"name": self.name, "sub_type": "WaitForCallback"}
        recorder.add("ContextStarted", operation_id, **facts)
        with recorder.inside(operation_id, key):
            has_ended = self._record_children(recorder)
        if not has_ended:
            return False
        if self.callback.error is not None:
            recorder.add("ContextFailed", operation_id, error=self.callback.error, **facts)
        else:
            recorder.add("ContextSucceeded", operation_id, result=_payload(self.callback.result), **facts)
        return True

    def _record_children(self, recorder: Recorder) -> bool:
        callback_id, _ = recorder.new_id()
        self.callback.name = f"{self.name} create callback id" if self.names_children else None
        self.callback.start(recorder, callback_id)
        submitter = StepBuilder(f"{self.name} submitter" if self.names_children else None)
        if self.submitter_runs:
            submitter.is_running()
        submitter.record(recorder)
        if self.callback.end == "started":
            return False
        recorder.end_invocation()
        recorder.pass_time(self.callback.after_s * 1000)
        result = _payload(self.callback.result) if self.callback.error is None else None
        facts: dict[str, Any] = {"name": self.callback.name, "sub_type": "Callback"}
        recorder.add(self.callback.end, callback_id, result=result, error=self.callback.error, **facts)
        return True
