"""The table of commands as a value that imports the module of a command only when it is looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib import import_module

from durablectl.cli.specs import CommandSpec


class CommandTable(Collection[CommandSpec]):
    """Commands by name, in the order in which help lists them; a place is `module:CONSTANT` below `commands`."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __iter__(self) -> Iterator[CommandSpec]:
        return map(self._load, self._places)

    def __contains__(self, spec: object) -> bool:
        return any(spec == each for each in self)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all commands; none is imported for them."""
        return tuple(self._places)

    def beginning_with(self, word: str) -> list[CommandSpec]:
        """The commands whose name has this as its first word."""
        return [self._load(name) for name in self._places if name.partition(" ")[0] == word]

    def _load(self, name: str) -> CommandSpec:
        module, _, constant = self._places[name].partition(":")
        spec = getattr(import_module(f"durablectl.cli.commands.{module}"), constant)
        assert isinstance(spec, CommandSpec)
        assert spec.name == name
        return spec
