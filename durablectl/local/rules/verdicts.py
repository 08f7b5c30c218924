"""What the end of an invocation means for its execution. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from durablectl.local.encoding import exceeds
from durablectl.local.engine.live import LiveExecution
from durablectl.local.rules import completions, outputs
from durablectl.local.rules.completions import Ending
from durablectl.local.rules.draft import Closing
from durablectl.local.rules.updates import MAX_EXECUTION_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES
from durablectl.local.workers.invocations import InvocationOutcome
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus

_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How invocations that failed are repeated. The live service's numbers are not documented."""

    attempts: int | None = 5
    """How many failures in a row end an execution; without a number only its timeout does."""
    suspended_without_reason_attempts: int = 3
    first_delay_s: float = 1.0
    longest_delay_s: float = 60.0

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        doublings = min(failures - 1, _MOST_DOUBLINGS)
        return float(min(self.first_delay_s * 2**doublings, self.longest_delay_s))


@dataclass(frozen=True, slots=True)
class Verdict:
    """An error to record, an end of the execution, or a repetition after some seconds."""

    error: ErrorPayload | None = None
    ending: Ending | None = None
    retry_in_s: float | None = None


def judge(live: LiveExecution, outcome: InvocationOutcome, policy: RetryPolicy) -> Verdict:
    """What an invocation's outcome means for the execution that it belongs to."""
    error = error_of(outcome)
    if live.closing and not live.is_closed:
        # The function has closed the execution by a checkpoint, so its answer counts no more.
        return Verdict(error, decided_ending(live, live.closing))
    if live.is_closed:
        return Verdict(error)
    if error is not None:
        return _retried(live, error, policy, policy.attempts)
    return _judge_answer(live, outcome, policy)


def _judge_answer(live: LiveExecution, outcome: InvocationOutcome, policy: RetryPolicy) -> Verdict:
    answer = outputs.read_output(outcome.payload or b"")
    if isinstance(answer, outputs.Rejected):
        return Verdict(answer.error, Ending(ExecutionStatus.FAILED, error=answer.error))
    if isinstance(answer, Closing):
        return Verdict(ending=decided_ending(live, answer))
    is_pending = completions.has_pending_operations(live.folded, outcome.ended_at)
    if is_pending or live.unseen or live.must_end_invocation:
        return Verdict()
    return _retried(live, outputs.PENDING_WITHOUT_REASON, policy, policy.suspended_without_reason_attempts)


def _retried(live: LiveExecution, error: ErrorPayload, policy: RetryPolicy, attempts: int | None) -> Verdict:
    failures = completions.failed_invocations_in_a_row(live.folded) + 1
    if attempts is not None and failures >= attempts:
        return Verdict(error, Ending(ExecutionStatus.FAILED, error=error))
    return Verdict(error, retry_in_s=policy.delay_s(failures))


def error_of(outcome: InvocationOutcome) -> ErrorPayload | None:
    """The error of an invocation that has no result."""
    fault = outcome.error
    return ErrorPayload(fault.error_type, fault.message, stack_trace=fault.stack_trace) if fault else None


def ending_of_plain(outcome: InvocationOutcome) -> Ending:
    """How the call of a function that is not durable ended; what the service itself objects to has no error type."""
    error = error_of(outcome)
    if error is not None:
        return Ending(ExecutionStatus.FAILED, error=error)
    payload = outcome.payload or b""
    if len(payload) > MAX_PAYLOAD_BYTES:
        message = f"CHAINED_INVOKE output payload size must be less than or equal to {MAX_PAYLOAD_BYTES} bytes."
        return Ending(ExecutionStatus.FAILED, error=ErrorPayload(message=message))
    try:
        return Ending(ExecutionStatus.SUCCEEDED, payload.decode() or None)
    except UnicodeDecodeError:
        message = "CHAINED_INVOKE response could not be decoded as UTF-8."
        return Ending(ExecutionStatus.FAILED, error=ErrorPayload(message=message))


def decided_ending(live: LiveExecution, closing: Closing) -> Ending:
    """The end that the function decided on, within what its execution may give back."""
    return limited(completions.ending_of(closing), live.facts.invocation_type)


def limited(ending: Ending, invocation_type: str) -> Ending:
    """The same end, or a failure when the result is larger than this way of starting allows."""
    message = oversize(ending.result, invocation_type)
    if message is None:
        return ending
    return Ending(ExecutionStatus.FAILED, error=ErrorPayload("InvalidParameterValueException", message))


def oversize(result: str | None, invocation_type: str) -> str | None:
    """What is wrong with a result that is larger than this way of starting allows; None for any other."""
    limit = MAX_EXECUTION_PAYLOAD_BYTES if invocation_type == "RequestResponse" else MAX_PAYLOAD_BYTES
    if result is None or not exceeds(result, limit):
        return None
    return f"Execution output payload size must be less than or equal to {limit} bytes."
