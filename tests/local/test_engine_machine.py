"""Engine and journal against a model believed perfect; a crash and a restart are steps like any other."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from durablectl.local.engine.pausing import ChangeRequest
from durablectl.local.engine.resting import KEPT_EVENTS
from durablectl.local.errors import ServiceError
from durablectl.local.rules.verdicts import RetryPolicy
from durablectl.model import wire
from durablectl.model.operations import fold
from durablectl.model.statuses import OperationStatus
from tests.local.engine_support import Call, World, callback, chained, raw, retry, wait

_T = TypeVar("_T")
CLOSED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMED_OUT")
MOVES = ("step", "retry", "wait", "callback", "chain")
NO_LIMIT = RetryPolicy(attempts=1000, suspended_without_reason_attempts=1000)


class Told:
    """What the service has acknowledged of one execution; all of it must hold for ever."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.results: dict[str, str] = {}
        """Of finished steps, by operation id."""
        self.callbacks: dict[str, str] = {}
        """Ids of callbacks that nobody completed, by operation id."""
        self.completed: dict[str, str] = {}
        """What callbacks were completed with, by operation id."""
        self.status: str | None = None
        """The end, once it was seen."""
        self.operation_count = 0
        self.is_pausing = False
        """Whether a pause was acknowledged and not undone; it may still be on its way."""


