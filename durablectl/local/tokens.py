"""The opaque strings that the service hands out: ids, names, checkpoint tokens, callback ids and page markers."""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from dataclasses import dataclass

MOST_DIGITS = 18
"""More than any number that is counted here has, and few enough for SQLite."""


def new_execution_id() -> str:
    """A new execution id, which is also a generated execution name."""
    return str(uuid.uuid4())


def new_request_id() -> str:
    """A new request id of an invocation."""
    return str(uuid.uuid4())


def new_trace_header(epoch_s: int) -> str:
    """A trace header as Lambda makes one for a request that brought none."""
    return f"Root=1-{epoch_s:08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


def checkpoint_token(request_id: str, sequence: int) -> str:
    """The token that entitles an invocation to its next checkpoint; it changes with every accepted one."""
    return _encode(f"{request_id}:{sequence}:{secrets.token_hex(8)}")


@dataclass(frozen=True, slots=True)
class CallbackAddress:
    """The execution and the operation that a callback id stands for."""

    execution_id: str
    operation_id: str


def callback_id(address: CallbackAddress) -> str:
    """A callback id that cannot be guessed."""
    return _encode(f"{address.execution_id}:{address.operation_id}:{secrets.token_hex(16)}")


def read_callback_id(text: str) -> CallbackAddress | None:
    """Where a callback id leads, or None for text that this service cannot have issued."""
    parts = _decode(text).split(":")
    return CallbackAddress(parts[0], parts[1]) if len(parts) == 3 else None


def marker(*parts: object) -> str:
    """A page marker that remembers `parts`."""
    return _encode(":".join(str(part) for part in parts))


def read_marker(text: str, count: int) -> list[str] | None:
    """The `count` parts of a marker, or None for one that this service cannot have issued."""
    parts = _decode(text).split(":")
    return parts if len(parts) == count else None


def is_count(text: str) -> bool:
    """Whether a part of a marker is a number as this service writes it."""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
