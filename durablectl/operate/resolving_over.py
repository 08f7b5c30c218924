"""Resolves references over several connections: which execution is meant, and over which of them it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from durablectl.errors import AmbiguousReference, DurablectlError, NotFound, UsageError
from durablectl.model.refs import ArnReference, LatestReference, parse_reference
from durablectl.operate import matching
from durablectl.operate.connections import Connection, fails_as_a_whole
from durablectl.operate.discovery import Failure, warn_of_failure
from durablectl.operate.notes import LabelledNotes, Notes
from durablectl.operate.resolve import Resolver, each_once
from durablectl.operate.stdin_references import Given
from durablectl.operate.targets import Target
from durablectl.operate.wording import listed


def resolve_over(
    connections: Sequence[Connection], references: Sequence[Given], *, scope: Sequence[str], notes: Notes, now: datetime
) -> list[Target]:
    """The executions that `references` mean, each once and with its connection.

    A name is looked for over all connections; an ARN over those of its region, of which the first that knows it is
    taken. What a record says of its connection is believed where there is such a one. `scope` takes the place of the
    functions of each connection. The first reference that cannot be resolved raises, as for one connection.
    """
    resolver = _Resolver(connections, scope, notes, now)
    return each_once(map(resolver.resolve, references), notes)


@dataclass(slots=True)
class _Resolver:
    connections: Sequence[Connection]
    scope: Sequence[str]
    notes: Notes
    now: datetime
    _own: dict[Connection, Resolver] = field(default_factory=dict)
    _homes: dict[tuple[str, str], Connection] = field(default_factory=dict)
    """By region and account, the connection that knew an execution of it."""

    def resolve(self, given: Given) -> Target:
        reference = parse_reference(given.text)
        arn = reference.arn if isinstance(reference, ArnReference) else None
        candidates = _said_to_know(given, _in_region(arn.region, self.connections) if arn else self.connections)
        if len(candidates) == 1:
            return self._over(candidates[0], given.text)
        if arn is not None:
            return self._asked(candidates, given.text, (arn.region, arn.account))
        found = self._found(candidates, given.text)
        return self._one_of(given.text, found, is_latest=isinstance(reference, LatestReference))

    def _over(self, connection: Connection, text: str) -> Target:
        if connection not in self._own:
            scope = self.scope or connection.functions
            is_one_of_several = len(self.connections) > 1
            notes = LabelledNotes(self.notes, connection.label) if is_one_of_several else self.notes
            self._own[connection] = Resolver(connection.backend, scope, notes, self.now)
        return replace(self._own[connection].resolve(text), connection=connection)

    def _asked(self, candidates: Sequence[Connection], text: str, home: tuple[str, str]) -> Target:
        """The execution of an ARN over the first connection that knows it.

        An account of AWS is asked for once. Other servers may use the account of another one, so each is asked, the
        last that knew such an ARN first.
        """
        known = self._homes.get(home)
        if known in candidates and known is not None and known.source.backend == "aws":
            return self._over(known, text)
        errors: list[DurablectlError] = []
        for connection in sorted(candidates, key=lambda each: each is not known):
            target = self._over(connection, text)
            try:
                execution = connection.backend.execution(target.arn).execution
            except DurablectlError as error:
                errors.append(error)
                continue
            self._homes[home] = connection
            return replace(target, execution=execution)
        raise _most_telling(errors)

    def _found(self, candidates: Sequence[Connection], text: str) -> list[Target]:
        """What a name means over each connection; one that cannot tell leaves some doubt about the others."""
        found: list[Target] = []
        failures: list[Failure] = []
        for connection in candidates:
            try:
                found.append(self._over(connection, text))
            except AmbiguousReference:
                raise
            except DurablectlError as error:
                failures.append(Failure(error, None, connection))
        doubts = [failure for failure in failures if not isinstance(failure.error, NotFound)]
        if not found:
            raise doubts[0].error if doubts else _nowhere(text, failures)
        for failure in doubts:
            if isinstance(failure.error, UsageError):
                raise failure.error
            warn_of_failure(self.notes, failure, is_one_of_several=True)
        return [replace(target, is_exact=False) for target in found] if doubts else found

    def _one_of(self, text: str, found: Sequence[Target], *, is_latest: bool) -> Target:
        """An exact match goes before the beginning or end of a name, as within one connection."""
        if is_latest:
            return max(found, key=matching.started)
        meant = [target for target in found if target.is_exact] or found
        distinct = list({target.arn: target for target in reversed(meant)}.values())
        if len(distinct) > 1:
            raise matching.ambiguous(text, distinct, self.now)
        return distinct[0]


def _said_to_know(given: Given, connections: Sequence[Connection]) -> Sequence[Connection]:
    """The connections that a record tells of, or all if it tells of none that is there."""
    of_context = [each for each in connections if given.context in (None, each.source.context)] or connections
    return [each for each in of_context if given.region in (None, each.source.region)] or of_context


def _in_region(region: str, connections: Sequence[Connection]) -> list[Connection]:
    """The connections that can know an ARN of a region; servers other than AWS's own may put any region into theirs."""
    able = [each for each in connections if each.source.endpoint_url is not None or each.source.region == region]
    if not able:
        regions = [each.source.region or each.label for each in connections]
        raise UsageError(
            f"an ARN is of {region}, and the connections are of {listed(list(dict.fromkeys(regions)))}",
            hint=f"name its region too: --region {','.join(dict.fromkeys([*regions, region]))}",
            details={"region": region},
        )
    return able


def _most_telling(errors: Sequence[DurablectlError]) -> DurablectlError:
    """A connection that does not work may be the one that would have known; one that does not know tells least."""
    return min(errors, key=lambda error: (not fails_as_a_whole(error), isinstance(error, NotFound)))


def _nowhere(text: str, failures: Sequence[Failure]) -> NotFound:
    """The error for a name that no connection knows."""
    told = [f"{failure.connection.label}: {failure.error.message}" for failure in failures if failure.connection]
    near = [line for failure in failures for line in failure.error.hint if line.startswith("close names: ")]
    return NotFound(
        f'no execution "{text}" over any of the {len(failures)} connections',
        hint=[*told, *near],
        details={"reference": text},
    )
