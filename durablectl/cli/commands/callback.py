"""`durablectl callback succeed|fail|heartbeat`: answers what an execution waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from durablectl.cli.bundles import ErrorFields, PayloadForm, Safety, Scope
from durablectl.cli.choices import split_list
from durablectl.cli.confirm import Preview, confirm, confirm_in_production
from durablectl.cli.inputs import read_error, read_payload
from durablectl.cli.interrupts import postponed_interrupt
from durablectl.cli.keeping_alive import Beat, keep_callback_alive
from durablectl.cli.memory import digest_of, place_of, recall
from durablectl.cli.options import (
    CallbackExecutionOpt,
    CallbackIdArg,
    CallbackOperationOpt,
    EveryOpt,
    EveryTimeoutOpt,
    ResultOpt,
)
from durablectl.cli.previews import callback_preview, error_payload_text, mild_preview, payload_fact
from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.cli.targets import find_target
from durablectl.errors import UsageError
from durablectl.model.times import parse_duration
from durablectl.operate import callback_owners, callbacks
from durablectl.operate.actions import ActionResult
from durablectl.operate.callback_owners import Owners
from durablectl.operate.callbacks import FoundCallback, find_callback
from durablectl.operate.heartbeats import SHORTEST_EVERY
from durablectl.operate.targets import Target
from durablectl.views.durations import format_duration
from durablectl.views.previews import label_of

Callback = FoundCallback | str
"""A callback that was found by its operation, or the id of one."""


def succeed(
    runtime: Runtime,
    form: PayloadForm,
    scope: Scope,
    safety: Safety,
    callback_id: CallbackIdArg = None,
    execution: CallbackExecutionOpt = None,
    operation: CallbackOperationOpt = None,
    result: ResultOpt = None,
) -> None:
    """Complete a callback, with a result if there is one

    The result is sent byte for byte as it is given. The callback is named by its id, or by its execution and operation.
    """
    payload = read_payload(runtime, "--result", result, form)
    callback = _find(runtime, callback_id, execution, operation, scope)
    _ask(runtime, "callback succeed", "Complete this callback?", callback, payload, safety)
    send = partial(callbacks.succeed, runtime.backend, callback, payload)
    _act(runtime, scope, partial(send, dry_run=safety.dry_run))


def fail(
    runtime: Runtime,
    error_fields: ErrorFields,
    scope: Scope,
    safety: Safety,
    callback_id: CallbackIdArg = None,
    execution: CallbackExecutionOpt = None,
    operation: CallbackOperationOpt = None,
) -> None:
    """Fail a callback, with an error if there is one

    The callback is named by its id, or by its execution and operation.
    """
    error = read_error(runtime, error_fields)
    callback = _find(runtime, callback_id, execution, operation, scope)
    shown = error_payload_text(error.type, error.message, error.data) if error else None
    _ask(runtime, "callback fail", "Fail this callback?", callback, shown, safety)
    send = partial(callbacks.fail, runtime.backend, callback, error)
    _act(runtime, scope, partial(send, dry_run=safety.dry_run))


def heartbeat(
    runtime: Runtime,
    scope: Scope,
    safety: Safety,
    callback_id: CallbackIdArg = None,
    execution: CallbackExecutionOpt = None,
    operation: CallbackOperationOpt = None,
    every: EveryOpt = None,
    timeout: EveryTimeoutOpt = None,
) -> None:
    """Restart the heartbeat timer of a callback

    Its overall timeout goes on. The callback is named by its id, or by its execution and operation. With --every it
    is kept alive until somebody completes it (exit 0), it times out all the same (6), or Ctrl-C.
    """
    pace = _read_beat(every, timeout)
    callback = _find(runtime, callback_id, execution, operation, scope)
    label = callback if isinstance(callback, str) else f"{callback.label} of {callback.target.label}"
    facts = [f"callback {label}", "restarts its heartbeat timer; its overall timeout goes on"]
    question = "Send a heartbeat to this callback?"
    preview = Preview("callback heartbeat", f"the callback {label}", lambda: mild_preview(runtime, question, *facts))
    confirm_in_production(runtime, preview, safety)
    _doubt_heartbeat(runtime, callback, pace.every if pace else None)
    if pace is not None and not safety.dry_run:
        keep_callback_alive(runtime, callback, label, pace, _owners(runtime, scope))
        return
    _act(runtime, scope, partial(callbacks.heartbeat, runtime.backend, callback, dry_run=safety.dry_run))


def _read_beat(every: str | None, timeout: str | None) -> Beat | None:
    """How often a heartbeat is wanted, and for how long; None for a single one. Raises UsageError."""
    if every is None:
        if timeout is not None:
            raise UsageError("--timeout goes with --every; a single heartbeat waits for nothing")
        return None
    beat = parse_duration(every, option="--every")
    if beat < SHORTEST_EVERY:
        raise UsageError("--every is at least 1s", hint="as often as a third of the heartbeat timeout is enough")
    return Beat(beat, parse_duration(timeout, option="--timeout") if timeout else None)


def _doubt_heartbeat(runtime: Runtime, callback: Callback, every: timedelta | None) -> None:
    """Tell where heartbeats do not help, as far as the callback's own timeouts are known."""
    source = runtime.backend.source
    if isinstance(callback, str) or source.backend == "emulator":
        return
    heartbeat_ms = callback.operation.heartbeat_timeout_ms
    if heartbeat_ms is None:
        runtime.diagnostics.note(f"the callback {callback.label} has no heartbeat timeout: heartbeats change nothing")
    elif every is not None and every >= timedelta(milliseconds=heartbeat_ms):
        limit = format_duration(heartbeat_ms)
        runtime.diagnostics.warning(
            f"its heartbeat timeout is {limit}, which --every must stay below, or it times out in between",
            type="usage",
        )


