"""What records need to know beside the thing itself: the time, how much data was read, and what is secret."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from durablectl.model.redaction import BUILT_IN, Redactor
from durablectl.operate.data_level import DataLevel
from durablectl.views.instants import iso

if TYPE_CHECKING:
    from durablectl.model.payloads import Decoded


@dataclass(frozen=True, slots=True)
class Reading:
    """The circumstances under which things were read."""

    now: datetime
    level: str = DataLevel.METADATA
    """Inputs and results appear at `full` only, whatever a server sent."""
    redactor: Redactor | None = BUILT_IN
    """None shows secrets too."""
    is_key_denied: bool = False
    """Whether data was asked for and the encryption key refused."""

    @property
    def has_payloads(self) -> bool:
        """Whether inputs and results may be shown."""
        return self.level == DataLevel.FULL

    @property
    def has_errors(self) -> bool:
        """Whether error texts were asked for."""
        return self.level != DataLevel.METADATA

    def redact(self, value: Any) -> tuple[Any, list[str]]:
        """A value without its secrets, and where they were."""
        return self.redactor.redact(value) if self.redactor else (value, [])

    def redact_decoded(self, decoded: Decoded, text: str) -> tuple[Any, list[str]]:
        """The value that was read from `text` without its secrets, and where they were."""
        # What bytes in the Python SDK's envelope hold is not spelled in the text.
        has_bytes = decoded.encoding == "python_sdk" and '"B"' in text
        if self.redactor is None or not (has_bytes or self.redactor.may_redact(text)):
            return decoded.value, []
        return self.redactor.redact(decoded.value)

    def extra(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """Members of the service that no schema of ours knows, as JSON, without secrets and unasked payloads."""
        if not members:
            return {}
        values = {name: jsonable(value) for name, value in members.items()}
        if not self.has_payloads:
            values = {name: without_payloads(value) for name, value in values.items()}
        return {name: self.redact(value)[0] for name, value in values.items()}


def without_payloads(value: Any) -> Any:
    """A decoded answer with what its `Payload` members hold marked as left out, as the service itself would."""
    if isinstance(value, dict):
        if "Payload" in value:
            return {"Truncated": True}
        return {name: without_payloads(member) for name, member in value.items()}
    return [without_payloads(element) for element in value] if isinstance(value, list) else value


def jsonable(value: Any) -> Any:
    """A value of a decoded answer with only what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(element) for element in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
