"""Who the credentials belong to, and what the connection itself tells: the questions of a check-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from durablectl.backend.budget import Budgets, OnWait
from durablectl.backend.calls import CALLS
from durablectl.backend.capabilities import PROBED, Probe
from durablectl.backend.endpoints import is_aws
from durablectl.backend.lambda_api import LambdaApi
from durablectl.backend.requests import Observer, Requests
from durablectl.backend.transport import BotocoreTransport, Limits, library_facts
from durablectl.clock import Clock
from durablectl.config import Settings
from durablectl.errors import DurablectlError, Unsupported

_LIMITS = Limits()
_NOWHERE = (
    "arn:aws:lambda:us-east-1:000000000000:function:durablectl-doctor:1"
    "/durable-execution/nowhere/00000000-0000-0000-0000-000000000000"
)
"""The ARN of an execution that there cannot be."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials are used (API operation GetCallerIdentity of STS)."""

    account: str
    arn: str
    profile: str | None


@dataclass(frozen=True, slots=True)
class Library:
    """The client library, and the operations of ours that it does not know."""

    version: str
    unknown: tuple[str, ...]


class Inspector:
    """Looks at one connection without changing anything."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        on_wait: OnWait | None = None,
        observer: Observer | None = None,
        budgets: Budgets | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._budgets = budgets or Budgets(clock, on_wait)
        self._observer = observer
        self._transport = BotocoreTransport(settings, _LIMITS)
        self._requests = self._door(self._transport, settings, "lambda")
        self.backend = LambdaApi(self._transport, self._requests)
        """For the questions that are those of every command."""

    def _door(self, transport: BotocoreTransport, settings: Settings, service: str) -> Requests:
        budget = self._budgets.of(settings, service)
        return Requests(transport, budget, read_only=settings.read_only, observer=self._observer)

    @property
    def is_aws(self) -> bool:
        """Whether AWS is asked."""
        return is_aws(self._settings.endpoint_url)

    def library(self) -> Library:
        """The client library."""
        operations = [call.operation for call in CALLS.values() if call.service == "lambda"]
        version, unknown = library_facts(operations)
        return Library(version, unknown)

    def caller(self) -> Caller:
        """Whose credentials are used; the identity is AWS's to tell, whichever server executions are asked of."""
        settings = replace(self._settings, endpoint_url=None)
        transport = BotocoreTransport(settings, _LIMITS, service="sts")
        try:
            answer = self._door(transport, settings, "sts").call("GetCallerIdentity", "", {})
        finally:
            # AWS has one time; a refusal tells it too.
            self._transport.last_date = transport.last_date or self._transport.last_date
        return Caller(str(answer.get("Account") or ""), str(answer.get("Arn") or ""), transport.profile)

    def clock_skew_s(self) -> float | None:
        """By how many seconds the server's clock was ahead at its last answer; None where it told no time.

        Servers tell whole seconds, so half a second is taken for what they left out.
        """
        told = self._transport.last_date
        if not told:
            return None
        try:
            at: datetime = parsedate_to_datetime(told)
        except ValueError:
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return (at - self._clock.now()).total_seconds() + 0.5

    def probes(self) -> Sequence[Probe]:
        """Whether the server has the operations that some servers lack, asked about an execution that cannot exist.

        AWS has them all, and a read-only connection sends nothing that could change anything.
        """
        if self.is_aws or self._settings.read_only:
            return ()
        return [self._probe(operation) for operation in PROBED]

    def _probe(self, operation: str) -> Probe:
        try:
            self._requests.call(operation, _NOWHERE, {"DurableExecutionArn": _NOWHERE})
        except Unsupported as error:
            return Probe(CALLS[operation].command, False, error.hint[0] if error.hint else "")
        except DurablectlError:
            return Probe(CALLS[operation].command, True)
        return Probe(CALLS[operation].command, True)
