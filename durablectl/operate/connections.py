"""The connections that a question goes to: usually one, or several regions and contexts at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from durablectl.backend.base import Backend, Source
from durablectl.errors import ConfigError, CredentialsError, DurablectlError, Throttled, Unreachable, Unsupported
from durablectl.model.arn import parse_function_name


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """One service in one region, with what is searched there."""

    backend: Backend
    functions: tuple[str, ...] = ()
    """Names, patterns or ARNs; empty for every durable function."""

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


_OF_THE_CONNECTION = (ConfigError, CredentialsError, Throttled, Unreachable, Unsupported)


def fails_as_a_whole(error: DurablectlError) -> bool:
    """Whether an answer says that the next question over the same connection would fare no better."""
    return isinstance(error, _OF_THE_CONNECTION)


def is_several(connections: Sequence[Connection]) -> bool:
    """Whether things have to be told apart by their connection."""
    return len(connections) > 1


def common_source(sources: Sequence[Source]) -> Source:
    """What is the same of all sources; what differs is None, and another kind of server makes the first one's kind."""
    first = sources[0]
    same = {name: getattr(first, name) for name in ("context", "region", "endpoint_url")}
    same = {name: value for name, value in same.items() if all(getattr(each, name) == value for each in sources)}
    return Source(first.backend, **same)


def by_region(functions: Iterable[str]) -> dict[str | None, list[str]]:
    """Functions by the region that their ARN names; None for names alone."""
    regions: dict[str | None, list[str]] = {}
    for function in functions:
        name = parse_function_name(function)
        regions.setdefault(name.region if name else None, []).append(function)
    return regions


def joined(connections: Iterable[Connection]) -> list[Connection]:
    """Each connection once, with all that is to be looked at over it."""
    known: dict[int, Connection] = {}
    for each in connections:
        before = known.get(id(each.backend))
        known[id(each.backend)] = replace(each, functions=before.functions + each.functions) if before else each
    return list(known.values())


def different_places(connections: Sequence[Connection]) -> list[str]:
    """By what connections are told apart: `context`, `region`, both or, where there is one, nothing."""
    sources = [each.source for each in connections]
    names = [name for name in ("context", "region") if len({getattr(source, name) for source in sources}) > 1]
    is_enough = len({source.context for source in sources}) == len(connections)
    return ["context"] if is_enough and "context" in names else names
