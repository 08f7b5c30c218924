"""The names of executions: each is used once in its function, until the execution is gone."""

from __future__ import annotations


class Names:
    """Which execution has a name, and the key of the next one; all of those in the journal are known."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}
        self._next_key = 1

    @property
    def next_key(self) -> int:
        """A key that no execution has."""
        return self._next_key

    def register(self, key: int, function: str, name: str, execution_id: str) -> None:
        """Make an execution known by its name."""
        self._ids[function, name] = execution_id
        self._next_key = max(self._next_key, key + 1)

    def unregister(self, function: str, name: str, execution_id: str) -> None:
        """Free the name of an execution that is gone."""
        if self._ids.get((function, name)) == execution_id:
            del self._ids[function, name]

    def id_of(self, function: str, name: str) -> str | None:
        """The id of the execution that uses a name."""
        return self._ids.get((function, name))
