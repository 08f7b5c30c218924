"""What a running invocation asks of the service: checkpoints, and pages of its state."""

from __future__ import annotations

import asyncio
from typing import Any

from durablectl.local import errors, tokens
from durablectl.local.engine.engine import Engine
from durablectl.local.engine.live import Answered, InFlight, LiveExecution
from durablectl.local.rules import completions, quotas
from durablectl.local.rules.draft import Draft, Target, Unresolved
from durablectl.local.rules.navigable_state import MAX_PAGE_ITEMS, StateView
from durablectl.local.rules.transitions import CheckpointRules
from durablectl.local.rules.updates import ChainedInvokeOptions, read_updates
from durablectl.local.rules.verdicts import oversize
from durablectl.model.arn import parse_function_name
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus

INVALID_TOKEN = "Invalid checkpoint token"
DEFAULT_PAGE_ITEMS = 100


class Checkpointing:
    """Answers CheckpointDurableExecution and GetDurableExecutionState for an engine's executions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def checkpoint(self, arn: str, token: str, raw_updates: Any, client_token: str | None) -> dict[str, Any]:
        """Apply a batch of updates and answer what changed. Raises ServiceError; then nothing was applied."""
        updates = read_updates(raw_updates)
        # Waits and retries whose time has come are completed first, so that a running function sees them.
        self._engine.timers.fire_due()
        live, in_flight = self._find(arn)
        if in_flight.answered and in_flight.answered.repeats(client_token, token):
            # The first request may still wait for its commit; neither may be acknowledged before.
            await asyncio.shield(in_flight.answered.committed)
            return in_flight.answered.answer
        if token != in_flight.token or live.closing:
            raise errors.invalid_parameter(INVALID_TOKEN)
        draft = Draft.on(live.folded, self._engine.now())
        self._rules(live).apply(draft, updates)
        _check_result(live, draft)
        error = quotas.exceeded(draft.folded, live.data_bytes + quotas.data_bytes(draft.events))
        if error is not None:
            return await self._fail(live, in_flight, error)
        committed = self._engine.commit(live, draft)
        if live.pausing and not live.closing:
            # Without a token the SDK ends the invocation; what it has not seen is left for the next one.
            in_flight.revoke()
            await asyncio.shield(committed)
            return {"NewExecutionState": {"Operations": []}}
        answer = self._answer(live, in_flight)
        in_flight.answered = Answered(client_token or "", token, answer, committed)
        await asyncio.shield(committed)
        return answer

    async def _fail(self, live: LiveExecution, in_flight: InFlight, error: ErrorPayload) -> dict[str, Any]:
        """End an execution that is over a quota, in place of what the checkpoint asked for; it gets no token."""
        draft = Draft.on(live.folded, self._engine.now())
        completions.close_execution(draft, completions.Ending(ExecutionStatus.FAILED, error=error))
        in_flight.token = ""
        await asyncio.shield(self._engine.commit(live, draft))
        return {"NewExecutionState": {"Operations": []}}

    def state(self, arn: str, token: str, marker: str | None, max_items: int) -> dict[str, Any]:
        """A page of the operations that a replay can reach. Raises ServiceError for a token that is not current."""
        live, in_flight = self._find(arn)
        if token != in_flight.token:
            raise errors.invalid_parameter(INVALID_TOKEN)
        delivered = in_flight.read_marker(marker) if marker else 0
        if delivered is None:
            raise errors.invalid_parameter("Invalid marker")
        limit = min(max_items or DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS)
        carried, reached = self._view(live).page(live.folded, delivered, limit)
        answer: dict[str, Any] = {"Operations": carried}
        if reached is not None:
            answer["NextMarker"] = in_flight.marker(reached)
        return answer

    def _find(self, arn: str) -> tuple[LiveExecution, InFlight]:
        live = self._engine.live(arn.rpartition("/")[2])
        if live is None or live.record.arn != arn or live.in_flight is None or live.is_closed:
            raise errors.invalid_parameter(INVALID_TOKEN)
        return live, live.in_flight

    def _view(self, live: LiveExecution) -> StateView:
        return StateView(self._engine.now(), frozenset(live.replay_children))

    def _answer(self, live: LiveExecution, in_flight: InFlight) -> dict[str, Any]:
        """What changed since the function last saw state, in order of start; the next token unless it has closed."""
        view = self._view(live)
        changed = sorted(map(live.folded.operations.__getitem__, live.unseen), key=lambda each: each.event_ids[0])
        live.unseen.clear()
        answer: dict[str, Any] = {"NewExecutionState": {"Operations": list(map(view.operation, changed))}}
        if live.closing:
            in_flight.token = ""
        else:
            answer["CheckpointToken"] = in_flight.rotate()
        return answer

    def _rules(self, live: LiveExecution) -> CheckpointRules:
        def mint_callback_id(operation_id: str) -> str:
            return tokens.callback_id(tokens.CallbackAddress(live.record.id, operation_id))

        return CheckpointRules(self._resolve_target, mint_callback_id)

    def _resolve_target(self, options: ChainedInvokeOptions) -> Target | Unresolved:
        catalog = self._engine.catalog
        parsed = parse_function_name(options.function_name)
        if parsed is None or (parsed.partition and not parsed.account):
            raise errors.invalid_parameter(f"Invalid function ARN '{options.function_name}'")
        if parsed.account and parsed.account != catalog.identity.account:
            raise errors.invalid_parameter("Cannot start a CHAINED_INVOKE on a function in another account.")
        if parsed.region and parsed.region != catalog.identity.region:
            raise errors.invalid_parameter("Cannot start a CHAINED_INVOKE on a function in another region.")
        try:
            function, qualifier = catalog.choose(options.function_name)
        except errors.ServiceError as error:
            return Unresolved(ErrorPayload(error.code, error.message))
        if function.durable and qualifier is None:
            return Unresolved(ErrorPayload("InvalidParameterValueException", errors.UNQUALIFIED))
        if function.is_tenant_isolated and not options.tenant_id:
            return Unresolved(ErrorPayload("InvalidParameterValueException", errors.NO_TENANT))
        child_arn = None
        if function.durable:
            name, execution_id = tokens.new_execution_id(), tokens.new_execution_id()
            child_arn = str(self._engine.execution_arn(function, name, execution_id))
        return Target(function.name, function.version, function.durable is not None, child_arn)


def _check_result(live: LiveExecution, draft: Draft) -> None:
    message = oversize(draft.closing.result, live.facts.invocation_type) if draft.closing else None
    if message is not None:
        raise errors.invalid_parameter(message)
