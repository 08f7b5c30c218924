"""Lists over all versions of a function on servers that take a list without a version for one of `$LATEST`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from durablectl.backend.base import ListFilter
from durablectl.backend.capabilities import merge
from durablectl.errors import DurablectlError
from durablectl.model.executions import Execution, Function

LATEST = "$LATEST"

Rows = Callable[[ListFilter], Iterator[Execution]]
"""The list of one function, as the server gives it."""


class VersionScope:
    """What is known of how far one server's lists without a version reach.

    No answer tells by itself: only an execution of a published version shows it, by being left out or not.
    """

    def __init__(
        self,
        versions: Callable[[str], Iterator[Function]],
        is_in_doubt: Callable[[], bool],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._versions = versions
        self._is_in_doubt = is_in_doubt
        self._tell = tell
        self._lists_latest_only: bool | None = None
        self._told: set[str] = set()

    def rows(self, function: str, filters: ListFilter, rows: Rows) -> Iterator[Execution]:
        """The executions of all versions; version by version where the server gives those of `$LATEST` alone."""
        plain = rows(filters)
        # The first answer tells who it is that answers.
        first = list(_first(plain))
        published = self._published(function) if filters.qualifier is None and self._is_in_doubt() else []
        if not published or not self._is_latest_only(published, first, rows):
            yield from chain(first, plain)
            return
        self._say(function, published)
        lists = [rows(replace(filters, qualifier=version)) for version in (LATEST, *published)]
        yield from merge(lists, oldest_first=filters.oldest_first)

    def _published(self, function: str) -> list[str]:
        if self._lists_latest_only is False:
            return []
        try:
            versions = [each.version or LATEST for each in self._versions(function)]
        except DurablectlError:
            # A server that cannot tell the versions is taken at its word.
            return []
        return [version for version in versions if version != LATEST]

    def _is_latest_only(self, published: list[str], first: list[Execution], rows: Rows) -> bool:
        if self._lists_latest_only is None:
            of_versions = (row for version in published for row in _first(rows(ListFilter(qualifier=version))))
            witness = next(of_versions, None)
            if witness is None:
                return False
            without_version = chain(first, rows(ListFilter(name=witness.name or None)))
            self._lists_latest_only = all(row.arn != witness.arn for row in without_version)
        return self._lists_latest_only

    def _say(self, function: str, published: list[str]) -> None:
        if self._tell is not None and function not in self._told:
            self._told.add(function)
            versions = ", ".join((LATEST, *published))
            self._tell(f"this server lists {LATEST} alone unless asked for a version; {function} is read as {versions}")


def _first(rows: Iterator[Execution]) -> Iterator[Execution]:
    """The first row, if there is one."""
    row = next(rows, None)
    return iter(()) if row is None else iter((row,))
