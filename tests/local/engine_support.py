"""An engine with a scripted invoker and a clock that stands still: the service without processes, ports and waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from durablectl.clock import ManualClock
from durablectl.local.engine.chaining import CHILD_SETTLE_S
from durablectl.local.engine.checkpointing import Checkpointing
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.invoking import InvokeAnswer, InvokeRequest, Invoking
from durablectl.local.engine.live import Facts, LiveExecution
from durablectl.local.engine.operating import Operating
from durablectl.local.engine.recovery import Recovered, recover
from durablectl.local.engine.resting import KEPT_EVENTS
from durablectl.local.engine.timers import Timers
from durablectl.local.errors import ServiceError
from durablectl.local.functions.catalog import Catalog, Identity
from durablectl.local.functions.functions import DurableConfig, Function, parse_source
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.records import ExecutionRecord
from durablectl.local.journal.store import Store
from durablectl.local.rules.verdicts import RetryPolicy
from durablectl.local.workers.invocations import Invocation, InvocationFault, InvocationOutcome
from durablectl.model.operations import Fold
from tests.local.checkpoint_support import EXECUTION_ID, NOW
from tests.local.worker_support import eventually

_T = TypeVar("_T")

CRASH = InvocationFault("Runtime.ExitError", "Runtime exited with error: exit status 1")
TURNS = 20
"""More turns of the loop than any chain of callbacks takes."""


def make_function(name: str, execution_timeout_s: int | None = 600, timeout_s: int = 30) -> Function:
    """A function that nobody will ever run."""
    return Function(
        name=name,
        source=parse_source("/nowhere/nowhere.py:handler"),
        durable=None if execution_timeout_s is None else DurableConfig(execution_timeout_s, 14),
        timeout_s=timeout_s,
        interpreter="/nowhere/python",
        handler="nowhere.handler",
        runtime="python3.11",
        code_sha256="",
        last_modified=NOW,
    )


FUNCTIONS = (
    make_function("order"),
    make_function("child", 60),
    make_function("long", 86_400),
    make_function("year", 31_622_400),
    make_function("plain", None),
)


def live_execution(folded: Fold, *, invocation_type: str = "Event") -> LiveExecution:
    """An execution in memory that belongs to no engine."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:order:$LATEST/durable-execution/o-1/{EXECUTION_ID}"
    record = ExecutionRecord(1, EXECUTION_ID, arn, "o-1", "order", "$LATEST", NOW)
    ended: Any = None
    return LiveExecution(record, Facts(600, 14, invocation_type, "Root=1"), folded, ended)


@dataclass
class Call:
    """One invocation, which runs until the test says how it ends."""

    invocation: Invocation
    clock: ManualClock
    outcome: asyncio.Future[InvocationOutcome]
    started_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()
        self.token = self.event["CheckpointToken"] if self.invocation.function.durable else ""
        """The token for the next checkpoint."""

    @property
    def event(self) -> Any:
        """What the handler was given."""
        return json.loads(self.invocation.payload)

    @property
    def arn(self) -> str:
        """The execution; empty for a function that is not durable."""
        return str(self.event.get("DurableExecutionArn", ""))

    @property
    def operations(self) -> dict[str, Any]:
        """The operations of the event by id, without the execution's own."""
        operations = self.event["InitialExecutionState"]["Operations"]
        return {operation["Id"]: operation for operation in operations if operation["Type"] != "EXECUTION"}

    def returns(self, payload: Any) -> None:
        """End well with this."""
        self._end(json.dumps(payload).encode(), None)

    def suspends(self) -> None:
        """End with PENDING."""
        self.returns({"Status": "PENDING"})

    def succeeds(self, result: str = "null") -> None:
        """End the execution."""
        self.returns({"Status": "SUCCEEDED", "Result": result})

    def crashes(self, fault: InvocationFault = CRASH) -> None:
        """End without an answer."""
        self._end(None, fault)

    def _end(self, payload: bytes | None, fault: InvocationFault | None) -> None:
        ended_at = self.clock.now()
        request_id = self.invocation.request_id
        self.outcome.set_result(InvocationOutcome(request_id, self.started_at, ended_at, payload, fault))


