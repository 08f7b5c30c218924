"""Which functions a question is about, over one connection or several: named, matched, or all durable ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from durablectl.errors import DurablectlError, NotFound, UsageError
from durablectl.operate.connections import Connection, is_several
from durablectl.operate.functions import Searched, functions_in_scope, resolve_function
from durablectl.operate.notes import CollectedNotes, Notes, warn_of
from durablectl.operate.parallel import in_parallel
from durablectl.operate.wording import listed


@dataclass(frozen=True, slots=True)
class Place:
    """A function at a connection."""

    connection: Connection
    searched: Searched

    @property
    def function(self) -> str:
        """The name of the function."""
        return self.searched.name


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be read, or not all of it: a function, or without one a whole connection."""

    error: DurablectlError
    function: str | None = None
    connection: Connection | None = None


@dataclass(slots=True)
class Discovery:
    """The places to look at, and the connections that did not tell theirs."""

    places: list[Place] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(slots=True)
class _Answer:
    """What one connection told."""

    notes: CollectedNotes
    searched: list[Searched] = field(default_factory=list)
    error: DurablectlError | None = None


def discover(
    connections: Sequence[Connection], functions: Sequence[str], notes: Notes, *, qualifier: str | None = None
) -> Discovery:
    """Where to look: in each connection its own functions, or where it has none `functions`.

    A connection that cannot tell is warned of and listed under `failures`, unless it is the only one or none can;
    then its error is raised, as every UsageError is.
    """
    works = [partial(_ask, connection, functions, qualifier) for connection in connections]
    answers = list(in_parallel(works, at_once=len(works) or 1))
    found = Discovery()
    for connection, answer in zip(connections, answers, strict=True):
        for text in answer.notes.notes:
            notes.note(text)
        if answer.error is not None:
            found.failures.append(Failure(answer.error, connection=connection))
        found.places += [Place(connection, searched) for searched in answer.searched]
    if connections and len(found.failures) == len(connections):
        raise found.failures[0].error
    found.failures = [failure for failure in found.failures if not _is_elsewhere(failure, notes)]
    for failure in found.failures:
        warn_of_failure(notes, failure, is_one_of_several=is_several(connections))
    return found


def warn_of_failure(notes: Notes, failure: Failure, *, is_one_of_several: bool) -> None:
    """Warn of what could not be read; where there are several connections, of which."""
    facts: dict[str, str | None] = {"function": failure.function}
    text = failure.error.message
    if failure.connection is not None and is_one_of_several:
        source = failure.connection.source
        facts |= {"region": source.region, "context": source.context}
        text = f"{failure.connection.label}: {text}"
    warn_of(notes, failure.error, text, **{name: value for name, value in facts.items() if value})


def searched_words(places: Sequence[Place], *, at_most: int = 5) -> str:
    """The functions that were looked at, by connection where there are several."""
    by_connection: dict[str, list[str]] = {}
    for place in places:
        by_connection.setdefault(place.connection.label, []).append(place.searched.label)
    words = {label: listed(names, at_most=at_most) for label, names in by_connection.items()}
    if len(words) < 2:
        return "".join(words.values()) or "no durable function"
    return "; ".join(f"{names} in {label}" for label, names in words.items())


def _ask(connection: Connection, functions: Sequence[str], qualifier: str | None) -> _Answer:
    answer = _Answer(CollectedNotes())
    try:
        answer.searched = _searched(connection, functions, qualifier, answer.notes)
    except UsageError:
        raise
    except DurablectlError as error:
        answer.error = error
    return answer


def _searched(connection: Connection, functions: Sequence[str], qualifier: str | None, notes: Notes) -> list[Searched]:
    searched: list[Searched] = []
    for found in functions_in_scope(connection.backend, connection.functions or functions, notes):
        if qualifier is None or found.version is not None:
            searched.append(found)
            continue
        for version in resolve_function(connection.backend, found.address, notes, qualifier=qualifier):
            searched.append(replace(version, configuration=found.configuration))
    return searched


def _is_elsewhere(failure: Failure, notes: Notes) -> bool:
    """Whether a function or pattern means nothing here and something at another connection, which is no failure."""
    if not isinstance(failure.error, NotFound) or failure.connection is None:
        return False
    notes.note(f"{failure.connection.label}: {failure.error.message}")
    return True
