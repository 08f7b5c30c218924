"""Starts executions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from durablectl.backend.base import Backend, ListFilter, StartedExecution
from durablectl.clock import Clock
from durablectl.errors import AccessDenied, DurablectlError, NameInUse, NotFound, ServiceFault, Unsupported, UsageError
from durablectl.model.arn import parse_execution_arn
from durablectl.model.executions import Execution, Function
from durablectl.model.refs import check_execution_name, parse_function_reference
from durablectl.model.statuses import ExecutionStatus
from durablectl.model.wire_answers import write_invoke_answer
from durablectl.operate.actions import ActionResult, Outcome
from durablectl.operate.limits import check_size, check_tenant
from durablectl.operate.notes import Notes, warn_of
from durablectl.operate.wording import listed

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What to start, checked and resolved as far as that needs no change."""

    function: str
    qualifier: str
    payload: bytes
    name: str | None = None
    tenant: str | None = None

    @property
    def reference(self) -> str:
        """The function and its qualifier as a user would type them."""
        return f"{self.function}:{self.qualifier}"


def plan_start(
    backend: Backend, reference: str, payload: bytes, name: str | None, tenant: str | None = None, *, notes: Notes
) -> StartRequest:
    """The version that a start means, and that it may be started: makes read requests only.

    Without a qualifier it is the newest published version, else `$LATEST` with a warning. Raises UsageError for a bad
    name or tenant, an input over 1 MB, a function that is not durable or one that wants a tenant, and NotFound for an
    unknown function.
    """
    function = parse_function_reference(reference)
    if name is not None:
        check_execution_name(name)
    check_size(payload, "the input")
    check_tenant(tenant)
    if function.qualifier is not None:
        check_startable(backend, function.name, function.qualifier, tenant)
        return StartRequest(function.name, function.qualifier, payload, name, tenant)
    version = newest_version(backend, function.name, tenant, notes)
    return StartRequest(function.name, version, payload, name, tenant)


def start(
    backend: Backend,
    reference: str,
    payload: bytes,
    name: str | None = None,
    tenant: str | None = None,
    *,
    clock: Clock,
    notes: Notes,
    dry_run: bool = False,
) -> ActionResult:
    """Start an execution asynchronously.

    The service gives the same answer for a new execution and for an existing one of the same name and input, so the
    name is looked up first: an existing one gives the outcome `unchanged`. Raises NameInUse when that has another
    input, and what `plan_start` raises.
    """
    request = plan_start(backend, reference, payload, name, tenant, notes=notes)
    existing = [] if name is None else with_name(backend, request.function, name, notes)
    if dry_run:
        return ActionResult("start", reference, Outcome.WOULD_APPLY, function=request.function, name=name)
    try:
        started = send_start(backend, request)
    except NameInUse as error:
        raise _name_in_use(request, existing, error) from error
    same = next((row for row in existing if row.arn == started.arn), None)
    if same is not None:
        return replace(_attached(reference, request, same, notes), answer=_answer(started))
    return started_result("start", reference, request, started, clock.now())


def send_start(backend: Backend, request: StartRequest) -> StartedExecution:
    """Start what was planned."""
    return backend.start(
        request.function,
        qualifier=request.qualifier,
        payload=request.payload,
        name=request.name,
        tenant=request.tenant,
    )


def started_result(
    action: str, reference: str, request: StartRequest, started: StartedExecution, at: datetime
) -> ActionResult:
    """The result of an action that has started an execution."""
    parts = parse_execution_arn(started.arn or "")
    return ActionResult(
        action,
        reference,
        Outcome.DONE if started.arn else Outcome.ACCEPTED,
        arn=started.arn,
        function=request.function,
        version=parts.version if parts else started.executed_version,
        # A server that does not tell what it started does not show that it took the name either.
        name=parts.name if parts else request.name if started.arn else None,
        status_after=str(ExecutionStatus.RUNNING) if started.arn else None,
        at=at,
        new_arn=started.arn,
        answer=_answer(started),
    )


def _answer(started: StartedExecution) -> dict[str, Any]:
    return write_invoke_answer(started.arn, started.executed_version)


