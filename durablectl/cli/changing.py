"""What the commands that change the state of executions share: asking, acting on all that are meant, waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import typer

from durablectl.cli.bundles import Safety
from durablectl.cli.choosing import Chosen, Meant, find_meant
from durablectl.cli.confirm import Preview, confirm, confirm_in_production
from durablectl.cli.interrupts import INTERRUPTIONS, Interrupt, postponed_interrupt
from durablectl.cli.previews import batch_preview, change_preview
from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.errors import Partial, TimeoutElapsed
from durablectl.model.statuses import ExecutionStatus
from durablectl.operate.actions import ActionResult, batch_exit_code
from durablectl.operate.batch import CHANGES_PER_SECOND, carry_out_all, freeze, halted_by
from durablectl.operate.effects import await_effects
from durablectl.operate.lifecycle import Change, carry_out
from durablectl.operate.pacing import Pace
from durablectl.operate.targets import Target, backend_of, connections_of
from durablectl.operate.wording import counted
from durablectl.views.previews import label_of


@dataclass(frozen=True, slots=True)
class Asking:
    """How much a change has to be asked about."""

    level: int
    """1: several targets, and any in production; 2: always; 3: what is typed has to name what it is about."""
    typed_before: str | None = None
    """The value of `--confirm`."""


def run_change(
    runtime: Runtime, chosen: Chosen, change: Change, safety: Safety, asking: Asking, *, pace: Pace | None = None
) -> None:
    """Find the executions, ask, change them and show what became of each; `pace` None does not wait for the effect.

    Ends with the exit code as `typer.Exit`.
    """
    meant = find_meant(runtime, chosen, change)
    changing = Changing(runtime, chosen, meant, change, list(meant.targets), safety.dry_run, pace)
    runtime.standing = changing.standing
    if meant.targets and safety.dry_run:
        _rehearse(changing)
    elif meant.targets:
        _ask(changing, safety, asking)
    results = show_results(
        runtime,
        changing.results(),
        as_list=chosen.is_batch,
        targets=changing.targets,
        is_rehearsed=safety.dry_run,
    )
    raise typer.Exit(changing.exit_code(results))


@dataclass(slots=True)
class Changing:
    """Changes what is meant, one alone or several at a time."""

    runtime: Runtime
    chosen: Chosen
    meant: Meant
    change: Change
    targets: list[Target]
    dry_run: bool
    pace: Pace | None
    interrupt: Interrupt = field(default_factory=Interrupt)
    is_timeout: bool = False

    @property
    def standing(self) -> str:
        """What an interruption before anything was sent leaves."""
        nothing = f"nothing was {self.change.past}"
        if len(self.targets) != 1:
            return nothing
        target = self.targets[0]
        return f"{target.name} is still {target.execution.status if target.execution else 'as it was'} ({nothing})"

    def results(self) -> Iterator[ActionResult]:
        """One result for each target, as each is done or, if that is waited for, has taken effect."""
        with postponed_interrupt() as self.interrupt:
            changed = self._carried_out_all() if self.chosen.is_batch else iter([self.carried_out(self.dry_run)])
            yield from changed if self.pace is None or self.dry_run else self._awaited(changed, self.pace)

    def exit_code(self, results: Sequence[ActionResult]) -> int:
        """The code of all results, unless it waited in vain; raises what it was interrupted by."""
        runtime, past = self.runtime, self.change.past
        done = sum(result.outcome.is_settled for result in results)
        count = f"{past} {done} of {counted(len(results), 'execution')}; " if self.chosen.is_batch else ""
        self.interrupt.end(runtime, f"{count}what was {past} stays {past}")
        code = Partial.exit_code if self.meant.is_partial else batch_exit_code(results)
        for halted in halted_by(results):
            runtime.diagnostics.error(halted, exit_code=code)
        return TimeoutElapsed.exit_code if self.is_timeout else code

    def carried_out(self, dry_run: bool) -> ActionResult:
        """The one target changed, or what would become of it."""
        runtime, (target,) = self.runtime, self.targets
        now, clock = runtime.local_now(), runtime.process.clock
        return carry_out(backend_of(target), target, self.change, clock=clock, now=now, dry_run=dry_run)

    def _carried_out_all(self) -> Iterator[ActionResult]:
        runtime, rate = self.runtime, self.chosen.rate
        if not self.targets:
            return iter(())
        if not self.dry_run and rate != CHANGES_PER_SECOND:
            runtime.budgets.limit("change", rate)
            self._tell_of_reads(rate)
        return carry_out_all(
            backend_of(self.targets[0]),
            self.targets,
            self.change,
            clock=runtime.process.clock,
            now=runtime.local_now(),
            dry_run=self.dry_run,
            rate=rate,
            is_cancelled=lambda: self.interrupt.is_requested,
        )

    def _tell_of_reads(self, rate: float) -> None:
        """Say that a rate will not be reached, because each target is read again before it is changed."""
        runtime = self.runtime
        budgets = {runtime.budgets.of(runtime.settings_behind(each)) for each in connections_of(self.targets)}
        rates = [budget.rate("get") for budget in budgets]
        reads = sum(each for each in rates if each is not None)
        if None not in rates and rate > reads and len(self.targets) > reads:
            runtime.diagnostics.note(
                f"each execution is read again before it is {self.change.past}, which takes place {reads:g} times a "
                f"second at most, so --rps {rate:g} is not reached"
            )

    def _awaited(self, results: Iterator[ActionResult], pace: Pace) -> Iterator[ActionResult]:
        """All are changed first, because the effect of one may be long in coming; then all are waited for."""
        pending: dict[str, ActionResult] = {}
        for result in results:
            # What was so already may still be on its way, as a pause of an execution that is PAUSING.
            if result.outcome.is_settled and result.arn:
                pending[result.arn] = result
                self._tell(f"{self.change.past} {len(pending)} of {len(self.targets)}")
            else:
                yield result
        yield from self._effects(pending, pace)

    def _effects(self, pending: dict[str, ActionResult], pace: Pace) -> Iterator[ActionResult]:
        """What became of each change; those that an interruption leaves unseen stay as they were answered."""
        runtime, count = self.runtime, len(pending)
        waiting = await_effects(
            backend_of(self.targets[0]),
            [(target, pending[target.arn]) for target in self.targets if target.arn in pending],
            self.change,
            clock=runtime.process.clock,
            pace=pace,
            notes=runtime.diagnostics,
            on_status=lambda target, status: self._tell_status(target, status, len(pending), count),
        )
        while pending and not self.interrupt.is_requested:
            try:
                with self.interrupt.at_once():
                    effect = next(waiting)
            except INTERRUPTIONS:
                break
            self.is_timeout |= effect.is_timeout
            del pending[effect.result.arn or ""]
            yield effect.result
        yield from pending.values()

    def _tell_status(self, target: Target, status: ExecutionStatus, left: int, count: int) -> None:
        many = f", {left} of {count} left" if count > 1 else ""
        self._tell(f"{target.label} is still {status}, waiting for {self.change.goal}{many}")

    def _tell(self, text: str) -> None:
        self.runtime.diagnostics.show_progress(text)


def _rehearse(changing: Changing) -> None:
    """Say to a person where a dry run of several would act and what that would do; its results tell the rest."""
    runtime = changing.runtime
    if changing.chosen.is_batch and not runtime.choices.is_machine_format and not runtime.choices.quiet:
        title = f"Would {changing.change.verb} {counted(len(changing.targets), 'execution')}"
        runtime.diagnostics.lines(
            batch_preview(runtime, changing.change, changing.targets, changing.meant.filters, title, has_rows=False)
        )


def _ask(changing: Changing, safety: Safety, asking: Asking) -> None:
    """Check that it can be done, show what would be, and ask."""
    runtime, targets, verb = changing.runtime, changing.targets, changing.change.verb
    count = len(targets)

    def lines() -> tuple[str, ...]:
        if not changing.chosen.is_batch:
            # What its status does not allow is told before a question is asked that has no point.
            changing.carried_out(True)
            return change_preview(runtime, verb, targets[0])
        changing.targets = freeze(backend_of(targets[0]), targets)
        return batch_preview(runtime, changing.change, changing.targets, changing.meant.filters)

    subject, typed, typed_is = (f"{count} executions", str(count), "count")
    if count == 1:
        subject, typed, typed_is = (label_of(targets[0]), targets[0].name, "name")
    preview = Preview(verb, subject, lines, typed if asking.level == 3 else None, typed_is)
    inexact = [target.reference for target in targets if not target.is_exact]
    if asking.level == 1 and not changing.chosen.is_batch:
        confirm_in_production(runtime, preview, safety)
    else:
        confirm(runtime, preview, safety, inexact=inexact, typed_before=asking.typed_before)
