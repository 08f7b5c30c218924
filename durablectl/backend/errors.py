"""From what the service or the network answered instead of a result to the kind of error that it is.

A few cases need the message; else the code decides, and the HTTP status for servers that leave the code out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from durablectl.backend import explain, explain_connection
from durablectl.backend.failures import Attempt, Failure
from durablectl.errors import DurablectlError

Condition = Callable[[Failure, Attempt], bool]
Explanation = Callable[[Failure, Attempt], DurablectlError]


def to_error(failure: Failure, attempt: Attempt) -> DurablectlError:
    """The error that a failure is for the user who made the attempt."""
    error = _explanation(failure, attempt)(failure, attempt)
    error.request_id = failure.request_id
    error.details.setdefault("operation", attempt.call.operation)
    error.details.setdefault("service_code", failure.code)
    return error


def _explanation(failure: Failure, attempt: Attempt) -> Explanation:
    for is_case, explanation in _CASES:
        if is_case(failure, attempt):
            return explanation
    if failure.status is None:
        return _BY_CODE.get(failure.code, explain_connection.bad_configuration)
    return _BY_CODE.get(failure.code) or _BY_STATUS.get(failure.status, explain.service_fault)


# --- cases that need more than the code -------------------------------------------------------------------------------

_CLOSED_CALLBACK = re.compile(r"not in started state|is not active|already|timed out", re.IGNORECASE)
_CLOSED_EXECUTION = re.compile(r"not running|in status|already|closed|terminal|completed", re.IGNORECASE)


def _is_no_such_api(failure: Failure, attempt: Attempt) -> bool:
    # A server without the route says 404 like one without the execution; only its message tells them apart.
    if failure.code == "UnknownOperationException":
        return True
    if failure.status == 404:
        # CloudWatch Logs answers 400 for whatever it does not know, so this is another server.
        is_other_server = attempt.call.service == "logs"
        return is_other_server or not failure.is_json or failure.message.startswith("Function not found: /20")
    return failure.status in (405, 501) or "unknown path pattern" in failure.message.lower()


def _is_key_problem(failure: Failure, attempt: Attempt) -> bool:
    return failure.code.startswith("KMS") or (failure.status == 403 and "kms:decrypt" in failure.message.lower())


def _is_wrong_clock(failure: Failure, attempt: Attempt) -> bool:
    return failure.status in (400, 403) and bool(_SIGNED_AT_ANOTHER_TIME.search(failure.message))


def _is_closed_callback(failure: Failure, attempt: Attempt) -> bool:
    is_refusal = failure.status in (400, 404, 408, 409) and attempt.call.subject == "callback"
    return is_refusal and bool(_CLOSED_CALLBACK.search(failure.message))


def _is_closed_execution(failure: Failure, attempt: Attempt) -> bool:
    is_refusal = failure.status in (400, 409) and attempt.call.operation == "StopDurableExecution"
    return is_refusal and bool(_CLOSED_EXECUTION.search(failure.message))


_SIGNED_AT_ANOTHER_TIME = re.compile(r"signature (?:expired|not yet current)", re.IGNORECASE)

_CASES: tuple[tuple[Condition, Explanation], ...] = (
    (_is_no_such_api, explain.unsupported),
    (_is_key_problem, explain.key_denied),
    (_is_wrong_clock, explain_connection.clock_is_wrong),
    (_is_closed_callback, explain.callback_closed),
    (_is_closed_execution, explain.cannot_stop),
)

_CODES: tuple[tuple[Explanation, str], ...] = (
    # Names that the client library gives to what happens before there is an answer.
    (
        explain_connection.no_credentials,
        "NoCredentialsError PartialCredentialsError CredentialRetrievalError MetadataRetrievalError NoAuthTokenError",
    ),
    (
        explain_connection.sign_in_expired,
        "SSOError UnauthorizedSSOTokenError TokenRetrievalError LoginError LoginRefreshRequired "
        "LoginTokenLoadError ExpiredTokenException ExpiredToken",
    ),
    (explain_connection.not_signed_in, "SSOTokenLoadError"),
    (explain_connection.nobody_to_ask, "NobodyToAsk"),
    (explain_connection.no_profile, "ProfileNotFound"),
    (explain_connection.no_way_through_proxy, "ProxyConnectionError"),
    (explain_connection.no_such_region, "UnknownRegion InvalidRegionError"),
    (explain.too_old, "OperationNotKnown"),
    (explain_connection.clock_is_wrong, "RequestExpired RequestTimeTooSkewed"),
    (explain_connection.no_region, "NoRegionError"),
    (
        explain.unreachable,
        "EndpointConnectionError ConnectTimeoutError ConnectionError SSLError HTTPClientError",
    ),
    (explain.broken_off, "ConnectionClosedError ReadTimeoutError ResponseStreamingError IncompleteReadError"),
    (explain.unreadable, "UnreadableAnswer"),
    # The service's own codes.
    (explain.callback_closed, "CallbackTimeoutException"),
    (
        explain.name_in_use,
        "DurableExecutionAlreadyStartedException DurableExecutionAlreadyExists DurableExecutionAlreadyExistsException "
        "ExecutionAlreadyStartedException",
    ),
    (explain.throttled, "TooManyRequestsException ThrottlingException Throttling RequestLimitExceeded"),
    (
        explain_connection.credentials_refused,
        "UnrecognizedClientException InvalidClientTokenId InvalidSignatureException SignatureDoesNotMatch "
        "IncompleteSignature IncompleteSignatureException MissingAuthenticationToken "
        "MissingAuthenticationTokenException",
    ),
    (explain.access_denied, "AccessDeniedException AccessDenied UnauthorizedOperation"),
    (explain.not_found, "ResourceNotFoundException"),
    (explain.conflict, "ResourceConflictException"),
    (
        explain.refused,
        "InvalidParameterValueException ValidationException SerializationException RequestTooLargeException "
        "InvalidParameterException InvalidRequestContentException UnsupportedMediaTypeException",
    ),
)

_BY_CODE: Mapping[str, Explanation] = {code: explanation for explanation, codes in _CODES for code in codes.split()}

_BY_STATUS: Mapping[int, Explanation] = {
    400: explain.refused,
    401: explain_connection.credentials_refused,
    403: explain.access_denied,
    404: explain.not_found,
    409: explain.conflict,
    413: explain.refused,
    415: explain.refused,
    429: explain.throttled,
}
"""For servers that send no code."""
