"""Rules of how an execution came to a bad end, by the operation that its failure began with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from durablectl.insight.case import Case
from durablectl.insight.children import called_execution
from durablectl.insight.commands import Intent, next_command
from durablectl.insight.errors import ErrorKind, error_of, kind_of
from durablectl.insight.findings import ChainLink, Confidence, Finding
from durablectl.insight.invocations import is_crash_looping
from durablectl.insight.rules import Found
from durablectl.insight.sentences import At, Name, Quote, Sentence, Took, between, error_words, sentence
from durablectl.model.facts import ChildFacts
from durablectl.model.operations import Operation
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus, OperationStatus, OperationType
from durablectl.model.tree import Node

_TIMER_SLACK = timedelta(seconds=1)
"""How much earlier than its timeout a callback may be recorded as timed out: timeouts are whole seconds."""


def callback_timed_out(case: Case) -> Iterator[Found]:
    """The failure began with a callback that nobody completed in time."""
    operation = case.cause_operation("CallbackTimedOut")
    if operation is None:
        return
    node = case.nodes[operation.id]
    heartbeat_ms = operation.heartbeat_timeout_ms
    if heartbeat_ms is not None and _ended_early(operation):
        what = sentence("The callback ", case.label(node), " probably missed its ", _limit(heartbeat_ms), " heartbeat.")
        because = sentence(
            "the callback ", case.label(node), " probably missed its ", _limit(heartbeat_ms), " heartbeat"
        )
        confidence = Confidence.LIKELY
    else:
        within = sentence(" within ", _limit(operation.timeout_ms)) if operation.timeout_ms else (" in time",)
        what = sentence("The callback ", case.label(node), " got no result", within, ".")
        because = sentence("the callback ", case.label(node), " got no result", within)
        confidence = Confidence.CERTAIN
    yield Found(
        what,
        because=because,
        node=node,
        event_ids=(operation.event_ids[-1],),
        since=operation.started_at,
        until=operation.ended_at,
        evidence={
            "callback_id": operation.callback_id,
            "timeout_ms": operation.timeout_ms,
            "heartbeat_timeout_ms": heartbeat_ms,
            "timed_out_at": operation.ended_at,
        },
        notes=(_open_since(operation),),
        chain=case.chain_links,
        confidence=confidence,
        next=(case.next(Intent.RUN_AGAIN),),
    )


def _ended_early(operation: Operation) -> bool:
    if operation.timeout_at is None or operation.ended_at is None:
        return operation.timeout_ms is None
    return operation.ended_at < operation.timeout_at - _TIMER_SLACK


def _limit(limit_ms: int) -> Took:
    return Took(limit_ms, is_limit=True)


def _open_since(operation: Operation) -> Sentence:
    opened = ("Open since ", At(operation.started_at)) if operation.started_at else ("Open",)
    timeout = ("timeout ", _limit(operation.timeout_ms)) if operation.timeout_ms else ("no timeout",)
    heartbeat_ms = operation.heartbeat_timeout_ms
    heartbeat = ("heartbeat timeout ", _limit(heartbeat_ms)) if heartbeat_ms else ("no heartbeat timeout",)
    return sentence(*opened, ", ", *timeout, ", ", *heartbeat, ".")


def callback_failed(case: Case) -> Iterator[Found]:
    """The failure began with a callback that was answered with an error."""
    operation = case.cause_operation("CallbackFailed")
    if operation is None:
        return
    node = case.nodes[operation.id]
    told = sentence("the callback ", case.label(node), " was failed from outside: ", error_words(error_of(operation)))
    yield _failed(case, node, told, Intent.SEE_OPERATION_DATA)


def step_failed(case: Case) -> Iterator[Found]:
    """The failure began with a step that failed for good."""
    operation = case.cause_operation("StepFailed")
    if operation is None or kind_of(error_of(operation)) is ErrorKind.NONDETERMINISM:
        return
    node = case.nodes[operation.id]
    attempts = len(operation.attempts)
    after = f" after {attempts} attempts" if attempts > 1 else ""
    words = error_words(error_of(operation))
    told = sentence("step ", case.label(node), f" failed{after}: ", words)
    yield _failed(case, node, told, Intent.READ_OPERATION_LOGS, attempts=attempts)


def wait_cancelled(case: Case) -> Iterator[Found]:
    """The failure began with a wait that was cancelled with the very error that ended the execution."""
    message = (case.error.message or "").strip().casefold() if case.error else ""
    if case.status != ExecutionStatus.FAILED or any(link.operation_id for link in case.chain) or not message:
        return
    for operation in case.folded.operations.values():
        if operation.type != OperationType.WAIT or operation.status != OperationStatus.CANCELLED:
            continue
        cancelled = (operation.error.message or "").strip().casefold() if operation.error else ""
        if cancelled and cancelled in message:
            node = case.nodes[operation.id]
            told = sentence(
                "the wait ", case.label(node), " was cancelled, probably the cause: ", error_words(operation.error)
            )
            yield _failed(case, node, told, Intent.SEE_OPERATION)


def _failed(case: Case, node: Node, told: Sentence, intent: Intent, **evidence: object) -> Found:
    """What all failures of an operation have in common; `told` is the clause of a headline."""
    operation = node.operation
    error = error_of(operation)
    return Found(
        _as_sentence(told),
        because=told,
        node=node,
        event_ids=(operation.event_ids[-1],),
        since=operation.started_at,
        until=operation.ended_at,
        evidence={**evidence, "error_type": error.type if error else None, "error_message": _message(error)},
        chain=case.chain_links,
        next=(case.next(intent, node),),
    )


def _message(error: ErrorPayload | None) -> str | None:
    return error.message if error else None


def _as_sentence(told: Sentence) -> Sentence:
    """A clause with a capital at its beginning and a full stop at its end."""
    first, *rest = told
    return sentence(first[:1].upper() + first[1:] if isinstance(first, str) else first, *rest, ".")


def invoke_failed(case: Case) -> Iterator[Found]:
    """The failure began with a chained execution that ended badly."""
    operation = case.cause_operation("ChainedInvokeFailed", "ChainedInvokeTimedOut", "ChainedInvokeStopped")
    if operation is None:
        return
    node, child = case.nodes[operation.id], case.child(operation)
    called = called_execution(operation, child)
    how = _ENDS.get(operation.status, "failed")
    noun = "the child" if operation.child_arn else "the function"
    diagnosis = case.child_diagnoses.get(operation.id)
    leading = diagnosis.leading if diagnosis else None
    why = leading.because if leading and leading.because else error_words(error_of(operation))
    told = sentence(f"{noun} ", Name(called), f" {how}: ", why)
    found = _failed(case, node, told, Intent.SEE_OPERATION)
    yield Found(
        found.summary,
        because=told,
        node=node,
        event_ids=found.event_ids,
        since=found.since,
        until=found.until,
        evidence={
            **found.evidence,
            "child_arn": operation.child_arn,
            "child_rule": leading.rule if leading else None,
        },
        notes=diagnosis.leading.notes if diagnosis and diagnosis.leading else (),
        chain=(*_chain_of(child, leading), *case.chain_links),
        confidence=leading.confidence if leading else None,
        next=(next_command(Intent.DIAGNOSE, child.reference),) if child else found.next,
    )


def _chain_of(child: ChildFacts | None, leading: Finding | None) -> Iterator[ChainLink]:
    """The way that the failure took inside a child."""
    for link in leading.chain if leading and child else ():
        yield link if link.child else replace(link, child=child.reference if child else None)


def handler_failed(case: Case) -> Iterator[Found]:
    """No failed operation explains how the execution ended: the code around the operations failed."""
    cause = case.cause
    if cause is None or case.status != ExecutionStatus.FAILED or cause.type not in _OUTSIDE:
        return
    error = cause.error if cause.error is not None and cause.error.is_present else case.error
    is_of_invocation = cause.type == "InvocationCompleted"
    if kind_of(error, is_of_invocation=is_of_invocation) in _EXPLAINED or is_crash_looping(case):
        return
    if any(True for _ in wait_cancelled(case)):
        return
    node = case.nodes.get(cause.operation_id or "")
    if is_of_invocation and (node is not None or _is_of_runtime(error)):
        died = sentence(" in ", case.label(node)) if node else ()
        told = sentence("the function died", died, ": ", error_words(error))
    elif node is not None:
        told = sentence("the code of ", case.label(node), " raised outside any operation: ", error_words(error))
    else:
        told = sentence("the handler raised outside any operation: ", error_words(error))
    last = case.last_invocation
    yield Found(
        _as_sentence(told),
        because=told,
        node=node,
        event_ids=(cause.event_id,),
        since=case.event_at(cause.event_id),
        evidence={"error_type": error.type if error else None, "error_message": _message(error)},
        chain=case.chain_links,
        next=(case.next(Intent.READ_INVOCATION_LOGS, invocation=last.index if last else None),),
    )


def _is_of_runtime(error: ErrorPayload | None) -> bool:
    """Whether the code did not raise the error but was ended from around it, or ended itself."""
    return error is not None and (error.type or "").startswith(("Runtime.", "Sandbox."))


_ENDS = {OperationStatus.TIMED_OUT: "timed out", OperationStatus.STOPPED: "was stopped"}
_OUTSIDE = frozenset({"ExecutionFailed", "InvocationCompleted", "ContextFailed"})
_EXPLAINED = frozenset({ErrorKind.NOTHING_PENDING, ErrorKind.NONDETERMINISM, ErrorKind.CHECKPOINT})


def execution_timed_out(case: Case) -> Iterator[Found]:
    """The execution took longer than it may."""
    if case.status != ExecutionStatus.TIMED_OUT:
        return
    limit_s = case.detail.execution_timeout_s
    limit_ms = limit_s * 1000 if limit_s else case.folded.execution.execution_timeout_ms
    left_open = [node for node in case.nodes.values() if node.is_orphaned and not node.children]
    longest = min(left_open, key=lambda node: node.operation.started_at or case.now, default=None)
    reached = sentence("the execution hit its timeout", *((" of ", _limit(limit_ms)) if limit_ms else ()))
    told = reached
    if longest is not None:
        open_for = between(longest.operation.started_at, case.ended_at)
        told = sentence(reached, " while ", case.label(longest), " was open for ", open_for)
    yield Found(
        _as_sentence(told),
        because=told,
        node=longest,
        event_ids=tuple(link.event_id for link in case.chain[-1:]),
        since=case.started_at,
        until=case.ended_at,
        evidence={
            "timeout_ms": limit_ms,
            "open_operations": [node.operation.id for node in left_open[:_MANY]],
        },
        notes=(sentence(f"{len(left_open)} operations were open then."),) if len(left_open) > 1 else (),
        chain=case.chain_links,
        next=(case.next(Intent.SEE_TIMELINE),),
    )


_MANY = 20


def execution_stopped(case: Case) -> Iterator[Found]:
    """Somebody stopped the execution."""
    if case.status != ExecutionStatus.STOPPED:
        return
    error, at = case.error, case.ended_at
    told = sentence("it was stopped", *((" ", At(at)) if at else ()), _reason(error))
    yield Found(
        sentence("Stopped", *((" ", At(at)) if at else ()), _reason(error), "."),
        because=told,
        event_ids=tuple(link.event_id for link in case.chain[-1:]),
        since=at,
        evidence={"error_type": error.type if error else None, "error_message": _message(error)},
        chain=case.chain_links,
        next=(case.next(Intent.RUN_AGAIN),),
    )


def _reason(error: ErrorPayload | None) -> Sentence:
    if error is not None and error.is_present:
        return sentence(": ", Quote(error.message)) if error.message else sentence(": ", error_words(error))
    return ()
