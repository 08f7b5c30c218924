"""What `local start` serves: handlers that are named, and the functions of a template."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from durablectl.cli.choices import whole_number
from durablectl.cli.function_options import FunctionOptions, read_function_options
from durablectl.cli.local_bundles import LocalOptions
from durablectl.cli.runtime import Runtime
from durablectl.cli.serving import seconds_of
from durablectl.errors import UsageError

if TYPE_CHECKING:
    from durablectl.local.functions.deploying import Deployment
    from durablectl.local.functions.functions import Definition, DurableConfig, Function
    from durablectl.local.functions.sources import Source
    from durablectl.local.templates.loading import Described

_DAY_S = 86_400
_MAX_EXECUTION_S = 366 * _DAY_S
_MAX_INVOCATION_S = 900
_MAX_RETENTION_DAYS = 90
_DEFAULT_INVOCATION_S = 60
_DEFAULT_RETENTION_DAYS = 14


@dataclass(frozen=True, slots=True)
class ServedFunctions:
    """What is served from the start on."""

    functions: list[Function]
    deployments: tuple[Deployment, ...] = ()
    """Versions and aliases that a template asks for."""


def served_functions(runtime: Runtime, options: LocalOptions, sources: Sequence[str]) -> ServedFunctions:
    """The functions to serve, each handler looked at once; what a template leaves open is told.

    Raises UsageError or ConfigError.
    """
    from durablectl.local.functions.functions import (
        Definition,
        define_functions,
        parse_function_option,
        parse_source,
        unique_names,
    )

    chosen = dict(
        unique_names(
            [parse_source(text) for text in sources], [parse_function_option(text) for text in options.named or ()]
        )
    )
    described = _described(runtime, options, chosen)
    of_template = described.definitions if described else ()
    taken = {definition.name for definition in of_template}
    limits = _Limits.read(options)
    definitions = [limits.over(definition) for definition in of_template] + [
        Definition(name=name, source=source, durable=limits.durable(), timeout_s=limits.invocation_s())
        for name, source in chosen.items()
        if name not in taken
    ]
    if not definitions:
        raise UsageError(
            "no function to serve",
            hint="name a handler: durablectl local start FILE.py:HANDLER, or --template FILE, or try local demo",
        )
    said = read_function_options(options, [definition.name for definition in definitions])
    applied = [said.apply(definition) for definition in definitions]
    functions = define_functions(applied, python=_default_python(runtime))
    if described is None:
        return ServedFunctions(functions)
    return _finished(runtime, described, said, applied, functions)


def _described(runtime: Runtime, options: LocalOptions, chosen: dict[str, Source]) -> Described | None:
    """What the template describes; its notes are told at once, because what follows may fail."""
    from durablectl.local.templates.loading import describe
    from durablectl.local.templates.parameters import parse_parameters

    if options.template is None:
        if options.parameters:
            raise UsageError("--parameter is for a template", hint="name it: --template template.yaml")
        return None
    described = describe(Path(options.template), parse_parameters(options.parameters or ()), chosen)
    for line in described.notes:
        runtime.diagnostics.note(line)
    for line in described.warnings:
        runtime.diagnostics.warning(line)
    return described


def _finished(
    runtime: Runtime,
    described: Described,
    said: FunctionOptions,
    definitions: Sequence[Definition],
    functions: Sequence[Function],
) -> ServedFunctions:
    from durablectl.local.templates.loading import finished, surprises, unset_variables

    unexpected = [function for function in functions if function.name not in said.is_durable]
    for line in (*unset_variables(described, definitions), *surprises(described, unexpected)):
        runtime.diagnostics.warning(line)
    return ServedFunctions(finished(described, definitions, functions), described.deployments)


@dataclass(frozen=True, slots=True)
class _Limits:
    """Limits that options set; None leaves them to the template, or to the default."""

    execution_s: int | None
    timeout_s: int | None
    retention_days: int | None

    @classmethod
    def read(cls, options: LocalOptions) -> _Limits:
        return cls(
            seconds_of("--execution-timeout", options.execution_timeout, _MAX_EXECUTION_S),
            seconds_of("--invocation-timeout", options.invocation_timeout, _MAX_INVOCATION_S),
            whole_number("--retention", options.retention, least=1, most=_MAX_RETENTION_DAYS),
        )

    def durable(self) -> DurableConfig:
        from durablectl.local.functions.functions import DurableConfig

        return DurableConfig(self.execution_s or _DAY_S, self.retention_days or _DEFAULT_RETENTION_DAYS)

    def invocation_s(self) -> int:
        return self.timeout_s or _DEFAULT_INVOCATION_S

    def over(self, definition: Definition) -> Definition:
        """A definition of a template, with the limits that were given over its own."""
        durable = replace(
            definition.durable,
            execution_timeout_s=self.execution_s or definition.durable.execution_timeout_s,
            retention_days=self.retention_days or definition.durable.retention_days,
        )
        return replace(definition, durable=durable, timeout_s=self.timeout_s or definition.timeout_s)


def _default_python(runtime: Runtime) -> str:
    """The interpreter of the virtual environment that is active, else our own, which has the SDK."""
    active = runtime.process.environ.get("VIRTUAL_ENV")
    interpreter = Path(active, "bin", "python") if active else None
    return str(interpreter) if interpreter is not None and interpreter.exists() else sys.executable
