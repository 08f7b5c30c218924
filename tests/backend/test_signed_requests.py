"""Requests to AWS as it wants them: signed, encoded, paged and with every default stated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

import durablectl
from durablectl.backend.base import ListFilter
from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.transport import Limits
from durablectl.clock import ManualClock
from durablectl.config import Settings
from durablectl.errors import CredentialsError
from durablectl.model.payloads import ErrorPayload
from durablectl.model.statuses import ExecutionStatus
from tests.backend.support import ACCOUNT_ARN, NOW, arn_of, event, row
from tests.servers.http import Request
from tests.servers.signatures import Keys, signature_failure
from tests.servers.strict_lambda import KEYS, REGION, StrictLambda, body_of, strict_lambda

LATEST = arn_of("order-1042", version="$LATEST")
CALLBACK_ID = "Ab3kV9/q0+w=="
SESSION = Keys("ASIAIOSFODNN7EXAMPLE", KEYS.secret_key, "IQoJb3JpZ2luX2VjE/+=")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictLambda]:
    """What the client library takes for Lambda, and keys for it in the environment."""
    with strict_lambda() as running:
        use(monkeypatch, running, KEYS)
        yield running


@pytest.fixture
def backend(aws: StrictLambda) -> LambdaApi:
    return backend_for_aws()


def use(monkeypatch: pytest.MonkeyPatch, server: StrictLambda, keys: Keys) -> None:
    """Send the client library there behind the program's back, which goes on to believe that it talks to AWS."""
    for name, value in {"AWS_ENDPOINT_URL_LAMBDA": server.endpoint, **keys.environment}.items():
        monkeypatch.setenv(name, value)


def backend_for_aws() -> LambdaApi:
    settings = Settings(None, None, REGION, None, read_only=False)
    return connect(settings, clock=ManualClock(NOW), limits=Limits(read_s=5))


# --- signatures -------------------------------------------------------------------------------------------------------

Ask = Callable[[LambdaApi], object]

EVERYTHING: dict[str, Ask] = {
    "ListFunctions": lambda backend: list(backend.functions()),
    "ListDurableExecutionsByFunction": lambda backend: list(backend.executions(f"{ACCOUNT_ARN}:orders")),
    "GetDurableExecution": lambda backend: backend.execution(LATEST),
    "GetDurableExecutionHistory": lambda backend: list(backend.history(LATEST)),
    "StopDurableExecution": lambda backend: backend.stop(LATEST, ErrorPayload("Späť", "ended by «Ana»")),
    "PauseDurableExecution": lambda backend: backend.pause(LATEST, reason="deploy"),
    "ResumeDurableExecution": lambda backend: backend.resume(LATEST),
    "DeleteDurableExecution": lambda backend: backend.delete(LATEST),
    "SendDurableExecutionCallbackSuccess": lambda backend: backend.succeed_callback(CALLBACK_ID, b"\x00\xff"),
    "SendDurableExecutionCallbackFailure": lambda backend: backend.fail_callback(CALLBACK_ID, None),
    "SendDurableExecutionCallbackHeartbeat": lambda backend: backend.heartbeat_callback(CALLBACK_ID),
    "Invoke": lambda backend: backend.start("orders", qualifier="$LATEST", payload=b"{}", name="order-1042"),
}


@pytest.mark.parametrize("keys", [KEYS, SESSION], ids=["keys", "session"])
@pytest.mark.parametrize("operation", EVERYTHING)
def test_every_request_is_signed_and_addressed_as_aws_wants_it(
    monkeypatch: pytest.MonkeyPatch, operation: str, keys: Keys
) -> None:
    with strict_lambda(keys) as aws:
        use(monkeypatch, aws, keys)

        EVERYTHING[operation](backend_for_aws())

    assert aws.refused == []
    assert [asked.operation for asked in aws.asked] == [operation]


@pytest.mark.parametrize(
    "keys, said",
    [
        (Keys(KEYS.access_key, "another"), "does not match the signature"),
        (Keys("AKIANOBODY", KEYS.secret_key), "security token included in the request is invalid"),
        (Keys(KEYS.access_key, KEYS.secret_key, "stale"), "security token included in the request is invalid"),
    ],
)
def test_wrong_keys_are_found_out(monkeypatch: pytest.MonkeyPatch, aws: StrictLambda, keys: Keys, said: str) -> None:
    use(monkeypatch, aws, keys)

    with pytest.raises(CredentialsError) as raised:
        backend_for_aws().execution(LATEST)

    assert said in " ".join(raised.value.hint)
    assert aws.asked == []


@pytest.mark.parametrize("minutes, word", [(-6, "not yet current"), (6, "expired")])
def test_a_clock_that_is_off_by_more_than_five_minutes_is_named(
    monkeypatch: pytest.MonkeyPatch, minutes: int, word: str
) -> None:
    with strict_lambda(now=lambda: datetime.now(UTC) + timedelta(minutes=minutes)) as aws:
        use(monkeypatch, aws, KEYS)

        with pytest.raises(CredentialsError, match="this machine's clock is wrong") as raised:
            backend_for_aws().execution(LATEST)

    assert word in raised.value.hint[0]


