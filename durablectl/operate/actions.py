"""Results of actions: what was done to which target, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from durablectl.backend.base import Source
from durablectl.errors import Conflict, DurablectlError, Partial
from durablectl.operate.targets import Target


class Outcome(StrEnum):
    """How an action on one target ended."""

    DONE = "done"
    ACCEPTED = "accepted"
    """The service will do it; it is not visible yet."""
    UNCHANGED = "unchanged"
    """It was so already."""
    SKIPPED = "skipped"
    """The target's state does not allow it."""
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    WOULD_APPLY = "would_apply"
    """A dry run found nothing in its way."""

    @property
    def is_settled(self) -> bool:
        """Whether the target needs no further attempt."""
        return self in (Outcome.DONE, Outcome.ACCEPTED, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action did to one target."""

    action: str
    reference: str | None
    outcome: Outcome
    arn: str | None = None
    function: str | None = None
    version: str | None = None
    name: str | None = None
    status_before: str | None = None
    status_after: str | None = None
    at: datetime | None = None
    wait_ms: int | None = None
    reason: str | None = None
    """Why it was skipped or left unchanged."""
    new_arn: str | None = None
    callback_id: str | None = None
    error: DurablectlError | None = None
    source: Source | None = None
    """The connection over which it was done, where there are several."""
    answer: Mapping[str, Any] | None = None
    """What the service answered, in its own JSON; None where it was not asked for a change, or refused it."""

    @property
    def exit_code(self) -> int:
        """The exit code of this action alone."""
        if self.error is not None:
            return self.error.exit_code
        return _EXIT_CODES.get(self.outcome, 0)


_EXIT_CODES = {
    Outcome.SKIPPED: Conflict.exit_code,
    Outcome.FAILED: DurablectlError.exit_code,
    Outcome.NOT_ATTEMPTED: Partial.exit_code,
}


def result_of(action: str, target: Target, outcome: Outcome, **facts: Any) -> ActionResult:
    """The result of an action on a resolved target."""
    return ActionResult(
        action,
        target.reference,
        outcome,
        arn=target.arn,
        function=target.function,
        version=target.version,
        name=target.name,
        source=target.source,
        **facts,
    )


def batch_exit_code(results: Iterable[ActionResult]) -> int:
    """The exit code of several actions: their common one, or that of a partial success."""
    codes = {result.exit_code for result in results} or {0}
    return codes.pop() if len(codes) == 1 else Partial.exit_code


def count_outcomes(results: Iterable[ActionResult]) -> dict[str, int]:
    """How often each outcome occurred, what went well first."""
    counts = Counter(result.outcome for result in results)
    return {str(outcome): counts[outcome] for outcome in Outcome if counts[outcome]}
