"""Rules of invocations: the one that runs, the ones that died, the one that never came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.insight.case import PATIENCE, Case
from durablectl.insight.commands import Intent
from durablectl.insight.errors import ErrorKind, is_throttle, kind_of
from durablectl.insight.findings import NextCommand, Severity
from durablectl.insight.rules import Found
from durablectl.insight.sentences import Name, Sentence, Took, between, error_words, sentence, times, type_of
from durablectl.model.operations import Invocation, Operation
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType
from durablectl.model.tree import CRASH_LOOP, Node


def invocation_running(case: Case) -> Iterator[Found]:
    """The function is working, as far as anything shows."""
    if not (case.is_open and case.folded.is_invoked) or _is_overdue(case):
        return
    node, since = _at_work(case)
    on = sentence(" on ", case.label(node)) if node else ()
    yield Found(
        sentence("The function is working", on, " now (", between(since, case.now), ")."),
        because=sentence("the function is working", on),
        node=node,
        event_ids=tuple(node.operation.event_ids[-1:]) if node else (),
        since=since,
        evidence={"started_at": since},
        next=(case.next(Intent.FOLLOW),),
    )


def invocation_overdue(case: Case) -> Iterator[Found]:
    """The function has been working for longer than one invocation may last."""
    if not (case.is_open and case.folded.is_invoked) or not _is_overdue(case):
        return
    node, since = _at_work(case)
    subject = case.label(node) if node else "The invocation"
    timeout_s = (case.facts.function.timeout_s or 0) if case.facts.function else 0
    yield Found(
        sentence(
            subject,
            " started ",
            between(since, case.now),
            " ago, longer than one invocation may last (",
            Took(timeout_s * 1000, is_limit=True),
            "); probably it was lost.",
        ),
        because=sentence(subject, " started longer ago than one invocation may last, and was probably lost"),
        node=node,
        event_ids=tuple(node.operation.event_ids[-1:]) if node else (),
        since=since,
        evidence={"started_at": since, "age_ms": between(since, case.now).milliseconds, "timeout_ms": timeout_s * 1000},
        next=(case.next(Intent.READ_OPERATION_LOGS, node) if node else case.next(Intent.SEE_TREE),),
    )


def _is_overdue(case: Case) -> bool:
    function, (_, since) = case.facts.function, _at_work(case)
    if function is None or function.timeout_s is None or since is None:
        return False
    return case.now - since > timedelta(seconds=function.timeout_s) + PATIENCE


def _at_work(case: Case) -> tuple[Node | None, datetime | None]:
    """The step that was started last, and when; without one, the first sign of the invocation."""
    folded = case.folded
    running = [folded.operations[id_] for id_ in folded.running_step_ids if not folded.operations[id_].interruptions]
    if running:
        operation = running[-1]
        attempt = operation.attempts[-1] if operation.attempts else None
        return case.nodes[operation.id], attempt.started_at if attempt else operation.started_at
    last = case.last_invocation
    later = [event.at for event in case.facts.events if last is None or event.event_id > last.event_id]
    return None, next((at for at in later if at), case.started_at)


# --- invocations that died --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Loop:
    """Invocations in a row that died, and the step that they died in."""

    deaths: Sequence[Invocation]
    node: Node | None = None


def is_crash_looping(case: Case) -> bool:
    """Whether the function dies in one invocation after the other, without getting further."""
    return _crash_loop(case) is not None


def invocation_crash_loop(case: Case) -> Iterator[Found]:
    """The function dies in one invocation after the other, without getting further."""
    loop = _crash_loop(case)
    if loop is None:
        return
    deaths, node = loop.deaths, loop.node
    errors = [death.error for death in deaths]
    inside = sentence(" inside ", case.label(node)) if node else sentence(" before it recorded anything")
    died = "has died" if case.is_open else "died"
    often = times(len(deaths))
    how = ("dies", f" every time, {often} so far") if case.is_open else (f"died {often} in a row", "")
    yield Found(
        sentence(f"The function {died} {often}", inside, _kinds(errors), ". ", _no_limit(node), _end(case)),
        because=sentence(f"the function {how[0]}", inside, how[1]),
        node=node,
        event_ids=tuple(death.event_id for death in deaths),
        since=deaths[0].ended_at,
        evidence={
            "count": len(deaths),
            "error_types": sorted({error.type for error in errors if error and error.type}),
            "request_ids": [death.request_id for death in deaths],
        },
        notes=(sentence("The last time it said ", error_words(errors[-1]), "."),),
        chain=() if case.is_open else case.chain_links,
        severity=Severity.BLOCKING if case.is_open else Severity.CAUSE,
        next=(case.next(Intent.READ_INVOCATION_LOGS, invocation=deaths[-1].index),),
    )


def _crash_loop(case: Case) -> _Loop | None:
    if not case.is_open and case.status not in (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT):
        return None
    deaths = case.failed_run
    if len(deaths) < CRASH_LOOP or kind_of(deaths[-1].error, is_of_invocation=True) is not ErrorKind.OTHER:
        return None
    steps = [case.folded.operations[id_] for id_ in case.folded.running_step_ids]
    died_in = max(steps, key=lambda step: step.interruptions, default=None)
    if died_in is not None and died_in.interruptions >= CRASH_LOOP:
        return _Loop(deaths[-died_in.interruptions :], case.nodes[died_in.id])
    # Without a step, invocations that record something on their way get further each time.
    idle = [death for death in deaths[1:] if not death.operation_ids]
    return _Loop(deaths) if died_in is None and len(idle) == len(deaths) - 1 else None


def _kinds(errors: Sequence[ErrorPayload | None]) -> Sentence:
    kinds = dict.fromkeys(kind for error in errors if (kind := type_of(error)))
    named: list[str | Name] = []
    for kind in kinds:
        named += [", " if named else " (", Name(kind)]
    return sentence(*named, ")") if named else ()


def _no_limit(node: Node | None) -> str:
    return (
        "The step never fails, so its retry limit does not apply; " if node else "No step fails, so nothing limits it; "
    )


def _end(case: Case) -> str:
    if case.is_open:
        return "this goes on until the service gives up or the execution times out."
    return "the execution timed out." if case.status == ExecutionStatus.TIMED_OUT else "the service gave up."


def pending_with_nothing_pending(case: Case) -> Iterator[Found]:
    """The function suspended though there was nothing to wait for."""
    for found in _rejections(case, ErrorKind.NOTHING_PENDING):
        yield Found(
            sentence(
                "The function suspended with nothing to wait for: usually a promise or future outside the durable "
                "operations was awaited."
            ),
            because=("the function suspended with nothing to wait for",),
            event_ids=found.event_ids,
            since=found.at,
            evidence={"request_id": found.request_id},
            notes=(sentence("The service said ", error_words(found.error), "."),),
            chain=case.chain_links,
            next=(_invocation_logs(case, found),),
        )


def checkpoint_rejected(case: Case) -> Iterator[Found]:
    """The service did not take what the function wrote."""
    for found in _rejections(case, ErrorKind.CHECKPOINT):
        words = error_words(found.error)
        yield Found(
            sentence("The service probably rejected a checkpoint: ", words, "."),
            because=sentence("the service probably rejected a checkpoint: ", words),
            event_ids=found.event_ids,
            since=found.at,
            evidence={
                "request_id": found.request_id,
                "error_type": found.error.type,
                "error_message": found.error.message,
            },
            chain=case.chain_links,
            next=(_invocation_logs(case, found),),
        )


@dataclass(frozen=True, slots=True)
class _Rejection:
    """An error with which the service answered to an invocation."""

    error: ErrorPayload
    event_ids: tuple[int, ...]
    at: datetime | None
    request_id: str | None = None
    number: int | None = None


def _rejections(case: Case, kind: ErrorKind) -> Iterator[_Rejection]:
    """The last invocation if it ended in such an error, else the execution itself."""
    last, cause = case.last_invocation, case.cause
    if not case.is_open and case.status != ExecutionStatus.FAILED:
        return
    if last is not None and last.error is not None and kind_of(last.error, is_of_invocation=True) is kind:
        yield _Rejection(last.error, (last.event_id,), last.ended_at, last.request_id, last.index)
    elif cause is not None and cause.operation_id is None and case.error and kind_of(case.error) is kind:
        yield _Rejection(case.error, (case.chain[-1].event_id,), case.ended_at, None, last.index if last else None)


def _invocation_logs(case: Case, found: _Rejection) -> NextCommand:
    if found.number is None:
        return case.next(Intent.SEE_TREE)
    return case.next(Intent.READ_INVOCATION_LOGS, invocation=found.number)


# --- invocations that did not come ------------------------------------------------------------------------------------


def due_not_resumed(case: Case) -> Iterator[Found]:
    """Something that the execution waited for is over, and the function was not invoked."""
    if not case.is_open or case.is_paused or case.folded.is_invoked or case.last_invocation is None:
        return
    for operation in case.folded.operations.values():
        due_at = _due_since(case, operation)
        if due_at is None or due_at + PATIENCE >= case.now:
            continue
        node = case.nodes[operation.id]
        late = between(due_at, case.now)
        yield Found(
            sentence(
                case.label(node),
                " was due ",
                late,
                " ago and no invocation followed; probably throttled or at the concurrency limit.",
            ),
            because=sentence(case.label(node), " was due ", late, " ago and no invocation followed"),
            node=node,
            event_ids=tuple(operation.event_ids[-1:]),
            since=due_at,
            evidence={"due_at": due_at, "late_ms": late.milliseconds},
            next=(case.next(Intent.CHECK_CONCURRENCY),),
        )


def _due_since(case: Case, operation: Operation) -> datetime | None:
    """When an operation became a reason to invoke the function again, if the function has not been told since."""
    if operation.type == OperationType.STEP:
        return operation.next_attempt_at if operation.status == OperationStatus.PENDING else None
    if operation.type not in _AWAITED:
        return None
    if not operation.is_final:
        return operation.scheduled_end_at if operation.type == OperationType.WAIT else None
    last = case.last_invocation
    is_news = last is not None and operation.event_ids[-1] > last.event_id
    return operation.ended_at if is_news else None


_AWAITED = frozenset({OperationType.WAIT, OperationType.CALLBACK, OperationType.CHAINED_INVOKE})


def throttled(case: Case) -> Iterator[Found]:
    """Requests were refused because there were too many."""
    refused = sorted(_throttles(case), key=lambda one: one.event_id)
    if not refused:
        return
    instants = [one.at for one in refused if one.at]
    since = min(instants, default=None)
    until = case.now if case.is_open else max(instants, default=None)
    within = sentence(" in the last " if case.is_open else " within ", between(since, until)) if since else ()
    yield Found(
        sentence(f"Requests were throttled {times(len(refused))}", within, "."),
        event_ids=tuple(one.event_id for one in refused if one.event_id),
        since=since,
        evidence={
            "count": len(refused),
            "error_types": sorted({one.error.type for one in refused if one.error.type}),
        },
        notes=(sentence("The last time it said ", error_words(refused[-1].error), "."),),
        next=(case.next(Intent.FIND_THROTTLES),),
    )


@dataclass(frozen=True, slots=True)
class _Throttle:
    error: ErrorPayload
    event_id: int
    at: datetime | None


def _throttles(case: Case) -> Iterator[_Throttle]:
    for event in case.facts.events:
        if event.spec.group in ("invocation", "step") and event.error is not None and is_throttle(event.error):
            yield _Throttle(event.error, event.event_id, event.at)
