"""Lists over all versions on servers that list one version at a time."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.backend.base import ListFilter
from durablectl.backend.version_scope import VersionScope
from durablectl.errors import Unsupported
from durablectl.model.executions import Execution, Function
from tests.fakes.backend import make_function
from tests.fakes.histories import NOW, make_execution

_ALL = ListFilter()


class Server:
    """Executions of several versions; `reaches` are the versions that a list without one has."""

    def __init__(self, versions: list[str], reaches: set[str]) -> None:
        self.executed = versions
        self.published = ["$LATEST", *(version for version in versions if version != "$LATEST")]
        self.reaches = reaches
        self.asked: list[str | None] = []
        self.told: list[str] = []
        self.is_in_doubt = True
        self.scope = VersionScope(self.versions, lambda: self.is_in_doubt, self.told.append)

    def versions(self, function: str) -> Iterator[Function]:
        return iter([make_function(function, version=version) for version in self.published])

    def rows(self, filters: ListFilter) -> Iterator[Execution]:
        self.asked.append(filters.qualifier)
        wanted = {filters.qualifier} if filters.qualifier else self.reaches
        made = (make_execution(f"of-{version.strip('$')}", version=version).execution for version in self.executed)
        return (row for row in made if row.parts and row.parts.version in wanted and filters.name in (None, row.name))

    def listed(self, filters: ListFilter = _ALL) -> list[str]:
        return sorted(row.name for row in self.scope.rows("orders", filters, self.rows))


def test_a_server_that_lists_latest_alone_is_asked_for_each_version() -> None:
    server = Server(["$LATEST", "1", "2"], reaches={"$LATEST"})

    assert server.listed() == ["of-1", "of-2", "of-LATEST"]
    assert server.told == [
        "this server lists $LATEST alone unless asked for a version; orders is read as $LATEST, 1, 2"
    ]


def test_it_is_told_once_for_each_function() -> None:
    server = Server(["$LATEST", "1"], reaches={"$LATEST"})

    assert server.listed() == server.listed()
    assert len(server.told) == 1


def test_a_server_that_lists_every_version_is_found_out_once() -> None:
    server = Server(["$LATEST", "1"], reaches={"$LATEST", "1"})
    assert server.listed() == ["of-1", "of-LATEST"]
    server.asked.clear()

    assert server.listed() == ["of-1", "of-LATEST"]
    assert (server.asked, server.told) == ([None], [])


def test_a_server_whose_word_counts_is_asked_once() -> None:
    server = Server(["$LATEST", "1"], reaches={"$LATEST"})
    server.is_in_doubt = False

    assert server.listed() == ["of-LATEST"]
    assert server.asked == [None]


def test_a_list_of_one_version_stays_one() -> None:
    server = Server(["$LATEST", "1"], reaches={"$LATEST"})

    assert server.listed(ListFilter(qualifier="1")) == ["of-1"]
    assert server.asked == ["1"]


def test_versions_that_nobody_ran_decide_nothing() -> None:
    server = Server(["$LATEST"], reaches={"$LATEST"})
    server.published.append("1")

    assert server.listed() == ["of-LATEST"]
    server.executed.append("1")
    assert server.listed() == ["of-1", "of-LATEST"]


def test_a_server_that_knows_no_versions_is_taken_at_its_word() -> None:
    server = Server(["$LATEST"], reaches={"$LATEST"})

    def refuse(function: str) -> Iterator[Function]:
        raise Unsupported("listing versions is not supported")

    scope = VersionScope(refuse, lambda: True)

    assert [row.name for row in scope.rows("orders", ListFilter(started_after=NOW), server.rows)] == ["of-LATEST"]
