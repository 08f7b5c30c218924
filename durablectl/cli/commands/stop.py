"""`durablectl stop`: ends executions for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import typer

from durablectl.cli.bundles import ErrorFields, Polling, Safety, Scope
from durablectl.cli.confirm import Preview, confirm
from durablectl.cli.inputs import read_error
from durablectl.cli.interrupts import Interrupt, postponed_interrupt
from durablectl.cli.options import ExecutionsArg, WaitOpt
from durablectl.cli.polling import read_pace, wait_on
from durablectl.cli.previews import label_of, stop_preview
from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_targets, is_single
from durablectl.errors import TimeoutElapsed
from durablectl.model.payloads import ErrorPayload
from durablectl.operate import lifecycle
from durablectl.operate.actions import ActionResult, Outcome, batch_exit_code, result_of
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal


def stop(
    runtime: Runtime,
    executions: ExecutionsArg,
    scope: Scope,
    error_fields: ErrorFields,
    polling: Polling,
    safety: Safety,
    wait: WaitOpt = False,
) -> None:
    """End executions for good

    Code that is running now goes on until its next checkpoint; nothing is rolled back. The error is recorded with the
    execution. Several executions are asked about once.
    """
    error = read_error(runtime, error_fields)
    pace = read_pace(polling)
    targets = find_targets(runtime, executions, scope)
    is_batch = not is_single(executions)
    runtime.standing = _standing(targets)
    if targets and not safety.dry_run:
        _ask(runtime, targets, safety, is_batch=is_batch)
    stopping = _Stopping(runtime, targets, error, is_batch, safety.dry_run, pace if wait else None)
    results = show_results(runtime, stopping.results(), as_list=is_batch, targets=targets)
    raise typer.Exit(stopping.exit_code(results))


@dataclass(slots=True)
class _Stopping:
    """Stops one target after the other."""

    runtime: Runtime
    targets: Sequence[Target]
    error: ErrorPayload | None
    is_batch: bool
    dry_run: bool
    pace: Pace | None
    """None not to wait until it has taken effect."""
    interrupt: Interrupt = field(default_factory=Interrupt)
    is_timeout: bool = False

    def results(self) -> Iterator[ActionResult]:
        """One result for each target; after Ctrl-C the rest is not attempted."""
        with postponed_interrupt() as self.interrupt:
            left = list(self.targets)
            for result in self._stop_all():
                yield self._waited(left.pop(0), result)
                if self.interrupt.is_requested:
                    break
        for target in left if self.interrupt.is_requested else ():
            yield result_of("stop", target, Outcome.NOT_ATTEMPTED, reason="interrupted")

    def exit_code(self, results: Sequence[ActionResult]) -> int:
        """The code of all results, unless it waited in vain; raises KeyboardInterrupt if that was pressed."""
        self.interrupt.end(self.runtime, "what was stopped stays stopped")
        return TimeoutElapsed.exit_code if self.is_timeout else batch_exit_code(results)

    def _stop_all(self) -> Iterator[ActionResult]:
        runtime = self.runtime
        return lifecycle.stop(
            runtime.backend,
            self.targets,
            self.error,
            clock=runtime.process.clock,
            now=runtime.local_now(),
            is_batch=self.is_batch,
            dry_run=self.dry_run,
        )

    def _waited(self, target: Target, result: ActionResult) -> ActionResult:
        if self.pace is None or result.outcome != Outcome.DONE:
            return result
        (outcome,) = wait_on(self.runtime, [target], Goal.CLOSED, self.pace)
        self.is_timeout |= outcome.is_timeout
        status = str(outcome.status) if outcome.status else None
        return replace(result, status_after=status, wait_ms=outcome.elapsed_ms)


def _ask(runtime: Runtime, targets: Sequence[Target], safety: Safety, *, is_batch: bool) -> None:
    """Check that it can be done, show what would be, and ask."""
    subject = label_of(targets[0]) if len(targets) == 1 else f"{len(targets)} executions"

    def lines() -> tuple[str, ...]:
        checked = lifecycle.stop(
            runtime.backend,
            targets,
            clock=runtime.process.clock,
            now=runtime.local_now(),
            is_batch=is_batch,
            dry_run=True,
        )
        if not is_batch:
            # A closed execution is told before a question is asked that has no point.
            list(checked)
        return stop_preview(runtime, targets)

    inexact = [target.reference for target in targets if not target.is_exact]
    confirm(runtime, Preview("stop", subject, lines), safety, inexact=inexact)


def _standing(targets: Sequence[Target]) -> str:
    if len(targets) != 1:
        return "nothing was stopped"
    target = targets[0]
    return f"{target.name} is still {target.execution.status if target.execution else 'open'} (nothing was stopped)"


STOP = CommandSpec(
    name="stop",
    group=Group.OPERATE,
    run=stop,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 8, 124),
    level=2,
    has_raw=True,
    examples=(
        Example("durablectl stop orders@latest -c local --dry-run", "what would be done"),
        Example("durablectl stop orders/order-1042 -c local --yes --error-message 'bad input, ticket 4711'", ""),
        Example("durablectl list -c local --status open -o name | durablectl stop - -c local --yes", "all that run"),
    ),
)