def test_the_check_of_signatures_agrees_with_the_example_of_the_guide() -> None:
    # "GET iam ListUsers" of the suite that AWS publishes for Signature Version 4.
    keys = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    signed = Request(
        "GET",
        "/?Action=ListUsers&Version=2010-05-08",
        {
            "Host": "iam.amazonaws.com",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Amz-Date": "20150830T123600Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            f"SignedHeaders=content-type;host;x-amz-date, Signature={signature}",
        },
        b"",
    )
    check = partial(
        signature_failure, keys=keys, region="us-east-1", service="iam", now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    )

    assert check(signed) is None
    assert check(Request("GET", signed.target + "&Marker=x", signed.headers, b"")) is not None
    assert check(Request("GET", signed.target, signed.headers, b"x")) is not None


# --- parameters -------------------------------------------------------------------------------------------------------


def test_an_arn_is_one_segment_of_the_path(aws: StrictLambda, backend: LambdaApi) -> None:
    backend.execution(LATEST)

    assert aws.asked[0].label == LATEST
    assert "$LATEST/durable-execution/" in LATEST


def test_a_callback_id_keeps_its_slashes(aws: StrictLambda, backend: LambdaApi) -> None:
    backend.succeed_callback(CALLBACK_ID, b'"ok"')

    assert (aws.asked[0].label, aws.asked[0].body) == (CALLBACK_ID, b'"ok"')


@pytest.mark.parametrize("with_data", [False, True])
@pytest.mark.parametrize("newest_first", [False, True])
def test_history_states_data_order_and_page(
    aws: StrictLambda, backend: LambdaApi, with_data: bool, newest_first: bool
) -> None:
    list(backend.history(LATEST, with_data=with_data, newest_first=newest_first))

    stated = {"IncludeExecutionData": with_data, "ReverseOrder": newest_first, "MaxItems": 1000}
    assert aws.asked[0].query == {name: str(value).lower() for name, value in stated.items()}


def test_several_statuses_are_asked_for_one_at_a_time(aws: StrictLambda, backend: LambdaApi) -> None:
    statuses = frozenset({ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT})

    list(backend.executions("orders", ListFilter(qualifier="$LATEST", statuses=statuses, oldest_first=True)))

    assert sorted(asked.query["Statuses"] for asked in aws.asked) == ["FAILED", "TIMED_OUT"]
    assert {(asked.query["Qualifier"], asked.query["ReverseOrder"]) for asked in aws.asked} == {("$LATEST", "true")}


def test_pause_and_resume_carry_tokens_and_stop_its_error(aws: StrictLambda, backend: LambdaApi) -> None:
    backend.pause(LATEST, reason="deploy", timeout_paused=False)
    backend.resume(LATEST)
    backend.stop(LATEST, ErrorPayload("Cancelled", "the customer left", "{}", ("shop.py:1",)))

    paused, resumed, stopped = map(body_of, aws.asked)
    assert (paused["Reason"], paused["ExecutionTimeoutPaused"]) == ("deploy", False)
    assert len({paused["ClientToken"], resumed["ClientToken"]}) == 2
    assert stopped == {
        "ErrorType": "Cancelled",
        "ErrorMessage": "the customer left",
        "ErrorData": "{}",
        "StackTrace": ["shop.py:1"],
    }


def test_start_is_asynchronous_and_named(aws: StrictLambda, backend: LambdaApi) -> None:
    backend.start("orders", qualifier="7", payload=b'{"id": 1042}', name="order-1042")

    (asked,) = aws.asked
    assert (asked.label, asked.query, asked.body) == ("orders", {"Qualifier": "7"}, b'{"id": 1042}')
    assert asked.headers["X-Amz-Invocation-Type"] == "Event"
    assert asked.headers["X-Amz-Durable-Execution-Name"] == "order-1042"


def test_requests_say_which_program_sends_them(aws: StrictLambda, backend: LambdaApi) -> None:
    backend.execution(LATEST)

    assert f"durablectl/{durablectl.__version__}" in aws.asked[0].headers["User-Agent"].split()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_pages_are_followed_by_markers_that_need_encoding(aws: StrictLambda, backend: LambdaApi) -> None:
    aws.rows = {
        "ListDurableExecutionsByFunction": [row(f"order-{number}", minute=-number) for number in range(5)],
        "GetDurableExecutionHistory": [event(number) for number in range(1, 6)],
        "ListFunctions": [{"FunctionName": f"f{number}"} for number in range(5)],
    }

    assert [each.name for each in backend.executions("orders")] == [f"order-{number}" for number in range(5)]
    assert [each.event_id for each in backend.history(LATEST)] == [1, 2, 3, 4, 5]
    assert [each.name for each in backend.functions()] == [f"f{number}" for number in range(5)]
    assert aws.refused == []
    assert len(aws.asked) == 9
