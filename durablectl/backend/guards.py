"""The guards of a connection: what refuses a change before anything is asked or sent."""

from __future__ import annotations

from durablectl.config import Settings
from durablectl.errors import ReadOnlyRefused


def read_only_refusal(context: str | None, command: str, because: str = "") -> ReadOnlyRefused:
    """The error for a change over a read-only connection; `because` tells who asked for it to be one."""
    what = f"context {context}" if context else "the connection"
    asked = f" ({because})" if because else ""
    return ReadOnlyRefused(
        f"{what} is read-only; {command} is not available{asked}",
        hint="no option lifts that: use another context, or edit the one that asks for it",
        details={"context": context, "because": because or None},
    )


def refuse_changes(settings: Settings, command: str) -> None:
    """Raise ReadOnlyRefused if the connection is read-only, so that nobody is asked about what cannot be done."""
    if settings.read_only:
        raise read_only_refusal(settings.context, command, settings.read_only_because)
