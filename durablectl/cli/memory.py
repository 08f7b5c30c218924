"""Names that commands have seen, kept for completion: no request is ever made for a key press.

Names of functions, executions and operations alone are kept, in a file that only its owner can read; and of callback
ids digests, which tell to which execution an id belongs that is typed again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from durablectl.config import Settings

if TYPE_CHECKING:
    from durablectl.backend.base import Backend
    from durablectl.model.events import Event
    from durablectl.model.executions import Execution, Function

MOST_PLACES = 8
MOST_FUNCTIONS = 200
MOST_EXECUTIONS = 200
MOST_OPERATIONS = 200
MOST_CALLBACKS = 200

_VERSION = 1
_T = TypeVar("_T")


@dataclass(slots=True)
class Names:
    """What was seen over one connection, the newest last."""

    functions: dict[str, None] = field(default_factory=dict)
    executions: dict[str, list[str]] = field(default_factory=dict)
    """FUNCTION/NAME, and the names of its operations as far as a history was read."""
    callbacks: dict[str, str] = field(default_factory=dict)
    """Digests of callback ids, and FUNCTION/ID of the execution in whose history each was seen."""


def memory_file(environ: Mapping[str, str]) -> Path | None:
    """Where names are kept; None where that is not wanted or there is no place."""
    if environ.get("DURABLECTL_NO_CACHE"):
        return None
    home = environ.get("HOME")
    caches = environ.get("XDG_CACHE_HOME") or (str(Path(home) / ".cache") if home else "")
    return Path(caches) / "durablectl" / "names.json" if caches else None


def place_of(settings: Settings) -> str:
    """A key for a connection that tells nobody what it is.

    What a context says of it is left out, so that completion can make the key from the name of the context alone.
    """
    connection = {"profile": settings.profile, "region": settings.region, "endpoint_url": settings.endpoint_url}
    own = [name for name in connection if not settings.is_configured or name in settings.overridden]
    parts = (settings.context, *(connection[name] if name in own else None for name in connection))
    # It loads OpenSSL, which takes a few milliseconds that not every call has to spend.
    import hashlib

    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def recall(path: Path | None, place: str) -> Names:
    """The names that were kept for a connection; none where nothing can be read."""
    kept = _read(path).get(place) if path else None
    names = Names()
    if isinstance(kept, dict):
        with suppress(TypeError, ValueError, AttributeError):
            names.functions = {str(name): None for name in kept.get("functions", ())}
            executions = dict(kept.get("executions", {}))
            names.executions = {
                str(name): [str(each) for each in operations] for name, operations in executions.items()
            }
            names.callbacks = {str(digest): str(owner) for digest, owner in dict(kept.get("callbacks", {})).items()}
    return names


def digest_of(callback_id: str) -> str:
    """What is kept of a callback id: whoever knows the id may answer the callback."""
    import hashlib

    return hashlib.sha256(callback_id.encode()).hexdigest()[:16]


class Memory:
    """Keeps the names that pass by while a command runs; `save` adds them to the file, if there is one."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._seen: dict[str, Names] = {}
        """By connection."""

    def watching(self, backend: Backend, settings: Settings) -> Backend:
        """The backend, with its answers noted on their way."""
        if self.path is None:
            return backend
        return cast("Backend", _Watched(backend, self._seen.setdefault(place_of(settings), Names())))

    def save(self) -> None:
        """Add what was seen to what is kept; a file that cannot be written is done without."""
        seen = {place: names for place, names in self._seen.items() if names.functions or names.executions}
        if self.path is None or not seen:
            return
        with suppress(OSError, ValueError, TypeError):
            places = _read(self.path)
            before = {place: recall(self.path, place) for place in seen}
            merged = {place: _merged(before[place], names) for place, names in seen.items()}
            if merged != before or not set(list(places)[-len(seen) :]) >= seen.keys():
                others = [entry for entry in places.items() if entry[0] not in seen]
                kept = [*others, *((place, _record(names)) for place, names in merged.items())]
                _write(self.path, dict(kept[-MOST_PLACES:]))


def _see_function(names: Names, function: Function) -> None:
    """Note a durable function."""
    if function.is_durable and len(names.functions) < MOST_FUNCTIONS:
        names.functions[function.name] = None


def _see_execution(names: Names, execution: Execution) -> None:
    """Note an execution, of a server that issues ARNs."""
    if execution.parts is not None and len(names.executions) < MOST_EXECUTIONS:
        names.executions.setdefault(f"{execution.parts.function}/{execution.name}", [])
        names.functions.setdefault(execution.parts.function)


def _operations_of(seen: Names, arn: str) -> Callable[[Event], None]:
    """What notes the operations and callbacks of an execution, event by event."""
    # Only those who read a history need what takes ARNs apart.
    from durablectl.model.arn import parse_execution_arn

    parts = parse_execution_arn(arn)
    if parts is None:
        return lambda event: None
    names = seen.executions.setdefault(f"{parts.function}/{parts.name}", [])
    known = set(names)

    def see(event: Event) -> None:
        if event.name and event.name not in known and event.spec.is_start and len(known) < MOST_OPERATIONS:
            known.add(event.name)
            names.append(event.name)
        callback_id = event.details.get("callback_id")
        if callback_id and len(seen.callbacks) < MOST_CALLBACKS:
            seen.callbacks[digest_of(callback_id)] = f"{parts.function}/{parts.id}"

    return see


class _Watched:
    """A backend whose answers are noted on their way."""

    def __init__(self, backend: Backend, names: Names) -> None:
        self._backend = backend
        self._names = names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def functions(self) -> Iterator[Function]:
        return _noted(self._backend.functions(), partial(_see_function, self._names))

    def executions(self, *arguments: Any, **options: Any) -> Iterator[Execution]:
        return _noted(self._backend.executions(*arguments, **options), partial(_see_execution, self._names))

    def history(self, arn: str, **options: Any) -> Iterator[Event]:
        return _noted(self._backend.history(arn, **options), _operations_of(self._names, arn))


def _noted(items: Iterator[_T], note: Callable[[_T], None]) -> Iterator[_T]:
    for item in items:
        note(item)
        yield item


def _merged(before: Names, seen: Names) -> Names:
    functions = before.functions | seen.functions
    executions = dict(before.executions)
    # Lists come newest first, and what was seen last is offered first.
    for name in reversed(seen.executions):
        executions[name] = seen.executions[name] or executions.pop(name, [])
    callbacks = _last(before.callbacks | seen.callbacks, MOST_CALLBACKS)
    return Names(_last(functions, MOST_FUNCTIONS), _last(executions, MOST_EXECUTIONS), callbacks)


def _last(entries: dict[str, _T], count: int) -> dict[str, _T]:
    return dict(list(entries.items())[-count:])


def _record(names: Names) -> dict[str, Any]:
    return {"functions": list(names.functions), "executions": names.executions, "callbacks": names.callbacks}


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    places = kept.get("places") if isinstance(kept, dict) and kept.get("version") == _VERSION else None
    return places if isinstance(places, dict) else {}


def _write(path: Path, places: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Readers see the old names or the new ones, never half of them.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"version": _VERSION, "places": places}, file)
    draft.replace(path)
