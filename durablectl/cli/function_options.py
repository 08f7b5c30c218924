"""Options of the local service that hold for all functions, or for one of them by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from durablectl.cli.local_bundles import LocalOptions
from durablectl.errors import UsageError

if TYPE_CHECKING:
    from durablectl.local.functions.functions import Definition

LEAST_MEMORY_MB = 128
MOST_MEMORY_MB = 10_240

_FUNCTION = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_VARIABLE = re.compile(r"(?:([a-zA-Z0-9-_]{1,64}):)?([^\W\d]\w*)=(.*)", re.DOTALL)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Scoped(Generic[Value]):
    """A value for all functions, and others for some."""

    shared: Value | None = None
    by_function: Mapping[str, Value] = field(default_factory=dict)

    def of(self, function: str) -> Value | None:
        """What holds for one function."""
        return self.by_function.get(function, self.shared)


@dataclass(frozen=True, slots=True)
class FunctionOptions:
    """What the options say of the functions that are served."""

    python: Scoped[str]
    node: Scoped[str]
    memory_mb: Scoped[int]
    directory: Scoped[Path]
    shared_environment: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]
    is_durable: Mapping[str, bool]

    def apply(self, definition: Definition) -> Definition:
        """The definition with what the options say of it; they win over what it says itself."""
        name, source = definition.name, definition.source
        interpreters = {"python": self.python.of(name), "node": self.node.of(name)}
        directory = self.directory.of(name)
        return replace(
            definition,
            source=source if directory is None else replace(source, root=directory),
            interpreter=interpreters.get(source.language) or definition.interpreter,
            memory_mb=self.memory_mb.of(name) or definition.memory_mb,
            environment={**definition.environment, **self.shared_environment, **self.environments.get(name, {})},
            is_durable=self.is_durable.get(name, definition.is_durable),
        )


def read_function_options(options: LocalOptions, functions: Collection[str]) -> FunctionOptions:
    """The options as they apply to these functions. Raises UsageError, also for a function that is not served."""
    environments = read_environment(options.environment or (), functions)
    return FunctionOptions(
        python=scoped("--python", options.python, functions, str),
        node=scoped("--node", options.node, functions, str),
        memory_mb=scoped("--memory", options.memory, functions, memory_mb),
        directory=scoped("--directory", options.directory, functions, directory),
        shared_environment=environments.pop(None, {}),
        environments={name: variables for name, variables in environments.items() if name},
        is_durable={
            **{check_served("--plain", name, functions): False for name in options.plain or ()},
            **{check_served("--durable", name, functions): True for name in options.durable or ()},
        },
    )


def scoped(
    option: str, texts: Sequence[str] | None, functions: Collection[str], read: Callable[[str], Value]
) -> Scoped[Value]:
    """`[FUNCTION=]VALUE`, any number of them; the later one wins."""
    shared: Value | None = None
    by_function: dict[str, Value] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or _FUNCTION.fullmatch(name) is None:
            shared = read(text)
        else:
            by_function[check_served(option, name, functions)] = read(value)
    return Scoped(shared, by_function)


def check_served(option: str, name: str, functions: Collection[str]) -> str:
    """The name itself. Raises UsageError if no such function is served."""
    if name not in functions:
        served = ", ".join(sorted(functions))
        raise UsageError(f'{option} names a function "{name}", which is not served', hint=f"served: {served}")
    return name


def read_environment(texts: Sequence[str], functions: Collection[str]) -> dict[str | None, dict[str, str]]:
    """`[FUNCTION:]NAME=VALUE`: variables by function, those of all functions under None."""
    variables: dict[str | None, dict[str, str]] = {}
    for text in texts:
        match = _VARIABLE.fullmatch(text)
        if match is None:
            raise UsageError(f'--env takes NAME=VALUE or FUNCTION:NAME=VALUE, not "{text}"')
        function, name, value = match.groups()
        if function is not None:
            check_served("--env", function, functions)
        variables.setdefault(function, {})[name] = value
    return variables


def memory_mb(text: str) -> int:
    """A size that Lambda takes, in MB."""
    if not text.isdecimal() or not LEAST_MEMORY_MB <= int(text) <= MOST_MEMORY_MB:
        raise UsageError(f'--memory takes MB from {LEAST_MEMORY_MB} to {MOST_MEMORY_MB}, not "{text}"')
    return int(text)


def directory(text: str) -> Path:
    """A folder that exists, as an absolute path."""
    path = Path(text).absolute()
    if not path.is_dir():
        raise UsageError(f'--directory takes a folder, and "{text}" is none')
    return path
