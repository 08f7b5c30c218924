"""Finds out what a word means: a function, or one execution; and whether a connection answers at all."""

from __future__ import annotations

from datetime import datetime

from durablectl.errors import DurablectlError, NotFound
from durablectl.model.refs import BareReference, is_pattern, parse_reference
from durablectl.operate.functions import functions_in_scope
from durablectl.operate.resolve import resolve_one
from durablectl.operate.targets import Target
from durablectl.tui.connection import Connection

Opened = Target | str
"""An execution, or the name of a function."""


def find_subject(connection: Connection, text: str, now: datetime) -> Opened:
    """What `text` means; blocks. A word that names a function means that, before any execution of the same name.

    Raises what resolving raises; instants in messages are told in the zone of `now`.
    """
    backend, notes = connection.backend, connection.requests
    if isinstance(parse_reference(text), BareReference) and _is_function(connection, text):
        return text
    return resolve_one(backend, text, scope=connection.functions, notes=notes, now=now)


def _is_function(connection: Connection, text: str) -> bool:
    name = text.partition(":")[0]
    if name in connection.functions or is_pattern(text):
        return True
    try:
        return connection.backend.function(name).is_durable
    except NotFound:
        return False
    except DurablectlError:
        # Whoever may not read the configuration may still list what the function runs.
        return any(
            name == searched.name for searched in functions_in_scope(connection.backend, (), connection.requests)
        )


def verify(connection: Connection) -> list[str]:
    """Names of durable functions over a connection that was not used before; raises what its first answer raises."""
    searched = functions_in_scope(connection.backend, connection.functions, connection.requests)
    if connection.functions and searched:
        # Names in a configuration are taken as they are, so nothing was asked yet.
        next(connection.backend.executions(searched[0].name, page_size=1), None)
    return list(dict.fromkeys(one.name for one in searched))
