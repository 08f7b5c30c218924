"""Lists the durable functions in reach, with their versions, aliases and executions where these are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial

from durablectl.backend.base import Backend, Source
from durablectl.errors import AccessDenied, DurablectlError, NotFound, Partial, ServiceFault, Unsupported
from durablectl.model.executions import Alias, Function
from durablectl.model.refs import is_pattern, parse_function_reference
from durablectl.operate.connections import Connection, fails_as_a_whole, is_several
from durablectl.operate.discovery import Failure, warn_of_failure
from durablectl.operate.functions import known_hint, list_durable
from durablectl.operate.notes import Notes
from durablectl.operate.parallel import AT_ONCE, Track, in_parallel, untracked
from durablectl.operate.wording import nearest


@dataclass(frozen=True, slots=True)
class FoundFunction:
    """A durable function, with its versions, its aliases and the count of its executions where these were asked for."""

    function: Function
    versions: tuple[Function, ...] = ()
    aliases: tuple[Alias, ...] = ()
    counts: dict[str, int] | None = None
    connection: Connection | None = field(default=None, compare=False, repr=False)

    @property
    def source(self) -> Source | None:
        """Who listed it."""
        return self.connection.source if self.connection else None


@dataclass(slots=True)
class FunctionListing:
    """Functions that are read while they are iterated over, once; what failed is there afterwards."""

    rows: Iterator[FoundFunction]
    failures: list[Failure] = field(default_factory=list)

    def __iter__(self) -> Iterator[FoundFunction]:
        return self.rows

    @property
    def exit_code(self) -> int:
        """0, or that of a partial success when something could not be read."""
        return Partial.exit_code if self.failures else 0


_Add = Callable[[Backend, FoundFunction], FoundFunction]


def durable_functions(
    connections: Sequence[Connection],
    globs: Sequence[str] = (),
    *,
    notes: Notes,
    with_versions: bool = False,
    with_counts: bool = False,
    track: Track = untracked,
) -> FunctionListing:
    """Durable functions by name, of each connection those that it is to be searched for.

    A function whose versions or executions cannot be read is given without them, with a warning; so are the others
    where one connection of several does not answer. Raises UsageError for what is no function among `globs`, before
    anything is asked, and NotFound for a name without wildcards that no durable function has, before anything is given.
    """
    for name in globs:
        if not is_pattern(name):
            parse_function_reference(name)
    listing = FunctionListing(iter(()))
    functions = _all(connections, listing, notes)
    _check_known(globs, [found.function for found in functions])
    meant = [found for found in functions if _is_in_scope(found)]
    adds: list[_Add] = [_with_versions, _with_aliases] if with_versions else []
    adds += [_with_counts] if with_counts else []
    if adds:
        works = (partial(_completed, found, adds) for found in meant)
        completed = in_parallel(works, at_once=AT_ONCE * max(1, len(connections)))
        tracked = track(completed, what="functions", total=len(meant))
        listing.rows = _told(tracked, listing, notes, is_one_of_several=is_several(connections))
    else:
        listing.rows = iter(meant)
    return listing


def _all(connections: Sequence[Connection], listing: FunctionListing, notes: Notes) -> list[FoundFunction]:
    """All durable functions, by name; the first error is raised where no connection answers."""
    answers = list(in_parallel([partial(_ask, each) for each in connections], at_once=len(connections) or 1))
    errors = [answer for answer in answers if isinstance(answer, Failure)]
    if errors and len(errors) == len(answers):
        raise errors[0].error
    for failure in errors:
        listing.failures.append(failure)
        warn_of_failure(notes, failure, is_one_of_several=True)
    functions = [found for answer in answers if not isinstance(answer, Failure) for found in answer]
    return sorted(functions, key=lambda found: found.function.name)


def _ask(connection: Connection) -> list[FoundFunction] | Failure:
    try:
        return [FoundFunction(function, connection=connection) for function in list_durable(connection.backend)]
    except DurablectlError as error:
        return Failure(error, connection=connection)


def _completed(found: FoundFunction, adds: Sequence[_Add]) -> tuple[FoundFunction, list[DurablectlError]]:
    """A function with what could be read of it, and why the rest could not."""
    assert found.connection is not None
    errors: list[DurablectlError] = []
    for add in adds:
        try:
            found = add(found.connection.backend, found)
        except (AccessDenied, NotFound, Unsupported, ServiceFault) as error:
            if fails_as_a_whole(error) and not isinstance(error, Unsupported):
                raise
            errors.append(error)
    return found, errors


def _told(
    completed: Iterable[tuple[FoundFunction, list[DurablectlError]]],
    listing: FunctionListing,
    notes: Notes,
    *,
    is_one_of_several: bool,
) -> Iterator[FoundFunction]:
    for found, errors in completed:
        for error in errors:
            failure = Failure(error, found.function.name, found.connection)
            listing.failures.append(failure)
            warn_of_failure(notes, failure, is_one_of_several=is_one_of_several)
        yield found


def _with_versions(backend: Backend, found: FoundFunction) -> FoundFunction:
    return replace(found, versions=tuple(backend.versions(found.function.name)))


def _with_aliases(backend: Backend, found: FoundFunction) -> FoundFunction:
    return replace(found, aliases=tuple(backend.aliases(found.function.name)))


def _with_counts(backend: Backend, found: FoundFunction) -> FoundFunction:
    statuses = (str(row.status) for row in backend.executions(found.function.name))
    return replace(found, counts=dict(Counter(statuses)))


def _is_in_scope(found: FoundFunction) -> bool:
    scope = found.connection.functions if found.connection else ()
    return not scope or any(_is_meant(glob, found.function) for glob in scope)


def _is_meant(glob: str, function: Function) -> bool:
    if is_pattern(glob):
        return fnmatchcase(function.name, glob)
    return parse_function_reference(glob).name == function.name


def _check_known(globs: Iterable[str], functions: Sequence[Function]) -> None:
    for glob in globs:
        if not is_pattern(glob) and not any(_is_meant(glob, function) for function in functions):
            near = nearest(parse_function_reference(glob).name, [function.name for function in functions])
            hint = [f"close names: {', '.join(near)}"] if near else known_hint(functions)
            raise NotFound(f'no durable function "{glob}"', hint=hint)
