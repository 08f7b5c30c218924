"""What the local service can invoke: functions, each made of a handler in the user's code, or of a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.functions.interpreters import find_interpreter, find_node, find_program
from durablectl.local.functions.probe import Probe, Probed, probe_all
from durablectl.local.functions.sources import NODE_SUFFIXES, Source, default_name, parse_function_option, parse_source

__all__ = [
    "Definition",
    "DurableConfig",
    "Function",
    "Source",
    "default_name",
    "define_functions",
    "load_functions",
    "parse_function_option",
    "parse_source",
]


DEFAULT_MEMORY_MB = 128
"""Lambda's own default."""


@dataclass(frozen=True)
class DurableConfig:
    """What makes a function durable: how long an execution may take, and how long it is kept when it has ended."""

    execution_timeout_s: int
    retention_days: int


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function that is ready to be invoked."""

    name: str
    source: Source
    durable: DurableConfig | None
    """None for a plain function."""
    timeout_s: int
    """How long one invocation may take."""
    interpreter: str
    """What runs the source, as an absolute path: an interpreter, or the program itself."""
    handler: str
    """As Lambda writes it: the module, a dot, the handler."""
    runtime: str
    """Lambda's name of the interpreter's version, such as `python3.13`; `provided` for a program."""
    code_sha256: str
    """Of the source file, in base64 as Lambda gives it."""
    last_modified: datetime
    memory_mb: int = DEFAULT_MEMORY_MB
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = "$LATEST"
    """A number for a published version, whose source is a copy that stays as it is."""
    description: str = ""
    is_tenant_isolated: bool = False
    """Whether every invocation has to name a tenant."""
    memory_limit_mb: int | None = None
    """What its processes may hold; None where nobody has chosen a size: the machine sets the bound then."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A function as it is asked for, before anybody has looked at its code."""

    name: str
    source: Source
    durable: DurableConfig
    """How long an execution may take, should the handler be durable."""
    timeout_s: int
    interpreter: str | None = None
    """The name or path of a Python or Node of its own; None takes the one that all functions share."""
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int | None = None
    is_durable: bool | None = None
    """None asks the handler. A program cannot be asked and is durable then."""


def load_functions(
    sources: Sequence[Source],
    named: Mapping[str, Source] | Iterable[tuple[str, Source]],
    *,
    python: str,
    node: str | None = None,
    environment: Mapping[str, str],
    execution_timeout_s: int,
    invocation_timeout_s: int,
    retention_days: int,
) -> list[Function]:
    """The functions of these sources in their order, all with the same limits and variables.

    Raises what `define_functions` raises.
    """
    durable = DurableConfig(execution_timeout_s, retention_days)
    chosen = unique_names(sources, list(named.items() if isinstance(named, Mapping) else named))
    definitions = [
        Definition(name=name, source=source, durable=durable, timeout_s=invocation_timeout_s, environment=environment)
        for name, source in chosen
    ]
    return define_functions(definitions, python=python, node=node)


def define_functions(definitions: Sequence[Definition], *, python: str, node: str | None = None) -> list[Function]:
    """The functions of these definitions in their order, each handler looked at once in its interpreter.

    A durable handler makes a durable function, any other a plain one, unless the definition says which it is. Raises
    ConfigError for an interpreter, a file or a handler that cannot be used, and for a module that fails at import.
    """
    for each in definitions:
        check_file(each.source)
    probes = [
        Probe(each.source, interpreter_of(each, python, node), {**each.environment, **memory_variable(each)})
        for each in definitions
    ]
    return [
        made(definition, probe.interpreter, found)
        for definition, probe, found in zip(definitions, probes, probe_all(probes), strict=True)
    ]


def made(definition: Definition, interpreter: str, found: Probed) -> Function:
    """The function of a definition and of what its code turned out to be."""
    is_durable = found.is_durable if definition.is_durable is None else definition.is_durable
    return Function(
        name=definition.name,
        source=definition.source,
        durable=definition.durable if is_durable else None,
        timeout_s=definition.timeout_s,
        interpreter=interpreter,
        handler=handler_name(definition.source),
        runtime=found.runtime,
        code_sha256=found.code_sha256,
        last_modified=found.last_modified,
        environment=dict(definition.environment),
        memory_mb=definition.memory_mb or DEFAULT_MEMORY_MB,
        memory_limit_mb=definition.memory_mb,
    )


def handler_name(source: Source) -> str:
    """The handler as Lambda writes it: the module, a dot, the handler; a program has its own name only."""
    if source.language == "program":
        return source.stem
    return f"{source.stem if source.is_file else source.target}.{source.handler}"


def memory_variable(definition: Definition) -> dict[str, str]:
    """What code may want to know of its memory as soon as it is imported."""
    return {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(definition.memory_mb or DEFAULT_MEMORY_MB)}


def unique_names(sources: Sequence[Source], named: Sequence[tuple[str, Source]]) -> list[tuple[str, Source]]:
    """All sources under their names; raises ConfigError if two share one."""
    chosen: dict[str, Source] = {}
    for name, source in [(default_name(source), source) for source in sources] + list(named):
        if name in chosen:
            raise ConfigError(
                f'two functions are called "{name}": {chosen[name].text} and {source.text}',
                hint=f"give one another name: --function NAME={source.text}",
            )
        chosen[name] = source
    return list(chosen.items())


def interpreter_of(definition: Definition, python: str, node: str | None) -> str:
    """What runs the code of a definition, as an absolute path; raises ConfigError."""
    source = definition.source
    if source.language == "program":
        return find_program(source)
    if source.language == "node":
        return find_node(definition.interpreter or node, source.root)
    return find_interpreter(definition.interpreter or python)


def check_file(source: Source) -> None:
    """Raise ConfigError if the source is a file that cannot be read."""
    if not source.is_file:
        return
    try:
        with Path(source.target).open("rb"):
            return
    except FileNotFoundError:
        raise ConfigError(f"no file {source.target_text}", hint=files_nearby(source)) from None
    except OSError as error:
        raise ConfigError(f"cannot read {source.target_text}: {error.strerror or error}") from error


def files_nearby(source: Source) -> str:
    """A hint at what the user may have meant instead of a file that is not there."""
    name, suffixes = ("Node", NODE_SUFFIXES) if source.language == "node" else ("Python", (".py",))
    here = source.root.iterdir() if source.root.is_dir() else ()
    nearby = sorted(path.name for path in here if path.suffix in suffixes)[:5]
    return f"{name} files in {source.root}: {', '.join(nearby)}" if nearby else f"looked for {source.target}"
