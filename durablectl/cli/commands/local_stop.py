"""`durablectl local stop`: ends a local service as its Ctrl-C would."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

from durablectl.backend.guards import refuse_changes
from durablectl.cli.local_bundles import LocalTarget
from durablectl.cli.local_services import check_is_own, find_service
from durablectl.cli.options import StopTimeoutOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.config import LocalService, withdraw_local_service
from durablectl.errors import Conflict, TimeoutElapsed
from durablectl.model.times import parse_duration
from durablectl.views.local_service import LocalAction, local_action_view

LIMIT = timedelta(seconds=15)
POLL_S = 0.05


def local_stop(runtime: Runtime, target: LocalTarget, timeout: StopTimeoutOpt = None) -> None:
    """Stop the local service that runs, and wait until it has ended

    Invocations may reach their next checkpoint; open executions go on at the next start, unless they are kept in
    memory. Only a process that is certain to be the service is stopped.
    """
    limit = LIMIT if timeout is None else parse_duration(timeout, option="--timeout")
    refuse_changes(runtime.settings, "local stop")
    found = find_service(runtime, target)
    check_is_own(found)
    stop_and_wait(runtime, found.service, limit)
    service = found.service
    kept = "open executions go on at the next start" if service.store else "its executions were in memory and are gone"
    facts = {"endpoint": service.endpoint, "pid": service.pid, "store": service.store}
    text = f"stopped the service on {service.endpoint} (process {service.pid}); {kept}"
    runtime.show(local_action_view(LocalAction("stop", "done", text, facts)))


def stop_and_wait(runtime: Runtime, service: LocalService, limit: timedelta) -> None:
    """Ask a service to end, and return when it has. Raises TimeoutElapsed, and Conflict where it may not be asked."""
    try:
        os.kill(service.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise Conflict(f"process {service.pid} belongs to another user; nothing was stopped") from None
    runtime.standing = f"the service on {service.endpoint} was asked to stop"
    runtime.diagnostics.show_progress("waiting for the service to end")
    clock = runtime.process.clock
    deadline = clock.now() + limit
    while service.is_running:
        if clock.now() >= deadline:
            raise TimeoutElapsed(
                f"the service on {service.endpoint} has not ended yet",
                hint=f"it was asked to; if it hangs, end it: kill -9 {service.pid} (nothing acknowledged is lost)",
            )
        clock.sleep(POLL_S)
    withdraw_local_service(runtime.process.environ, service.pid)


LOCAL_STOP = CommandSpec(
    name="local stop",
    group=Group.TOOLS,
    run=local_stop,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6, 124),
    level=1,
    examples=(
        Example("durablectl local stop", "the one that -c local reaches"),
        Example("durablectl local stop --port 8410 --timeout 30s", "one of several"),
    ),
)
