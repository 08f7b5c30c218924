"""`durablectl context list|use|show`: named connections."""

from __future__ import annotations

from durablectl.cli.options import ContextArg, OptionalContextArg
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.config import LOCAL_CONTEXT, LOCAL_REGION, local_endpoint
from durablectl.config.editing import use_context
from durablectl.errors import ConfigError
from durablectl.views.contexts import (
    FORMATS,
    NamedContext,
    context_view,
    contexts_columns,
    contexts_view,
    named_context,
)


def list_contexts(runtime: Runtime) -> None:
    """List the named connections

    They are kept in the configuration file; the context local is built in and means the local service that runs.
    """
    file = runtime.configuration
    runtime.show(contexts_view(named_contexts(runtime), file.path))
    if not file.exists:
        runtime.diagnostics.note(f"there is no configuration file yet; {file.path} would hold more contexts")


def named_contexts(runtime: Runtime) -> list[NamedContext]:
    """All contexts of the configuration file and the built-in one."""
    return [_context(runtime, name) for name in runtime.configuration.context_names]


def use(runtime: Runtime, context_name: ContextArg) -> None:
    """Make a context the current one, for commands that name none

    Comments and everything else in the configuration file stay as they are.
    """
    name, before = context_name, runtime.configuration.current_context
    runtime.configuration = use_context(runtime.configuration.path, name)
    runtime.show(context_view(_context(runtime, name)))
    was = f"was {before.value}" if before else "there was none"
    if before is not None and before.value == name:
        runtime.diagnostics.note(f"{name} was the current context already")
    else:
        runtime.diagnostics.note(f"the current context is now {name} ({was}), in {runtime.configuration.path}")
    chosen = runtime.process.environ.get("DURABLECTL_CONTEXT")
    if chosen and chosen != name:
        runtime.diagnostics.warning(f"DURABLECTL_CONTEXT={chosen} beats the current context in this environment")


def show(runtime: Runtime, context_name: OptionalContextArg = None) -> None:
    """Show what a context sets

    Without a name, the context that is used now.
    """
    active = context_name or _current(runtime)
    if active is None:
        hint = ["choose one: durablectl context use NAME", f"known contexts: {', '.join(_names(runtime))}"]
        raise ConfigError("no context is in use: the AWS configuration alone decides", hint=hint)
    runtime.show(context_view(_context(runtime, active)))


def _names(runtime: Runtime) -> list[str]:
    return runtime.configuration.context_names


def _context(runtime: Runtime, name: str) -> NamedContext:
    built_in = {}
    if name == LOCAL_CONTEXT:
        built_in = {"region": LOCAL_REGION, "endpoint_url": local_endpoint(runtime.process.environ)}
    return named_context(runtime.configuration, name, current=_current(runtime), **built_in)


def _current(runtime: Runtime) -> str | None:
    named = runtime.globals.context or runtime.process.environ.get("DURABLECTL_CONTEXT")
    current = runtime.configuration.current_context
    return named or (current.value if current else None)


LIST = CommandSpec(
    name="context list",
    group=Group.SETUP,
    run=list_contexts,
    formats=FORMATS,
    columns=lambda reading, given: contexts_columns(),
    examples=(
        Example("durablectl context list", "which there are, and which is in use"),
        Example("durablectl context list -o name", "their names alone"),
    ),
)
USE = CommandSpec(
    name="context use",
    group=Group.SETUP,
    run=use,
    formats=FORMATS,
    columns=lambda reading, given: contexts_columns(),
    examples=(
        Example("durablectl context use local", "from now on, the local service"),
        Example("durablectl context use local -o name", "in a script"),
    ),
)
SHOW = CommandSpec(
    name="context show",
    group=Group.SETUP,
    run=show,
    formats=FORMATS,
    columns=lambda reading, given: contexts_columns(),
    examples=(
        Example("durablectl context show local", "what it sets"),
        Example("durablectl context show -c local -o json", "the one in use, for a program"),
    ),
)
