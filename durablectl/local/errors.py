"""The service's errors as values: code, HTTP status and message, in the shapes that Lambda sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """An error that a client of the service receives.

    Its JSON body, status and `x-amzn-errortype` header follow the service model's error shapes.
    """

    def __init__(
        self,
        code: str,
        status: int,
        message: str,
        *,
        message_member: str = "message",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.message_member = message_member
        self.extra = dict(extra or {})

    def body(self) -> dict[str, Any]:
        """The JSON body that goes with the status."""
        who = "User" if self.status < 500 else "Server"
        return {"Type": who, self.message_member: self.message, **self.extra}


UNQUALIFIED = "You cannot invoke a durable function using an unqualified ARN."


NO_TENANT = (
    "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again."
)


def invalid_parameter(message: str) -> ServiceError:
    """A request whose values the service does not accept."""
    return ServiceError("InvalidParameterValueException", 400, message)


def validation(value: object, member: str, constraint: str) -> ServiceError:
    """A member that violates a constraint of the service model."""
    return ServiceError(
        "ValidationException",
        400,
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
    )


def serialization(message: str) -> ServiceError:
    """A body or a parameter that cannot be read as its type."""
    return ServiceError("SerializationException", 400, message, message_member="Message")


def not_found(message: str) -> ServiceError:
    """No such function, execution or callback."""
    return ServiceError("ResourceNotFoundException", 404, message, message_member="Message")


def callback_closed() -> ServiceError:
    """A callback that has been completed or has timed out."""
    message = "The callback is either timed out or already completed"
    return ServiceError("CallbackTimeoutException", 400, message, message_member="Message")


def already_started(arn: str) -> ServiceError:
    """An execution name that is in use with another input."""
    return ServiceError(
        "DurableExecutionAlreadyStartedException",
        409,
        f"Execution already started: {arn}",
        message_member="Message",
    )


def conflict(message: str) -> ServiceError:
    """A resource that is there already, or in a state that does not allow the request."""
    return ServiceError("ResourceConflictException", 409, message)


def precondition_failed() -> ServiceError:
    """A revision id that is not the current one any more."""
    return ServiceError(
        "PreconditionFailedException",
        412,
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
        "the latest Revision Id",
    )


def too_large(limit: int) -> ServiceError:
    """A request body over the service's limit."""
    return ServiceError(
        "RequestTooLargeException", 413, f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
    )


def concurrency_exhausted() -> ServiceError:
    """A synchronous invocation beyond the account's concurrency."""
    return ServiceError(
        "TooManyRequestsException", 429, "Rate Exceeded.", extra={"Reason": "ConcurrentInvocationLimitExceeded"}
    )


def internal(message: str) -> ServiceError:
    """The service itself failed."""
    return ServiceError("ServiceException", 500, message, message_member="Message")
