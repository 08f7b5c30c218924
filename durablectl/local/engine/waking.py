"""Invocations of executions: when a function is invoked, and what follows from how that ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from durablectl.local import tokens
from durablectl.local.engine.calling import Calling
from durablectl.local.engine.execution_timers import ExecutionTimers
from durablectl.local.engine.live import InFlight, LiveExecution, whole_milliseconds
from durablectl.local.functions.functions import Function
from durablectl.local.rules import completions, pausing
from durablectl.local.rules.draft import Draft
from durablectl.local.rules.verdicts import RetryPolicy, Verdict, judge
from durablectl.local.workers.invocations import InvocationOutcome

if TYPE_CHECKING:
    from durablectl.local.engine.engine import Engine


class Waking:
    """Invokes the functions of an engine's executions, one invocation of each at a time."""

    def __init__(self, engine: Engine, calling: Calling, timers: ExecutionTimers, policy: RetryPolicy) -> None:
        self._engine = engine
        self._calling = calling
        self._timers = timers
        self._policy = policy
        self._is_stopping = False

    def stop(self) -> None:
        """Begin no more invocations."""
        self._is_stopping = True

    def wake(self, live: LiveExecution) -> None:
        """Invoke the function now, unless an invocation runs, a failed one waits for its repetition, or it is gone.

        An execution that is paused is owed the invocation.
        """
        function = self._engine.catalog.at(live.record.function, live.record.version)
        is_waiting = live.in_flight is not None or self._timers.has_invocation(live)
        live.is_owed |= live.is_paused
        if live.is_closed or live.is_paused or is_waiting or function is None or self._is_stopping:
            return
        live.in_flight = InFlight(tokens.new_request_id(), self._engine.now())
        self._engine.spawn(self._invoke(live, live.in_flight, function), f"invoke {live.record.name}")

    async def _invoke(self, live: LiveExecution, in_flight: InFlight, function: Function) -> None:
        invocation = self._calling.of_execution(live, in_flight, function, self._engine.now())
        live.unseen.clear()
        live.is_owed = False
        self._engine.note(live.record, {"invocation": in_flight.write(), "owed": None})
        outcome = await self._calling.outcome(invocation)
        if outcome is not None:
            self._finish(live, in_flight, outcome)
        # Else the note stays, so the next start of the service sees an invocation that was cut off.
        in_flight.ended.set()

    def _finish(self, live: LiveExecution, in_flight: InFlight, outcome: InvocationOutcome) -> None:
        # A step that has become ready meanwhile is a change that the function has not seen.
        live.unseen.update(dict.fromkeys(self._timers.take_due_retries(live, self._engine.now())))
        verdict = judge(live, outcome, self._policy)
        draft = self._draft_of_end(live, outcome, verdict)
        live.in_flight = None
        # What came too late for this invocation, or could not be done in it, is owed to the next one.
        live.is_owed = bool(live.unseen) or in_flight.is_revoked or verdict.retry_in_s is not None
        self._engine.commit(live, draft, {"invocation": None, "owed": "1" if live.is_owed else None}, rests=True)
        if live.is_running and verdict.retry_in_s is not None:
            due = self._engine.now() + timedelta(seconds=verdict.retry_in_s)
            self._timers.arm_invocation(live, due, self.wake)
        elif live.is_running and live.is_owed:
            self.wake(live)
        self._engine.rest(live)

    def _draft_of_end(self, live: LiveExecution, outcome: InvocationOutcome, verdict: Verdict) -> Draft:
        draft = Draft.on(live.folded, self._engine.now())
        completions.complete_invocation(
            draft,
            request_id=outcome.request_id,
            started_at=whole_milliseconds(outcome.started_at),
            ended_at=whole_milliseconds(outcome.ended_at),
            error=verdict.error,
        )
        if verdict.ending and not live.is_closed:
            completions.close_execution(draft, verdict.ending)
        elif live.pausing and not live.is_closed:
            pausing.pause(draft, live.pausing)
        return draft
