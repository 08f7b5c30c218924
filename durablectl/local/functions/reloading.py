"""Takes up code that was changed while the service runs: what is invoked from then on runs the new code."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.functions.catalog import Catalog
from durablectl.local.functions.code import CodeReader, CodeTooLarge, source_states
from durablectl.local.functions.functions import Function
from durablectl.local.functions.probe import Probe, Probed, probe_all

LOOK_S = 0.5
"""How often folders are looked at; one that takes long to look through, less often."""
SETTLE_S = 0.1
"""A change that goes on after this is not complete yet."""
_LONGEST_SHARE = 0.05
"""The share of the time that may be spent on looking."""

States = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What became of a function whose code has changed."""

    function: str
    files: tuple[str, ...]
    """The changed files, from the folder of the function on."""
    replaying: tuple[str, ...]
    """Open executions that have run before, and run again from the start on the new code."""
    problem: ConfigError | None = None
    """Why the new code cannot be imported; its invocations fail until that is mended."""
    is_durable: bool | None = None
    """Whether it is a durable function by its new code, if that is not what it is served as."""


@dataclass(slots=True, kw_only=True)
class Reloading:
    """Watches the folders of a catalog's functions, and puts functions in their place whose code has changed."""

    catalog: Catalog
    store: Path | None
    replaying: Callable[[str], Sequence[str]]
    """The open executions of a function that have run before, by name."""
    on_reloaded: Callable[[Reloaded], None]
    on_unwatched: Callable[[Path], None]
    """Called with a folder that holds too much to be watched."""
    look_s: float = LOOK_S
    is_watching: bool = False
    """Whether all folders have been looked at, so that whatever changes from now on is seen."""
    _states: dict[Path, States] = field(default_factory=dict)
    _looked_s: float = 0.0
    _digests: dict[Path, str] = field(default_factory=dict)
    _files: dict[str, frozenset[str]] = field(default_factory=dict)
    """What each function was found to import when it was looked at last."""

    async def run(self) -> None:
        """Watch until cancelled."""
        for root in {function.source.root for function in self.catalog}:
            self._states[root] = await self._look_at(root)
            self._digests[root] = await self._digest(root)
        self.is_watching = True
        while True:
            for root in list(self._states):
                await self._follow(root)
            await asyncio.sleep(max(self.look_s, self._looked_s / _LONGEST_SHARE))
            self._looked_s = 0.0

    async def _look_at(self, root: Path) -> States:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return await asyncio.to_thread(source_states, root, self.store)
        except CodeTooLarge:
            self._states.pop(root, None)
            self.on_unwatched(root)
            return {}
        finally:
            self._looked_s += loop.time() - began

    async def _digest(self, root: Path) -> str:
        try:
            return (await asyncio.to_thread(CodeReader(self.store).digest, root)).sha256
        except (CodeTooLarge, OSError):
            # Whatever it is now, it is not what it was.
            return uuid.uuid4().hex

    async def _follow(self, root: Path) -> None:
        before, now = self._states[root], await self._look_at(root)
        if now == before or root not in self._states:
            return
        while (later := await self._settled(root)) != now:
            now = later
        self._states[root] = now
        changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        before_digest, self._digests[root] = self._digests.get(root), await self._digest(root)
        # An editor that writes what was there already has changed nothing.
        if changed and self._digests[root] != before_digest:
            await self._take_up(root, changed)

    async def _settled(self, root: Path) -> States:
        await asyncio.sleep(SETTLE_S)
        return await self._look_at(root)

    async def _take_up(self, root: Path, changed: Sequence[str]) -> None:
        functions = [function for function in self.catalog if function.source.root == root]
        found = await asyncio.gather(*(asyncio.to_thread(_probe, function) for function in functions))
        concerning = self._concerning(root, changed, functions, found)
        for function, probed in zip(functions, found, strict=True):
            if files := concerning[function.name]:
                self._put(function, probed, files, self._digests[root])
            if isinstance(probed, Probed):
                self._files[function.name] = probed.files

    def _concerning(
        self, root: Path, changed: Sequence[str], functions: Sequence[Function], found: Iterable[Probed | ConfigError]
    ) -> dict[str, list[str]]:
        """The changed files that each function imports; a file that none is known to import may concern them all."""
        imports = {
            function.name: self._files.get(function.name, frozenset())
            | (probed.files if isinstance(probed, Probed) else {function.source.target})
            for function, probed in zip(functions, found, strict=True)
        }
        known = frozenset[str]().union(*imports.values())
        return {
            name: [file for file in changed if (path := str(root / file)) in files or path not in known]
            for name, files in imports.items()
        }

    def _put(self, function: Function, probed: Probed | ConfigError, changed: Sequence[str], digest: str) -> None:
        problem = probed if isinstance(probed, ConfigError) else None
        # The digest makes it another function for whoever keeps a warm worker of the old one.
        reloaded = replace(function, code_sha256=digest)
        if isinstance(probed, Probed):
            reloaded = replace(reloaded, runtime=probed.runtime, last_modified=probed.last_modified)
        self.catalog.replace(reloaded)
        is_other = isinstance(probed, Probed) and probed.is_durable != (function.durable is not None)
        self.on_reloaded(
            Reloaded(
                function.name,
                tuple(changed),
                tuple(self.replaying(function.name)),
                problem,
                probed.is_durable if isinstance(probed, Probed) and is_other else None,
            )
        )


def _probe(function: Function) -> Probed | ConfigError:
    """What a handler is by its new code, or what is wrong with it."""
    environment = {**function.environment, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb)}
    try:
        (probed,) = probe_all([Probe(function.source, function.interpreter, environment)])
    except ConfigError as error:
        return error
    except OSError as error:
        return ConfigError(f"{function.source.target_text} cannot be read: {error.strerror or error}")
    return probed
