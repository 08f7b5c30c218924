"""What goes wrong with a store, in words that an operator can act on."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from durablectl.errors import ConfigError, DurablectlError, ServiceFault

_KEPT = "nothing acknowledged was lost"
_RESULT_CODE = 0xFF
"""The part of an extended result code that says what kind of error it is."""


def damaged(path: Path | None, error: Exception) -> ConfigError:
    """A store that cannot be read as what it is."""
    hint = "move the file away to start anew, or use --store FILE"
    return ConfigError(f"the store {path} is damaged: {error}", hint=hint)


def is_damage(error: Exception) -> bool:
    """Whether an error shows that the file is damaged, so that writing on could make it worse."""
    code = getattr(error, "sqlite_errorcode", 0) & _RESULT_CODE
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)


def explained(path: Path | None, error: Exception) -> DurablectlError:
    """The error that ended writing, as the service ends with it."""
    code = getattr(error, "sqlite_errorcode", 0) & _RESULT_CODE
    where = path or "in memory"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or isinstance(error, ValueError | TypeError):
        return damaged(path, error)
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) == errno.ENOSPC:
        return ServiceFault(f"no space left for the store {where}", hint=f"make room and start again; {_KEPT}")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN):
        return ServiceFault(
            f"the store {where} cannot be written any more: {error}", hint=f"look at its permissions; {_KEPT}"
        )
    return ServiceFault(f"the store {where} failed: {error}", hint=_KEPT)
