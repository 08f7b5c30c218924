"""Settings from options, environment and the built-in contexts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from durablectl.config import (
    DEFAULT_LOCAL_ENDPOINT,
    LocalService,
    Settings,
    announce_local_service,
    find_local_service,
    load_settings,
    local_state_file,
    withdraw_local_service,
)
from durablectl.errors import ConfigError, UsageError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_without_anything_the_aws_chain_decides(environ: dict[str, str]) -> None:
    assert load_settings(environ=environ) == Settings(None, None, None, None, read_only=False)


def test_local_context_knows_endpoint_and_region(environ: dict[str, str]) -> None:
    settings = load_settings(context="local", environ=environ)

    assert settings == Settings("local", None, "us-east-1", DEFAULT_LOCAL_ENDPOINT, read_only=False)
    assert settings.is_local


def test_context_comes_from_the_environment_too(environ: dict[str, str]) -> None:
    assert load_settings(environ=environ | {"DURABLECTL_CONTEXT": "local"}).context == "local"


def test_local_context_beats_aws_variables(environ: dict[str, str]) -> None:
    aws = {"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "prod"}

    settings = load_settings(context="local", environ=environ | aws)

    assert (settings.region, settings.endpoint_url, settings.profile) == ("us-east-1", DEFAULT_LOCAL_ENDPOINT, None)


def test_options_beat_the_context(environ: dict[str, str]) -> None:
    settings = load_settings(context="local", region="eu-west-1", endpoint_url="http://localhost:9014", environ=environ)

    assert (settings.region, settings.endpoint_url) == ("eu-west-1", "http://localhost:9014")


def test_another_command_reaches_the_same_connection_with_the_same_options(environ: dict[str, str]) -> None:
    local = load_settings(context="local", environ=environ)
    elsewhere = load_settings(context="local", endpoint_url="http://127.0.0.1:9", environ=environ)
    own = load_settings(profile="on call", region="eu-west-1", environ=environ)

    assert [each.options for each in (local, elsewhere, own)] == [
        " -c local",
        " -c local --endpoint-url http://127.0.0.1:9",
        " --profile 'on call' --region eu-west-1",
    ]


def test_unknown_context_names_the_known_ones(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match='no context "prod"') as raised:
        load_settings(context="prod", environ=environ)

    assert raised.value.hint == ("known contexts: local",)


@pytest.mark.parametrize(
    "variables, endpoint_url",
    [
        ({"AWS_ENDPOINT_URL": "http://a:1"}, "http://a:1"),
        ({"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_LAMBDA": "http://b:2"}, "http://b:2"),
        ({"AWS_ENDPOINT_URL": "http://a:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None),
        ({"AWS_ENDPOINT_URL": ""}, None),
    ],
)
def test_aws_endpoint_variables_are_used(
    environ: dict[str, str], variables: dict[str, str], endpoint_url: str | None
) -> None:
    assert load_settings(environ=environ | variables).endpoint_url == endpoint_url


def test_region_variable_that_only_the_aws_command_line_knows_is_used(environ: dict[str, str]) -> None:
    both = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-2"}

    assert load_settings(environ=environ | both).region == "eu-west-1"


@pytest.mark.parametrize("text", ["localhost:8410", "127.0.0.1", "ftp://host", "http://", "http://host:port"])
def test_endpoint_option_that_is_no_url_is_a_usage_error(environ: dict[str, str], text: str) -> None:
    with pytest.raises(UsageError, match="is no URL"):
        load_settings(endpoint_url=text, environ=environ)


def test_endpoint_variable_that_is_no_url_is_a_configuration_error(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL_LAMBDA"):
        load_settings(environ=environ | {"AWS_ENDPOINT_URL_LAMBDA": "localhost:1"})


@pytest.mark.parametrize("text, read_only", [("1", True), ("true", True), ("0", False), ("", False), ("No", False)])
def test_read_only_variable(environ: dict[str, str], text: str, read_only: bool) -> None:
    assert load_settings(environ=environ | {"DURABLECTL_READ_ONLY": text}).read_only is read_only


def test_read_only_variable_with_another_word_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="DURABLECTL_READ_ONLY"):
        load_settings(environ=environ | {"DURABLECTL_READ_ONLY": "maybe"})


def test_read_only_option_cannot_be_lifted_by_the_variable(environ: dict[str, str]) -> None:
    assert load_settings(read_only=True, environ=environ | {"DURABLECTL_READ_ONLY": "0"}).read_only


def test_running_local_service_is_found_by_its_word(environ: dict[str, str]) -> None:
    service = LocalService("http://127.0.0.1:49152", os.getpid(), "local.db")
    announce_local_service(environ, service)

    assert find_local_service(environ) == service
    assert load_settings(context="local", environ=environ).endpoint_url == service.endpoint


def test_word_of_a_service_that_has_ended_is_ignored(environ: dict[str, str], ended_pid: int) -> None:
    announce_local_service(environ, LocalService("http://127.0.0.1:49152", ended_pid))

    assert find_local_service(environ) is None
    assert load_settings(context="local", environ=environ).endpoint_url == DEFAULT_LOCAL_ENDPOINT


def test_service_takes_back_only_its_own_word(environ: dict[str, str]) -> None:
    announce_local_service(environ, LocalService("http://127.0.0.1:49152", os.getpid()))

    withdraw_local_service(environ, os.getpid() + 1)
    assert find_local_service(environ) is not None
    withdraw_local_service(environ, os.getpid())
    assert not local_state_file(environ).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"endpoint": 1}', '{"endpoint": "x", "pid": 1}'])
def test_broken_word_of_a_service_is_ignored(environ: dict[str, str], text: str) -> None:
    path = local_state_file(environ)
    path.parent.mkdir(parents=True)
    path.write_text(text)

    assert find_local_service(environ) is None


def test_state_lies_under_the_home_by_default(tmp_path: Path) -> None:
    assert local_state_file({"HOME": str(tmp_path)}) == tmp_path / ".local/state/durablectl/local.json"
