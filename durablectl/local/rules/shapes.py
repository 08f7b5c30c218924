"""The API's shapes: members of a request read as their types and held against their constraints, or refused.

Source: the service model of Lambda, API version 2025-12-01. A value of another type is a SerializationException, one
outside its constraint a ValidationException.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from durablectl.local import errors
from durablectl.model import wire
from durablectl.model.payloads import ErrorPayload

Json = Mapping[str, Any]

CHECKPOINT_TOKEN = re.compile(r"(?=.{1,2048}$)[A-Za-z0-9+/]+={0,2}")
CLIENT_TOKEN = re.compile(r"[\x21-\x7E]{1,64}")
EXECUTION_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
QUALIFIER = re.compile(r"\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_$]{1,128}")
TENANT_ID = re.compile(r"[a-zA-Z0-9._:/=+\-@ ]{1,256}")
MAX_TRACE_CHARACTERS = 8192


def text(raw: Json, member: str, where: str = "") -> str | None:
    """A member that is text, or None without it."""
    value = raw.get(member)
    if value is not None and not isinstance(value, str):
        raise errors.serialization(f"{_path(where, member)} can not be converted to String")
    return value


def required_text(raw: Json, member: str, where: str = "") -> str:
    """A member that is text, not empty, and has to be there."""
    value = text(raw, member, where)
    if not value:
        raise errors.validation("null", _path(where, member), "Member must not be null")
    return value


def matched(value: str | None, pattern: re.Pattern[str], path: str) -> str | None:
    """The value, which has to be of a pattern if there is one."""
    if value is not None and not pattern.fullmatch(value):
        constraint = f"Member must satisfy regular expression pattern: {pattern.pattern}"
        raise errors.validation(value, path, constraint)
    return value


def matched_text(raw: Json, member: str, pattern: re.Pattern[str], where: str = "") -> str | None:
    """A member that is text of a pattern, or None without it."""
    return matched(text(raw, member, where), pattern, _path(where, member))


def bounded_text(raw: Json, member: str, least: int, most: int, where: str = "") -> str | None:
    """A member that is text of so many characters, or None without it."""
    value = text(raw, member, where)
    if value is not None and not least <= len(value) <= most:
        constraint = f"Member must have length between {least} and {most}"
        raise errors.validation(value, _path(where, member), constraint)
    return value


def integer(raw: Json, member: str, least: int, most: int, where: str = "") -> int | None:
    """A member that is a whole number within bounds, or None without it."""
    value = raw.get(member)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.serialization(f"{_path(where, member)} can not be converted to Integer")
    if not least <= value <= most:
        constraint = f"Member must have value between {least} and {most}"
        raise errors.validation(value, _path(where, member), constraint)
    return value


def flag(raw: Json, member: str, where: str = "") -> bool | None:
    """A member that is true or false, or None without it."""
    value = raw.get(member)
    if value is not None and not isinstance(value, bool):
        raise errors.serialization(f"{_path(where, member)} can not be converted to Boolean")
    return value


def structure(raw: Json, member: str, where: str = "") -> Json | None:
    """A member that is a structure, or None without it."""
    value = raw.get(member)
    if value is not None and not isinstance(value, Mapping):
        raise errors.serialization(f"{_path(where, member)} can not be converted to Structure")
    return value


def error_object(raw: Json, where: str = "") -> ErrorPayload:
    """An ErrorObject, of which every member may be missing."""
    for member in ("ErrorMessage", "ErrorType", "ErrorData"):
        text(raw, member, where)
    trace = raw.get("StackTrace")
    if trace is not None and not (isinstance(trace, list) and all(isinstance(line, str) for line in trace)):
        raise errors.serialization(f"{_path(where, 'StackTrace')} can not be converted to List of String")
    return wire.read_error(raw)


def _path(where: str, member: str) -> str:
    """How an error names a member: those of a request itself begin in lower case."""
    return f"{where}.{member}" if where else member[0].lower() + member[1:]
