"""The local durable execution service as one program: journal, engine, workers and HTTP, from start to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from durablectl.clock import Clock, ModelClock, SystemClock
from durablectl.errors import Conflict, DurablectlError
from durablectl.local.engine.calling import Invoker
from durablectl.local.engine.checkpointing import Checkpointing
from durablectl.local.engine.concurrency import Concurrency
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.invoking import Invoking
from durablectl.local.engine.model_timers import ModelTimers, Work
from durablectl.local.engine.operating import Operating
from durablectl.local.engine.recovery import Recovered, recover
from durablectl.local.engine.retention import Retention
from durablectl.local.functions.aliases import Aliases
from durablectl.local.functions.catalog import Catalog, Identity
from durablectl.local.functions.deploying import Deployment, deploy
from durablectl.local.functions.functions import Function
from durablectl.local.functions.publishing import Publishing
from durablectl.local.functions.reloading import Reloaded, Reloading
from durablectl.local.http.application import LoopbackOnly, application
from durablectl.local.http.port_holder import port_holder
from durablectl.local.http.status_route import Application, StatusRoute
from durablectl.local.http.throttle import Throttle
from durablectl.local.journal.journal import Journal
from durablectl.local.journal.records import OutputLine
from durablectl.local.logs.attribution import AttributedLine, Attribution
from durablectl.local.logs.cloudwatch import Logs
from durablectl.local.logs.platform_lines import PlatformLines
from durablectl.local.rules.verdicts import RetryPolicy
from durablectl.local.status import Status
from durablectl.local.workers.invocations import LogLine
from durablectl.local.workers.pool import MAX_RUNNING, WorkerPool
from durablectl.local.workers.runtime_api import QuietServer

STOP_GRACE_S = 2.0
"""How long running invocations may go on after a request to stop; what is cut off is repeated at the next start."""


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """How to run the service."""

    functions: Sequence[Function]
    store: Path | None
    """None keeps executions in memory."""
    port: int
    """0 takes a free one."""
    on_ready: Callable[[str, Sequence[Function]], None]
    """Called with the endpoint when the service can be used."""
    on_log: Callable[[AttributedLine], None]
    on_recovered: Callable[[Recovered], None] | None = None
    """Called before that with what the store held."""
    host: str = "127.0.0.1"
    identity: Identity = field(default_factory=Identity)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Clock = field(default_factory=SystemClock)
    time_scale: float = 1.0
    """How many times as fast as on that clock time passes for executions; handlers run on the machine's own."""
    skips_time: bool = False
    """Whether waits and delays are skipped when nothing runs."""
    on_reloaded: Callable[[Reloaded], None] | None = None
    """Called for each function whose changed code was taken up; None does not look for changes."""
    on_unwatched: Callable[[Path], None] = lambda _: None
    """Called with a folder that is too large to look for changes in it."""
    concurrency: int = MAX_RUNNING
    """How many invocations run at a time."""
    deployments: Sequence[Deployment] = ()
    """Versions to publish and aliases to point before the service is ready."""
    request_rates: Mapping[str, float] = field(default_factory=dict)
    """Requests a second by family, as `throttle.AWS_RATES` has them; families that are not in it are unlimited."""


def run(options: ServiceOptions) -> int:
    """Run the service until SIGINT or SIGTERM; the exit code that says which.

    Raises Conflict when the port or the store is taken, ConfigError when the store cannot be used, ServiceFault when
    the store fails while the service runs.
    """
    bound = bind(options.host, options.port)
    try:
        journal = Journal(options.store)
        return asyncio.run(LocalService(options, journal, bound).run())
    finally:
        bound.close()


