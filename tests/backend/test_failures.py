"""Every failure of the service and of the network, as a server sends it, with the error that a user gets."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from durablectl.backend.base import Source
from durablectl.backend.calls import CALLS
from durablectl.backend.errors import to_error
from durablectl.backend.failures import Attempt, Failure
from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.requests import Exchange
from durablectl.backend.transport import Limits
from durablectl.clock import ManualClock
from durablectl.config import Settings
from durablectl.errors import (
    AccessDenied,
    CallbackClosed,
    ConfigError,
    Conflict,
    CredentialsError,
    DurablectlError,
    KeyDenied,
    NameInUse,
    NotFound,
    ReadOnlyRefused,
    ServiceFault,
    Throttled,
    Unreachable,
    Unsupported,
    UsageError,
)
from tests.backend.support import NOW, arn_of, backend_at, row
from tests.servers.http import Answer, Fault, free_port
from tests.servers.stub import StubService, refusal

Ask = Callable[[LambdaApi], object]


def _list(backend: LambdaApi) -> object:
    return list(backend.executions("orders"))


def _get(backend: LambdaApi) -> object:
    return backend.execution(arn_of("order-1024"))


def _stop(backend: LambdaApi) -> object:
    return backend.stop(arn_of("order-1024"))


def _succeed(backend: LambdaApi) -> None:
    backend.succeed_callback("a" * 60, b"1")


def _start(backend: LambdaApi) -> object:
    return backend.start("orders", qualifier="7", payload=b"{}", name="order-1024")


def _functions(backend: LambdaApi) -> object:
    return list(backend.functions())


def _alias(backend: LambdaApi) -> object:
    return backend.alias_versions("orders", "live")


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/Support/ana is not authorized to perform: "
    "{action} on resource: {resource} because no identity-based policy allows it"
)
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"

REFUSALS: list[Any] = [
    # what was asked, what came, the kind, the message
    (_list, refusal("ResourceNotFoundException", 404, "Function not found: arn"), NotFound, 'no function "orders"'),
    (_get, refusal("ResourceNotFoundException", 404, "gone"), NotFound, 'no execution "order-1024" of function orders'),
    (_alias, refusal("ResourceNotFoundException", 404), NotFound, 'no alias "live" of function orders'),
    (_succeed, refusal("ResourceNotFoundException", 404), NotFound, "no callback aaaaaaaaaaaaaaaaaaaaaaaa…"),
    (_get, refusal(None, 404, "Durable Execution does not exist"), NotFound, "no execution"),
    (_get, refusal("KMSAccessDeniedException", 502, "denied"), KeyDenied, "encryption key of orders/order-1024"),
    (_get, refusal("KMSDisabledException", 502), KeyDenied, "encryption key"),
    (_get, refusal("KMSInvalidStateException", 502), KeyDenied, "encryption key"),
    (_get, refusal("KMSNotFoundException", 502), KeyDenied, "encryption key"),
    (_get, refusal("AccessDeniedException", 403, "no kms:Decrypt on key"), KeyDenied, "encryption key"),
    (_succeed, refusal("CallbackTimeoutException", 400), CallbackClosed, "the callback a+… is closed"),
    (
        _succeed,
        refusal(None, 404, "Failed to process callback success: [x] is not in STARTED state"),
        CallbackClosed,
        "is closed",
    ),
    (_start, refusal("DurableExecutionAlreadyStartedException", 409), NameInUse, "with that name and another input"),
    (_get, refusal("TooManyRequestsException", 429, "Rate exceeded"), Throttled, "throttles GetDurableExecution"),
    (_get, refusal("ThrottlingException", 400, "Rate exceeded"), Throttled, "throttles"),
    (_get, refusal(None, 429), Throttled, "throttles"),
    (_get, refusal("ExpiredTokenException", 403, "expired"), CredentialsError, "sign-in has expired"),
    (_get, refusal("UnrecognizedClientException", 403, "invalid"), CredentialsError, "does not know the access key"),
    (_get, refusal("InvalidSignatureException", 403, "invalid"), CredentialsError, "secret key does not belong"),
    (_get, refusal("AccessDeniedException", 403, "no"), AccessDenied, "not allowed to read orders/order-1024"),
    (_get, refusal(None, 403, "no"), AccessDenied, "not allowed to read orders/order-1024"),
    (_functions, refusal("AccessDeniedException", 403, "no"), AccessDenied, "not allowed to list functions"),
    (_stop, refusal("ResourceConflictException", 409, "busy"), Conflict, "does not allow this now"),
    (_stop, refusal("InvalidParameterValueException", 400, "it is not running"), Conflict, "cannot stop"),
    (_get, refusal("InvalidParameterValueException", 400, "bad arn"), UsageError, "refuses the request to read"),
    (_get, refusal("ValidationException", 400, "1 validation error"), UsageError, "refuses"),
    (_get, refusal("SerializationException", 400, "cannot be converted"), UsageError, "refuses"),
    (_start, refusal("RequestTooLargeException", 413, "too large"), UsageError, "refuses the request to start"),
    (_get, refusal(None, 400, "what?"), UsageError, "refuses"),
    (
        _stop,
        refusal("ResourceNotFoundException", 404, "Function not found: /2025-12-01/durable-executions/x/pause"),
        Unsupported,
        "stop is not supported by the backend at http://",
    ),
    (_stop, refusal("UnknownOperationException", 404, "Unknown operation"), Unsupported, "stop is not supported"),
    (_stop, refusal(None, 405, "Method not allowed"), Unsupported, "stop is not supported"),
    (_start, Answer(b"<html>", 501, {"Content-Type": "text/html"}), Unsupported, "start is not supported"),
    (
        _functions,
        refusal(None, 500, "Unknown path pattern: GET /2015-03-31/functions"),
        Unsupported,
        "functions is not",
    ),
    (_get, Answer(b"<html>Not Found</html>", 404, {"Content-Type": "text/html"}), Unsupported, "get is not supported"),
    (_get, refusal("ServiceException", 500, "oops"), ServiceFault, "the service failed to read orders/order-1024"),
    (_get, Answer(b"<html>Bad Gateway</html>", 502, {"Content-Type": "text/html"}), ServiceFault, r"JSON \(HTTP 502\)"),
    (_get, Answer(b"", 503), ServiceFault, "failed to read"),
    (_get, refusal("SomethingNewException", 418, "teapot"), ServiceFault, "failed to read"),
]


@pytest.mark.parametrize("ask, answer, kind, message", REFUSALS)
def test_refusal_becomes_its_kind_of_error(
    stub: StubService, ask: Ask, answer: Answer, kind: type[DurablectlError], message: str
) -> None:
    stub.script(answer)

    with pytest.raises(DurablectlError) as raised:
        ask(backend_at(stub.endpoint))

    assert type(raised.value) is kind
    assert re.search(message, raised.value.message)
    assert len(raised.value.hint) <= 4
    if "x-amzn-RequestId" in answer.headers:
        assert raised.value.request_id == "req-1"


def test_denied_list_names_action_resource_and_caller(stub: StubService) -> None:
    stub.script(
        refusal(
            "AccessDeniedException",
            403,
            DENIED.format(action="lambda:ListDurableExecutionsByFunction", resource=FUNCTION_ARN),
        )
    )

    with pytest.raises(AccessDenied) as raised:
        _list(backend_at(stub.endpoint))

    assert raised.value.message == "not allowed to read executions of orders"
    assert raised.value.hint == (
        "missing action: lambda:ListDurableExecutionsByFunction",
        f"on resource:    {FUNCTION_ARN} and …:function:orders:*",
        "as:             arn:aws:sts::123456789012:assumed-role/Support/ana",
    )


def test_denied_stop_names_the_resource_form_of_executions(stub: StubService) -> None:
    stub.script(refusal("AccessDeniedException", 403, "no"))

    with pytest.raises(AccessDenied) as raised:
        _stop(backend_at(stub.endpoint))

    assert raised.value.hint[:2] == (
        "missing action: lambda:StopDurableExecution",
        f"on resource:    {FUNCTION_ARN}:*",
    )


def test_name_in_use_tells_who_holds_it(stub: StubService) -> None:
    message = f"Execution already started: {arn_of('order-1024')}"
    stub.script(refusal("DurableExecutionAlreadyStartedException", 409, message))

    with pytest.raises(NameInUse) as raised:
        _start(backend_at(stub.endpoint))

    assert raised.value.details["arn"] == arn_of("order-1024")
    assert raised.value.hint[0] == f"it is {arn_of('order-1024')}"


@pytest.mark.parametrize(
    "code, kind, message",
    [
        ("NoCredentialsError", CredentialsError, "no usable AWS credentials"),
        ("CredentialRetrievalError", CredentialsError, "no usable AWS credentials"),
        ("UnauthorizedSSOTokenError", CredentialsError, "the sign-in for profile ops has expired"),
        ("TokenRetrievalError", CredentialsError, "the sign-in for profile ops has expired"),
        ("ProfileNotFound", ConfigError, 'the AWS configuration has no profile "ops"'),
        ("NoRegionError", ConfigError, "no region is configured"),
        ("EndpointConnectionError", Unreachable, "cannot reach Lambda in eu-west-1"),
        ("SSLError", Unreachable, "cannot reach"),
        ("ReadTimeoutError", Unreachable, "did not answer GetDurableExecution completely"),
        ("SomethingNewError", ConfigError, "AWS configuration"),
    ],
)
def test_failure_before_an_answer_becomes_its_kind_of_error(
    code: str, kind: type[DurablectlError], message: str
) -> None:
    attempt = Attempt(CALLS["GetDurableExecution"], arn_of("a"), Source("aws", None, "eu-west-1"), profile="ops")

    error = to_error(Failure(code, "Token has expired"), attempt)

    assert type(error) is kind
    assert message in error.message


def test_expired_sign_in_says_how_to_sign_in() -> None:
    attempt = Attempt(CALLS["GetDurableExecution"], arn_of("a"), Source("aws", None, "eu-west-1"), profile="ops")

    error = to_error(Failure("TokenRetrievalError", "Token has expired and refresh failed"), attempt)

    assert error.hint == ('AWS said: "Token has expired and refresh failed"', "run: aws sso login --profile ops")


# --- nobody there -----------------------------------------------------------------------------------------------------


def test_refused_connection_names_the_endpoint_and_how_to_start_a_service() -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()

    with pytest.raises(Unreachable) as raised:
        _list(backend_at(endpoint))

    assert time.monotonic() - started < 3
    assert raised.value.message == f"cannot reach {endpoint}"
    assert raised.value.hint == (
        "Could not connect to the endpoint: Connection refused",
        "to start a local service: durablectl local start FILE.py:HANDLER",
        "or one with sample functions: durablectl local demo",
    )


def test_endpoint_that_swallows_connections_is_reported_within_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    # The test network of RFC 5737 is never routed: connections to it time out or are refused at once.
    settings = Settings(None, None, "us-east-1", "http://192.0.2.1:8410", read_only=False)
    backend = connect(settings, clock=ManualClock(NOW))
    started = time.monotonic()

    with pytest.raises(Unreachable):
        _list(backend)

    assert time.monotonic() - started < 3


def test_stalled_answer_ends_with_the_read_limit(stub: StubService) -> None:
    stub.script(Answer(fault=Fault.STALL))
    settings = Settings("local", None, "us-east-1", stub.endpoint, read_only=False)
    backend = connect(settings, clock=ManualClock(NOW), limits=Limits(read_s=0.2))

    with pytest.raises(Unreachable, match="did not answer"):
        _get(backend)

    assert len(stub.requests) == 1


# --- trying again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        refusal("TooManyRequestsException", 429),
        refusal("ServiceException", 500),
        Answer(b"", 503),
        Answer(fault=Fault.RESET),
        Answer({"DurableExecutionArn": "cut off"}, fault=Fault.TRUNCATE),
    ],
)
def test_read_is_tried_again_after_a_passing_fault(stub: StubService, fault: Answer) -> None:
    clock = ManualClock(NOW)
    stub.script(fault, Answer(row("order-1024")))

    backend = backend_at(stub.endpoint, clock=clock)

    assert backend.execution(arn_of("order-1024")).execution.name == "order-1024"
    assert len(stub.requests) == 2
    assert 0.25 <= (clock.now() - NOW).total_seconds() <= 0.5


@pytest.mark.parametrize(
    "fault, requests",
    [
        (refusal("TooManyRequestsException", 429), 6),
        (refusal("ServiceException", 500), 3),
        (Answer(fault=Fault.RESET), 3),
        (refusal("KMSAccessDeniedException", 502), 1),
        (refusal("AccessDeniedException", 403), 1),
        (refusal(None, 500, "Unknown path pattern: GET /x"), 1),
    ],
)
def test_read_is_tried_as_often_as_the_fault_is_worth(stub: StubService, fault: Answer, requests: int) -> None:
    stub.script(fault)

    with pytest.raises(DurablectlError):
        _get(backend_at(stub.endpoint))

    assert len(stub.requests) == requests


@pytest.mark.parametrize("fault", [Answer(fault=Fault.RESET), refusal("ServiceException", 500), Answer(b"", 503)])
@pytest.mark.parametrize("ask", [_stop, _succeed, _start, lambda backend: backend.delete(arn_of("a"))])
def test_change_whose_answer_is_lost_is_not_sent_again(stub: StubService, ask: Ask, fault: Answer) -> None:
    stub.script(fault)

    with pytest.raises(ServiceFault) as raised:
        ask(backend_at(stub.endpoint))

    assert len(stub.requests) == 1
    assert "whether the request took effect is not known; look before trying again" in raised.value.hint


@pytest.mark.parametrize(
    "fault", [Answer(fault=Fault.RESET), refusal("ServiceException", 500), refusal("TooManyRequestsException", 429)]
)
@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_change_with_a_client_token_is_sent_again_with_the_same_one(
    stub: StubService, verb: str, fault: Answer
) -> None:
    stub.script(fault, fault, Answer({}, 202))

    getattr(backend_at(stub.endpoint), verb)(arn_of("a"), reason="deploy")

    sent = [json.loads(request.body) for request in stub.requests]
    assert len(sent) == 3
    assert len({each["ClientToken"] for each in sent}) == 1
    assert {each["Reason"] for each in sent} == {"deploy"}


def test_every_change_has_a_client_token_of_its_own(stub: StubService) -> None:
    stub.script(Answer({}, 202), Answer({}, 202))
    backend = backend_at(stub.endpoint)

    backend.pause(arn_of("a"))
    backend.pause(arn_of("a"))

    first, second = [json.loads(request.body) for request in stub.requests]
    assert first["ClientToken"] != second["ClientToken"]
    assert first["ExecutionTimeoutPaused"] is True
    assert "Reason" not in first


def test_throttled_change_is_sent_again_because_nothing_happened(stub: StubService) -> None:
    stub.script(refusal("TooManyRequestsException", 429), Answer({"StopTimestamp": 1}))

    assert backend_at(stub.endpoint).stop(arn_of("a")) is not None


def test_retry_after_is_kept(stub: StubService) -> None:
    clock = ManualClock(NOW)
    stub.script(refusal("TooManyRequestsException", 429, "slow", **{"Retry-After": "7"}), Answer(row("a")))

    _get(backend_at(stub.endpoint, clock=clock))

    assert (clock.now() - NOW).total_seconds() == pytest.approx(7)


def test_long_waiting_is_told(stub: StubService) -> None:
    notes: list[str] = []
    stub.script(refusal("TooManyRequestsException", 429, "slow", **{"Retry-After": "4"}), Answer(row("a")))

    _get(backend_at(stub.endpoint, on_wait=notes.append))

    assert notes == ["waiting: the service throttles get requests or fails for now"]


def test_observer_sees_every_request_without_its_contents(stub: StubService) -> None:
    seen: list[Exchange] = []
    stub.script(refusal("ServiceException", 500, "s3cret"), Answer(row("a") | {"InputPayload": "s3cret"}))

    _get(backend_at(stub.endpoint, observer=seen.append))

    subject = arn_of("order-1024")
    assert seen == [
        Exchange("GetDurableExecution", subject, 1, "ServiceException", "req-1"),
        Exchange("GetDurableExecution", subject, 2, "ok"),
    ]


# --- capabilities -----------------------------------------------------------------------------------------------------


def test_an_operation_that_the_server_lacks_is_asked_for_once(stub: StubService) -> None:
    stub.script(refusal("ResourceNotFoundException", 404, "Function not found: /2025-12-01/durable-executions/a/pause"))
    backend = backend_at(stub.endpoint)

    for name in ("a", "b", "c"):
        with pytest.raises(Unsupported, match="pause is not supported"):
            backend.pause(arn_of(name))

    assert len(stub.requests) == 1


def test_a_page_of_html_is_not_taken_for_the_servers_last_word(stub: StubService) -> None:
    stub.script(Answer(b"<html>", 501, {"Content-Type": "text/html"}), Answer(row("a")))
    backend = backend_at(stub.endpoint)

    with pytest.raises(Unsupported):
        _get(backend)

    assert _get(backend)


# --- read-only --------------------------------------------------------------------------------------------------------

CHANGES: dict[str, Ask] = {
    "stop": _stop,
    "pause": lambda backend: backend.pause(arn_of("a")),
    "resume": lambda backend: backend.resume(arn_of("a")),
    "delete": lambda backend: backend.delete(arn_of("a")),
    "callback succeed": _succeed,
    "callback fail": lambda backend: backend.fail_callback("a", None),
    "callback heartbeat": lambda backend: backend.heartbeat_callback("a"),
    "start": _start,
}


@pytest.mark.parametrize("command", CHANGES)
def test_check_24_a_read_only_connection_refuses_changes_without_a_request(stub: StubService, command: str) -> None:
    with pytest.raises(ReadOnlyRefused, match=f"context local is read-only; {command} is not available"):
        CHANGES[command](backend_at(stub.endpoint, read_only=True))

    assert stub.requests == []


def test_every_call_that_is_no_read_is_among_the_refused() -> None:
    assert {call.command for call in CALLS.values() if not call.is_read} == CHANGES.keys()


def test_read_only_connection_reads(stub: StubService) -> None:
    stub.script(Answer(row("a")))

    _get(backend_at(stub.endpoint, read_only=True))

    assert len(stub.requests) == 1
