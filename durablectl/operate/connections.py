"""The connections that a question goes to: usually one, or several regions and contexts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from durablectl.backend.base import Backend, Source
from durablectl.errors import CredentialsError, DurablectlError, Throttled, Unreachable, Unsupported


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """One service in one region, with what is searched there."""

    backend: Backend
    functions: tuple[str, ...] = ()
    """Names, patterns or ARNs; empty for every durable function."""
    is_default_scope: bool = False
    """Whether `functions` are those of the context, which nobody named in this question."""

    @property
    def source(self) -> Source:
        """Where its answers come from."""
        return self.backend.source

    @property
    def label(self) -> str:
        """The connection among others: its context, if there is one, and its region."""
        source = self.source
        context = f"context {source.context}" if source.context else None
        return ", ".join(part for part in (context, source.region or source.endpoint_url) if part) or "this connection"


_OF_THE_CONNECTION = (CredentialsError, Throttled, Unreachable, Unsupported)


def fails_as_a_whole(error: DurablectlError) -> bool:
    """Whether an answer says that the next question over the same connection would fare no better."""
    return isinstance(error, _OF_THE_CONNECTION)


def is_several(connections: Sequence[Connection]) -> bool:
    """Whether things have to be told apart by their connection."""
    return len(connections) > 1
