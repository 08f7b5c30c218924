"""Operation ids read back: which SDK made them, and the logical path in the code that each stands for.

SDKs derive ids from positions, so an id can be found again by hashing candidate positions. Branches and iterations
count from 0 in the Python SDK, everything else from 1. A context that is never checkpointed still takes part in the
hash of its children; those are found through the ids that such a context would have had.

Source: the SDKs' own id generators (Python: BLAKE2b, JavaScript and Go: MD5 of the plain path, Java: SHA-256).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_RUN_OF_MISSES = 64
"""Positions tried beyond the last hit: gaps are branches that never started or contexts that leave no trace."""

_MAX_POSITION = 3_200
"""An execution has at most 3,000 operations."""


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


def recover_paths(parents: Mapping[str, str | None]) -> Paths:
    """The logical paths behind operation ids, given each id's parent id (None at the root).

    A path is a tuple of positions such as (3, 1). Ids that no SDK's scheme explains have none.
    """
    children = _children(parents)
    scheme = _detect(children.get(None, ()))
    if scheme is None:
        return Paths()
    found: dict[str, tuple[int, ...]] = {}
    pending: list[tuple[str | None, str | None, tuple[int, ...]]] = [(None, None, ())]
    while pending:
        parent_id, parent_key, path = pending.pop()
        for child_id, (key, child_path) in _match(scheme, children.get(parent_id, ()), parent_key, path).items():
            found[child_id] = child_path
            pending.append((child_id, scheme.key_of(child_id, key), child_path))
    return Paths(scheme.sdk, found)


def _children(parents: Mapping[str, str | None]) -> dict[str | None, list[str]]:
    children: dict[str | None, list[str]] = {}
    for operation_id, parent_id in parents.items():
        # A parent that never appears is a context without a checkpoint; its children belong to the root then.
        children.setdefault(parent_id if parent_id in parents else None, []).append(operation_id)
    return children


def _detect(roots: Iterable[str]) -> IdScheme | None:
    known = set(roots)
    for scheme in SCHEMES:
        if any(scheme.digest(str(position)) in known for position in range(_RUN_OF_MISSES)):
            return scheme
    return _detect_virtual(known)


def _detect_virtual(known: set[str]) -> IdScheme | None:
    for scheme in SCHEMES:
        if _match_virtual(scheme, known, None, ()):
            return scheme
    return None


_Match = dict[str, tuple[str, tuple[int, ...]]]


def _match(scheme: IdScheme, ids: Iterable[str], parent_key: str | None, path: tuple[int, ...]) -> _Match:
    """Key and path of each of `ids` that is a child of the parent, or of a context without a trace below it."""
    wanted = set(ids)
    found = _match_direct(scheme, wanted, parent_key, path)
    wanted -= found.keys()
    return found | _match_virtual(scheme, wanted, parent_key, path) if wanted else found


def _match_direct(scheme: IdScheme, wanted: set[str], parent_key: str | None, path: tuple[int, ...]) -> _Match:
    found: _Match = {}
    misses = 0
    for position in range(_MAX_POSITION):
        if len(found) == len(wanted) or misses > _RUN_OF_MISSES:
            break
        key = scheme.child_key(parent_key, position)
        hashed = scheme.digest(key)
        if hashed in wanted:
            found[hashed] = (key, (*path, position))
            misses = 0
        else:
            misses += 1
    return found


def _match_virtual(scheme: IdScheme, wanted: set[str], parent_key: str | None, path: tuple[int, ...]) -> _Match:
    found: _Match = {}
    for position in range(_RUN_OF_MISSES):
        if len(found) == len(wanted):
            break
        key = scheme.child_key(parent_key, position)
        virtual_key = scheme.key_of(scheme.digest(key), key)
        found |= _match_direct(scheme, wanted - found.keys(), virtual_key, (*path, position))
    return found