class LocalService:
    """One run of the service."""

    def __init__(self, options: ServiceOptions, journal: Journal, bound: socket.socket) -> None:
        self._options = options
        self._journal = journal
        self._socket = bound
        self._stop_signals: list[int] = []
        self._stopping = asyncio.Event()
        self._output: list[OutputLine] = []
        self._clock = ModelClock(options.clock, scale=options.time_scale)
        self._timers = ModelTimers(self._clock, skips=options.skips_time)
        self._catalog = Catalog(options.functions, options.identity)
        self._publishing = Publishing(self._catalog, journal, self._clock, options.store)
        self._attribute = Attribution(lambda _: None)
        self._started_at = options.clock.now()

    async def run(self) -> int:
        """Serve until a signal comes; then let invocations end, and close the journal last."""
        self._journal.start()
        self._watch_signals()
        try:
            await self._serve()
        except ExceptionGroup as group:
            error = _user_error(group)
            if error is None:
                raise
            raise error from group
        finally:
            self._keep_output()
            await self._journal.close()
        if self._journal.explained_failure is not None:
            raise self._journal.explained_failure
        return 128 + self._stop_signals[0] if self._stop_signals else 0

    async def _serve(self) -> None:
        pool = self._pool()
        # The engine's tasks end before the others: what they do needs timers and workers.
        async with self._publishing, pool, asyncio.TaskGroup() as tasks, Work(self._timers.look_again) as work:
            concurrency = Concurrency(PlatformLines(pool, self._clock, self._keep_line), self._options.concurrency)
            engine = self._engine(concurrency, work)
            self._attribute = Attribution(engine.of_invocation)
            recovered = await recover(engine)
            await deploy(self._options.deployments, self._publishing, Aliases(self._catalog, self._journal))
            server = QuietServer(self._application(engine, concurrency))
            serving = tasks.create_task(server.serve(sockets=[self._socket]), name="http")
            helping = [
                tasks.create_task(self._timers.run(), name="timers"),
                tasks.create_task(Retention(engine).run(), name="retention"),
            ]
            if self._options.on_reloaded:
                reloading = self._reloading(engine, self._options.on_reloaded)
                helping.append(tasks.create_task(reloading.run(), name="reloading"))
            await _until_started(server, serving)
            self._tell_ready(recovered)
            await self._stopping.wait()
            for task in helping:
                task.cancel()
            engine.stop_invoking()
            await pool.close(STOP_GRACE_S)
            engine.release_waiters()
            server.stop()

    def _tell_ready(self, recovered: Recovered) -> None:
        if self._options.on_recovered:
            self._options.on_recovered(recovered)
        self._options.on_ready(self._endpoint(), self._options.functions)

    def _reloading(self, engine: Engine, on_reloaded: Callable[[Reloaded], None]) -> Reloading:
        return Reloading(
            catalog=self._catalog,
            store=self._options.store,
            replaying=engine.replaying,
            on_reloaded=on_reloaded,
            on_unwatched=self._options.on_unwatched,
        )

    def _pool(self) -> WorkerPool:
        return WorkerPool(
            clock=self._clock,
            region=self._options.identity.region,
            lambda_endpoint=self._endpoint(),
            on_log=self._on_log,
            max_running=self._options.concurrency,
        )

    def _engine(self, invoker: Invoker, work: Work) -> Engine:
        self._timers.is_resting = lambda: work.is_resting
        return Engine(
            catalog=self._catalog,
            journal=self._journal,
            invoker=invoker,
            clock=self._clock,
            timers=self._timers,
            tasks=work,
            retry_policy=self._options.retry_policy,
            on_failure=self._stopping.set,
        )

    def _application(self, engine: Engine, concurrency: Concurrency) -> Application:
        routes: Application = application(
            self._catalog,
            Invoking(engine, concurrency.is_exhausted),
            Checkpointing(engine),
            Operating(engine),
            self._publishing,
            Aliases(self._catalog, self._journal),
            Logs(self._catalog, self._journal),
        )
        if self._options.request_rates:
            routes = Throttle(routes, self._options.request_rates, self._options.clock, self._catalog.is_durable)
        status = Status(
            pid=os.getpid(),
            endpoint=self._endpoint(),
            started_at=self._started_at,
            store=self._options.store,
            functions=lambda: self._options.functions,
            journal=self._journal,
            engine=engine,
            timers=self._timers,
            wall=self._options.clock,
        )
        return LoopbackOnly(StatusRoute(routes, status))

    def _endpoint(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def stop(self) -> None:
        """Begin to stop; call it on the service's loop."""
        self._stopping.set()

    def _watch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: int) -> None:
        if self._stop_signals:
            # A second one does not wait for anybody.
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._stop_signals.append(number)
        self._stopping.set()

    # --- what handlers write ------------------------------------------------------------------------------------------

    def _on_log(self, line: LogLine) -> None:
        self._keep_line(OutputLine(line.function_name, line.request_id, line.at, line.stream, line.text, line.version))
        self._options.on_log(self._attribute(line))

    def _keep_line(self, line: OutputLine) -> None:
        if not self._output:
            asyncio.get_running_loop().call_soon(self._keep_output)
        self._output.append(line)

    def _keep_output(self) -> None:
        lines, self._output = self._output, []
        if lines:
            # A store that fails ends the service through the engine; output alone is not worth more.
            self._journal.keep_output(lines).add_done_callback(lambda kept: kept.cancelled() or kept.exception())


def _user_error(group: ExceptionGroup) -> DurablectlError | None:
    """The error that a user can act on, out of what the service's task groups let through."""
    for error in group.exceptions:
        found = _user_error(error) if isinstance(error, ExceptionGroup) else error
        if isinstance(found, DurablectlError):
            return found
    return None


async def _until_started(server: QuietServer, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():
        await asyncio.sleep(0)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises Conflict naming who holds the port."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(512)
    except OSError as error:
        bound.close()
        if error.errno != errno.EADDRINUSE:
            raise Conflict(
                f"cannot listen on {host}:{port}: {error.strerror}", hint="choose another: --port N"
            ) from None
        holder = port_holder(port)
        raise Conflict(
            f"port {port} is in use" + (f" by {holder}" if holder else ""),
            hint="end that one, or take another port: --port N (0 picks a free one)",
        ) from None
    return bound
