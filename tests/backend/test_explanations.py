"""What errors tell beside their kind: who must grant what, where to sign in again, what may have been meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from durablectl.backend.base import Source
from durablectl.backend.calls import CALLS
from durablectl.backend.errors import to_error
from durablectl.backend.failures import Attempt, Failure
from durablectl.backend.lambda_api import connect
from durablectl.config import Settings
from durablectl.errors import AccessDenied, ConfigError, CredentialsError, DurablectlError, NotFound, Unsupported
from tests.backend.support import ACCOUNT_ARN, arn_of
from tests.cli.harness import run
from tests.fakes.backend import FakeBackend
from tests.fakes.histories import make_execution, step

AWS = Source("aws", "prod", "eu-west-1")
CALLER = "arn:aws:sts::123456789012:assumed-role/Support/ana"


def explained(
    failure: Failure,
    subject: str = arn_of("order-1042"),
    call: str = "GetDurableExecution",
    profile: str | None = "ops",
) -> DurablectlError:
    return to_error(failure, Attempt(CALLS[call], subject, AWS, profile))


@pytest.mark.parametrize(
    "code, profile, command",
    [
        ("TokenRetrievalError", "ops", "run: aws sso login --profile ops"),
        ("SSOTokenLoadError", None, "run: aws sso login"),
        ("LoginRefreshRequired", "ops", "run: aws login --profile ops"),
        (
            "ExpiredTokenException",
            "ops",
            "keys of a session have ended; renew them there, or with single sign-on run: aws sso login --profile ops",
        ),
    ],
)
def test_an_expired_sign_in_names_the_command(code: str, profile: str | None, command: str) -> None:
    error = explained(Failure(code, "Token has expired and refresh failed"), profile=profile)

    assert isinstance(error, CredentialsError)
    assert error.hint == ('AWS said: "Token has expired and refresh failed"', command)


@pytest.mark.parametrize(
    "failure",
    [
        Failure("RequestExpired", "Request has expired.", 400),
        Failure("InvalidSignatureException", "Signature expired: 20261121T090000Z is now earlier than …", 403),
        Failure("InvalidSignatureException", "Signature not yet current: 20261121T110000Z is still later than …", 403),
    ],
)
def test_a_signature_of_another_time_means_a_wrong_clock(failure: Failure) -> None:
    error = explained(failure)

    assert isinstance(error, CredentialsError)
    assert "clock" in error.message


def test_a_denied_role_is_told_as_that() -> None:
    role = "arn:aws:iam::210987654321:role/Operator"
    said = f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {role}"

    error = explained(Failure("AccessDenied", said, 403), "orders", "ListDurableExecutionsByFunction")

    assert error.message == "not allowed to assume the role of profile ops"
    assert error.hint == ("missing action: sts:AssumeRole", f"on resource:    {role}", f"as:             {CALLER}")


def test_an_explicit_denial_is_told_as_that() -> None:
    said = (
        f"User: {CALLER} is not authorized to perform: lambda:StopDurableExecution on resource: {arn_of('a')} "
        "with an explicit deny in a service control policy"
    )

    error = explained(Failure("AccessDeniedException", said, 403), call="StopDurableExecution")

    assert "a policy denies it explicitly: explicit deny in a service control policy" in error.hint


def test_a_denial_over_an_arn_of_another_account_says_so() -> None:
    foreign = arn_of("order-1042").replace("123456789012", "210987654321")
    said = f"User: {CALLER} is not authorized to perform: lambda:GetDurableExecution on resource: {foreign}"

    error = explained(Failure("AccessDeniedException", said, 403), foreign)

    assert isinstance(error, AccessDenied)
    assert error.message.endswith("belongs to account 210987654321, and the credentials to 123456789012")


@pytest.mark.parametrize(
    "profile",
    ["role_arn = arn:aws:iam::210987654321:role/Operator\nsource_profile = ops", "sso_account_id = 210987654321"],
)
def test_an_arn_of_another_account_is_refused_before_any_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str
) -> None:
    (tmp_path / "config").write_text(f"[profile ops]\n{profile}\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    seen: list[object] = []

    with pytest.raises(AccessDenied, match="belongs to account 123456789012, and the credentials to 210987654321"):
        connect(Settings(None, "ops", None, None, read_only=False), observer=seen.append).execution(arn_of("a"))

    assert seen == []


def test_an_arn_of_another_region_suggests_that_region() -> None:
    function = ACCOUNT_ARN.replace("us-east-1", "us-west-2") + ":orders"
    not_found = Failure("ResourceNotFoundException", "Function not found", 404)

    for subject, call in [(arn_of("a"), "GetDurableExecution"), (function, "ListDurableExecutionsByFunction")]:
        error = explained(not_found, subject, call)
        region = subject.split(":")[3]
        assert f"the ARN is of region {region}, and eu-west-1 was asked: add --region {region}" in error.hint


def test_unknown_profiles_and_regions_name_close_ones() -> None:
    profile = explained(Failure("ProfileNotFound", known=("dev", "ops-eu", "ops-us")), profile="ops")
    region = to_error(
        Failure("UnknownRegion", "Could not connect", known=("eu-west-1", "us-east-1")),
        Attempt(CALLS["ListFunctions"], "", Source("aws", None, "eu-wst-1")),
    )

    assert isinstance(profile, ConfigError)
    assert profile.hint == ("did you mean: ops-us, ops-eu", "known profiles: dev, ops-eu, ops-us")
    assert 'nothing answers in "eu-wst-1"' in region.message
    assert "did you mean: eu-west-1" in region.hint[1]


def test_an_operation_that_the_client_library_does_not_know_is_unsupported() -> None:
    error = explained(Failure("OperationNotKnown", "botocore 1.40.0 does not know GetDurableExecution"))

    assert isinstance(error, Unsupported)
    assert error.hint[0] == "botocore 1.40.0 does not know GetDurableExecution"


def test_a_function_that_was_not_found_offers_close_names() -> None:
    backend = FakeBackend(make_execution("order-1042", step("charge")))
    error = explained(Failure("ResourceNotFoundException", "no", 404), "ordrs", "ListDurableExecutionsByFunction")
    assert isinstance(error, NotFound)
    backend.fail("executions", error)

    ran = run("list", "ordrs", backend=backend, environ={"DURABLECTL_NO_CACHE": "1"})

    assert ran.code == 3
    assert "close names: orders" in ran.err
