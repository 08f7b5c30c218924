"""Writes what a reader keeps into files that nobody else reads and that replace nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path

from durablectl.errors import DurablectlError, UsageError

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80


def file_name(*parts: str) -> str:
    """A file name out of words that may hold anything."""
    words = [_UNFIT.sub("-", part).strip("-.") for part in parts]
    return "-".join(word for word in words if word)[:_LONGEST_NAME] or "payload"


def save_text(path: str, text: str) -> Path:
    """Write a text into a new file of mode 0600, `~` being one's home; where it is now.

    Raises UsageError if there is such a file already or it cannot be written.
    """
    place = Path(path).expanduser()
    try:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            # Half a surrogate pair, which JSON may spell and no encoding takes, is kept as an escape.
            file.write(text.encode("utf-8", "backslashreplace").decode())
            file.write("" if text.endswith("\n") else "\n")
    except FileExistsError as error:
        raise UsageError(f"{place} exists and is not replaced", hint=("choose another name",)) from error
    except (OSError, ValueError) as error:
        raise _refused(place, error) from error
    return place


def _refused(place: Path, error: OSError | ValueError) -> DurablectlError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UsageError(f"{place} was not written: {reason}")