def _find(
    runtime: Runtime, callback_id: str | None, execution: str | None, operation: str | None, scope: Scope
) -> Callback:
    """The callback that is meant; nothing is asked of the service for an id."""
    if (callback_id is None) == (execution is None):
        raise UsageError("name the callback either by its id or by --execution", hint=_FORMS)
    if callback_id is not None:
        if operation is not None:
            raise UsageError("--op goes with --execution; a callback id is enough alone", hint=_FORMS)
        return callback_id
    target = find_target(runtime, execution or "", scope)
    return find_callback(runtime.backend, target, operation, now=runtime.local_now())


def _ask(runtime: Runtime, verb: str, question: str, callback: Callback, payload: bytes | None, safety: Safety) -> None:
    """Ask about a callback that was found; one given by its id is exact, and no call maps it to an execution.

    There is nothing to show of such a one, so it is asked about in production only.
    """
    if safety.dry_run:
        return
    if isinstance(callback, str):
        facts = [f"callback {callback}", payload_fact(runtime, payload)]
        by_id = Preview(verb, f"the callback {callback}", lambda: mild_preview(runtime, question, *facts))
        confirm_in_production(runtime, by_id, safety)
        return
    target = callback.target
    runtime.standing = f"the callback {callback.label} of {target.label} is still pending (nothing was sent)"
    preview = Preview(
        verb,
        f"the callback {callback.label} of {label_of(target)}",
        lambda: callback_preview(runtime, question, callback, payload),
    )
    confirm(runtime, preview, safety, inexact=[] if target.is_exact else [target.reference])


def _owners(runtime: Runtime, scope: Scope) -> Owners:
    """The executions that a callback id may belong to: told by itself, seen before, or of the functions named."""

    def owners(callback_id: str) -> Iterator[Target]:
        backend = runtime.backend
        seen = recall(runtime.memory.path, place_of(runtime.settings)).callbacks.get(digest_of(callback_id))
        yield from callback_owners.told_by(callback_id)
        yield from callback_owners.remembered(backend, seen, runtime.local_now())
        yield from callback_owners.newest_of(backend, split_list(scope.function))

    return owners


def _act(runtime: Runtime, scope: Scope, send: Callable[..., ActionResult]) -> None:
    with postponed_interrupt() as interrupt:
        result = send(clock=runtime.process.clock, owners=_owners(runtime, scope))
    show_results(runtime, [result])
    interrupt.end(runtime, "what was sent stands")


_FORMS = (
    "durablectl callback succeed CALLBACK_ID",
    "durablectl callback succeed --execution EXEC [--op OP]",
)
_FORMATS = ("table", "json", "jsonl", "yaml")
_OF_AN_ORDER = "--execution orders/order-1042 -c local --yes"

SUCCEED = CommandSpec(
    name="callback succeed",
    group=Group.CALLBACKS,
    run=succeed,
    formats=_FORMATS,
    exits=(3, 6),
    level=2,
    has_raw=True,
    examples=(
        Example(f"durablectl callback succeed {_OF_AN_ORDER} --result '{{\"approved\": true}}'", "approve an order"),
        Example("durablectl callback succeed --execution orders/order-1042 -c local --dry-run", "what would be done"),
    ),
)
FAIL = CommandSpec(
    name="callback fail",
    group=Group.CALLBACKS,
    run=fail,
    formats=_FORMATS,
    exits=(3, 6),
    level=2,
    has_raw=True,
    examples=(
        Example(f"durablectl callback fail {_OF_AN_ORDER} --op approval --error-type Rejected", "reject an order"),
        Example("durablectl callback fail --execution orders/order-1042 -c local --dry-run", "what would be done"),
    ),
)
HEARTBEAT = CommandSpec(
    name="callback heartbeat",
    group=Group.CALLBACKS,
    run=heartbeat,
    formats=_FORMATS,
    exits=(3, 6, 124),
    level=1,
    has_raw=True,
    examples=(
        Example("durablectl callback heartbeat --execution orders/order-1042 --op approval -c local", "still at it"),
        Example("durablectl callback heartbeat --execution orders/order-1042 -c local --dry-run", "what would be done"),
        Example(
            "durablectl callback heartbeat --execution orders/order-1042 -c local --every 30s --dry-run",
            "kept alive while a job runs, without --dry-run",
        ),
    ),
)
