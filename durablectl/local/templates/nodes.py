"""The parts of a template, each of which knows where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.model.carets import point_at

_SHOWN_OF_LINE = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a template: line and column, both counted from 1, and how long it is there."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number or a flag."""

    place: Place
    text: str
    """As it was written; empty for null."""
    kind: str = "str"
    """`str`, `int`, `float`, `bool` or `null`, by how it was written."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Names and what they stand for, in order."""

    place: Place
    entries: tuple[tuple[Scalar, Node], ...]

    def get(self, name: str) -> Node | None:
        """What a name stands for."""
        return next((node for key, node in self.entries if key.text == name), None)

    def key(self, name: str) -> Scalar | None:
        """The name itself, where it stands."""
        return next((key for key, _ in self.entries if key.text == name), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.entries)


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A function of CloudFormation, in the long spelling or as a tag."""

    place: Place
    name: str
    """Such as `Ref` or `Fn::Sub`."""
    argument: Node


Node = Scalar | Sequence | Mapping | Intrinsic


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it was written."""

    path: Path
    """As the user wrote it."""
    lines: tuple[str, ...]
    root: Mapping

    @property
    def folder(self) -> Path:
        """What paths in the template start from."""
        return self.path.parent

    def section(self, name: str) -> Mapping:
        """A section such as `Resources`; an empty one where there is none. Raises ConfigError for what is none."""
        node = self.root.get(name)
        if node is None or (isinstance(node, Scalar) and node.kind == "null"):
            return Mapping(self.root.place, ())
        if not isinstance(node, Mapping):
            raise self.error(node.place, f"{name} holds no names")
        return node

    def where(self, place: Place) -> str:
        """The file and line, as editors and terminals make links of them."""
        return f"{self.path}:{place.line}"

    def error(self, place: Place, message: str, *, hint: str = "") -> ConfigError:
        """An error that points at a place."""
        return pointing_error(self.path, self.lines, place, message, hint=hint)


def pointing_error(path: Path, lines: tuple[str, ...], place: Place, message: str, *, hint: str = "") -> ConfigError:
    """An error that names file, line and column, and shows the line with carets below what is wrong."""
    shown = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    # A tab is one column of the file, but several of a terminal.
    shown = shown.replace("\t", " ")
    start = place.column - 1
    cut = max(0, start - _SHOWN_OF_LINE // 2) if len(shown) > _SHOWN_OF_LINE else 0
    shown, start = shown[cut : cut + _SHOWN_OF_LINE], start - cut
    length = max(1, min(place.length, len(shown) - start))
    pointed = point_at(shown, start, length) if shown.strip() else []
    return ConfigError(f"{path}:{place.line}:{place.column}: {message}", hint=[*pointed, *([hint] if hint else [])])
