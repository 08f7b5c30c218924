"""The rules of checkpoints: operations and updates in, events or a service error out. Pure.

A batch is decided on a draft: each update sees what the ones before it did, and the first that breaks a rule rejects
the whole batch, because the draft is then dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from durablectl.local import errors
from durablectl.local.rules.draft import Closing, Draft, Target, Unresolved
from durablectl.local.rules.updates import ChainedInvokeOptions, OperationUpdate, check_sizes
from durablectl.model.operations import Operation
from durablectl.model.payloads import ErrorPayload, Payload
from durablectl.model.statuses import OperationStatus, OperationType

ResolveTarget = Callable[[ChainedInvokeOptions], Target | Unresolved]
MintCallbackId = Callable[[str], str]


class CheckpointRules:
    """Decides checkpoints of one execution.

    `resolve_target` looks up what a chained invoke calls and may raise ServiceError; `mint_callback_id` makes the id
    of a new callback from its operation id.
    """

    def __init__(self, resolve_target: ResolveTarget, mint_callback_id: MintCallbackId) -> None:
        self._resolve_target = resolve_target
        self._mint_callback_id = mint_callback_id
        self._by_type: dict[OperationType, Callable[[Draft, OperationUpdate, Operation | None], None]] = {
            OperationType.STEP: self._step,
            OperationType.CONTEXT: self._context,
            OperationType.WAIT: self._wait,
            OperationType.CALLBACK: self._callback,
            OperationType.CHAINED_INVOKE: self._chained_invoke,
            OperationType.EXECUTION: self._execution,
        }

    def apply(self, draft: Draft, updates: list[OperationUpdate]) -> None:
        """Decide a whole batch on `draft`. Raises ServiceError when any update is not allowed.

        What concerns the batch is looked at before any update on its own, as the official local engine does.
        """
        _check_batch(draft, updates)
        for update in updates:
            existing = draft.operation(update.id)
            _check_identity(draft, update, existing)
            check_sizes(update)
            _check_action(update)
            self._by_type[update.type](draft, update, existing)

    def _step(self, draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
        status = existing.status_at(draft.now) if existing else None
        if update.action == "START":
            if status not in (None, OperationStatus.READY):
                raise errors.invalid_parameter("Invalid current STEP state to start.")
            _start(draft, "StepStarted", update)
            return
        if status not in (None, OperationStatus.STARTED, OperationStatus.READY):
            verb = "re-attempt" if update.action == "RETRY" else "close"
            raise errors.invalid_parameter(f"Invalid current STEP state to {verb}.")
        if update.action == "RETRY":
            _check_retry(update)
        elif update.next_attempt_delay_s is not None:
            raise errors.invalid_parameter("Invalid StepOptions for the given action.")
        _finish_attempt(draft, update, existing)

    def _context(self, draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
        if update.action == "START":
            if existing is not None:
                raise errors.invalid_parameter("Cannot start a CONTEXT that already exist.")
            _start(draft, "ContextStarted", update)
            return
        # Closing a context that was never started is accepted: the official local engine does so too, and no document
        # says what the live service does.
        if existing is not None and existing.is_final:
            raise errors.invalid_parameter("Invalid current CONTEXT state to close.")
        if update.replay_children:
            draft.replay_children.add(update.id)
        _close(draft, "Context", update)

    def _wait(self, draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
        if update.action == "CANCEL":
            if existing is None or existing.is_final:
                message = "Cannot cancel a WAIT that does not exist or has already completed."
                raise errors.invalid_parameter(message)
            draft.record_operation("WaitCancelled", update.id, error=update.error)
            return
        if existing is not None:
            raise errors.invalid_parameter("Cannot start a WAIT that already exist.")
        if update.wait_s is None:
            raise errors.invalid_parameter("Update for WAIT operation requires WaitOptions.")
        ends_at = draft.now + timedelta(seconds=update.wait_s)
        _start(draft, "WaitStarted", update, {"duration_ms": update.wait_s * 1000, "scheduled_end_at": ends_at})

    def _callback(self, draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
        if existing is not None:
            raise errors.invalid_parameter("Cannot start a CALLBACK that already exist.")
        # A timeout of 0 means none, and leaves no trace in the history.
        details = {
            "callback_id": self._mint_callback_id(update.id),
            "timeout_ms": update.callback_timeout_s * 1000 or None,
            "heartbeat_timeout_ms": update.heartbeat_timeout_s * 1000 or None,
        }
        _start(draft, "CallbackStarted", update, details)

    def _chained_invoke(self, draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
        if existing is not None:
            raise errors.invalid_parameter("Cannot start a CHAINED_INVOKE operation that already exists.")
        if update.chained_invoke is None:
            message = "Update for CHAINED_INVOKE operation requires ChainedInvokeOptions."
            raise errors.invalid_parameter(message)
        target = self._resolve_target(update.chained_invoke)
        details = {"function": update.chained_invoke.function_name, "tenant_id": update.chained_invoke.tenant_id}
        if isinstance(target, Unresolved):
            _start(draft, "ChainedInvokeStarted", update, details)
            draft.record_operation("ChainedInvokeFailed", update.id, error=target.error)
            return
        details |= {"executed_version": target.version, "child_arn": target.child_arn}
        _start(draft, "ChainedInvokeStarted", update, details, payload=Payload(update.payload or "{}"))
        draft.started_invokes.append(update.id)
        if update.chained_invoke.trace_id:
            draft.trace_headers[update.id] = update.chained_invoke.trace_id

    def _execution(self, draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
        if draft.closing is not None or draft.folded.execution.status.is_closed:
            raise errors.invalid_parameter("Cannot make multiple close workflow decisions.")
        error = update.error or ErrorPayload() if update.action == "FAIL" else None
        draft.closing = Closing(result=update.payload, error=error)


def _check_batch(draft: Draft, updates: list[OperationUpdate]) -> None:
    executions = [index for index, update in enumerate(updates) if update.type == OperationType.EXECUTION]
    if len(executions) > 1:
        raise errors.invalid_parameter("Cannot checkpoint multiple EXECUTION updates.")
    if executions and executions[0] != len(updates) - 1:
        raise errors.invalid_parameter("EXECUTION checkpoint must be the last update.")
    before: dict[str, OperationUpdate] = {}
    for update in updates:
        _check_repetition(update, before.get(update.id))
        _check_parent(draft, update, before)
        before[update.id] = update


def _check_parent(draft: Draft, update: OperationUpdate, before: Mapping[str, OperationUpdate]) -> None:
    """A parent is a context that exists, or that an earlier update of the batch starts."""
    if update.parent_id is None:
        return
    parent = draft.operation(update.parent_id) or before.get(update.parent_id)
    if parent is None or parent.type != OperationType.CONTEXT:
        raise errors.invalid_parameter("Invalid parent operation id.")


def _check_repetition(update: OperationUpdate, before: OperationUpdate | None) -> None:
    """An id stands in a batch once, but for the start of a step or context that is followed by its end."""
    if before is None:
        return
    may_repeat = before.type in (OperationType.STEP, OperationType.CONTEXT) and before.action == "START"
    if not may_repeat or update.action == "START":
        raise errors.invalid_parameter("Cannot checkpoint multiple operations with the same ID.")


_ACTIONS_BY_TYPE = {
    OperationType.EXECUTION: {"SUCCEED", "FAIL"},
    OperationType.CONTEXT: {"START", "SUCCEED", "FAIL"},
    OperationType.STEP: {"START", "SUCCEED", "FAIL", "RETRY"},
    OperationType.WAIT: {"START", "CANCEL"},
    OperationType.CALLBACK: {"START"},
    OperationType.CHAINED_INVOKE: {"START"},
}


def _check_action(update: OperationUpdate) -> None:
    if update.type not in _ACTIONS_BY_TYPE:
        raise errors.invalid_parameter("Unknown operation type.")
    if update.action not in _ACTIONS_BY_TYPE[update.type]:
        raise errors.invalid_parameter("Invalid action for the given operation type.")
    if update.action == "FAIL" and update.payload is not None:
        raise errors.invalid_parameter("Cannot provide a Payload for FAIL action.")
    if update.action == "SUCCEED" and update.error is not None:
        raise errors.invalid_parameter("Cannot provide an Error for SUCCEED action.")


def _check_identity(draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
    if _type_of(draft, update, existing) != update.type:
        raise errors.invalid_parameter("Inconsistent operation type.")
    if update.type == OperationType.EXECUTION:
        return
    if existing is None:
        return
    if update.sub_type and update.sub_type != existing.sub_type:
        raise errors.invalid_parameter("Inconsistent operation subtype.")
    if update.name and update.name != existing.name:
        raise errors.invalid_parameter("Inconsistent operation name.")
    if update.parent_id and update.parent_id != existing.parent_id:
        raise errors.invalid_parameter("Inconsistent parent operation id.")


def _type_of(draft: Draft, update: OperationUpdate, existing: Operation | None) -> OperationType:
    """The type that an id stands for already; that of the update if it stands for nothing."""
    if update.id == draft.folded.execution.id:
        return OperationType.EXECUTION
    return update.type if existing is None else existing.type


def _check_retry(update: OperationUpdate) -> None:
    if update.next_attempt_delay_s is None:
        raise errors.invalid_parameter("Invalid StepOptions for the given action.")
    if update.payload is not None and update.error is not None:
        raise errors.invalid_parameter("Cannot provide both error and payload to RETRY a STEP.")


def _start(
    draft: Draft,
    event_type: str,
    update: OperationUpdate,
    details: Mapping[str, object] | None = None,
    *,
    payload: Payload | None = None,
) -> None:
    draft.record_operation(
        event_type,
        update.id,
        parent_id=update.parent_id,
        name=update.name,
        sub_type=update.sub_type,
        details={key: value for key, value in (details or {}).items() if value is not None},
        input=payload,
    )


def _finish_attempt(draft: Draft, update: OperationUpdate, existing: Operation | None) -> None:
    details = {"current_attempt": finished_attempts(existing) + 1}
    if update.next_attempt_delay_s is not None:
        details["next_attempt_delay_ms"] = update.next_attempt_delay_s * 1000
    # A retry without an error is a poll of a wait for condition: the payload is the state that it goes on with.
    has_failed = update.action == "FAIL" or (update.action == "RETRY" and update.error is not None)
    _end(draft, "StepFailed" if has_failed else "StepSucceeded", update, details, has_failed=has_failed)


def _close(draft: Draft, kind: str, update: OperationUpdate) -> None:
    has_failed = update.action == "FAIL"
    _end(draft, f"{kind}Failed" if has_failed else f"{kind}Succeeded", update, {}, has_failed=has_failed)


def _end(draft: Draft, event_type: str, update: OperationUpdate, details: dict[str, int], *, has_failed: bool) -> None:
    draft.record_operation(
        event_type,
        update.id,
        parent_id=update.parent_id,
        name=update.name,
        sub_type=update.sub_type,
        details=dict(details),
        result=None if has_failed else Payload(update.payload),
        error=(update.error or ErrorPayload()) if has_failed else None,
    )


def finished_attempts(operation: Operation | None) -> int:
    """How many attempts of a step have ended, which is what the service counts as its attempt."""
    return sum(attempt.ended_at is not None for attempt in operation.attempts) if operation else 0
