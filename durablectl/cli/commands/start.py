"""`durablectl start`: starts an execution asynchronously."""

from __future__ import annotations

from durablectl.cli.bundles import PayloadForm, Polling, Safety
from durablectl.cli.confirm import Preview, confirm_in_production
from durablectl.cli.inputs import read_payload
from durablectl.cli.interrupts import postponed_interrupt
from durablectl.cli.options import FunctionArg, InputOpt, NameOpt, TenantOpt, WaitOpt
from durablectl.cli.polling import pace_of_wait
from durablectl.cli.previews import mild_preview, payload_fact
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.started import show_started
from durablectl.operate import starting
from durablectl.operate.limits import check_tenant

_NO_INPUT = b"{}"


def start(
    runtime: Runtime,
    function: FunctionArg,
    form: PayloadForm,
    polling: Polling,
    safety: Safety,
    name: NameOpt = None,
    input: InputOpt = None,
    tenant: TenantOpt = None,
    wait: WaitOpt = False,
) -> None:
    """Start an execution asynchronously

    The same name with the same input means the execution that exists; with another input it is refused. Without a
    qualifier the newest published version is started, or $LATEST where there is none. Without --input it is {}.
    """
    payload = read_payload(runtime, "--input", input, form)
    pace = pace_of_wait(polling, wait)
    check_tenant(tenant)
    _ask(runtime, function, name, tenant, payload, safety)
    with postponed_interrupt() as interrupt:
        result = starting.start(
            runtime.backend,
            function,
            _NO_INPUT if payload is None else payload,
            name,
            tenant,
            clock=runtime.process.clock,
            notes=runtime.diagnostics,
            dry_run=safety.dry_run,
        )
    show_started(runtime, result, None if safety.dry_run else pace, interrupt)


def _ask(
    runtime: Runtime, function: str, name: str | None, tenant: str | None, payload: bytes | None, safety: Safety
) -> None:
    """Ask in a production context; elsewhere a start is nothing to ask about."""
    facts = [f"{function} / {name or 'a name of its choice'}", f"input {payload_fact(runtime, payload or _NO_INPUT)}"]
    facts += [f"for tenant {tenant}"] if tenant else []
    preview = Preview("start", function, lambda: mild_preview(runtime, "Start this execution?", *facts))
    confirm_in_production(runtime, preview, safety)


START = CommandSpec(
    name="start",
    group=Group.OPERATE,
    run=start,
    formats=("table", "json", "jsonl", "yaml", "name"),
    exits=(3, 6, 10, 11, 12, 13, 124),
    level=1,
    has_raw=True,
    examples=(
        Example(
            'durablectl start shipments -c local --input \'{"parcel": "78"}\'', "under a name of the service's choice"
        ),
        Example(
            "durablectl start shipments -c local --name parcel-79 --input @parcel.json --wait", "and wait for its end"
        ),
    ),
)
