"""What can go wrong for a user: one class for each kind, with its message, its hint and its exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class DurablectlError(Exception):
    """An error that a user can act on; a bug is never one of these.

    `message` is one complete line. `hint` are the lines below it: why, and what to do, as a command where there is
    one. `details` are machine-readable facts for `-o json`. `request_id` is the service's, when it answered.
    """

    type: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str | Sequence[str] = (),
        request_id: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint: tuple[str, ...] = (hint,) if isinstance(hint, str) else tuple(hint)
        self.request_id = request_id
        self.details = dict(details or {})


class UsageError(DurablectlError):
    """The command line itself is wrong: an option, a value, a combination."""

    type = "usage"
    exit_code = 2


class AmbiguousReference(UsageError):
    """A reference that means several executions; nothing was done."""

    type = "ambiguous"


class ConfirmationRequired(UsageError):
    """A question must be answered and nobody is there to answer it."""

    type = "confirmation_required"


class NotFound(DurablectlError):
    """No such execution, function, callback or operation."""

    type = "not_found"
    exit_code = 3


class ConfigError(DurablectlError):
    """The configuration, or a file that the user named, cannot be used."""

    type = "config"
    exit_code = 4


class CredentialsError(DurablectlError):
    """No credentials, or credentials that the service does not take."""

    type = "credentials"
    exit_code = 4


class AccessDenied(DurablectlError):
    """The credentials lack a permission; the hint names the action and the resource."""

    type = "access_denied"
    exit_code = 4


class KeyDenied(DurablectlError):
    """The encryption key of an execution cannot be used, so its payloads cannot be read."""

    type = "key_denied"
    exit_code = 4


class ReadOnlyRefused(DurablectlError):
    """A request that changes something, refused because the connection is read-only."""

    type = "read_only"
    exit_code = 4


class ServiceFault(DurablectlError):
    """The service answered with an error that none of the other kinds describes."""

    type = "service"
    exit_code = 5


class Throttled(ServiceFault):
    """The service still throttled after the client's retries."""

    type = "throttled"


class Unreachable(ServiceFault):
    """No answer at all: refused, timed out, unknown host."""

    type = "network"


class Conflict(DurablectlError):
    """The target is in a state that does not allow the request."""

    type = "conflict"
    exit_code = 6


class CallbackClosed(Conflict):
    """The callback has been completed or has timed out already."""

    type = "callback_closed"


class NameInUse(Conflict):
    """An execution of that name exists with another input."""

    type = "name_in_use"


class DataIncomplete(Conflict):
    """A recorded payload is needed whole, and the service does not give it whole."""

    type = "data_incomplete"


class Unsupported(DurablectlError):
    """This backend, or this version of the client library, cannot do that."""

    type = "unsupported"
    exit_code = 7
    is_lasting = True
    """Whether there is no point in asking again: the server itself said so, and nothing in between."""


class Partial(DurablectlError):
    """Some of several targets failed; what was complete has been printed."""

    type = "partial"
    exit_code = 8


class TimeoutElapsed(DurablectlError):
    """`--timeout` elapsed before the awaited state was reached."""

    type = "timeout"
    exit_code = 124
