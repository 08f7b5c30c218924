"""Payloads from the command line: given inline, from a file or from stdin, checked, and sent byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

from durablectl.cli.bundles import ErrorFields, PayloadForm
from durablectl.cli.runtime import Runtime
from durablectl.errors import ConfigError, UsageError
from durablectl.model.payloads import ErrorPayload
from durablectl.operate.json_input import JsonProblem, json_problem

_SHOWN_BEFORE = 40
_SHOWN_AFTER = 20


def read_payload(runtime: Runtime, option: str, value: str | None, form: PayloadForm = PayloadForm()) -> bytes | None:
    """The bytes to send for `VALUE`, `@FILE`, `@@VALUE` or `-`; None where nothing was given.

    Raises UsageError for text that should be JSON and is not.
    """
    if value is None:
        return None
    if form.string and form.no_validate:
        raise UsageError("--string and --no-validate exclude each other")
    given = _read(runtime, option, value)
    if form.string:
        given = json.dumps(_decode(option, given), ensure_ascii=False).encode()
    elif not form.no_validate:
        _check_json(option, _decode(option, given))
    return given


def read_error(runtime: Runtime, fields: ErrorFields) -> ErrorPayload | None:
    """The error to record; None where no part of one was given. Raises UsageError as `read_payload` does."""
    data = read_payload(runtime, "--error-data", fields.error_data)
    trace = [_read(runtime, "--stack-trace", line) for line in fields.stack_trace or ()]
    lines = tuple(line for text in trace for line in _decode("--stack-trace", text).splitlines())
    error = ErrorPayload(fields.error_type, fields.error_message, data.decode() if data else None, lines)
    return error if error.is_present else None


def _read(runtime: Runtime, option: str, value: str) -> bytes:
    if value == "-":
        runtime.take_stdin(option)
        return runtime.process.stdin.buffer.read()
    if value.startswith("@@"):
        return value[1:].encode("utf-8", "surrogateescape")
    if value.startswith("@"):
        return _read_file(option, value[1:])
    return value.encode("utf-8", "surrogateescape")


def _read_file(option: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{option} cannot read {name}: {error.strerror or error}",
            hint=f"for a text that starts with @, double it: {option} @@{name}",
        ) from error


def _decode(option: str, given: bytes) -> str:
    try:
        return given.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{option} is no UTF-8 text: byte {error.start + 1} is wrong") from error


def _check_json(option: str, text: str) -> None:
    problem = json_problem(text)
    if problem is None:
        return
    ways = "--string sends the text as a JSON string, --no-validate sends it as it is"
    if problem.line is None:
        raise UsageError(f"{option} is no JSON: {problem.message}", hint=ways)
    message = f"{option} is no JSON: {problem.message} at {problem.place}"
    raise UsageError(message, hint=[*_point(text, problem), ways])


def _point(text: str, problem: JsonProblem) -> list[str]:
    """The part of the line where it goes wrong, and a caret under the place."""
    lines, before = text.split("\n"), (problem.column or 1) - 1
    line = lines[(problem.line or 1) - 1] if text.strip() else ""
    start = max(0, before - _SHOWN_BEFORE)
    shown = line[start : before + _SHOWN_AFTER].replace("\t", " ")
    return [shown, " " * (before - start) + "^"]
