"""Resolves what a user typed to the one execution that it means, or says why it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from durablectl.backend.base import Backend, ListFilter
from durablectl.errors import (
    AccessDenied,
    DurablectlError,
    NotFound,
    ServiceFault,
    Throttled,
    Unreachable,
    Unsupported,
    UsageError,
)
from durablectl.model.executions import Execution
from durablectl.model.refs import (
    SHORTEST_PART,
    ArnReference,
    BareReference,
    FunctionReference,
    LatestReference,
    Reference,
    StdinReference,
    is_execution_name,
    is_id,
    parse_reference,
)
from durablectl.operate import matching
from durablectl.operate.functions import Searched, functions_in_scope, resolve_function
from durablectl.operate.notes import Notes, warn_of
from durablectl.operate.ordering import FULL_PAGE, in_order
from durablectl.operate.targets import Target, target_of_arn, target_of_execution
from durablectl.operate.wording import counted

SEARCH_LIMIT = 1000
"""Executions of each function among which ids, beginnings and ends are looked for."""

_FEW = 10
"""Rows that are asked for where one is enough but its order has to be seen, or reused names have to show."""


def resolve_one(backend: Backend, reference: str, *, scope: Sequence[str], notes: Notes, now: datetime) -> Target:
    """The one execution that `reference` means.

    `scope` are the functions in which a bare word is searched, all durable ones if it is empty; instants in messages
    are told in the zone of `now`. Raises UsageError for what is no reference, AmbiguousReference with the candidates,
    or NotFound with names that are close. An ARN is taken as it is, without a request.
    """
    return Resolver(backend, scope, notes, now).resolve(reference)


def resolve_many(
    backend: Backend,
    references: Sequence[str],
    *,
    scope: Sequence[str],
    notes: Notes,
    now: datetime,
) -> list[Target]:
    """The executions that `references` mean, each once.

    The first reference that cannot be resolved raises, so that nothing is done on part of what was meant.
    """
    resolver = Resolver(backend, scope, notes, now)
    return each_once(map(resolver.resolve, references), notes)


def each_once(targets: Iterable[Target], notes: Notes) -> list[Target]:
    """The targets without repetitions, of which a note tells."""
    known: dict[str, Target] = {}
    repeated = 0
    for target in targets:
        repeated += target.arn in known
        known.setdefault(target.arn, target)
    if repeated:
        notes.note(f"{counted(repeated, 'reference')} named an execution that was named before; each is taken once")
    return list(known.values())


def region_of(references: Iterable[str]) -> str | None:
    """The region that the ARNs among `references` fix, or None; raises UsageError when they name several."""
    regions = regions_of(references)
    if len(regions) > 1:
        raise UsageError(f"the ARNs are of several regions: {', '.join(regions)}", hint="use one call for each region")
    return next(iter(regions), None)


def regions_of(references: Iterable[str]) -> list[str]:
    """The regions that the ARNs among `references` name, each once."""
    parsed = map(parse_reference, references)
    return list(dict.fromkeys(each.arn.region for each in parsed if isinstance(each, ArnReference)))


@dataclass(slots=True)
class Resolver:
    """Resolves references, and remembers what it has listed for the next one."""

    backend: Backend
    scope: Sequence[str]
    notes: Notes
    now: datetime
    _functions: list[Searched] | None = None
    _newest: dict[Searched, list[Execution]] = field(default_factory=dict)
    _unread: dict[Searched, DurablectlError] = field(default_factory=dict)

    def resolve(self, text: str) -> Target:
        """The execution that one reference means."""
        reference: Reference = parse_reference(text)
        match reference:
            case ArnReference():
                return target_of_arn(reference.text, reference.arn)
            case LatestReference():
                return self._resolve_latest(reference)
            case FunctionReference():
                return self._resolve_in_function(reference)
            case BareReference():
                return self._search(reference.text, reference.text, self._functions_in_scope())
            case StdinReference():
                raise UsageError("- stands for references from standard input, which is not read here")

    def _resolve_latest(self, reference: LatestReference) -> Target:
        function = reference.text.removesuffix("@latest")
        newest = [
            target_of_execution(reference.text, row, function=searched.name)
            for searched in resolve_function(self.backend, function, self.notes)
            for row in islice(self._rows(searched, page_size=_FEW), 1)
        ]
        if not newest:
            raise matching.no_executions_yet(function)
        return max(newest, key=matching.started)

    def _resolve_in_function(self, reference: FunctionReference) -> Target:
        own = self._find_own_id(reference.text) if reference.may_be_own_id else None
        if own is not None:
            return own
        function = reference.text.removesuffix(f"/{reference.wanted}")
        searched = resolve_function(self.backend, function, self.notes)
        return self._search(reference.text, reference.wanted, searched)

    def _functions_in_scope(self) -> list[Searched]:
        if self._functions is None:
            self._functions = functions_in_scope(self.backend, self.scope, self.notes)
        return self._functions

    def _search(self, text: str, wanted: str, searched: Sequence[Searched]) -> Target:
        """Exact name, then exact id, then beginning or end; the first of these that anything matches decides."""
        found = self._with_name(text, wanted, searched) or self._with_id(text, wanted, searched)
        if not found:
            found = self._with_part(text, wanted, searched)
        if not found:
            found = [own for own in [self._find_own_id(text)] if own]
        if not found:
            raise matching.no_execution(self.backend, wanted, searched, self._known(searched), SEARCH_LIMIT)
        distinct = list({target.arn: target for target in found}.values())
        if len(distinct) > 1:
            raise matching.ambiguous(text, distinct, self.now)
        return distinct[0]

    def _with_name(self, text: str, wanted: str, searched: Sequence[Searched]) -> list[Target]:
        if not is_execution_name(wanted):
            return []
        found = [
            (one, row)
            for one in searched
            for row in self._read(one, searched, self._rows(one, name=wanted, page_size=_FEW))
            if row.name == wanted
        ]
        # A function that could not be read may hold an execution of the same name.
        is_exact = not any(one in self._unread for one in searched)
        return [target_of_execution(text, row, function=one.name, is_exact=is_exact) for one, row in found]

    def _with_id(self, text: str, wanted: str, searched: Sequence[Searched]) -> list[Target]:
        for one in searched:
            for row in self._candidates(one, searched, beyond=is_id(wanted)):
                if row.id == wanted:
                    return [target_of_execution(text, row, function=one.name, is_exact=True)]
        return []

    def _candidates(self, one: Searched, searched: Sequence[Searched], *, beyond: bool) -> Iterator[Execution]:
        """The newest executions of a function, and, `beyond` them, all others; the newest are remembered."""
        if one in self._newest and not (beyond and len(self._newest[one]) == SEARCH_LIMIT):
            yield from self._newest[one]
            return
        rows = self._read(one, searched, self._rows(one, page_size=FULL_PAGE))
        self._newest[one] = list(islice(rows, SEARCH_LIMIT))
        yield from self._newest[one]
        if beyond:
            yield from rows

    def _with_part(self, text: str, wanted: str, searched: Sequence[Searched]) -> list[Target]:
        if len(wanted) < SHORTEST_PART:
            return []
        found = [
            target_of_execution(text, row, function=one.name)
            for one in searched
            for row in self._newest.get(one, ())
            if matching.is_part(row, wanted)
        ]
        if found:
            where = searched[0].label if len(searched) == 1 else counted(len(searched), "function")
            each = " each" if len(searched) > 1 else ""
            self.notes.note(f"searched {where}, newest {SEARCH_LIMIT} executions{each}")
        return found

    def _find_own_id(self, text: str) -> Target | None:
        """The execution whose id `text` is, on servers that issue ids of their own in place of ARNs."""
        if self.backend.source.backend == "aws":
            return None
        try:
            execution = self.backend.execution(text).execution
        except (Unreachable, Throttled):
            raise
        except (NotFound, UsageError, ServiceFault, Unsupported):
            return None
        return target_of_execution(text, execution, is_exact=True)

    def _rows(self, one: Searched, *, name: str | None = None, page_size: int) -> Iterator[Execution]:
        filters = ListFilter(qualifier=one.version, name=name)
        rows = in_order(
            lambda size: self.backend.executions(one.name, filters, page_size=size),
            page_size=page_size,
        )
        return (row for row in rows if one.version is None or row.parts is None or row.parts.version == one.version)

    def _read(self, one: Searched, searched: Sequence[Searched], rows: Iterator[Execution]) -> Iterator[Execution]:
        """Rows of one function of several: one that cannot be read is warned of, unless it is the only one."""
        if one in self._unread:
            return
        try:
            yield from rows
        except (AccessDenied, NotFound) as error:
            self._unread[one] = error
            if all(other in self._unread for other in searched):
                raise
            warn_of(self.notes, error, function=one.name)

    def _known(self, searched: Sequence[Searched]) -> list[Execution]:
        return [row for one in searched for row in self._newest.get(one, ())]
