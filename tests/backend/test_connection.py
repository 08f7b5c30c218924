"""How a connection comes about: credentials, regions and profiles, without ever leaving this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from durablectl.backend.base import Source
from durablectl.backend.endpoints import is_aws, is_loopback
from durablectl.backend.lambda_api import connect
from durablectl.config import Settings
from durablectl.errors import ConfigError, CredentialsError
from tests.backend.support import arn_of, row
from tests.servers.http import Answer
from tests.servers.stub import StubService


@pytest.fixture
def answering(stub: StubService) -> StubService:
    stub.script(Answer(row("a")))
    return stub


def _settings(endpoint_url: str | None, *, context: str | None = None, region: str | None = "us-east-1") -> Settings:
    return Settings(context, None, region, endpoint_url, read_only=False)


def test_local_context_signs_with_keys_that_mean_nothing(
    answering: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    connect(_settings(answering.endpoint, context="local")).execution(arn_of("a"))

    assert "Credential=local/" in answering.requests[0].headers["Authorization"]


def test_local_context_works_with_a_broken_aws_configuration(
    answering: StubService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "config"
    broken.write_text("[[[")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
    monkeypatch.setenv("AWS_PROFILE", "missing")

    backend = connect(_settings(answering.endpoint, context="local"))

    assert backend.execution(arn_of("a")).execution.name == "a"


def test_local_context_does_not_go_through_a_proxy(answering: StubService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert connect(_settings(answering.endpoint, context="local")).execution(arn_of("a"))


def test_loopback_endpoint_needs_neither_credentials_nor_a_region(answering: StubService) -> None:
    backend = connect(_settings(answering.endpoint, region=None))

    backend.execution(arn_of("a"))

    assert backend.source == Source("emulator", None, "us-east-1", answering.endpoint)
    assert "Credential=local/" in answering.requests[0].headers["Authorization"]


def test_loopback_endpoint_gets_credentials_that_are_there(
    answering: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    connect(_settings(answering.endpoint)).execution(arn_of("a"))

    assert "Credential=AKIATEST/" in answering.requests[0].headers["Authorization"]


def test_region_of_the_profile_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configuration = tmp_path / "config"
    configuration.write_text("[profile ops]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(configuration))

    settings = Settings(None, "ops", None, None, read_only=False)

    assert connect(settings).source == Source("aws", None, "eu-north-1", None)


def test_unknown_profile_is_a_configuration_error() -> None:
    settings = Settings(None, "missing", None, None, read_only=False)

    with pytest.raises(ConfigError, match='AWS configuration has no profile "missing"') as raised:
        connect(settings).execution(arn_of("a"))

    assert raised.value.hint == ("known profiles: none",)


def test_no_region_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")

    with pytest.raises(ConfigError, match="no region"):
        connect(_settings(None, region=None)).execution(arn_of("a"))


def test_no_credentials_for_aws_is_told_without_a_request() -> None:
    with pytest.raises(CredentialsError, match="no usable AWS credentials"):
        connect(_settings(None)).execution(arn_of("a"))


@pytest.mark.parametrize(
    "endpoint_url, on_this_machine, is_amazon",
    [
        (None, False, True),
        ("http://127.0.0.1:8410", True, False),
        ("http://127.8.8.8:8410", True, False),
        ("http://localhost:8410", True, False),
        ("http://[::1]:8410", True, False),
        ("http://emulator:9014", False, False),
        ("http://127.0.0.1.example.org", False, False),
        ("https://lambda.eu-west-1.amazonaws.com", False, True),
        ("https://vpce-1.lambda.eu-west-1.vpce.amazonaws.com", False, True),
        ("https://lambda.eu-west-1.amazonaws.com.example.org", False, False),
    ],
)
def test_what_kind_of_endpoint_it_is(endpoint_url: str | None, on_this_machine: bool, is_amazon: bool) -> None:
    assert is_loopback(endpoint_url) is on_this_machine
    assert is_aws(endpoint_url) is is_amazon


def test_importing_and_connecting_load_no_client_library() -> None:
    script = (
        "import sys\n"
        "from durablectl.config import Settings\n"
        "from durablectl.backend.lambda_api import connect\n"
        "connect(Settings('local', None, 'us-east-1', 'http://127.0.0.1:1', False))\n"
        "sys.exit(any(name.split('.')[0] in ('boto3', 'botocore') for name in sys.modules))\n"
    )

    assert subprocess.run([sys.executable, "-c", script], env=dict(os.environ), check=False).returncode == 0


def test_source_is_local_once_our_service_has_answered(stub: StubService) -> None:
    stub.script(Answer(row("a"), headers={"Server": "durablectl"}))
    backend = connect(_settings(stub.endpoint))

    before = backend.source.backend
    backend.execution(arn_of("a"))

    assert (before, backend.source.backend) == ("emulator", "local")
