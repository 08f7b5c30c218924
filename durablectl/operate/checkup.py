"""The check-up of a connection: what works, what does not and what to do about it, without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Protocol

from durablectl.backend.base import Backend
from durablectl.backend.capabilities import Probe
from durablectl.backend.identity_api import Caller, Library
from durablectl.config import Settings
from durablectl.errors import AccessDenied, DurablectlError, Unreachable, Unsupported
from durablectl.operate.wording import listed

SKEW_WORTH_TELLING_S = 60.0
SKEW_THAT_FAILS_S = 300.0
"""AWS refuses signatures of another time than its own by five minutes."""

_LOOKED_AT = 200
"""Functions among which a durable one is looked for."""

_NOBODY = "durablectl-doctor"
"""A function that there is not."""

_CHANGES = "stop, pause, resume, delete, start and callbacks"


class Verdict(StrEnum):
    """What a check came to."""

    OK = "ok"
    NOTE = "note"
    """Not checked, or nothing that needs doing."""
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the check-up."""

    name: str
    verdict: Verdict
    detail: str
    remedies: tuple[str, ...] = ()
    exit_code: int = 0
    """Of the error behind a problem."""


class Inspection(Protocol):
    """What can be asked of a connection."""

    @property
    def backend(self) -> Backend:
        """Through which executions are asked for."""

    @property
    def is_aws(self) -> bool:
        """Whether AWS is asked."""

    def library(self) -> Library:
        """The client library."""

    def caller(self) -> Caller:
        """Whose credentials are used."""

    def clock_skew_s(self) -> float | None:
        """By how much the server's clock was ahead at its last answer."""

    def probes(self) -> Sequence[Probe]:
        """Which operations the server has, where that is in doubt."""


def check_up(inspection: Inspection, settings: Settings, *, functions: Sequence[str]) -> Iterator[Check]:
    """The checks one after the other, each as soon as it is known.

    `functions` are those to try reading on; without any, the first durable one that is found.
    """
    checkup = _Checkup(inspection, settings, functions)
    yield from checkup.all()


def exit_code(checks: Sequence[Check]) -> int:
    """The code of the first problem; 0 where there is none."""
    return next((check.exit_code for check in checks if check.verdict == Verdict.PROBLEM), 0)


