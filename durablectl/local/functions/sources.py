"""Where the code of functions is, as users write it: a file or module with its handler, or a program to run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from durablectl.errors import UsageError

Language = Literal["python", "node", "program"]
"""What runs a source: an interpreter that we start the handler in, or the program itself."""

NAME_LIMIT = 64
FUNCTION_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
MODULE_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
NODE_EXPORT = re.compile(r"[\w$]+(\.[\w$]+)*")
TYPESCRIPT_SUFFIXES = (".ts", ".mts", ".cts")
NODE_SUFFIXES = (".mjs", ".cjs", ".js", *TYPESCRIPT_SUFFIXES)
COMPILED_SUFFIXES = (".java", ".cs", ".go", ".rs", ".jar", ".dll")
PROGRAM_PREFIX = "exec:"
FORMS = "FILE.py:HANDLER, package.module:HANDLER, index.mjs:handler or exec:COMMAND"


@dataclass(frozen=True)
class Source:
    """Where the code of a function is."""

    text: str
    """As the user wrote it."""
    root: Path
    """The folder that imports start from, and the working directory of the workers."""
    target: str
    """The file, as an absolute path, the dotted name of the module, or the command."""
    handler: str
    """The name of the handler in it; empty for a program."""
    language: Language = "python"

    @property
    def stem(self) -> str:
        """The last part of the module's or program's name."""
        if self.language == "program":
            return Path(self.command[0]).stem
        return Path(self.target).stem if self.is_file else self.target.rpartition(".")[2]

    @property
    def target_text(self) -> str:
        """The file, module or command as the user wrote it."""
        return self.target if self.language == "program" else self.text.rpartition(":")[0]

    @property
    def is_file(self) -> bool:
        """Whether the handler is in a file, not in a module that is found by its name, nor a program's own."""
        return self.language == "node" or (self.language == "python" and self.target.endswith(".py"))

    @property
    def command(self) -> list[str]:
        """A program and its arguments."""
        return shlex.split(self.target)


def parse_source(text: str) -> Source:
    """Read a source in one of its forms; raises UsageError for anything else.

    Whether it exists is not asked here.
    """
    if text.startswith(PROGRAM_PREFIX):
        return parse_program(text)
    target, separator, handler = text.rpartition(":")
    if not separator and text.endswith((".py", *NODE_SUFFIXES)):
        raise UsageError(f'no handler is named in "{text}"', hint=f"name it: {text}:handler")
    if target.endswith(NODE_SUFFIXES):
        return parse_node(text, target, handler)
    if not target or not handler.isidentifier():
        raise UsageError(f'"{text}" is not a source of a function', hint=f"write it as {FORMS}")
    if target.endswith(".py"):
        path = Path(target).absolute()
        return Source(text, path.parent, str(path), handler)
    if target.endswith(COMPILED_SUFFIXES):
        raise UsageError(
            f'"{target}" cannot be served as it is: built in are Python and Node',
            hint="serve the program that it builds: --function NAME=exec:COMMAND",
        )
    if MODULE_NAME.fullmatch(target) is None:
        raise UsageError(f'"{target}" is neither a file of code nor the name of a module', hint=f"write it as {FORMS}")
    return Source(text, Path.cwd(), target, handler)


def parse_node(text: str, target: str, handler: str) -> Source:
    """A file that Node runs, with the name of what it exports, in parts where that is inside of an object."""
    if NODE_EXPORT.fullmatch(handler) is None:
        raise UsageError(f'"{text}" names no export of {target}', hint=f"write it as {target}:handler")
    path = Path(target).absolute()
    return Source(text, path.parent, str(path), handler, "node")


def parse_program(text: str) -> Source:
    """`exec:COMMAND`; it is split as a shell would, but no shell runs it."""
    target = text.removeprefix(PROGRAM_PREFIX).strip()
    try:
        words = shlex.split(target)
    except ValueError as error:
        raise UsageError(
            f'"{text}" cannot be split into words: {str(error).lower()}', hint="quote its arguments as in a shell"
        ) from None
    if not words:
        raise UsageError(f'"{text}" names no program', hint="write it as exec:COMMAND, as in exec:./bootstrap")
    return Source(text, Path.cwd(), target, "", "program")


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
