"""Sends requests: refuses changes when read-only, keeps to the budget, tries again where that is safe and useful."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from durablectl.backend.base import Source
from durablectl.backend.budget import Budget
from durablectl.backend.calls import CALLS, Call
from durablectl.backend.errors import to_error
from durablectl.backend.explain import other_account
from durablectl.backend.failures import Attempt, Failure, RequestFailed
from durablectl.backend.guards import read_only_refusal
from durablectl.errors import DurablectlError, ServiceFault, Throttled, Unreachable, Unsupported, UsageError
from durablectl.model.arn import parse_execution_arn

Json = Mapping[str, Any]

_THROTTLED_TRIES = 6
_FAILED_TRIES = 3
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0


class Transport(Protocol):
    """Sends one request, once."""

    @property
    def source(self) -> Source:
        """Whom it is sent to."""

    @property
    def profile(self) -> str | None:
        """The profile whose credentials are used, as far as that is known."""

    @property
    def account(self) -> str | None:
        """The account of the credentials, as far as that is known without a request."""

    def send(self, operation: str, parameters: Json) -> Json:
        """The answer's members under the API's names. Raises RequestFailed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and how it ended, without anything that was sent or answered in it."""

    operation: str
    subject: str
    attempt: int
    outcome: str
    """`ok`, or the code of the failure."""
    request_id: str | None = None


Observer = Callable[[Exchange], None]


class Requests:
    """The one door through which requests leave the program."""

    def __init__(
        self,
        transport: Transport,
        budget: Budget,
        *,
        read_only: bool,
        read_only_because: str = "",
        observer: Observer | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._budget = budget
        self._read_only = read_only
        self._read_only_because = read_only_because
        self._observer = observer
        self._jitter = jitter
        self._unsupported: dict[str, Unsupported] = {}
        """What the server has answered to operations that it does not have, each asked once."""

    def call(self, operation: str, subject: str, parameters: Json) -> Json:
        """The answer to one request, after as many tries as its failures are worth.

        `subject` is the function, execution or callback that it is about, for messages. Raises the kinds of
        `durablectl.errors`; ReadOnlyRefused before anything is sent.
        """
        call = CALLS[operation]
        self._refuse_changes(call)
        if not subject and call.subject != "account":
            # An empty path segment would address another operation.
            raise UsageError(f"the {call.subject} is empty")
        self._refuse_other_accounts(call, subject)
        if operation in self._unsupported:
            raise self._unsupported[operation]
        for tries in range(1, _THROTTLED_TRIES + 1):
            self._budget.acquire(call.family)
            try:
                answer = self._transport.send(operation, parameters)
            except RequestFailed as failed:
                self._note(call, subject, tries, failed.failure)
                self._pause_or_raise(call, subject, tries, failed.failure)
            else:
                self._note(call, subject, tries, None)
                return answer
        raise AssertionError("the last try either answers or raises")

    def pages(
        self,
        operation: str,
        subject: str,
        parameters: Json,
        member: str,
        *,
        tokens: tuple[str, str] = ("Marker", "NextMarker"),
    ) -> Iterator[list[Json]]:
        """The lists under `member` of all pages, each fetched when it is asked for.

        `tokens` are the members of request and answer that name the next page.
        """
        sent, answered = tokens
        marker: str | None = None
        previous: Any = None
        while True:
            answer = self.call(operation, subject, {**parameters, sent: marker} if marker else parameters)
            rows, following = answer.get(member), answer.get(answered)
            page: list[Json] = [row for row in rows if type(row) is dict] if isinstance(rows, list) else []
            # The next marker may be new and what it leads to still the same.
            ends = (len(page), page[0], page[-1]) if page else None
            if marker and ends and ends == previous:
                raise ServiceFault(f"the service answers {operation} with the same page again and again")
            # Whoever takes the page shall hold the only one: pages of histories are large.
            del answer, rows
            yield page
            if not following:
                return
            if following == marker:
                raise ServiceFault(f"the service answers {operation} with the same page again and again")
            marker, previous = following, ends

    def _refuse_changes(self, call: Call) -> None:
        if not call.is_read and self._read_only:
            raise read_only_refusal(self._transport.source.context, call.command, self._read_only_because)

    def _refuse_other_accounts(self, call: Call, subject: str) -> None:
        parts = parse_execution_arn(subject)
        if parts is None or self._transport.source.backend != "aws":
            return
        account = self._transport.account
        if account is not None and account != parts.account:
            raise other_account(Attempt(call, subject, self._transport.source, self._transport.profile), account)

    def _note(self, call: Call, subject: str, tries: int, failure: Failure | None) -> None:
        if self._observer is not None:
            outcome, request_id = (failure.code, failure.request_id) if failure else ("ok", None)
            self._observer(Exchange(call.operation, subject, tries, outcome, request_id))

    def _pause_or_raise(self, call: Call, subject: str, tries: int, failure: Failure) -> None:
        error = to_error(failure, Attempt(call, subject, self._transport.source, self._transport.profile))
        if isinstance(error, Unsupported) and error.is_lasting:
            self._unsupported[call.operation] = error
        if isinstance(error, Throttled):
            self._budget.slow_down(call.family)
        if tries >= _tries_worth(error, failure, call):
            raise error
        pause_s = self._pause_s(tries, failure)
        if isinstance(error, Throttled) or failure.retry_after_s is not None:
            self._budget.back_off(call.family, pause_s)
        else:
            # One connection that broke says nothing of the others that are in flight.
            self._budget.pause(call.family, pause_s)

    def _pause_s(self, tries: int, failure: Failure) -> float:
        if failure.retry_after_s is not None:
            return min(failure.retry_after_s, _LONGEST_PAUSE_S)
        # Half of the pause is random, so that several clients do not come back together.
        pause_s: float = min(_FIRST_PAUSE_S * 2 ** (tries - 1), _LONGEST_PAUSE_S)
        return pause_s * (0.5 + self._jitter() / 2)


def _tries_worth(error: DurablectlError, failure: Failure, call: Call) -> int:
    """How often a request that fails in this way is sent altogether."""
    if isinstance(error, Throttled):
        return _THROTTLED_TRIES
    if not call.is_read and not call.is_repeatable:
        # A change whose answer was lost may have happened, and a callback can be completed only once.
        return 1
    if isinstance(error, Unreachable):
        # Who refuses connections now will do so in a second; an answer that broke off may come whole.
        return _FAILED_TRIES if failure.code == "ConnectionClosedError" else 1
    is_passing = type(error) is ServiceFault and failure.status in (500, 502, 503, 504)
    return _FAILED_TRIES if is_passing else 1
