"""Reads a template's file: YAML or JSON, composed rather than loaded, so that every part knows its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from durablectl.errors import ConfigError
from durablectl.local.templates.nodes import Intrinsic, Mapping, Node, Place, Scalar, Sequence, Template, pointing_error

MAX_BYTES = 1_048_576
"""What CloudFormation takes."""
MAX_DEPTH = 100
MAX_NODES = 200_000
"""Aliases can make a small file hold more than any memory does."""

_LONG_NAMES = ("Ref", "Condition")
_YAML_TAG = "tag:yaml.org,2002:"


def read_template(path: Path) -> Template:
    """The template in a file.

    Raises ConfigError for a file that cannot be read, and with line, column and carets for what is no template.
    """
    text = _read_text(path)
    if path.suffix == ".json" or text.lstrip().startswith("{"):
        # YAML takes JSON but for tabs, which can only stand between its parts.
        text = text.replace("\t", " ")
    lines = tuple(text.splitlines())
    root = _Composer(path, lines).compose(text)
    if not isinstance(root, Mapping) or root.get("Resources") is None:
        place = root.place if root is not None else Place(1, 1)
        raise pointing_error(path, lines, place, "this is no template: it has no Resources")
    return Template(path, lines, root)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"no template {path}", hint=_nearby(path)) from None
    except OSError as error:
        raise ConfigError(f"the template {path} cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"the template {path} is larger than {MAX_BYTES:,} bytes, which CloudFormation refuses")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: byte {content[error.start]:#04x} is no UTF-8") from error


def _nearby(path: Path) -> str:
    folder = path.parent
    found = sorted(
        each.name
        for suffix in ("yaml", "yml", "json")
        for each in (folder.glob(f"*template*.{suffix}") if folder.is_dir() else ())
    )
    return f"templates in {folder.absolute()}: {', '.join(found[:5])}" if found else f"looked in {folder.absolute()}"


class _Composer:
    """Turns YAML's nodes into ours."""

    def __init__(self, path: Path, lines: tuple[str, ...]) -> None:
        self._path = path
        self._lines = lines
        self._count = 0

    def compose(self, text: str) -> Node | None:
        """The root, or None for an empty file."""
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            root = yaml.compose(text, Loader=loader)
        except yaml.MarkedYAMLError as error:
            raise self._broken(error) from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{self._path}: broken {self._language}", hint=str(error).splitlines()[0]) from None
        except RecursionError:
            raise ConfigError(f"{self._path}: nested too deeply") from None
        return None if root is None else self._node(root, 0)

    def _broken(self, error: Any) -> ConfigError:
        mark, begun = error.problem_mark or error.context_mark, error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        where = "" if place.line <= len(self._lines) else ", where the file ends"
        # What is wrong is often the indentation, and shows where a block was begun.
        hint = f"in what begins on line {begun.line + 1}" if begun and begun.line + 1 != place.line else ""
        return self._error(place, f"broken {self._language}: {_problem(error)}{where}", hint=hint)

    @property
    def _language(self) -> str:
        return "JSON" if self._path.suffix == ".json" else "YAML"

    def _error(self, place: Place, message: str, *, hint: str = "") -> ConfigError:
        return pointing_error(self._path, self._lines, place, message, hint=hint)

    def _node(self, node: Any, depth: int) -> Node:
        place = _place(node)
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise self._error(place, "nested too deeply, or grown too large by aliases")
        if node.tag.startswith("!"):
            return self._tagged(node, place, depth)
        made = self._untagged(node, place, depth)
        return _long_spelling(made) or made

    def _tagged(self, node: Any, place: Place, depth: int) -> Intrinsic:
        word = node.tag[1:]
        name = word if word in _LONG_NAMES or word.startswith("Fn::") else f"Fn::{word}"
        return Intrinsic(place, name, self._untagged(node, place, depth))

    def _untagged(self, node: Any, place: Place, depth: int) -> Node:
        if node.id == "scalar":
            kind = node.tag.removeprefix(_YAML_TAG)
            return Scalar(place, node.value, kind if kind in ("int", "float", "bool", "null") else "str")
        if node.id == "sequence":
            return Sequence(place, tuple(self._node(item, depth + 1) for item in node.value))
        return Mapping(place, tuple(self._entries(node, depth)))

    def _entries(self, node: Any, depth: int) -> Iterator[tuple[Scalar, Node]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            place = _place(key)
            if key.id != "scalar":
                raise self._error(place, "a name is expected here")
            if key.value in seen:
                raise self._error(place, f'"{key.value}" is here twice; the first is on line {seen[key.value]}')
            seen[key.value] = place.line
            yield Scalar(place, key.value), self._node(value, depth + 1)


def _problem(error: Any) -> str:
    """What is wrong, with what it was met in where that tells more than what was being read."""
    words = [error.context] if error.context and not error.context.startswith("while") else []
    return ": ".join([*words, *([error.problem] if error.problem else [])]) or "it cannot be read"


def _place(node: Any) -> Place:
    start, end = node.start_mark, node.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Place(start.line + 1, start.column + 1, max(1, length))


def _long_spelling(node: Node) -> Intrinsic | None:
    """A mapping such as `Ref: Name`, which is a function of CloudFormation by its one name."""
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        return None
    key, argument = node.entries[0]
    if key.text != "Ref" and not key.text.startswith("Fn::"):
        return None
    return Intrinsic(key.place, key.text, argument)
