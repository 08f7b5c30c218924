"""What kind of thing went wrong, read from the type and the text of an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from durablectl.model.operations import Operation
from durablectl.model.payloads import ErrorPayload


class ErrorKind(Enum):
    """The kinds of errors that rules tell apart."""

    THROTTLED = auto()
    NOTHING_PENDING = auto()
    NONDETERMINISM = auto()
    CHECKPOINT = auto()
    OTHER = auto()


_THROTTLED = re.compile(r"TooManyRequests|Throttl|Rate exceeded", re.IGNORECASE)
_NOTHING_PENDING = re.compile(r"Cannot return PENDING status with no pending operations", re.IGNORECASE)
# The SDKs' own words: Python names checkpoint and current, Java and JavaScript what was expected and what was got.
_NONDETERMINISM = re.compile(
    r"Operation (?:type|name|sub ?type) mismatch|Non-deterministic (?:operation identity|branch nesting|child context)",
    re.IGNORECASE,
)
_CHECKPOINT = re.compile(
    r"checkpoint|(?:payload|object) size must|validation error detected|InvalidParameterValue|RequestTooLarge",
    re.IGNORECASE,
)
_CHECKPOINT_TYPES = frozenset(
    {"CheckpointError", "InvalidParameterValueException", "ValidationException", "RequestTooLargeException"}
)


def kind_of(error: ErrorPayload | None, *, is_of_invocation: bool = False) -> ErrorKind:
    """The kind of an error; the texts of errors that user code raises do not tell of rejected checkpoints."""
    text = f"{error.type or ''}: {error.message or ''}" if error else ""
    kind = (error.short_type or "") if error else ""
    if _NOTHING_PENDING.search(text):
        return ErrorKind.NOTHING_PENDING
    if kind.endswith("NonDeterministicExecutionError") or _NONDETERMINISM.search(text):
        return ErrorKind.NONDETERMINISM
    if is_throttle(error):
        return ErrorKind.THROTTLED
    if kind in _CHECKPOINT_TYPES or (is_of_invocation and _CHECKPOINT.search(text)):
        return ErrorKind.CHECKPOINT
    return ErrorKind.OTHER


def is_throttle(error: ErrorPayload | None) -> bool:
    """Whether an error says that somebody sent too many requests."""
    return error is not None and _THROTTLED.search(f"{error.type or ''}: {error.message or ''}") is not None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """How code and history differ, as the SDK said."""

    operation_id: str | None = None
    differences: tuple[tuple[str, str, str], ...] = ()
    """What differs, what was recorded or expected, what the code has now."""
    is_recorded_known: bool = True
    """Whether the first value is known to be the recorded one."""


_PYTHON_ID = re.compile(r"\bid='([^']+)'")
_PYTHON_DIFFERENCE = re.compile(r"(\w+) checkpoint=('[^']*'|\w+) current=('[^']*'|\w+)")
_JAVA = re.compile(
    r"Operation (\w+) mismatch(?: for [\"']?([^\"'.\s]+)[\"']?)?\.?"
    r" Expected [\"']?([^\"',]*)[\"']?, (?:but )?got [\"']?([^\"',]*)",
    re.IGNORECASE,
)


def mismatch_of(error: ErrorPayload | None) -> Mismatch:
    """What an error of non-determinism says of the two identities; empty where it cannot be read."""
    message = (error.message or "") if error else ""
    if match := _JAVA.search(message):
        what, operation_id, expected, got = match.groups()
        return Mismatch(operation_id, ((what, expected, got.rstrip(".")),), is_recorded_known=False)
    identity = _PYTHON_ID.search(message)
    differences = tuple(
        (what, recorded.strip("'"), current.strip("'"))
        for what, recorded, current in _PYTHON_DIFFERENCE.findall(message)
    )
    return Mismatch(identity.group(1) if identity else None, differences)


def error_of(operation: Operation) -> ErrorPayload | None:
    """The error of an operation, from whichever event of its failure tells it."""
    errors = [operation.error, *(attempt.error for attempt in reversed(operation.attempts))]
    return next((error for error in errors if error is not None and error.is_present), operation.error)