class ScriptedInvoker:
    """Takes invocations and leaves them to the test."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.calls: list[Call] = []

    async def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Wait for the test."""
        call = Call(invocation, self._clock, asyncio.get_running_loop().create_future())
        self.calls.append(call)
        return await call.outcome


class CutJournal(Journal):
    """A journal that can be cut off, as by a power failure: what is written then is neither kept nor acknowledged."""

    is_cut = False

    def _submit(self, run: Callable[[Store], _T], *, is_write: bool) -> asyncio.Future[_T]:
        if self.is_cut:
            return asyncio.get_running_loop().create_future()
        return super()._submit(run, is_write=is_write)

    def spoil(self) -> None:
        """Let a write fail, as on a full disk."""

        def fail(_: Store) -> None:
            raise OSError("no space left on device")

        self._write(fail).add_done_callback(lambda failed: failed.exception())


class Tasks(asyncio.TaskGroup):
    """A task group that can be ended at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self._created: list[asyncio.Task[Any]] = []

    def create_task(self, coroutine: Coroutine[Any, Any, _T], **settings: Any) -> asyncio.Task[_T]:  # type: ignore[override]
        """Create and remember a task."""
        task = super().create_task(coroutine, **settings)
        self._created.append(task)
        return task

    async def end(self) -> None:
        """Cancel what runs; an error that a task ended with before is raised."""
        for task in self._created:
            task.cancel()
        await self.__aexit__(None, None, None)


class World:
    """One store with an engine on it, which can crash and be opened again."""

    def __init__(
        self,
        path: Path | None = None,
        policy: RetryPolicy | None = None,
        *,
        child_settle_s: float = CHILD_SETTLE_S,
        kept_events: int = KEPT_EVENTS,
    ) -> None:
        self.clock = ManualClock(NOW)
        self.functions: Iterable[Function] = FUNCTIONS
        self._path = path
        self._policy = policy or RetryPolicy()
        self._child_settle_s = child_settle_s
        self._kept_events = kept_events
        self._claimed = 0
        self.failures = 0

    async def open(self) -> Recovered:
        """Start on what the store holds."""
        self.journal = CutJournal(self._path)
        self.journal.start()
        self.tasks = Tasks()
        await self.tasks.__aenter__()
        self.timers = Timers(self.clock)
        self.invoker = ScriptedInvoker(self.clock)
        self._claimed = 0
        self.engine = Engine(
            catalog=Catalog(self.functions, Identity()),
            journal=self.journal,
            invoker=self.invoker,
            clock=self.clock,
            timers=self.timers,
            tasks=self.tasks,
            retry_policy=self._policy,
            on_failure=self._on_failure,
            child_settle_s=self._child_settle_s,
            kept_events=self._kept_events,
        )
        self.invoking, self.checkpointing = Invoking(self.engine), Checkpointing(self.engine)
        self.operating = Operating(self.engine)
        recovered = await recover(self.engine)
        self.timers.fire_due()
        return recovered

    def _on_failure(self) -> None:
        self.failures += 1

    async def crash(self) -> None:
        """End without a word: what was not committed is lost."""
        self.journal.is_cut = True
        await self.close()

    async def close(self) -> None:
        """End the engine and let go of the store."""
        await self.tasks.end()
        await self.journal.close()

    async def restart(self) -> Recovered:
        """Crash and open again."""
        await self.crash()
        return await self.open()

    async def settle(self) -> None:
        """Let everything happen that does not wait for a call, the clock or a time-out."""
        for _ in range(2):
            for _ in range(TURNS):
                await asyncio.sleep(0)
            if not self.journal.is_cut:
                await self.journal.record("")

    async def advance(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        await self.settle()
        self.clock.advance(seconds)
        self.timers.fire_due()
        await self.settle()

    # --- what clients do ----------------------------------------------------------------------------------------------

    async def invoke(self, function: str = "order:$LATEST", payload: Any = None, **request: Any) -> InvokeAnswer:
        """Invoke a function, as an event unless more is said."""
        body = b"" if payload is None else json.dumps(payload).encode()
        asked = {"qualifier": None, "invocation_type": "Event"} | request
        return await self.invoking.invoke(InvokeRequest(function=function, payload=body, **asked))

    async def started(self, function: str = "order:$LATEST", payload: Any = None, **request: Any) -> Call:
        """Start an execution; its first invocation."""
        await self.invoke(function, payload, **request)
        return await self.next_call()

    async def next_call(self) -> Call:
        """The next invocation that nobody has looked at."""
        await eventually(lambda: len(self.invoker.calls) > self._claimed)
        self._claimed += 1
        return self.invoker.calls[self._claimed - 1]

    async def no_call(self) -> bool:
        """Whether nothing is being invoked that nobody has looked at."""
        await self.settle()
        return len(self.invoker.calls) == self._claimed

    async def checkpoint(self, call: Call, *updates: dict[str, Any], client_token: str | None = None) -> dict[str, Any]:
        """Checkpoint with the call's token, which is replaced by the next one; what changed, by operation id."""
        answer = await self.checkpointing.checkpoint(call.arn, call.token, list(updates), client_token)
        call.token = answer.get("CheckpointToken", "")
        return {operation["Id"]: operation for operation in answer["NewExecutionState"]["Operations"]}

    async def suspended(self, call: Call, *updates: dict[str, Any]) -> dict[str, Any]:
        """Checkpoint, then suspend."""
        changed = await self.checkpoint(call, *updates)
        call.suspends()
        await self.settle()
        return changed

    async def events(self, arn: str) -> list[dict[str, Any]]:
        """The history."""
        answer = await self.operating.history(arn, with_data=True, newest_first=False, marker=None, max_items=1000)
        return list(answer["Events"])

    async def types(self, arn: str) -> list[str]:
        """The event types of the history."""
        return [event["EventType"] for event in await self.events(arn)]

    async def get(self, arn: str) -> dict[str, Any]:
        """The execution."""
        return await self.operating.get(arn, with_data=True)

    async def status(self, arn: str) -> str:
        """The execution's status."""
        return str((await self.get(arn))["Status"])


