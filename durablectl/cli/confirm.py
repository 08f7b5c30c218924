"""Asking before something is changed: what is shown, who can be asked, and what counts as yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from durablectl.backend.guards import refuse_changes
from durablectl.cli.bundles import Safety
from durablectl.cli.runtime import Runtime
from durablectl.errors import ConfirmationRequired, UsageError


@dataclass(frozen=True, slots=True)
class Preview:
    """What is about to happen, as it is shown on stderr, and the words of the question and of its refusal."""

    verb: str
    """As typed: `stop`."""
    subject: str
    """What it is done to, in one phrase: `orders:7/order-1042` or `3 executions`."""
    lines: Callable[[], tuple[str, ...]]
    """Makes the preview, clean and laid out for the terminal; called only when somebody will read it."""


def confirm(runtime: Runtime, preview: Preview, safety: Safety, *, inexact: Sequence[str] = ()) -> None:
    """Go on, or raise: ConfirmationRequired where nobody can be asked, `typer.Exit(1)` for a no.

    `inexact` are references that need a person who reads what they were taken for, so `--yes` does not count. In a
    production context it counts only where the command line names that context; a read-only one refuses at once.
    """
    refuse_changes(runtime.settings, preview.verb)
    _refuse_blind_yes(runtime, safety)
    if safety.yes and inexact:
        raise UsageError(
            f'--yes needs exact references, and "{inexact[0]}" is none',
            hint=f"it was taken for {preview.subject}; use FUNCTION/NAME, FUNCTION/ID or the ARN",
        )
    if safety.yes:
        return
    if not _can_ask(runtime, safety):
        raise ConfirmationRequired(
            f"{preview.verb} needs confirmation and there is no terminal to ask on",
            hint=f"add --yes to {preview.verb} {preview.subject}, or --dry-run to see what would happen",
        )
    runtime.diagnostics.lines(preview.lines())
    runtime.diagnostics.ask(f"{preview.verb.rpartition(' ')[2].capitalize()}? [y/N]")
    answer = runtime.process.stdin.readline().strip().lower()
    if answer not in ("y", "yes"):
        runtime.diagnostics.write("nothing was changed\n")
        raise typer.Exit(1)


def confirm_in_production(runtime: Runtime, preview: Preview, safety: Safety) -> None:
    """As `confirm`, for what changes so little that only a production context asks about it."""
    if runtime.settings.production and not safety.dry_run:
        confirm(runtime, preview, safety)


def _refuse_blind_yes(runtime: Runtime, safety: Safety) -> None:
    """In production nobody acts on a context that just happens to be the current one."""
    settings = runtime.settings
    if safety.yes and settings.production and not runtime.globals.context:
        raise UsageError(
            f"--yes counts in the production context {settings.context} only where the command line names it",
            hint=f"add -c {settings.context}, or leave out --yes to be asked",
        )


def _can_ask(runtime: Runtime, safety: Safety) -> bool:
    process = runtime.process
    return (
        process.stdin_is_terminal
        and process.stderr_is_terminal
        and runtime.stdin_taken_for is None
        and not runtime.choices.is_machine_format
        and not process.environ.get("CI")
        and not safety.no_input
    )
