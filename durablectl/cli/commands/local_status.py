"""`durablectl local status`: what a local service that runs tells of itself."""

from __future__ import annotations

from durablectl.cli.local_bundles import LocalTarget
from durablectl.cli.local_services import find_service
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.views.local_service import RunningService, status_view


def local_status(runtime: Runtime, target: LocalTarget) -> None:
    """Show the local service that runs: process, store, functions, executions, next timer

    Without options it is the one that -c local reaches, which is the newest. Exit 3 where none runs.
    """
    found = find_service(runtime, target)
    service = found.service
    runtime.show(
        status_view(RunningService(service.endpoint, service.pid, service.store, service.log_file, found.status))
    )
    if found.status is None:
        runtime.diagnostics.warning(f"the service at {service.endpoint} does not answer; its process still runs")
        runtime.diagnostics.next("durablectl local stop")


LOCAL_STATUS = CommandSpec(
    name="local status",
    group=Group.TOOLS,
    run=local_status,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3,),
    examples=(
        Example("durablectl local status", "what runs where, and what comes next"),
        Example("durablectl local status -o json --query executions", "for a script"),
    ),
)
