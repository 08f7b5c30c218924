"""Credentials that are missing, wrong, expired or out of reach, from AWS configuration files as users have them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from durablectl.backend.lambda_api import LambdaApi, connect
from durablectl.backend.transport import Limits
from durablectl.clock import ManualClock
from durablectl.config import Settings
from durablectl.errors import AccessDenied, ConfigError, CredentialsError, DurablectlError, KeyDenied, Unreachable
from tests.backend.support import NOW, arn_of
from tests.servers.http import Answer, Request, serve
from tests.servers.ministack import MiniStack
from tests.servers.processes import plain_environment
from tests.servers.strict_lambda import KEYS, REGION, strict_lambda
from tests.servers.stub import refusal

SSO = "sso_account_id = 123456789012\nsso_role_name = Support\n"
PROFILES = f"""
[profile session]
region = eu-west-1
sso_session = corp
{SSO}
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start

[profile legacy]
region = eu-west-1
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
{SSO}
[profile partial]
region = eu-west-1
aws_access_key_id = AKIAX

[profile nowhere]
aws_access_key_id = AKIAX
aws_secret_access_key = x

[profile keys]
region = eu-west-1
aws_access_key_id = AKIAX
aws_secret_access_key = x

[profile orphan]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/Ops
source_profile = gone

[profile device]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/Ops
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/ana

[profile tool]
region = eu-west-1
credential_process = /nonexistent/tool

[profile failing]
region = eu-west-1
credential_process = {sys.executable} -c "raise SystemExit('no ticket')"
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home with the profiles."""
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text(PROFILES)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def backend_of(profile: str | None = None, *, region: str | None = None) -> LambdaApi:
    settings = Settings(None, profile, region, None, read_only=False)
    return connect(settings, clock=ManualClock(NOW), limits=Limits(connect_s=0.5, read_s=2))


def failure_of(backend: LambdaApi) -> DurablectlError:
    with pytest.raises(DurablectlError) as raised:
        backend.execution(arn_of("order-1042"))
    return raised.value


def run_program(home: Path, profile: str, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The program with a home of its own and no terminal; the client library looks for some files when it is loaded."""
    arguments = [sys.executable, "-m", "durablectl", "get", arn_of("order-1042"), "--profile", profile]
    return subprocess.run(
        arguments,
        env=plain_environment(HOME=str(home), AWS_EC2_METADATA_DISABLED="true"),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )


