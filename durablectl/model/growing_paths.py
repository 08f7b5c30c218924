"""The logical paths of operations that become known one after the other, as their history is read page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from durablectl.model.ids import RUN_OF_MISSES, SCHEMES, IdScheme, recover_paths


@dataclass(slots=True)
class _Ahead:
    """The ids that come next in one context, as far as they were made; each position is hashed once."""

    key: str | None
    path: tuple[int, ...]
    positions: dict[str, int] = field(default_factory=dict)
    made: int = 0
    last_hit: int = -1

    def position_of(self, wanted: str, scheme: IdScheme, known: Mapping[str, object]) -> int | None:
        """The position that the id stands for; None when it lies too far beyond all that were seen."""
        while wanted not in self.positions:
            if self.made - self.last_hit > RUN_OF_MISSES:
                return None
            made = scheme.digest(scheme.child_key(self.key, self.made))
            self.positions[made] = self.made
            if made in known:
                self.last_hit = self.made
            self.made += 1
        self.last_hit = max(self.last_hit, self.positions[wanted])
        return self.positions[wanted]


@dataclass(slots=True)
class GrowingPaths:
    """What `recover_paths` finds, for ids that come in parts, at a cost of about one digest for each.

    Contexts that leave no trace are beyond looking ahead; where an id does not fit, all are searched again.
    """

    by_id: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _parents: dict[str, str | None] = field(default_factory=dict)
    _ahead: dict[str | None, _Ahead] = field(default_factory=dict)
    _scheme: IdScheme | None = None

    def add(self, parents: Mapping[str, str | None]) -> None:
        """Find the paths of the next ids, given each one's parent id."""
        self._parents.update(parents)
        if not all(self._find(operation_id, parent_id) for operation_id, parent_id in parents.items()):
            self._search_again()

    def _find(self, operation_id: str, parent_id: str | None) -> bool:
        """Note the path of an id; whether there is one or can be none."""
        scheme = self._scheme
        if scheme is None:
            return False
        length = len(scheme.digest(""))
        if len(operation_id) != length or (parent_id is not None and len(parent_id) != length):
            return True
        ahead = self._ahead.get(parent_id) or self._look_ahead(parent_id, scheme)
        position = ahead.position_of(operation_id, scheme, self.by_id) if ahead else None
        if ahead is None or position is None:
            return False
        self.by_id[operation_id] = (*ahead.path, position)
        return True

    def _look_ahead(self, context_id: str | None, scheme: IdScheme) -> _Ahead | None:
        path = () if context_id is None else self.by_id.get(context_id)
        if path is None:
            return None
        plain = "-".join(map(str, path))
        ahead = _Ahead(None if context_id is None else scheme.key_of(context_id, plain), path)
        return self._ahead.setdefault(context_id, ahead)

    def _search_again(self) -> None:
        found = recover_paths(self._parents)
        self.by_id = dict(found.by_id)
        self._scheme = next((scheme for scheme in SCHEMES if scheme.sdk == found.sdk), None)
        self._ahead.clear()