@dataclass(slots=True)
class _Checkup:
    inspection: Inspection
    settings: Settings
    functions: Sequence[str]
    tried_on: str | None = None
    has_executions: bool = False

    def all(self) -> Iterator[Check]:
        """What does not make sense without something else is left out where that failed."""
        yield self.configuration()
        yield self.library()
        yield (region := self.region())
        if region.verdict == Verdict.PROBLEM:
            return
        yield (credentials := self.credentials())
        if credentials.verdict == Verdict.PROBLEM:
            yield Check("endpoint", Verdict.NOTE, "not tried without credentials")
            yield from self._wrong_clock()
            return
        yield from self.server()

    def configuration(self) -> Check:
        settings = self.settings
        guards = [*(["PRODUCTION"] if settings.production else []), *(["read-only"] if settings.read_only else [])]
        context = f"context {settings.context}" if settings.context else "no context; the AWS configuration decides"
        return Check("configuration", Verdict.OK, ", ".join([context, *guards]))

    def library(self) -> Check:
        library = self.inspection.library()
        if not library.unknown:
            return Check("client library", Verdict.OK, f"botocore {library.version} knows every operation")
        return Check(
            "client library",
            Verdict.PROBLEM,
            f"botocore {library.version} does not know {listed(library.unknown, at_most=3)}",
            ("run: pip install --upgrade boto3",),
            Unsupported.exit_code,
        )

    def credentials(self) -> Check:
        if not self.inspection.is_aws:
            return Check("credentials", Verdict.NOTE, "not checked: this server is not AWS's own")
        try:
            caller = self.inspection.caller()
        except Unreachable as error:
            # Some networks have a way to Lambda and none to STS.
            return Check("credentials", Verdict.WARNING, f"not checked: {error.message}", error.hint)
        except DurablectlError as error:
            return _problem("credentials", error)
        profile = f"profile {caller.profile}, " if caller.profile else ""
        return Check("credentials", Verdict.OK, f"{profile}account {caller.account}, {caller.arn}")

    def region(self) -> Check:
        source = self.inspection.backend.source
        if source.region is None:
            return self._without_region()
        return Check("region", Verdict.OK, source.region)

    def _without_region(self) -> Check:
        """Asking tells why there is none, which may be a missing profile; nothing is sent without a region."""
        try:
            next(self.inspection.backend.functions(), None)
        except DurablectlError as error:
            return _problem("region", error)
        return Check("region", Verdict.PROBLEM, "no region is configured", ("add --region, or set AWS_REGION",), 4)

    def server(self) -> Iterator[Check]:
        """Whether it answers, and what follows only if it does."""
        listing = self._find_function()
        failed = self._second_look(listing) if isinstance(listing, Unsupported) else listing
        if failed is not None and not isinstance(failed, AccessDenied):
            yield _problem("endpoint", failed)
            yield from self._wrong_clock()
            return
        yield self._answered()
        yield self.clock()
        yield from self.permissions(listing)
        yield from self.abilities()

    def _second_look(self, listing: Unsupported) -> DurablectlError | None:
        """A server that cannot list functions may know executions; one that knows neither is no such server."""
        try:
            next(self.inspection.backend.executions(self.tried_on or _NOBODY, page_size=1), None)
        except Unsupported:
            return listing
        except Unreachable as error:
            return error
        except DurablectlError:
            return None
        return None

    def _answered(self) -> Check:
        source = self.inspection.backend.source
        kind = {"aws": "AWS", "local": "the local service"}.get(source.backend, "another server than AWS's own")
        return Check("endpoint", Verdict.OK, f"{source.endpoint_url or 'Lambda'}: {kind} answers")

    def _find_function(self) -> DurablectlError | None:
        """Look for a durable function to try reading on; the error where the list cannot be read."""
        if self.functions:
            self.tried_on = self.functions[0]
        try:
            listed_functions = islice(self.inspection.backend.functions(), _LOOKED_AT)
            durable = (function.name for function in listed_functions if function.is_durable)
            found = next(durable, None)
        except DurablectlError as error:
            return error
        self.tried_on = self.tried_on or found
        return None

    def clock(self) -> Check:
        skew_s = self.inspection.clock_skew_s()
        if skew_s is None:
            return Check("clock", Verdict.NOTE, "the server told no time")
        if abs(skew_s) < SKEW_WORTH_TELLING_S:
            return Check("clock", Verdict.OK, f"within {max(1, round(abs(skew_s)))}s of the server's")
        way = "behind" if skew_s > 0 else "ahead of"
        fails = abs(skew_s) >= SKEW_THAT_FAILS_S and self.inspection.is_aws
        return Check(
            "clock",
            Verdict.PROBLEM if fails else Verdict.WARNING,
            f"this machine is {round(abs(skew_s))}s {way} the server",
            ("set the clock by the network: AWS refuses signatures that are off by five minutes",),
            4 if fails else 0,
        )

    def _wrong_clock(self) -> Iterator[Check]:
        """The clock, where it may be why signatures are refused."""
        if abs(self.inspection.clock_skew_s() or 0) >= SKEW_WORTH_TELLING_S:
            yield self.clock()

    def permissions(self, listing: DurablectlError | None) -> Iterator[Check]:
        """What can be read, as far as trying tells; changes are not tried."""
        backend, name = self.inspection.backend, self.tried_on
        allowed: list[str] = []
        denied: list[Check] = []
        for check in self._tried(listing, backend, name):
            if isinstance(check, Check):
                denied.append(check)
            else:
                allowed.append(check)
        if allowed:
            on = f" (tried on {name})" if name else ""
            yield Check("permissions", Verdict.OK, f"{', '.join(allowed)}{on}")
        yield from denied
        if name is None and listing is None:
            yield Check("permissions", Verdict.NOTE, "no durable function was found to try reading on")
        elif not self.has_executions and not denied:
            yield Check("permissions", Verdict.NOTE, "reading an execution was not tried: there is none")
        yield Check("permissions", Verdict.NOTE, f"not tried, because they change something: {_CHANGES}")

    def _tried(self, listing: DurablectlError | None, backend: Backend, name: str | None) -> Iterator[str | Check]:
        yield "ListFunctions" if listing is None else _unread("functions cannot be listed", listing)
        if name is None:
            return
        yield _try("GetFunctionConfiguration", lambda: backend.function(name))
        rows: list[str] = []
        yield _try(
            "ListDurableExecutionsByFunction",
            lambda: rows.extend(row.arn for row in islice(backend.executions(name, page_size=1), 1)),
        )
        self.has_executions = bool(rows)
        for arn in rows:
            yield _try("GetDurableExecution", partial(backend.execution, arn))
            yield _try("GetDurableExecutionHistory", lambda: next(backend.history(rows[0], page_size=1), None))

    def abilities(self) -> Iterator[Check]:
        """What the server can do, where it is not Lambda's own word that counts."""
        backend = self.inspection.backend
        if not backend.keeps_event_ids:
            yield Check("server", Verdict.NOTE, "may number events anew at each reading; histories are read whole")
        probes = self.inspection.probes()
        lacking = [probe for probe in probes if not probe.is_supported]
        having = [probe.verb for probe in probes if probe.is_supported]
        if having:
            yield Check("server", Verdict.OK, f"can {', '.join(having)}")
        if lacking:
            verbs = ", ".join(probe.verb for probe in lacking)
            yield Check("server", Verdict.WARNING, f"cannot {verbs}: {lacking[0].reason}")


def _try(action: str, ask: Callable[[], object]) -> str | Check:
    try:
        ask()
    except DurablectlError as error:
        return _unread(f"lambda:{action} failed", error)
    return action


def _unread(what: str, error: DurablectlError) -> Check:
    if isinstance(error, AccessDenied):
        return _problem("permissions", error)
    return Check("permissions", Verdict.WARNING, f"{what}: {error.message}", error.hint)


def _problem(name: str, error: DurablectlError) -> Check:
    return Check(name, Verdict.PROBLEM, error.message, error.hint, error.exit_code)