def newest_version(backend: Backend, name: str, tenant: str | None, notes: Notes) -> str:
    """The newest published version of a durable function, or `$LATEST` with a warning.

    Raises UsageError for other functions, and for one that isolates its tenants where none is given.
    """
    try:
        versions = list(backend.versions(name))
    except (AccessDenied, Unsupported) as error:
        warn_of(notes, error, f"starting {name}:{LATEST}: its versions cannot be read ({error.message})", function=name)
        return LATEST
    if not any(version.is_durable for version in versions):
        raise _not_durable(name)
    _agree_on_tenant(versions[0], tenant)
    published = [version.version for version in versions if version.is_durable and version.version]
    numbers = [int(version) for version in published if version.isdigit()]
    if numbers:
        return str(max(numbers))
    notes.warning(
        f"{name} has no published version: starting {LATEST}, whose code can change while the execution runs",
        function=name,
        type="latest_version",
    )
    return LATEST


def check_startable(backend: Backend, name: str, qualifier: str, tenant: str | None) -> None:
    """Raise NotFound for a version of a function that is not there, and what `newest_version` raises for others."""
    try:
        function = backend.function(name, qualifier=qualifier)
    except (AccessDenied, Unsupported):
        # The service itself refuses what cannot be started.
        return
    except NotFound as error:
        raise _no_qualifier(backend, name, qualifier) or error from error
    if not function.is_durable:
        raise _not_durable(name)
    _agree_on_tenant(function, tenant)


def _agree_on_tenant(function: Function, tenant: str | None) -> None:
    # Whether it isolates its tenants is fixed when it is created, so all versions agree. Lambda refuses both mistakes
    # (Lambda developer guide, "Troubleshooting tenant isolation").
    if tenant is not None and not function.is_tenant_isolated:
        raise UsageError(
            f"{function.name} does not isolate its tenants, so its executions are started for none",
            hint="leave out --tenant",
            details={"function": function.name},
        )
    if function.is_tenant_isolated and tenant is None:
        raise UsageError(
            f"{function.name} isolates its tenants, so every execution is started for one",
            hint="say for which: --tenant ID",
            details={"function": function.name},
        )


def _no_qualifier(backend: Backend, name: str, qualifier: str) -> NotFound | None:
    """The error for a function that is there without such a version or alias; None if the function is missing too."""
    try:
        versions = [each.version for each in backend.versions(name) if each.version]
    except DurablectlError:
        return None
    try:
        aliases = [each.name for each in backend.aliases(name)]
    except DurablectlError:
        aliases = []
    hint = [f"versions: {listed(versions, at_most=8)}"] if versions else []
    hint += [f"aliases: {listed(aliases, at_most=8)}"] if aliases else []
    return NotFound(
        f'the function {name} has no version or alias "{qualifier}"',
        hint=hint,
        details={"qualifier": qualifier, "versions": versions, "aliases": aliases},
    )


def _not_durable(name: str) -> UsageError:
    return UsageError(
        f"{name} is not a durable function, so it has no executions",
        hint="durability is given to a function when it is created; durable ones: durablectl functions",
        details={"function": name},
    )


def with_name(backend: Backend, function: str, name: str, notes: Notes) -> list[Execution]:
    """The executions of a function that have a name: none, one, or several where names have expired."""
    try:
        rows = list(backend.executions(function, ListFilter(name=name)))
    except NotFound:
        return []
    except (AccessDenied, Unsupported, ServiceFault) as error:
        notes.note(f"whether the name {name} is in use cannot be read ({error.message})")
        return []
    return [row for row in rows if row.name == name]


def _attached(reference: str, request: StartRequest, same: Execution, notes: Notes) -> ActionResult:
    notes.note(f"{request.function}/{same.name} exists with the same input; nothing new was started")
    version = same.parts.version if same.parts else None
    return ActionResult(
        "start",
        reference,
        Outcome.UNCHANGED,
        arn=same.arn,
        function=request.function,
        version=version,
        name=same.name,
        status_before=str(same.status),
        status_after=str(same.status),
        reason="an execution of that name and input exists",
    )


def _name_in_use(request: StartRequest, existing: Sequence[Execution], error: NameInUse) -> NameInUse:
    holder = existing[0] if existing else None
    arn = holder.arn if holder else error.details.get("arn")
    state = f"; it is {holder.status}" if holder else ""
    return NameInUse(
        f'{request.function} has an execution "{request.name}" with another input{state}',
        hint=[
            f"see: durablectl get {request.function}/{request.name}",
            "choose another --name, or repeat the same input to get the existing execution",
        ],
        request_id=error.request_id,
        details={**error.details, "arn": arn},
    )
