"""The configuration file: where it lies, what it says, and at which line, or where exactly it is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from durablectl.config.values import CONTEXT_KEYS, DEFAULT_KEYS, LOCAL_KEYS, Kind, check_value, is_secret_key
from durablectl.errors import ConfigError
from durablectl.model.carets import point_at

LOCAL_CONTEXT = "local"
"""The built-in context for the local service: no credentials, no look at any AWS configuration."""

_ROOT_KEYS = ("current_context", "contexts", "defaults", "theme", "keys")
_MAX_BYTES = 1_000_000
_SHOWN_OF_LINE = 100
_MAX_LISTED = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the file, and the line on which it stands, counted from 1."""

    value: Any
    line: int


Section = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a configuration file says; an absent one says nothing."""

    path: Path
    exists: bool = False
    current_context: Entry | None = None
    contexts: Mapping[str, Section] = field(default_factory=dict)
    defaults: Section = field(default_factory=dict)
    theme: Entry | None = None
    """The colours of the dashboard."""
    keys: Section = field(default_factory=dict)
    """Keys of the dashboard by the ids of what they do."""

    @property
    def context_names(self) -> list[str]:
        """Every context that can be used, the built-in one last."""
        return [*(name for name in self.contexts if name != LOCAL_CONTEXT), LOCAL_CONTEXT]

    def section(self, context: str, *, asked_by: str = "") -> Section:
        """What a context sets. Raises ConfigError with close names for one that does not exist.

        `asked_by` tells who named it, where that is not plain to see.
        """
        if context in self.contexts:
            return self.contexts[context]
        if context == LOCAL_CONTEXT:
            return {}
        close = difflib.get_close_matches(context, self.context_names, n=3)
        hint = [f"did you mean: {', '.join(close)}"] if close else []
        hint.append(f"known contexts: {_listed(self.context_names)}")
        if asked_by:
            hint.append(f"{asked_by} asks for it")
        where = f" in {self.path}" if self.exists else ""
        raise ConfigError(f'no context "{context}"{where}', hint=hint, details={"known": self.context_names})


def config_path(environ: Mapping[str, str]) -> Path:
    """Where the file lies: DURABLECTL_CONFIG, else below the XDG folder for configuration."""
    if environ.get("DURABLECTL_CONFIG"):
        return Path(environ["DURABLECTL_CONFIG"]).expanduser()
    home = environ.get("HOME")
    folder = environ.get("XDG_CONFIG_HOME") or str((Path(home) if home else Path.home()) / ".config")
    return Path(folder) / "durablectl" / "config.yaml"


def read_config(environ: Mapping[str, str]) -> ConfigFile:
    """The file as it is now. Raises ConfigError with line and column for whatever is wrong with it.

    A file that DURABLECTL_CONFIG names must exist; YAML is loaded only where there is a file.
    """
    path = config_path(environ)
    text = read_text(path, must_exist=bool(environ.get("DURABLECTL_CONFIG")))
    return ConfigFile(path) if text is None else parse_config(path, text)


def read_text(path: Path, *, must_exist: bool = False) -> str | None:
    """The text of a configuration file; None where there is none. Raises ConfigError for one that cannot be read."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(f"no configuration file {path}", hint="DURABLECTL_CONFIG names it") from None
        return None
    except OSError as error:
        raise ConfigError(f"the configuration file {path} cannot be read", hint=str(error.strerror)) from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"the configuration file {path} is larger than {_MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = f"{path}:{line}: byte {content[error.start]:#04x} is no UTF-8"
        raise ConfigError("the configuration file is not UTF-8 text", hint=hint) from error


def parse_config(path: Path, text: str) -> ConfigFile:
    """What the text of a configuration file says."""
    return _Reader(path, text).read()


class _Reader:
    """Walks the nodes of one file, which know where they stand."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._text = text

    def read(self) -> ConfigFile:
        root = self._compose()
        if root is None:
            return ConfigFile(self._path, exists=True)
        members = {key: value for key, _, value in self._members(root, "the file", _ROOT_KEYS)}
        current = members.get("current_context")
        contexts = {
            name: self._section(value, f"context {name}", LOCAL_KEYS if name == LOCAL_CONTEXT else CONTEXT_KEYS)
            for name, _, value in self._members(members.get("contexts"), "contexts", None)
        }
        return ConfigFile(
            self._path,
            exists=True,
            current_context=self._entry(current, Kind.TEXT, "current_context") if current else None,
            contexts=contexts,
            defaults=self._section(members.get("defaults"), "defaults", DEFAULT_KEYS),
            theme=self._entry(members["theme"], Kind.THEME, "theme") if "theme" in members else None,
            keys={
                name: self._entry(value, Kind.KEYS, f"{name} of keys")
                for name, _, value in self._members(members.get("keys"), "keys", None)
            },
        )

    def _compose(self) -> Any:
        import yaml

        try:
            return yaml.compose(self._text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            told = ", ".join(part for part in (error.context, error.problem) if part)
            hint = [f"{self._where(mark)}: {told}", *self._excerpt(mark)]
            if "'\\t'" in told:
                hint.append("expected: spaces, because YAML takes no tabs for indentation")
            raise ConfigError("the configuration file is no valid YAML", hint=hint) from error
        except (yaml.YAMLError, RecursionError) as error:
            told = str(error).partition("\n")[0]
            raise ConfigError("the configuration file is no valid YAML", hint=f"{self._path}: {told}") from error

    def _members(
        self, node: Any, place: str, known: tuple[str, ...] | None, *, merged: bool = True
    ) -> Iterator[tuple[str, Any, Any]]:
        """Key, key node and value node of each member; keys of a merged mapping first, so that own ones win."""
        import yaml

        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
            return
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, f"{place} is no mapping", "expected: names, each with its value after a colon")
        own = [(key, value) for key, value in node.value if not key.tag.endswith(":merge")]
        for _, shared in [pair for pair in node.value if pair not in own] if merged else ():
            for each in shared.value if isinstance(shared, yaml.SequenceNode) else [shared]:
                yield from self._members(each, place, known, merged=False)
        seen: set[str] = set()
        for key_node, value_node in own:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            self._check_key(key_node, key, place, known, seen)
            seen.add(key)
            yield key, key_node, value_node

    def _check_key(self, node: Any, key: str, place: str, known: tuple[str, ...] | None, seen: set[str]) -> None:
        if not key:
            raise self._wrong(node, f"{place} has a key that is no name", "expected: a name")
        if key in seen:
            raise self._wrong(node, f'{place} has "{key}" twice', "only the last one would count; remove one")
        if known is None or key in known:
            return
        close = difflib.get_close_matches(key, known, n=1)
        hint = [f"did you mean: {close[0]}"] if close else []
        if is_secret_key(key):
            hint = ["credentials are never read from here: name a profile of the AWS configuration"]
        elif place == f"context {LOCAL_CONTEXT}" and key in CONTEXT_KEYS:
            hint = ["this context finds the running local service by itself; give another server another name"]
        raise self._wrong(node, f'{place} has no setting "{key}"', *hint, f"expected: {', '.join(known)}")

    def _section(self, node: Any, place: str, keys: Mapping[str, Kind]) -> dict[str, Entry]:
        members = self._members(node, place, tuple(keys))
        return {key: self._entry(value, keys[key], f"{key} of {place}") for key, _, value in members}

    def _entry(self, node: Any, kind: Kind, place: str) -> Entry:
        value = _plain(node)
        unfit = check_value(kind, value)
        if unfit is not None:
            remark = f"; {unfit.remark}" if unfit.remark else ""
            raise self._wrong(node, f"{place} cannot be used", f"expected: {unfit.expected}{remark}")
        return Entry(value, node.start_mark.line + 1)

    def _wrong(self, node: Any, message: str, *hint: str) -> ConfigError:
        mark = node.start_mark
        end = node.end_mark.column if node.end_mark.line == mark.line else None
        where = {"file": str(self._path), "line": mark.line + 1, "column": mark.column + 1}
        lines = [self._where(mark), *self._excerpt(mark, end), *hint]
        return ConfigError(f"in the configuration file, {message}", hint=lines, details=where)

    def _where(self, mark: Any) -> str:
        return f"{self._path}:{mark.line + 1}:{mark.column + 1}" if mark else str(self._path)

    def _excerpt(self, mark: Any, end: int | None = None) -> list[str]:
        """The line and a caret below what is wrong in it."""
        if mark is None or mark.line >= len(self._lines):
            return []
        line = self._lines[mark.line].replace("\t", " ")
        if len(line) > _SHOWN_OF_LINE:
            return []
        indent = len(line) - len(line.lstrip())
        start = max(0, mark.column - indent)
        return point_at(line[indent:], start, max(1, (end or mark.column + 1) - mark.column))


def _plain(node: Any) -> Any:
    """A scalar as YAML means it, or a list of such; what is neither stays a mapping, which no setting is."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [{} if isinstance(each, yaml.SequenceNode) else _plain(each) for each in node.value]
    if not isinstance(node, yaml.ScalarNode):
        return {}
    if node.tag.endswith(":bool"):
        return yaml.SafeLoader.bool_values[node.value.lower()]
    if node.tag.endswith(":null"):
        return None
    return node.value if node.tag.endswith(":str") else ...


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MAX_LISTED])
    return shown if len(names) <= _MAX_LISTED else f"{shown} and {len(names) - _MAX_LISTED} more"
