"""`durablectl restart`: starts a new execution with a recorded input."""

from __future__ import annotations

from durablectl.cli.bundles import PayloadForm, Polling, Safety, Scope
from durablectl.cli.confirm import Preview, confirm
from durablectl.cli.inputs import read_payload
from durablectl.cli.interrupts import postponed_interrupt
from durablectl.cli.options import ExecutionArg, InputOpt, NameOpt, RestartVersionOpt, TenantOpt, WaitOpt
from durablectl.cli.polling import pace_of_wait
from durablectl.cli.previews import restart_preview
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.started import show_started
from durablectl.cli.targets import find_target
from durablectl.operate import restarting
from durablectl.operate.targets import Target
from durablectl.views.previews import label_of


def restart(
    runtime: Runtime,
    execution: ExecutionArg,
    scope: Scope,
    form: PayloadForm,
    polling: Polling,
    safety: Safety,
    name: NameOpt = None,
    input: InputOpt = None,
    version: RestartVersionOpt = None,
    tenant: TenantOpt = None,
    wait: WaitOpt = False,
) -> None:
    """Start a new execution with the input that another one has recorded

    Steps run again from the beginning: the service resumes none from its middle. The new one is named NAME-r2 unless
    --name says otherwise, and runs on the same version.
    """
    payload = read_payload(runtime, "--input", input, form)
    pace = pace_of_wait(polling, wait)
    restarting.check_wishes(name, version, tenant)
    target = find_target(runtime, execution, scope)
    plan = restarting.plan_restart(
        runtime.backend, target, name=name, payload=payload, version=version, tenant=tenant, notes=runtime.diagnostics
    )
    if not safety.dry_run:
        _ask(runtime, target, plan, safety)
    with postponed_interrupt() as interrupt:
        result = restarting.restart(runtime.backend, plan, clock=runtime.process.clock, dry_run=safety.dry_run)
    show_started(runtime, result, None if safety.dry_run else pace, interrupt)


def _ask(runtime: Runtime, target: Target, plan: restarting.Restart, safety: Safety) -> None:
    preview = Preview("restart", label_of(target), lambda: restart_preview(runtime, plan))
    confirm(runtime, preview, safety, inexact=[] if target.is_exact else [target.reference])


RESTART = CommandSpec(
    name="restart",
    group=Group.OPERATE,
    run=restart,
    formats=("table", "json", "jsonl", "yaml", "name"),
    exits=(3, 6, 10, 11, 12, 13, 124),
    level=2,
    examples=(
        Example("durablectl restart refunds/refund-1038 -c local --dry-run", "what would be started"),
        Example("durablectl restart shipments/parcel-77 -c local --version latest --yes --wait", "on the newest code"),
    ),
)
