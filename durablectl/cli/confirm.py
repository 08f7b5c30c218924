"""Asking before something is changed: what is shown, who can be asked, and what counts as yes."""

from __future__ import annotations

import shlex
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
    typed: str | None = None
    """What has to be typed for what nobody can undo: the name of the one target, or the count of several."""
    typed_is: str = "name"

    @property
    def question(self) -> str:
        """The last line, behind which the answer is typed."""
        verb = self.verb.rpartition(" ")[2]
        if self.typed is None:
            return f"{verb.capitalize()}? [y/N]"
        return f"Type the {self.typed_is} to {verb}, anything else to cancel:"

    def is_yes(self, answer: str) -> bool:
        """Whether an answer to the question means to go on."""
        return answer.strip().lower() in ("y", "yes") if self.typed is None else answer.strip() == self.typed


def confirm(
    runtime: Runtime,
    preview: Preview,
    safety: Safety,
    *,
    inexact: Sequence[str] = (),
    typed_before: str | None = None,
) -> None:
    """Go on, or raise: ConfirmationRequired where nobody can be asked, `typer.Exit(1)` for a no.

    `inexact` are references that need a person who reads what they were taken for, so `--yes` does not count. In a
    production context it counts only where the command line names that context; a read-only one refuses at once.
    `typed_before` is the value of `--confirm`, which what has to be typed is compared with.
    """
    for settings in runtime.all_settings:
        refuse_changes(settings, preview.verb)
    _refuse_blind_yes(runtime, safety)
    if safety.yes and inexact:
        raise UsageError(
            f'--yes needs exact references, and "{inexact[0]}" is none',
            hint=f"it was taken for {preview.subject}; use FUNCTION/NAME, FUNCTION/ID or the ARN",
        )
    _check_typed(preview, safety, typed_before)
    if safety.yes:
        return
    if not _can_ask(runtime, safety):
        raise ConfirmationRequired(
            f"{preview.verb} needs confirmation and there is no terminal to ask on",
            hint=f"add {_way_out(preview)} to {preview.verb} {preview.subject}, or --dry-run to see what would happen",
        )
    runtime.diagnostics.lines(preview.lines())
    runtime.diagnostics.ask(preview.question)
    if not preview.is_yes(runtime.process.stdin.readline()):
        runtime.diagnostics.write("nothing was changed\n")
        raise typer.Exit(1)


def confirm_in_production(runtime: Runtime, preview: Preview, safety: Safety) -> None:
    """As `confirm`, for what changes so little that only a production context asks about it."""
    if any(settings.production for settings in runtime.all_settings) and not safety.dry_run:
        confirm(runtime, preview, safety)


def _check_typed(preview: Preview, safety: Safety, typed_before: str | None) -> None:
    """Whether `--confirm` says what it is about; `--yes` alone is not enough for what has to be typed."""
    if preview.typed is None:
        return
    if typed_before is not None and typed_before != preview.typed:
        raise UsageError(
            f'--confirm is "{typed_before}", but {preview.verb} would take {preview.subject}',
            hint=f"nothing was changed; to go on: {_way_out(preview)}",
        )
    if safety.yes and typed_before is None:
        raise ConfirmationRequired(
            f"{preview.verb} cannot be undone, so --yes needs --confirm with the name, or the count of several",
            hint=f"add --confirm {shlex.quote(preview.typed)} to {preview.verb} {preview.subject}",
        )


def _way_out(preview: Preview) -> str:
    return "--yes" if preview.typed is None else f"--yes --confirm {shlex.quote(preview.typed)}"


def _refuse_blind_yes(runtime: Runtime, safety: Safety) -> None:
    """In production nobody acts on a context that just happens to be the current one."""
    production = next((settings.context for settings in runtime.all_settings if settings.production), None)
    if safety.yes and production and not runtime.globals.context:
        raise UsageError(
            f"--yes counts in the production context {production} only where the command line names it",
            hint=f"add -c {production}, or leave out --yes to be asked",
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
