"""Spreads the bundles of options that a command takes into what Typer registers, and puts them together again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

import typer

from durablectl.cli.bundles import Columns, DataAccess, Globals, Instants, Narration, Output, Paging, Raw
from durablectl.cli.choices import Choices, one_of, output_format, split_list, whole_number
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Group
from durablectl.errors import UsageError
from durablectl.views.instants import TimeFormat, parse_zone
from durablectl.views.records.context import Reading
from durablectl.views.render import column_help, compile_query, select_columns
from durablectl.views.view import Column

COLOR_CHOICES = ("auto", "always", "never")
COLUMN_HELP = "help"
_TABLE_FORMATS = frozenset({"wide", "plain"})


def bind_command(spec: CommandSpec) -> Callable[..., None]:
    """A function with one parameter for each option of the command, to be registered with Typer."""
    parameters = inspect.signature(spec.run, eval_str=True).parameters
    own = [parameter for name, parameter in parameters.items() if name != "runtime"]
    bundles: dict[str, type] = {parameter.name: parameter.annotation for parameter in own if _is_bundle(parameter)}
    shared = _shared_bundles(spec)

    def command(ctx: typer.Context, **values: Any) -> None:
        runtime = Runtime.of(ctx)
        runtime.adopt(_assemble(Globals, values))
        runtime.prepare(_choices(spec, {bundle: _assemble(bundle, values) for bundle in shared}))
        check_globals(runtime.globals)
        if _answers_alone(runtime, spec, values):
            return
        arguments = {name: _assemble(bundle, values) for name, bundle in bundles.items()}
        arguments |= {parameter.name: values[parameter.name] for parameter in own if parameter.name not in bundles}
        if runtime.choices.raw and values.get("dry_run"):
            raise UsageError("--raw does not go with --dry-run, for which the service is not asked to do anything")
        try:
            spec.run(runtime, **arguments)
        finally:
            runtime.diagnostics.stop_progress()
            runtime.memory.save()
            runtime.diagnostics.detail(f"requests: {runtime.request_count}")

    plain = [parameter for parameter in own if parameter.name not in bundles]
    spread = [option for bundle in (*bundles.values(), *shared) for option in _spread(bundle)]
    _sign(command, [*plain, *spread])
    command.spec = spec  # type: ignore[attr-defined]
    return command


def _answers_alone(runtime: Runtime, spec: CommandSpec, values: Mapping[str, Any]) -> bool:
    """Check what costs no request, and tell what the columns are; whether that was all that was asked for."""
    if not runtime.choices.redact:
        runtime.reading()
    if not runtime.choices.columns:
        return False
    columns = spec.columns(Reading(runtime.now()), values) if spec.columns else ()
    if runtime.choices.columns == (COLUMN_HELP,):
        _show_column_help(runtime, columns)
        return True
    select_columns(columns, runtime.choices.columns)
    return False


def _show_column_help(runtime: Runtime, columns: Sequence[Column[Any]]) -> None:
    if not columns:
        raise UsageError("--columns is not available here: this view has no columns")
    runtime.stdout.write("".join(f"{line}\n" for line in column_help(columns)).encode())
    runtime.stdout.flush()


def bind_root(version: Any) -> Callable[..., None]:
    """The callback of the root: the options that are accepted before the command, and `--version`."""

    def root(ctx: typer.Context, **values: Any) -> None:
        Runtime.of(ctx).adopt(_assemble(Globals, values))

    option = inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=version)
    _sign(root, [*_spread(Globals), option])
    return root


def check_globals(chosen: Globals) -> None:
    """Refuse a colour that there is not. Raises UsageError."""
    one_of("--color", chosen.color, COLOR_CHOICES, default="auto")


def _shared_bundles(spec: CommandSpec) -> tuple[type, ...]:
    """The bundles that follow from the formats of a command."""
    output: tuple[type, ...] = (Output, Instants) if spec.formats else ()
    table: tuple[type, ...] = (Columns,) if _TABLE_FORMATS & set(spec.formats) else ()
    raw: tuple[type, ...] = (Raw,) if spec.has_raw else ()
    data: tuple[type, ...] = (DataAccess,) if spec.reads_data else ()
    # A pager whose reader leaves ends the command: nothing that is being changed may depend on it.
    is_long = spec.group == Group.INSPECT or spec.has_raw
    paging: tuple[type, ...] = (Paging,) if is_long and spec.formats and spec.level == 0 else ()
    return (*output, *raw, *table, *data, *paging, Narration, Globals)


def _choices(spec: CommandSpec, bundles: Mapping[type, Any]) -> Choices:
    narration: Narration = bundles[Narration]
    output: Output = bundles.get(Output, Output())
    columns: Columns = bundles.get(Columns, Columns())
    instants: Instants = bundles.get(Instants, Instants())
    access: DataAccess = bundles.get(DataAccess, DataAccess())
    raw: bool = bundles.get(Raw, Raw()).raw
    formats = spec.formats or ("table",)
    if narration.quiet and narration.verbose:
        raise UsageError("--quiet and --verbose exclude each other")
    return Choices(
        format=output_format(output.output, formats=formats, has_query=bool(output.query), is_raw=raw),
        query=compile_query(output.query) if output.query else None,
        raw=raw,
        columns=split_list([columns.columns]) if columns.columns else (),
        has_headers=not columns.no_headers,
        max_width=whole_number("--max-width", columns.max_width, least=1),
        time_format=TimeFormat(one_of("--time-format", instants.time_format, tuple(TimeFormat), default="local")),
        zone=_zone(instants),
        data=access.data,
        redact=access.redact is not False,
        pager=bundles[Paging].pager if Paging in bundles else None,
        quiet=narration.quiet,
        verbose=narration.verbose,
    )


def _zone(instants: Instants) -> str | None:
    if instants.utc and instants.tz:
        raise UsageError("--utc and --tz exclude each other")
    zone = "UTC" if instants.utc else instants.tz
    if zone:
        parse_zone(zone)
    return zone


def _is_bundle(parameter: inspect.Parameter) -> bool:
    return isinstance(parameter.annotation, type) and is_dataclass(parameter.annotation)


# Most bundles belong to all commands, and finding out the types of their fields takes a millisecond.
@cache
def _spread(bundle: type) -> tuple[inspect.Parameter, ...]:
    hints = get_type_hints(bundle, include_extras=True)
    return tuple(
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name]
        )
        for field in fields(bundle)
    )


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default


def _assemble(bundle: type, values: Mapping[str, Any]) -> Any:
    return bundle(**{field.name: values[field.name] for field in fields(bundle)})


def _sign(command: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    command.__signature__ = inspect.Signature([context, *keyword_only])  # type: ignore[attr-defined]
