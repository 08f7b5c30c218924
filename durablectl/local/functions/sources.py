"""Where the handlers of functions are, as users write it: `FILE.py:HANDLER` or `package.module:HANDLER`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from durablectl.errors import UsageError

NAME_LIMIT = 64
FUNCTION_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
MODULE_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
OTHER_LANGUAGES = (".mjs", ".cjs", ".js", ".ts", ".java", ".cs")
FORMS = "FILE.py:HANDLER or package.module:HANDLER"


@dataclass(frozen=True)
class Source:
    """Where a handler is."""

    text: str
    """As the user wrote it."""
    root: Path
    """The folder that imports start from, and the working directory of the workers."""
    target: str
    """The file, as an absolute path, or the dotted name of the module."""
    handler: str
    """The name of the handler in it."""

    @property
    def stem(self) -> str:
        """The last part of the module's name."""
        return Path(self.target).stem if self.is_file else self.target.rpartition(".")[2]

    @property
    def target_text(self) -> str:
        """The file or module as the user wrote it."""
        return self.text.rpartition(":")[0]

    @property
    def is_file(self) -> bool:
        """Whether the handler is in a file, not in a module that is found by its name."""
        return self.target.endswith(".py")


def parse_source(text: str) -> Source:
    """Read `FILE.py:HANDLER` or `package.module:HANDLER`; raises UsageError for anything else.

    Whether it exists is not asked here.
    """
    target, separator, handler = text.rpartition(":")
    if not separator and text.endswith(".py"):
        raise UsageError(f'no handler is named in "{text}"', hint=f"name it: {text}:handler")
    if not target or not handler.isidentifier():
        raise UsageError(f'"{text}" is not a source of a function', hint=f"write it as {FORMS}")
    if target.endswith(".py"):
        path = Path(target).absolute()
        return Source(text, path.parent, str(path), handler)
    if target.endswith(OTHER_LANGUAGES):
        raise UsageError(f'"{target}" cannot be served: functions are written in Python', hint=f"write it as {FORMS}")
    if MODULE_NAME.fullmatch(target) is None:
        raise UsageError(f'"{target}" is neither a Python file nor the name of a module', hint=f"write it as {FORMS}")
    return Source(text, Path.cwd(), target, handler)


def parse_function_option(text: str) -> tuple[str, Source]:
    """Read `NAME=SOURCE`; raises UsageError."""
    name, separator, source = text.partition("=")
    if not separator:
        raise UsageError(f'"{text}" names no function', hint=f"write it as NAME=SOURCE, where SOURCE is {FORMS}")
    if FUNCTION_NAME.fullmatch(name) is None:
        raise UsageError(
            f'"{name}" cannot be the name of a function',
            hint=f"a name has 1 to {NAME_LIMIT} letters, digits, hyphens and underscores",
        )
    return name, parse_source(source)


def default_name(source: Source) -> str:
    """The name of a function that was given none: the file's or the module's, in the characters that Lambda allows."""
    return re.sub(r"[^a-zA-Z0-9-_]+", "-", source.stem).strip("-")[:NAME_LIMIT] or "function"
