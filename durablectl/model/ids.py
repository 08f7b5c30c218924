"""Operation ids read back: which SDK made them, and the logical path in the code that each stands for.

SDKs derive ids from positions, so an id can be found again by hashing candidate positions. Branches and iterations
count from 0 in the Python SDK, everything else from 1. A context that is never checkpointed still takes part in the
hash of its children; those are found through the ids that such a context would have had.

Source: the SDKs' own id generators (Python: BLAKE2b, JavaScript and Go: MD5 of the plain path, Java: SHA-256).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

RUN_OF_MISSES = 64
"""Positions tried beyond the last hit: gaps are branches that never started or contexts that leave no trace."""

_MAX_POSITION = 3_200
"""An execution has at most 3,000 operations."""

_MAX_DIGESTS = 400_000
"""Bound on the work for one execution, well below a second; a flat map of 3,000 items takes half of it."""


@dataclass(frozen=True, slots=True)
class IdScheme:
    """How one SDK family makes operation ids."""

    sdk: str
    digest: Callable[[str], str]
    hashes_parent: bool
    """Whether a child's id is made from its parent's id, or from the plain path."""

    def child_key(self, parent_key: str | None, position: int) -> str:
        """What is hashed for the child of `parent_key` at `position`."""
        return str(position) if parent_key is None else f"{parent_key}-{position}"

    def key_of(self, hashed: str, plain: str) -> str:
        """What the children of the operation with this id and key hash as their parent."""
        return hashed if self.hashes_parent else plain


def _blake2b(text: str) -> str:
    return hashlib.blake2b(text.encode()).hexdigest()[:64]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


SCHEMES = (
    IdScheme("python", _blake2b, hashes_parent=True),
    IdScheme("javascript", _md5, hashes_parent=False),
    IdScheme("java", _sha256, hashes_parent=True),
)


@dataclass(frozen=True, slots=True)
class Paths:
    """The SDK family behind an execution's ids, or None, and the logical path of every id that has one."""

    sdk: str | None = None
    by_id: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def recover_paths(parents: Mapping[str, str | None], schemes: Sequence[IdScheme] = SCHEMES) -> Paths:
    """The logical paths behind operation ids, given each id's parent id (None at the root).

    A path is a tuple of positions such as (3, 1). Ids that no SDK's scheme explains have none.
    """
    children = _children(parents)
    scheme = _detect(schemes, children)
    if scheme is None:
        return Paths()
    search = _Search(scheme, children)
    found: dict[str, tuple[int, ...]] = {}
    pending = [_Context(None, None, ())]
    while pending:
        for child in search.children_of(pending.pop()):
            found[child.id] = child.path
            if child.id in children:
                pending.append(_Context(child.id, scheme.key_of(child.id, child.key), child.path))
    return Paths(scheme.sdk, {id_: path for id_, path in found.items() if id_ in parents})


_Children = Mapping[str | None, Sequence[str]]


def _children(parents: Mapping[str, str | None]) -> _Children:
    """Ids by their parent's id; a parent that never appears counts as an id of the root."""
    children: dict[str | None, list[str]] = {None: []}
    for operation_id, parent_id in parents.items():
        children.setdefault(parent_id, []).append(operation_id)
    children[None].extend(parent_id for parent_id in children if parent_id is not None and parent_id not in parents)
    return children


def _detect(schemes: Sequence[IdScheme], children: _Children) -> IdScheme | None:
    roots = set(children[None])
    for scheme in schemes:
        if any(scheme.digest(str(position)) in roots for position in range(RUN_OF_MISSES)):
            return scheme
    # All that the root has may be children of contexts that leave no trace.
    for scheme in schemes:
        if _Search(scheme, children).children_of(_Context(None, None, ())):
            return scheme
    return None


class _Context(NamedTuple):
    """Where ids may stem from: `id` is None for the root and for a context without a checkpoint."""

    id: str | None
    key: str | None
    path: tuple[int, ...]


class _Match(NamedTuple):
    """An id with the text that was hashed to make it."""

    id: str
    key: str
    path: tuple[int, ...]


class _Search:
    """Finds ids by hashing candidate positions, as many as `_MAX_DIGESTS` in all."""

    def __init__(self, scheme: IdScheme, children: _Children) -> None:
        self._scheme = scheme
        self._children = children
        self._known = {operation_id for ids in children.values() for operation_id in ids}
        self._id_length = len(scheme.digest(""))
        self._digests_left = _MAX_DIGESTS

    def children_of(self, context: _Context) -> list[_Match]:
        """The ids below a context, also those below contexts in it that have no checkpoint themselves."""
        # Ids of another length are custom ones; looking for them would only use up the digests.
        wanted = {id_ for id_ in self._children.get(context.id, ()) if len(id_) == self._id_length}
        matches = self._take(wanted, context)
        outer_contexts = [context]
        for outer in outer_contexts:  # grows while it is walked: traceless contexts nest
            if not wanted:
                break
            for inner, hits in self._below_traceless(wanted, outer):
                matches += hits
                outer_contexts.append(inner)
        return matches

    def _below_traceless(self, wanted: set[str], outer: _Context) -> Iterator[tuple[_Context, list[_Match]]]:
        """The contexts without a checkpoint right in `outer` that made some of `wanted`, each with what it made."""
        misses = 0
        for position, key, digest in self._candidates(outer.key):
            if not wanted or misses > RUN_OF_MISSES:
                return
            if digest in self._known:
                continue
            inner = _Context(None, self._scheme.key_of(digest, key), (*outer.path, position))
            hits = self._take(wanted, inner)
            misses = 0 if hits else misses + 1
            if hits:
                yield inner, hits

    def _take(self, wanted: set[str], context: _Context) -> list[_Match]:
        """Those of `wanted` that were made right in the context; they are removed from it."""
        matches: list[_Match] = []
        misses = 0
        for position, key, digest in self._candidates(context.key) if wanted else ():
            misses += 1
            if digest in wanted:
                wanted.remove(digest)
                matches.append(_Match(digest, key, (*context.path, position)))
                misses = 0
            if not wanted or misses > RUN_OF_MISSES:
                break
        return matches

    def _candidates(self, parent_key: str | None) -> Iterator[tuple[int, str, str]]:
        for position in range(_MAX_POSITION):
            if self._digests_left <= 0:
                return
            self._digests_left -= 1
            key = self._scheme.child_key(parent_key, position)
            yield position, key, self._scheme.digest(key)
