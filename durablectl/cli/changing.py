"""What the commands that change the state of executions share: asking, acting on one after the other, waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import typer

from durablectl.cli.bundles import Safety, Scope
from durablectl.cli.confirm import Preview, confirm, confirm_in_production
from durablectl.cli.interrupts import Interrupt, postponed_interrupt
from durablectl.cli.polling import wait_on
from durablectl.cli.previews import change_preview
from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.cli.targets import find_targets, is_single
from durablectl.errors import Conflict, TimeoutElapsed
from durablectl.operate.actions import ActionResult, Outcome, batch_exit_code, result_of
from durablectl.operate.lifecycle import Change, carry_out
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target
from durablectl.operate.waiting import Goal, WaitOutcome
from durablectl.views.previews import label_of

_PAST = {"stop": "stopped", "pause": "paused", "resume": "resumed", "delete": "deleted"}
_GOALS = {"stop": Goal.CLOSED, "pause": Goal.PAUSED, "resume": Goal.RUNNING, "delete": Goal.DELETED}


@dataclass(frozen=True, slots=True)
class Asking:
    """How much a change has to be asked about."""

    level: int
    """1: several targets, and any in production; 2: always; 3: what is typed has to name what it is about."""
    typed_before: str | None = None
    """The value of `--confirm`."""


def run_change(
    runtime: Runtime,
    executions: Sequence[str],
    scope: Scope,
    change: Change,
    safety: Safety,
    asking: Asking,
    *,
    pace: Pace | None = None,
) -> None:
    """Find the executions, ask, change them and show what became of each; `pace` None does not wait for the effect.

    Ends with the exit code as `typer.Exit`.
    """
    targets = find_targets(runtime, executions, scope)
    changing = Changing(runtime, targets, change, not is_single(executions), safety.dry_run, pace)
    runtime.standing = changing.standing
    if targets and not safety.dry_run:
        _ask(changing, safety, asking)
    results = show_results(runtime, changing.results(), as_list=changing.is_batch, targets=targets)
    raise typer.Exit(changing.exit_code(results))


@dataclass(slots=True)
class Changing:
    """Changes one target after the other."""

    runtime: Runtime
    targets: Sequence[Target]
    change: Change
    is_batch: bool
    dry_run: bool
    pace: Pace | None
    interrupt: Interrupt = field(default_factory=Interrupt)
    is_timeout: bool = False

    @property
    def standing(self) -> str:
        """What an interruption before anything was sent leaves."""
        nothing = f"nothing was {_PAST[self.change.verb]}"
        if len(self.targets) != 1:
            return nothing
        target = self.targets[0]
        return f"{target.name} is still {target.execution.status if target.execution else 'as it was'} ({nothing})"

    def results(self) -> Iterator[ActionResult]:
        """One result for each target; after Ctrl-C the rest is not attempted."""
        with postponed_interrupt() as self.interrupt:
            left = list(self.targets)
            for result in self.carried_out(dry_run=self.dry_run):
                yield self._waited(left.pop(0), result)
                if self.interrupt.is_requested:
                    break
        for target in left if self.interrupt.is_requested else ():
            yield result_of(self.change.verb, target, Outcome.NOT_ATTEMPTED, reason="interrupted")

    def exit_code(self, results: Sequence[ActionResult]) -> int:
        """The code of all results, unless it waited in vain; raises KeyboardInterrupt if that was pressed."""
        past = _PAST[self.change.verb]
        self.interrupt.end(self.runtime, f"what was {past} stays {past}")
        return TimeoutElapsed.exit_code if self.is_timeout else batch_exit_code(results)

    def carried_out(self, *, dry_run: bool) -> Iterator[ActionResult]:
        """The results without waiting."""
        runtime = self.runtime
        return carry_out(
            runtime.backend,
            self.targets,
            self.change,
            clock=runtime.process.clock,
            now=runtime.local_now(),
            is_batch=self.is_batch,
            dry_run=dry_run,
        )

    def _waited(self, target: Target, result: ActionResult) -> ActionResult:
        # What was so already may still be on its way, as a pause of an execution that is PAUSING.
        if self.pace is None or not result.outcome.is_settled:
            return result
        (outcome,) = wait_on(self.runtime, [target], _GOALS[self.change.verb], self.pace)
        self.is_timeout |= outcome.is_timeout
        status = str(outcome.status) if outcome.status else None
        waited = replace(result, status_after=status, wait_ms=outcome.elapsed_ms)
        if outcome.is_timeout:
            return waited
        if _has_missed(self.change.verb, outcome):
            return replace(waited, outcome=Outcome.FAILED, error=_missed(self.change.verb, outcome))
        return waited if result.outcome == Outcome.UNCHANGED else replace(waited, outcome=Outcome.DONE)


def _has_missed(verb: str, outcome: WaitOutcome) -> bool:
    """Whether what was asked for cannot come any more. An execution that was resumed may have ended since."""
    if outcome.satisfied or verb == "stop":
        return False
    return verb != "resume" or outcome.status is None or not outcome.status.is_closed


def _missed(verb: str, outcome: WaitOutcome) -> Conflict:
    became = f"it ended {outcome.status}" if outcome.status and outcome.status.is_closed else "it was deleted"
    return Conflict(
        f"{outcome.target.label} was not {_PAST[verb]}: {became} before that took effect",
        details={"arn": outcome.arn, "status": str(outcome.status) if outcome.status else None},
    )


def _ask(changing: Changing, safety: Safety, asking: Asking) -> None:
    """Check that it can be done, show what would be, and ask."""
    runtime, targets, verb = changing.runtime, changing.targets, changing.change.verb
    count = len(targets)

    def lines() -> tuple[str, ...]:
        if not changing.is_batch:
            # What its status does not allow is told before a question is asked that has no point.
            list(changing.carried_out(dry_run=True))
        return change_preview(runtime, verb, targets)

    subject, typed, typed_is = (f"{count} executions", str(count), "count")
    if count == 1:
        subject, typed, typed_is = (label_of(targets[0]), targets[0].name, "name")
    preview = Preview(verb, subject, lines, typed if asking.level == 3 else None, typed_is)
    inexact = [target.reference for target in targets if not target.is_exact]
    if asking.level == 1 and not changing.is_batch:
        confirm_in_production(runtime, preview, safety)
    else:
        confirm(runtime, preview, safety, inexact=inexact, typed_before=asking.typed_before)
