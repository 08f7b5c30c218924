"""The names in the configuration file, found without reading YAML, because a shell waits for each key press."""

from __future__ import annotations

import re
from collections.abc import Mapping

from durablectl.config.file import LOCAL_CONTEXT, ConfigFile, Entry, config_path, read_text
from durablectl.errors import ConfigError

_NAME = r"[\"']?(?P<name>[^\"'\s#{}\[\]:,][^\"'#{}\[\]:,]*)[\"']?"
_CURRENT = re.compile(rf"^current_context\s*:\s*{_NAME}\s*(?:#.*)?$")
_CONTEXTS = re.compile(r"^contexts\s*:\s*(?:#.*)?$")
_MEMBER = re.compile(rf"^(?P<indent>\s+){_NAME}\s*:(?:\s|$)")


def glance(environ: Mapping[str, str]) -> ConfigFile:
    """The file as far as one line after the other tells: which contexts there are, and which is the current one.

    A file in another style than one line or block for each context tells nothing, nor does one that cannot be read.
    """
    path = config_path(environ)
    try:
        lines = (read_text(path) or "").splitlines()
    except ConfigError:
        lines = []
    current = next((match["name"].strip() for line in lines if (match := _CURRENT.match(line))), None)
    names = _names(lines)
    if current is not None and current not in names and current != LOCAL_CONTEXT:
        current = None
    return ConfigFile(path, bool(lines), Entry(current, 0) if current else None, {name: {} for name in names})


def context_names(environ: Mapping[str, str]) -> list[str]:
    """The names of the contexts."""
    return glance(environ).context_names


def _names(lines: list[str]) -> list[str]:
    """The keys one level below `contexts`."""
    names: list[str] = []
    indent: str | None = None
    is_inside = False
    for line in lines:
        if line.strip() and not line[0].isspace() and not line.startswith("#"):
            is_inside = bool(_CONTEXTS.match(line))
        elif is_inside and (match := _MEMBER.match(line)):
            indent = match["indent"] if indent is None else indent
            if match["indent"] == indent:
                names.append(match["name"].strip())
    return names