class Machine(RuleBasedStateMachine):
    """Starts executions, lets their functions do anything, lets time pass and the service crash."""

    @initialize(kept_events=st.sampled_from([0, 20, KEPT_EVENTS]))
    def open(self, kept_events: int) -> None:
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name) / "local.db"
        self.world = World(path, NO_LIMIT, child_settle_s=0, kept_events=kept_events)
        self.told: dict[str, Told] = {}
        self.running: list[Call] = []
        self.run(self.world.open())

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.runner.run(self.world.close())
            self.runner.close()
            self.directory.cleanup()

    def run(self, work: Awaitable[_T]) -> _T:
        """Run to the end, with all that follows from it."""
        return self.runner.run(self._settled(work))

    async def _settled(self, work: Awaitable[_T]) -> _T:
        value = await work
        await self.world.settle()
        return value

    def refusal(self, work: Awaitable[object]) -> ServiceError | None:
        """Run to the end; the error that the service answered with."""
        try:
            self.run(work)
        except ServiceError as error:
            return error
        return None

    def look(self) -> None:
        """Take up the invocations that have begun."""
        while not self.run(self.world.no_call()):
            call = self.run(self.world.next_call())
            self.running.append(call)
            if call.invocation.function.durable:
                self.told.setdefault(call.arn, Told(call.arn))

    # --- rules --------------------------------------------------------------------------------------------------------

    @rule(function=st.sampled_from(["order:$LATEST", "child:$LATEST", "long:$LATEST"]))
    def start(self, function: str) -> None:
        arn = self.run(self.world.invoke(function)).execution_arn or ""
        self.told.setdefault(arn, Told(arn))
        self.look()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), moves=st.lists(st.sampled_from(MOVES), max_size=4), is_cut_off=st.booleans())
    def checkpoint(self, data: st.DataObject, moves: list[str], is_cut_off: bool) -> None:
        call = data.draw(st.sampled_from(self.running))
        if not call.token:
            return
        if call.arn not in self.told:
            self._checkpoint_of_what_is_deleted(call)
            return
        told = self.told[call.arn]
        updates = [self._update(told, move) for move in moves]
        if is_cut_off and data.draw(st.integers(0, 3)) == 0:
            self._crash_instead_of_answering(call, updates)
            return
        refusal = self.refusal(self._checkpoint(told, call, updates))
        if refusal is not None:
            assert refusal.message == "Invalid checkpoint token"
            assert self.run(self.world.status(call.arn)) in CLOSED
            call.token = ""
        self.look()

    def _checkpoint_of_what_is_deleted(self, call: Call) -> None:
        refusal = self.refusal(self.world.checkpoint(call))
        assert refusal is not None
        assert refusal.message == "Invalid checkpoint token"

    async def _checkpoint(self, told: Told, call: Call, updates: list[dict[str, Any]]) -> None:
        self._remember(told, updates, await self.world.checkpoint(call, *updates))

    def _update(self, told: Told, move: str) -> dict[str, Any]:
        told.operation_count += 1
        identifier = f"{move}-{told.operation_count}"
        match move:
            case "step":
                return raw("STEP", "SUCCEED", identifier, Payload=str(told.operation_count))
            case "retry":
                return retry(5, identifier)
            case "wait":
                return wait(20, identifier)
            case "callback":
                return callback(identifier, TimeoutSeconds=60, HeartbeatTimeoutSeconds=30)
        return chained("child:$LATEST" if told.operation_count % 2 else "plain", identifier)

    def _remember(self, told: Told, updates: list[dict[str, Any]], changed: dict[str, Any]) -> None:
        for update in updates:
            if not told.is_pausing:
                assert update["Id"] in changed
            if update["Type"] == "STEP" and update["Action"] == "SUCCEED":
                told.results[update["Id"]] = update["Payload"]
            if update["Type"] == "CALLBACK" and update["Id"] in changed:
                told.callbacks[update["Id"]] = changed[update["Id"]]["CallbackDetails"]["CallbackId"]

    def _crash_instead_of_answering(self, call: Call, updates: list[dict[str, Any]]) -> None:
        async def cut_off() -> None:
            self.world.journal.is_cut = True
            asked = asyncio.create_task(self.world.checkpoint(call, *updates))
            await self.world.settle()
            assert not asked.done() or asked.exception()
            asked.cancel()

        self.runner.run(cut_off())
        self.crash()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["suspends", "suspends", "crashes", "succeeds", "fails"]))
    def end_invocation(self, data: st.DataObject, how: str) -> None:
        call = data.draw(st.sampled_from(self.running))
        self.running.remove(call)

        async def end() -> None:
            if how == "fails":
                call.returns({"Status": "FAILED", "Error": {"ErrorType": "E"}})
            else:
                getattr(call, how)()

        self.run(end())
        self.look()

    @precondition(lambda self: any(told.callbacks for told in self.told.values()))
    @rule(data=st.data(), is_heartbeat=st.booleans())
    def call_back(self, data: st.DataObject, is_heartbeat: bool) -> None:
        pending = [(told, each) for told in self.told.values() for each in told.callbacks]
        told, operation_id = data.draw(st.sampled_from(pending))
        identifier = told.callbacks[operation_id]
        operating = self.world.operating
        if is_heartbeat:
            refusal = self.refusal(operating.heartbeat_callback(identifier))
        else:
            refusal = self.refusal(operating.succeed_callback(identifier, operation_id.encode()))
            if refusal is None:
                told.completed[operation_id] = operation_id
        if refusal is not None:
            assert refusal.code == "CallbackTimeoutException"
        if refusal is not None or not is_heartbeat:
            del told.callbacks[operation_id]
        self.look()

    @rule(seconds=st.sampled_from([1, 5, 19.999, 30, 700]))
    def let_time_pass(self, seconds: float) -> None:
        self.run(self.world.advance(seconds))
        self.look()

    @rule(data=st.data())
    @precondition(lambda self: self.told)
    def stop(self, data: st.DataObject) -> None:
        # In the order of their start: a sequence of steps must do the same when hypothesis repeats it.
        arn = data.draw(st.sampled_from(list(self.told)))
        self.run(self.world.operating.stop(arn, None))
        self.look()

    @rule(data=st.data(), timeout_paused=st.booleans())
    @precondition(lambda self: self.told)
    def pause(self, data: st.DataObject, timeout_paused: bool) -> None:
        told = data.draw(st.sampled_from(list(self.told.values())))
        before = self.run(self.world.status(told.arn))
        request = ChangeRequest(timeout_paused=timeout_paused)
        refusal = self.refusal(self.world.operating.pause(told.arn, request))
        assert (refusal is None) == (before == "RUNNING")
        told.is_pausing = told.is_pausing or refusal is None
        self.look()

    @rule(data=st.data())
    @precondition(lambda self: any(told.is_pausing for told in self.told.values()))
    def resume(self, data: st.DataObject) -> None:
        told = data.draw(st.sampled_from([each for each in self.told.values() if each.is_pausing]))
        before = self.run(self.world.status(told.arn))
        refusal = self.refusal(self.world.operating.resume(told.arn, ChangeRequest()))
        assert (refusal is None) == (before in ("PAUSING", "PAUSED"))
        told.is_pausing = False
        self.look()

    @rule(data=st.data())
    @precondition(lambda self: any(told.status for told in self.told.values()))
    def delete(self, data: st.DataObject) -> None:
        told = data.draw(st.sampled_from([each for each in self.told.values() if each.status]))
        self.run(self.world.operating.delete(told.arn))
        del self.told[told.arn]
        self.look()

    @rule(seconds=st.sampled_from([0, 0, 60]))
    def crash(self, seconds: float = 0) -> None:
        self.runner.run(self.world.crash())
        self.running.clear()
        self.world.clock.advance(seconds)
        self.run(self.world.open())
        self.look()

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def everything_acknowledged_is_there(self) -> None:
        for told in getattr(self, "told", {}).values():
            self.run(self._check(told))

    async def _check(self, told: Told) -> None:
        events = [wire.read_event(event) for event in await self.world.events(told.arn)]
        folded = fold(events)
        assert [event.event_id for event in events] == list(range(1, len(events) + 1))
        for operation_id, result in told.results.items():
            operation = folded.operations[operation_id]
            assert (operation.status, operation.result and operation.result.text) == ("SUCCEEDED", result)
            assert len(operation.event_ids) == 1, "a completed step ran again"
        for operation_id, result in told.completed.items():
            operation = folded.operations[operation_id]
            assert (operation.status, operation.result and operation.result.text) == ("SUCCEEDED", result)
        self._check_end(told, str(folded.execution.status))
        self._check_pause(told, str((await self.world.get(told.arn))["Status"]))
        live = self.world.engine.live(told.arn.rpartition("/")[2])
        assert (live is not None and not live.is_closed) == folded.execution.status.is_open
        if live is not None:
            assert live.folded == folded, "memory is a fold of the journal"
            self._check_nothing_is_forgotten(told, live)

    def _check_end(self, told: Told, status: str) -> None:
        assert told.status in (None, status), "an end is final"
        told.status = status if status in CLOSED else None

    def _check_pause(self, told: Told, status: str) -> None:
        told.is_pausing = told.is_pausing and status not in CLOSED
        assert told.is_pausing == (status in ("PAUSING", "PAUSED")), "an acknowledged pause lasts until it is undone"
        if status == "PAUSED":
            assert told.arn not in [call.arn for call in self.running], "nothing is invoked while paused"

    def _check_nothing_is_forgotten(self, told: Told, live: Any) -> None:
        if live.is_closed or live.is_paused:
            return
        now, execution_id = self.world.clock.now(), live.record.id
        for operation in live.folded.open_operations:
            if operation.type == "WAIT":
                assert (execution_id, "wait", operation.id) in self.world.timers
            if operation.status_at(now) == OperationStatus.PENDING:
                assert (execution_id, "retry", operation.id) in self.world.timers
            if operation.type == "CALLBACK":
                assert (execution_id, "callback", operation.id) in self.world.timers
        is_ready = any(each.status_at(now) == OperationStatus.READY for each in live.folded.open_operations)
        if is_ready and live.in_flight is None:
            waits = (execution_id, "invocation") in self.world.timers
            suspended_since = live.folded.invocations and live.folded.invocations[-1].error is None
            suspended_since = suspended_since and not live.is_owed
            assert waits or suspended_since


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
