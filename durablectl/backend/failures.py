"""Requests that brought no result: what was asked of whom, and what came instead."""

from __future__ import annotations

from dataclasses import dataclass

from durablectl.backend.base import Source
from durablectl.backend.calls import Call, short_subject

_SERVICES = {"logs": "CloudWatch Logs", "sts": "STS"}


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that brought no result."""

    code: str
    """The service's error code, or the client library's name for what happened before there was an answer."""
    message: str = ""
    status: int | None = None
    """The HTTP status; None when nothing was answered."""
    request_id: str | None = None
    retry_after_s: float | None = None
    known: tuple[str, ...] = ()
    """Where a name is unknown, those that are known."""
    is_json: bool = True
    """Whether the body was an object of JSON, as the service's always is."""
    keys_from: str | None = None
    """Where the keys came from that the request was signed with, in words."""

    @property
    def line(self) -> str:
        """The message on one line, or the code where there is none."""
        # After an empty line a refused signature comes with the whole request as the service reads it.
        said, _, _ = self.message.strip().partition("\n\n")
        return " ".join(said.split()) or self.code

    @property
    def quote(self) -> str:
        """The service's own words in quotes, or its code where it said nothing that can be read."""
        if self.message and self.is_json:
            return f'"{self.line}"'
        return f"HTTP {self.status}" if self.code == str(self.status) else f"{self.code} (HTTP {self.status})"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was asked, of whom, by whom."""

    call: Call
    subject: str
    source: Source
    profile: str | None = None

    @property
    def label(self) -> str:
        """The subject as messages name it."""
        return short_subject(self.call.subject, self.subject)

    @property
    def endpoint(self) -> str:
        """The server in words."""
        service = _SERVICES.get(self.call.service, "Lambda")
        return self.source.endpoint_url or f"{service} in {self.source.region or 'the configured region'}"


class RequestFailed(Exception):
    """Carries a failure from where it happened to where it is decided what it means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure
