"""Inputs, results and errors as they were recorded, and what can be read out of them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """An input or a result: the text that was recorded, which is usually JSON but never has to be."""

    text: str | None = None
    """The recorded text; None when the service did not send it or none was recorded."""
    truncated: bool = False
    """Whether the service left the text out, for its size or because data was not asked for."""


@dataclass(frozen=True, slots=True)
class ErrorPayload:
    """An error as the service records it (API shape ErrorObject); every part may be missing."""

    type: str | None = None
    message: str | None = None
    data: str | None = None
    stack_trace: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def is_present(self) -> bool:
        """Whether it says anything: some servers write an empty error where there was none."""
        return bool(self.type or self.message or self.data or self.stack_trace)

    @property
    def short_type(self) -> str | None:
        """The last dotted part of the type: the Python SDK qualifies every class that is not a builtin."""
        return self.type.rpartition(".")[2] if self.type else None


_TYPES_OF_LAMBDA = ("Runtime.", "Sandbox.", "Callback.", "ChainedInvoke.")


def called_type(error_type: str | None) -> str | None:
    """The type of an error as people call it: without the module that declares it.

    Lambda's own types, such as Runtime.ExitError, mean nothing without their first part.
    """
    if not error_type or error_type.startswith(_TYPES_OF_LAMBDA):
        return error_type or None
    return error_type.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A payload read by its shape."""

    encoding: str
    """`json`, `text`, or `python_sdk` for the Python SDK's envelope."""
    value: Any


def decode(text: str) -> Decoded:
    """Read a recorded payload by its shape; text that is no JSON is returned as it is.

    The Python SDK wraps what is no plain JSON primitive in `{"t": tag, "v": value}`. An object with just these keys
    and a tag of the SDK's is read as such an envelope, so user data of the same shape is unwrapped too; the raw text
    always stays available. `NaN` and the infinities, which Python writes and JSON does not know, make it text.
    """
    try:
        value = _DECODER.decode(text)
        if _is_envelope(value):
            return Decoded("python_sdk", _unwrap(value))
    except (ValueError, RecursionError):
        return Decoded("text", text)
    return Decoded("json", value)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _is_envelope(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"t", "v"}:
        return False
    return isinstance(value["t"], str) and value["t"] in _READERS


def _unwrap(value: Any) -> Any:
    return _READERS[value["t"]](value["v"]) if _is_envelope(value) else value


def _unwrap_list(value: Any) -> Any:
    return [_unwrap(element) for element in value] if isinstance(value, list) else value


def _unwrap_map(value: Any) -> Any:
    return {key: _unwrap(element) for key, element in value.items()} if isinstance(value, dict) else value


def _unwrap_bytes(value: Any) -> Any:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError, TypeError):
        return value


# Scalars (dates, decimals, identifiers) keep the text in which the SDK wrote them.
_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("n", "s", "i", "f", "b", "u", "d", "dt", "D"), lambda value: value),
    "B": _unwrap_bytes,
    "t": _unwrap_list,
    "l": _unwrap_list,
    "m": _unwrap_map,
    "br": _unwrap_map,
}
