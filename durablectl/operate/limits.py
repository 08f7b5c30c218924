"""Sizes and spellings that the service refuses, found before anything is sent."""

from __future__ import annotations

import json
import re

from durablectl.errors import UsageError
from durablectl.model.payloads import ErrorPayload
from durablectl.model.wire import write_error

MAX_REASON_CHARACTERS = 1024
MAX_BYTES = 1_048_576
"""Of a callback's result, an error, or the input of an asynchronous start."""


_TENANT = re.compile(r"[a-zA-Z0-9._:/=+\-@ ]{1,256}")
"""API shape TenantId."""


def check_tenant(tenant: str | None) -> None:
    """Raise UsageError for what can be no id of a tenant."""
    if tenant is not None and not _TENANT.fullmatch(tenant):
        raise UsageError(
            f'"{tenant[:64]}" is no id of a tenant',
            hint="it has 1 to 256 letters, digits, spaces and characters of . _ : / = + - @",
        )


def check_size(payload: bytes, what: str) -> None:
    """Raise UsageError for a payload over 1 MB."""
    _check(len(payload), what)


def check_reason(reason: str | None) -> None:
    """Raise UsageError for a reason over 1024 characters."""
    if reason is not None and len(reason) > MAX_REASON_CHARACTERS:
        raise UsageError(
            f"--reason has {len(reason)} characters, the service takes at most {MAX_REASON_CHARACTERS}",
            details={"characters": len(reason), "maximum": MAX_REASON_CHARACTERS},
        )


def check_error_size(error: ErrorPayload | None) -> None:
    """Raise UsageError for an error whose parts together are over 1 MB."""
    if error is not None:
        _check(len(json.dumps(write_error(error), ensure_ascii=False).encode()), "the error")


def _check(size: int, what: str) -> None:
    if size > MAX_BYTES:
        raise UsageError(
            f"{what} has {size} bytes, the service takes at most {MAX_BYTES}",
            hint="nothing was sent; store it elsewhere and send where it is",
            details={"bytes": size, "maximum": MAX_BYTES},
        )