# --- before anything is sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile, kind, message, remedy",
    [
        ("session", CredentialsError, "nobody is signed in for profile session", "aws sso login --profile session"),
        ("legacy", CredentialsError, "nobody is signed in for profile legacy", "aws sso login --profile legacy"),
        ("partial", CredentialsError, "no usable AWS credentials", "missing: aws_secret_access_key"),
        ("nowhere", ConfigError, "no region is configured", "add --region"),
        ("orphan", ConfigError, "the AWS configuration cannot be used", '"gone"'),
        ("orphan", ConfigError, "the AWS configuration cannot be used", "correct it in ~/.aws/config"),
        ("tool", CredentialsError, "no usable AWS credentials", "/nonexistent/tool"),
        ("failing", CredentialsError, "no usable AWS credentials", "no ticket"),
        ("kesy", ConfigError, 'has no profile "kesy"', "did you mean: keys"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told_with_the_remedy(
    profile: str, kind: type[DurablectlError], message: str, remedy: str
) -> None:
    error = failure_of(backend_of(profile))

    assert type(error) is kind
    assert message in error.message
    assert remedy in "\n".join(error.hint)


@pytest.mark.parametrize("stdin", ["", "123456\n"])
def test_a_code_that_nobody_can_type_is_told_and_not_taken_from_stdin(home: Path, stdin: str) -> None:
    ran = run_program(home, "device", stdin=stdin)

    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.splitlines()[1:] == [
        "error: profile device asks for the code of a device, and there is no terminal to type it at",
        "  get keys of a session where there is one: aws configure export-credentials --profile device --format env",
        "  and set what that prints; or choose a --profile that needs no code",
    ]


@pytest.mark.parametrize("region", ["eu-wets-1", "us_east_1"])
def test_a_region_that_there_is_not_offers_close_ones(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "")

    error = failure_of(backend_of("keys", region=region))

    assert type(error) is ConfigError
    assert region in error.message
    assert "did you mean:" in error.hint[-1]


# --- sign-ins that have ended -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile, key", [("session", "corp"), ("legacy", "https://corp.awsapps.com/start")])
def test_a_sign_in_that_has_expired_names_the_command(home: Path, profile: str, key: str) -> None:
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "stale", "expiresAt": "2020-01-01T00:00:00Z", "region": "eu-west-1"}
    (cache / f"{hashlib.sha1(key.encode()).hexdigest()}.json").write_text(json.dumps(token))

    ran = run_program(home, profile)

    assert ran.returncode == 4
    assert f"error: the sign-in for profile {profile} has expired\n" in ran.stderr
    assert f"run: aws sso login --profile {profile}\n" in ran.stderr


def test_keys_of_a_session_that_end_midway_are_told_with_their_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    with strict_lambda() as aws:
        for name, value in {"AWS_ENDPOINT_URL_LAMBDA": aws.endpoint, **KEYS.environment}.items():
            monkeypatch.setenv(name, value)
        backend = backend_of(region=REGION)
        backend.execution(arn_of("order-1042"))
        expired = refusal("ExpiredTokenException", 403, "The security token included in the request is expired")
        aws.answers["GetDurableExecution"] = expired

        error = failure_of(backend)

    assert type(error) is CredentialsError
    assert "the environment variables AWS_ACCESS_KEY_ID" in error.hint[-1]


def test_a_key_that_may_not_be_used_is_no_permission_of_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    with strict_lambda() as aws:
        for name, value in {"AWS_ENDPOINT_URL_LAMBDA": aws.endpoint, **KEYS.environment}.items():
            monkeypatch.setenv(name, value)
        aws.answers["GetDurableExecution"] = refusal("KMSAccessDeniedException", 502, "not authorized: kms:Decrypt")

        error = failure_of(backend_of(region=REGION))

    assert type(error) is KeyDenied
    assert "kms:Decrypt" in "\n".join(error.hint)
    assert len(aws.asked) == 1


# --- roles ------------------------------------------------------------------------------------------------------------

TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}


@pytest.fixture
def role_of(ministack_server: MiniStack, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bool], str]:
    """Makes a role, and a profile of a user who may or may not assume it; the name of the profile."""

    def make(name: str, may_assume: bool) -> str:
        iam = ministack_server.client("iam")
        role = f"arn:aws:iam::123456789012:role/{name}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))
        everything = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
        iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=document(everything))
        statements = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}] if may_assume else []
        keys = ministack_server.user(f"{name}-user", statements)
        lines = "".join(f"{variable.lower()} = {value}\n" for variable, value in keys.items())
        with (home / ".aws" / "config").open("a") as file:
            file.write(f"[profile base]\nregion = us-east-1\n{lines}")
            file.write(f"[profile ops]\nregion = us-east-1\nrole_arn = {role}\nsource_profile = base\n")
        for service in ("LAMBDA", "STS"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", ministack_server.endpoint)
        return "ops"

    return make


def document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_role_is_assumed(role_of: Callable[[str, bool], str]) -> None:
    backend = backend_of(role_of("assumed", True))

    assert "order" in [function.name for function in backend.functions()]


def test_a_role_that_may_not_be_assumed_is_told_as_that(role_of: Callable[[str, bool], str]) -> None:
    backend = backend_of(role_of("refused", False))

    with pytest.raises(AccessDenied, match="not allowed to assume the role of profile ops") as raised:
        list(backend.functions())

    assert "missing action: sts:AssumeRole" in raised.value.hint


# --- proxies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def proxy() -> Iterator[str]:
    """A proxy that wants a sign-in."""

    def refuse(request: Request) -> Answer:
        return Answer(b"<h1>Who are you?</h1>", 407, {"Content-Type": "text/html"})

    with serve(refuse) as endpoint:
        yield endpoint


def test_a_proxy_that_refuses_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.replace("http://", "http://ana:hunter2@"))

    error = failure_of(backend_of("keys"))

    assert type(error) is Unreachable
    assert error.message == "cannot reach Lambda in eu-west-1 through the proxy"
    told = "\n".join(error.hint)
    assert proxy.removeprefix("http://") in told
    assert "407" in told
    assert "hunter2" not in told
    assert "HTTPS_PROXY" in told
