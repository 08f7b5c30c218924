"""Errors as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.errors import DurablectlError
from durablectl.views.records.context import jsonable
from durablectl.views.text import clean
from durablectl.views.view import Record, stamped


def error_lines(error: DurablectlError) -> Iterator[str]:
    """The message, then what helps, indented; text of the service or of an execution in it cannot act on a terminal.

    The prefix of the first line is left to who writes it. The request id is last.
    """
    yield clean(error.message)
    for text in error.hint:
        for line in text.splitlines():
            yield f"  {clean(line)}"
    if error.request_id:
        yield f"  request {clean(error.request_id)}"


def error_document(error: DurablectlError, exit_code: int | None = None) -> Record:
    """The document on stderr when the result is for a program; `exit_code` where it is not the error's own."""
    body = {
        "code": error.exit_code if exit_code is None else exit_code,
        "type": error.type,
        "message": error.message,
        "hint": _hint(error),
        "request_id": error.request_id,
        "details": jsonable(error.details),
    }
    return stamped("error", {"error": body})


def error_body(error: DurablectlError) -> Record:
    """The error of one target among several, as the result of its action holds it."""
    return {
        "code": error.exit_code,
        "type": error.type,
        "message": error.message,
        "hint": _hint(error),
        "request_id": error.request_id,
    }


def _hint(error: DurablectlError) -> str | None:
    return "\n".join(error.hint) or None
