"""From a template's file to functions that the service can run, and what there is to tell of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from durablectl.errors import ConfigError
from durablectl.local.functions.catalog import Identity
from durablectl.local.functions.deploying import Deployment
from durablectl.local.functions.functions import Definition, DurableConfig, Function
from durablectl.local.functions.sources import Source
from durablectl.local.templates.functions import DEFAULT_RETENTION_DAYS, TemplateFunction, functions_of
from durablectl.local.templates.nodes import Place, Template
from durablectl.local.templates.parameters import parameters_of
from durablectl.local.templates.publications import deployments_of
from durablectl.local.templates.reading import read_template
from durablectl.local.templates.resources import FUNCTION_TYPES
from durablectl.local.templates.sources import NotServed, interpreter_of, source_of
from durablectl.local.templates.values import Resolver

_NO_DURABLE_CONFIG = DurableConfig(86_400, DEFAULT_RETENTION_DAYS)
"""For a handler that shows itself as durable where the template does not; it is never used."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a template describes."""

    template: Template
    definitions: tuple[Definition, ...]
    """Of the functions that can be run, as the template has them."""
    functions: Mapping[str, TemplateFunction]
    """The same by name."""
    deployments: tuple[Deployment, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def describe(
    path: Path, parameters: Mapping[str, str], sources: Mapping[str, Source], identity: Identity | None = None
) -> Described:
    """What the template in a file describes; `sources` stand in for the code of the functions of these names.

    Raises ConfigError that points at what is wrong, and UsageError for a parameter that does not fit.
    """
    template = read_template(path)
    notes, warnings = _Remarks(template), _Remarks(template)
    resolver = Resolver(template, parameters_of(template, parameters), identity or Identity())
    functions = list(functions_of(template, resolver, notes.add))
    if not functions:
        raise template.error(
            template.root.place, "there is no function in this template", hint=f"it would be an {FUNCTION_TYPES[0]}"
        )
    _check_unique(template, functions)
    served: dict[str, tuple[TemplateFunction, Definition]] = {}
    for function in functions:
        try:
            served[function.name] = function, _definition(template, function, sources.get(function.name))
        except NotServed as reason:
            warnings.add(function.place, f"{function.name} is not served: {reason}; {_way_out(function)}")
    if not served:
        raise ConfigError(f"{path} has no function that can be served", hint=warnings.lines)
    _tell_interpreters(notes, [definition for _, definition in served.values()])
    if not any(function.durable for function, _ in served.values()):
        warnings.add(
            functions[0].place, "no function is durable: a durable one has a DurableConfig with an ExecutionTimeout"
        )
    return Described(
        template=template,
        definitions=tuple(definition for _, definition in served.values()),
        functions={name: function for name, (function, _) in served.items()},
        deployments=tuple(deployments_of(template, resolver, [each for each, _ in served.values()], notes.add)),
        notes=tuple(notes.lines),
        warnings=tuple(warnings.lines),
    )


def unset_variables(described: Described, definitions: Sequence[Definition]) -> list[str]:
    """What to tell of variables that only AWS could give, and that no option has given either."""
    remarks = _Remarks(described.template)
    for definition in definitions:
        function = described.functions.get(definition.name)
        for variable in function.missing_variables if function else ():
            if variable.name not in definition.environment:
                remarks.add(
                    variable.place,
                    f"{variable.name} of {definition.name} is not set: {variable.reason}; "
                    f"--env {definition.name}:{variable.name}=VALUE sets it",
                )
    return remarks.lines


def finished(described: Described, definitions: Sequence[Definition], functions: Sequence[Function]) -> list[Function]:
    """Functions that have been looked at, with what only the template says of them."""
    chosen = {definition.name for definition in definitions if definition.is_durable is not None}
    return [
        _finish(function, described.functions[function.name], is_chosen=function.name in chosen)
        if function.name in described.functions
        else function
        for function in functions
    ]


def surprises(described: Described, functions: Sequence[Function]) -> list[str]:
    """What to tell of handlers that are not what the template takes them for."""
    remarks = _Remarks(described.template)
    for function in functions:
        declared = described.functions.get(function.name)
        if declared is None or function.source.language == "program":
            continue
        if function.durable and not declared.durable:
            remarks.add(declared.place, f"{function.name} has a durable handler, but no DurableConfig: it is plain")
        if declared.durable and not function.durable:
            remarks.add(declared.place, f"{function.name} has a DurableConfig, but its handler is not durable")
        if function.source.language == "python" and declared.runtime != function.runtime:
            remarks.add(
                declared.runtime_place,
                f"{function.name} asks for {declared.runtime} and runs on {function.runtime}: {function.interpreter}",
            )
    return remarks.lines


class _Remarks:
    """Lines to tell, each with the place that it is about."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self.lines: list[str] = []

    def add(self, place: Place, text: str) -> None:
        self.lines.append(f"{self._template.where(place)}: {text}")


def _definition(template: Template, function: TemplateFunction, source: Source | None) -> Definition:
    interpreter = interpreter_of(function, template) if source is None else None
    return Definition(
        name=function.name,
        source=source or source_of(template, function),
        durable=function.durable or _NO_DURABLE_CONFIG,
        timeout_s=function.timeout_s,
        interpreter=str(interpreter) if interpreter else None,
        environment=function.environment,
        memory_mb=function.memory_mb,
    )


def _finish(function: Function, declared: TemplateFunction, *, is_chosen: bool) -> Function:
    return replace(
        function,
        durable=function.durable if is_chosen else declared.durable,
        handler=declared.handler or function.handler,
        description=declared.description,
        is_tenant_isolated=declared.is_tenant_isolated,
    )


def _check_unique(template: Template, functions: Sequence[TemplateFunction]) -> None:
    seen: dict[str, TemplateFunction] = {}
    for function in functions:
        other = seen.setdefault(function.name, function)
        if other is not function:
            raise template.error(
                function.place, f'{other.logical_id} and {function.logical_id} are both called "{function.name}"'
            )


def _tell_interpreters(notes: _Remarks, definitions: Sequence[Definition]) -> None:
    by_interpreter: dict[str, list[str]] = {}
    for definition in definitions:
        if definition.interpreter:
            by_interpreter.setdefault(definition.interpreter, []).append(definition.name)
    notes.lines += [f"{interpreter} runs {', '.join(names)}" for interpreter, names in by_interpreter.items()]


def _way_out(function: TemplateFunction) -> str:
    return f"to run it as a program: --function {function.name}=exec:COMMAND"
