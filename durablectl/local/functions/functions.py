"""What the local service can invoke: functions, each made of a handler in the user's code."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.functions.probe import probe_all
from durablectl.local.functions.sources import Source, default_name, parse_function_option, parse_source

__all__ = [
    "DurableConfig",
    "Function",
    "Source",
    "default_name",
    "load_functions",
    "parse_function_option",
    "parse_source",
]


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
    python: str
    """The interpreter, as an absolute path."""
    handler: str
    """As Lambda writes it: the module, a dot, the handler."""
    runtime: str
    """Lambda's name of the interpreter's version, such as `python3.13`."""
    code_sha256: str
    """Of the source file, in base64 as Lambda gives it."""
    last_modified: datetime
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    version: str = "$LATEST"
    """A number for a published version, whose source is a copy that stays as it is."""
    description: str = ""
    is_tenant_isolated: bool = False
    """Whether every invocation has to name a tenant."""


def load_functions(
    sources: Sequence[Source],
    named: Mapping[str, Source] | Iterable[tuple[str, Source]],
    *,
    python: str,
    environment: Mapping[str, str],
    execution_timeout_s: int,
    invocation_timeout_s: int,
    retention_days: int,
) -> list[Function]:
    """The functions of these sources in their order, each handler looked at once in the user's interpreter.

    A durable handler makes a durable function, any other a plain one; `environment` are the functions' own variables.
    Raises ConfigError for a name used twice, an interpreter, a file or a handler that cannot be used, and for a
    module that fails at import.
    """
    chosen = unique_names(sources, list(named.items() if isinstance(named, Mapping) else named))
    interpreter = find_interpreter(python)
    for _, source in chosen:
        check_file(source)
    probes = probe_all([source for _, source in chosen], interpreter, environment)
    durable = DurableConfig(execution_timeout_s, retention_days)
    return [
        Function(
            name=name,
            source=source,
            durable=durable if found.is_durable else None,
            timeout_s=invocation_timeout_s,
            python=interpreter,
            handler=f"{source.stem if source.is_file else source.target}.{source.handler}",
            runtime=found.runtime,
            code_sha256=found.code_sha256,
            last_modified=found.last_modified,
            environment=dict(environment),
        )
        for (name, source), found in zip(chosen, probes, strict=True)
    ]


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


def find_interpreter(python: str) -> str:
    """The absolute path of an interpreter given by name or path; raises ConfigError."""
    found = shutil.which(python)
    if found is None:
        raise ConfigError(
            f'no Python interpreter "{python}"',
            hint="choose one that has the functions' packages: --python INTERPRETER",
        )
    # Not resolved: the link in a virtual environment is what makes its packages visible.
    return str(Path(found).absolute())


def check_file(source: Source) -> None:
    """Raise ConfigError if the source is a file that cannot be read."""
    if not source.is_file:
        return
    try:
        with Path(source.target).open("rb"):
            return
    except FileNotFoundError:
        nearby = sorted(path.name for path in source.root.glob("*.py"))[:5] if source.root.is_dir() else []
        hint = f"Python files in {source.root}: {', '.join(nearby)}" if nearby else f"looked for {source.target}"
        raise ConfigError(f"no file {source.target_text}", hint=hint) from None
    except OSError as error:
        raise ConfigError(f"cannot read {source.target_text}: {error.strerror or error}") from error
