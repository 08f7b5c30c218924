"""Changes of the configuration file that keep whatever else stands in it."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

from durablectl.config.file import ConfigFile, Entry, parse_config, read_text
from durablectl.errors import ConfigError

_KEY = "current_context"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})


def use_context(path: Path, name: str) -> ConfigFile:
    """Make a context the current one, in a new file where there is none; what the file says then.

    Comments and layout stay. Raises ConfigError for a context that does not exist or a file that cannot be written.
    """
    text = read_text(path)
    before = ConfigFile(path) if text is None else parse_config(path, text)
    before.section(name)
    if before.current_context is not None and before.current_context.value == name:
        return before
    changed = _with_current(text or "", name)
    after = parse_config(path, changed)
    if not _differs_in_current_alone(before, after, name):
        raise ConfigError(
            f"{path} cannot be changed without changing its layout", hint=f"write it yourself: {_KEY}: {name}"
        )
    try:
        _replace(path, changed)
    except OSError as error:
        raise ConfigError(f"the configuration file {path} cannot be written", hint=str(error.strerror)) from error
    return after


def _with_current(text: str, name: str) -> str:
    """The text with the value of `current_context` replaced, or put before everything else where there is none."""
    import yaml

    word = name if _PLAIN.fullmatch(name) and name.lower() not in _YAML_WORDS else json.dumps(name)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{_KEY}: {word}\n"
    for key, value in root.value:
        if key.value == _KEY:
            return f"{text[: value.start_mark.index]}{word}{text[value.end_mark.index :]}"
    start = root.start_mark.index
    if root.flow_style:
        return f"{text[: start + 1]}{_KEY}: {word}{', ' if root.value else ''}{text[start + 1 :]}"
    return f"{text[:start]}{_KEY}: {word}\n{text[start:]}"


def _differs_in_current_alone(before: ConfigFile, after: ConfigFile, name: str) -> bool:
    def values(sections: ConfigFile) -> dict[str, dict[str, object]]:
        return {
            context: {key: entry.value for key, entry in section.items()}
            for context, section in [*sections.contexts.items(), ("", sections.defaults)]
        }

    current: Entry | None = after.current_context
    return current is not None and current.value == name and values(before) == values(after)


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file at once; a link stays one, and who may read it stays the same."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.chmod(mode)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
