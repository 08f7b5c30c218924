"""Starts a new execution with the recorded input of another one; the service cannot resume one from a step."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from durablectl.backend.base import Backend
from durablectl.clock import Clock
from durablectl.errors import Conflict, DataIncomplete, NameInUse, NotFound, UsageError
from durablectl.model.arn import parse_function_name
from durablectl.model.executions import ExecutionDetail
from durablectl.model.refs import check_execution_name
from durablectl.operate.actions import ActionResult, Outcome, result_of
from durablectl.operate.limits import MAX_BYTES, check_size, check_tenant
from durablectl.operate.notes import Notes
from durablectl.operate.starting import (
    LATEST,
    StartRequest,
    check_startable,
    newest_version,
    send_start,
    started_result,
    with_name,
)
from durablectl.operate.targets import Target

SAME = "same"
NEWEST = "latest"

_MAX_NAME = 64
_MAX_PROPOSALS = 20
_NUMBERED = re.compile(r"(?P<base>.+)-r(?P<number>[0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Restart:
    """A new execution as it will be started, and the one whose input it has."""

    target: Target
    request: StartRequest
    is_recorded_input: bool

    @property
    def name(self) -> str:
        """The name of the new execution."""
        return self.request.name or ""


def plan_restart(
    backend: Backend,
    target: Target,
    *,
    name: str | None = None,
    payload: bytes | None = None,
    version: str | None = None,
    tenant: str | None = None,
    notes: Notes,
) -> Restart:
    """What a restart would start: makes read requests only.

    `version` is `same`, `latest` (the newest published one) or a version or alias; None is `same`. `tenant` is for
    whom, which no execution tells of itself. Raises DataIncomplete for an input that the service does not give whole
    or does not take again, KeyDenied for one that cannot be read, NameInUse for a name that is taken, NotFound for a
    version that is gone, UsageError where a tenant is wanted.
    """
    check_wishes(name, version, tenant)
    detail = backend.execution(target.arn, with_data=payload is None)
    if detail.execution.status.is_open:
        notes.note(f"{target.label} is {detail.execution.status}; this starts another execution beside it")
    function = _function_of(target)
    given = _recorded_input(target, detail) if payload is None else payload
    check_size(given, "the input")
    qualifier = _qualifier(backend, function, target, detail, version, tenant, notes)
    free = _free_name(backend, function, detail.execution.name or target.name, name, notes)
    return Restart(target, StartRequest(function, qualifier, given, free, tenant), payload is None)


def check_wishes(name: str | None, version: str | None, tenant: str | None) -> None:
    """Raise UsageError for what cannot be meant, whatever execution it is about."""
    if name is not None:
        check_execution_name(name)
    if version is not None and parse_function_name(f"any:{version}") is None:
        raise UsageError(f'"{version}" is no version', hint=f"it is {SAME}, {NEWEST}, a number or an alias")
    check_tenant(tenant)


def restart(backend: Backend, plan: Restart, *, clock: Clock, dry_run: bool = False) -> ActionResult:
    """Start what was planned. Raises NameInUse when the name was taken meanwhile."""
    request, target = plan.request, plan.target
    if dry_run:
        return replace(result_of("restart", target, Outcome.WOULD_APPLY), reason=f"as {request.name}")
    started = send_start(backend, request)
    if started.arn == target.arn:
        raise NameInUse(f"{target.label} was found instead of a new execution", hint="choose another --name")
    return started_result("restart", target.reference, request, started, clock.now())


def _function_of(target: Target) -> str:
    if target.function is None:
        raise UsageError(
            f"the function of {target.reference} is not known, so nothing can be started",
            hint="this server issues no ARNs; start it by name: durablectl start FUNCTION --input …",
        )
    return target.function


def _recorded_input(target: Target, detail: ExecutionDetail) -> bytes:
    recorded = detail.input
    hint = "give the input yourself: --input @FILE"
    if recorded is None or recorded.text is None:
        why = "left out for its size" if recorded is not None and recorded.truncated else "not given by the service"
        raise DataIncomplete(f"cannot restart {target.label}: its input is {why}", hint=hint)
    if recorded.truncated:
        raise DataIncomplete(f"cannot restart {target.label}: its input is truncated by the service", hint=hint)
    given = recorded.text.encode("utf-8", "surrogateescape")
    if len(given) > MAX_BYTES:
        raise DataIncomplete(
            f"cannot restart {target.label}: its input has {len(given)} bytes, an asynchronous start takes {MAX_BYTES}",
            hint="store it elsewhere and start with where it is: durablectl start FUNCTION --input @FILE",
        )
    return given


def _qualifier(
    backend: Backend,
    function: str,
    target: Target,
    detail: ExecutionDetail,
    version: str | None,
    tenant: str | None,
    notes: Notes,
) -> str:
    if version == NEWEST:
        return newest_version(backend, function, tenant, notes)
    if version not in (None, SAME):
        check_startable(backend, function, str(version), tenant)
        return str(version)
    same = target.version or detail.version or LATEST
    try:
        check_startable(backend, function, same, tenant)
    except NotFound as error:
        raise NotFound(
            f"version {same} of {function}, which ran {target.label}, is gone",
            hint=f"run it on the newest one: durablectl restart {target.label} --version {NEWEST}",
            request_id=error.request_id,
        ) from error
    if same == LATEST:
        notes.note(f"{LATEST} is the code of {function} as it is now, which may differ from what {target.name} ran")
    return same


def _free_name(backend: Backend, function: str, name: str, wanted: str | None, notes: Notes) -> str:
    """A name that no execution has: the start of a taken one with the same input would start nothing."""
    if wanted is not None:
        taken = with_name(backend, function, wanted, notes)
        if taken:
            raise NameInUse(
                f'{function} has an execution "{wanted}"; it is {taken[0].status}',
                hint=[f"see: durablectl get {function}/{wanted}", "choose another --name, or leave it out"],
                details={"arn": taken[0].arn},
            )
        return wanted
    for proposal in itertools.islice(proposals(name), _MAX_PROPOSALS):
        if not with_name(backend, function, proposal, notes):
            return proposal
    raise Conflict(f"{name} was restarted {_MAX_PROPOSALS} times under its usual names", hint="choose a --name")


def proposals(name: str) -> Iterator[str]:
    """`NAME-r2`, `NAME-r3` and so on; the base is cut so that they are no longer than a name may be."""
    numbered = _NUMBERED.fullmatch(name)
    base, first = (numbered["base"], int(numbered["number"]) + 1) if numbered else (name, 2)
    suffixes = (f"-r{number}" for number in itertools.count(first))
    return (base[: _MAX_NAME - len(suffix)] + suffix for suffix in suffixes)