@asynccontextmanager
async def opened(path: Path | None = None, policy: RetryPolicy | None = None) -> AsyncIterator[World]:
    """A world that is closed with the block."""
    world = World(path, policy)
    await world.open()
    try:
        yield world
    finally:
        await world.close()


def raw(kind: str, action: str, operation_id: str = "1", **members: Any) -> dict[str, Any]:
    """An update as a request brings it."""
    return {"Id": operation_id, "Type": kind, "Action": action, **members}


def wait(seconds: int, operation_id: str = "1") -> dict[str, Any]:
    """The start of a wait."""
    return raw("WAIT", "START", operation_id, WaitOptions={"WaitSeconds": seconds})


def retry(seconds: int, operation_id: str = "1") -> dict[str, Any]:
    """A failed attempt of a step that is to be tried again."""
    options = {"NextAttemptDelaySeconds": seconds}
    return raw("STEP", "RETRY", operation_id, Error={"ErrorType": "E"}, StepOptions=options)


def callback(operation_id: str = "1", **options: int) -> dict[str, Any]:
    """The start of a callback."""
    return raw("CALLBACK", "START", operation_id, CallbackOptions=options)


def chained(function: str, operation_id: str = "1", **members: Any) -> dict[str, Any]:
    """The start of a chained invoke."""
    return raw("CHAINED_INVOKE", "START", operation_id, ChainedInvokeOptions={"FunctionName": function}, **members)


async def refusal(call: Any) -> ServiceError:
    """The error that an awaitable ends with."""
    with pytest.raises(ServiceError) as raised:
        await call
    return raised.value


def callback_id(changed: dict[str, Any], operation_id: str = "1") -> str:
    return str(changed[operation_id]["CallbackDetails"]["CallbackId"])
