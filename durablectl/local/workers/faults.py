"""The faults of invocations that their own runtime could not report, in Lambda's words."""

from __future__ import annotations

import signal
from datetime import datetime

from durablectl.local.workers.invocations import Invocation, InvocationFault


def exit_reason(code: int) -> str:
    """Why a process with this return code ended, empty for one that ended as if nothing was wrong."""
    if code == 0:
        return ""
    return f"exit status {code}" if code > 0 else f"signal: {signal_name(-code)}"


def signal_name(number: int) -> str:
    """A signal in words, such as `killed`."""
    return (signal.strsignal(number) or str(number)).lower()


def exit_fault(invocation: Invocation, reason: str) -> InvocationFault:
    """The process ended before it answered."""
    cause = f"Runtime exited with error: {reason}" if reason else "Runtime exited without providing a reason"
    return InvocationFault("Runtime.ExitError", f"RequestId: {invocation.request_id} Error: {cause}")


def timeout_fault(invocation: Invocation, now: datetime) -> InvocationFault:
    """The function ran for longer than its timeout."""
    told = f"Task timed out after {invocation.timeout_s:.2f} seconds"
    return InvocationFault("Sandbox.Timedout", f"{timestamp(now)} {invocation.request_id} {told}")


def memory_fault(invocation: Invocation, _now: datetime) -> InvocationFault:
    """The function held more memory than it has; Lambda's machine kills it without a word then."""
    return exit_fault(invocation, f"signal: {signal_name(signal.SIGKILL)}")


def init_timeout_fault(invocation: Invocation, now: datetime, limit_s: float) -> InvocationFault:
    """The function's imports took longer than is allowed."""
    told = f"Init timed out after {limit_s:.2f} seconds"
    return InvocationFault("Sandbox.Timedout", f"{timestamp(now)} {invocation.request_id} {told}")


def timestamp(instant: datetime) -> str:
    """An instant as Lambda's messages write it, with milliseconds and a Z."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
