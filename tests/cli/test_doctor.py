"""`doctor` over real connections: the local service, the official runner, a stub, and what does not answer."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from durablectl.backend.identity_api import Caller, Inspector
from durablectl.cli.app import make_app
from durablectl.cli.process import Process, current_process
from durablectl.clock import SystemClock
from durablectl.config import Settings
from tests.backend.support import row
from tests.cli.live import run_live
from tests.servers.http import Answer, Request, free_port
from tests.servers.local_service import LocalServiceProcess
from tests.servers.runner import OfficialRunner
from tests.servers.strict_lambda import KEYS, REGION, strict_lambda
from tests.servers.stub import StubService, refusal

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/Support/ana</Arn><UserId>AROA:ana</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


def doctor(*arguments: str, environ: Mapping[str, str] | None = None, columns: int | None = None) -> Any:
    """The result of a check-up over a real connection; with columns, to a terminal of that width."""

    def make_process() -> Process:
        process = current_process({**os.environ, **(environ or {}), "DURABLECTL_NO_CACHE": "1"})
        return replace(process, stdout_is_terminal=columns is not None, columns=columns or 80)

    return CliRunner().invoke(make_app(), ["doctor", *arguments], obj=make_process, prog_name="durablectl")


def verdicts(ran: Any) -> dict[str, str]:
    """The worst verdict of each check."""
    order = ["note", "ok", "warning", "problem"]
    worst: dict[str, str] = {}
    for item in json.loads(ran.stdout)["items"]:
        worst[item["name"]] = max(worst.get(item["name"], "note"), item["verdict"], key=order.index)
    return worst


def test_the_local_service_is_in_order(local_server: LocalServiceProcess) -> None:
    ran = doctor("--endpoint-url", local_server.endpoint, "--region", "us-east-1", "-o", "json")
    found = verdicts(ran)

    assert ran.exit_code == 0, ran.output
    assert {found["endpoint"], found["permissions"], found["server"]} == {"ok"}
    document = json.loads(ran.stdout)
    assert document["kind"] == "check_list"
    assert any("pause, resume, delete" in item["detail"] for item in document["items"])


def test_what_the_official_runner_lacks_is_told(official_server: OfficialRunner) -> None:
    ran = doctor("--endpoint-url", official_server.endpoint, "--region", "us-east-1", "-f", "order", "-o", "json")
    details = [item["detail"] for item in json.loads(ran.stdout)["items"] if item["name"] == "server"]

    assert ran.exit_code == 0, ran.output
    assert any(detail.startswith("may number events anew") for detail in details)
    assert any(detail.startswith("cannot pause, resume, delete") for detail in details)


def test_nothing_that_answers_is_exit_5() -> None:
    ran = doctor("--endpoint-url", f"http://127.0.0.1:{free_port()}", "--region", "us-east-1", "-o", "json")

    assert ran.exit_code == 5
    assert verdicts(ran)["endpoint"] == "problem"


def test_a_web_server_is_no_lambda(stub: StubService) -> None:
    stub.script(Answer(b"<html>", 404))

    ran = doctor("--endpoint-url", stub.endpoint, "--region", "us-east-1", "-o", "json")

    assert ran.exit_code == 7
    assert verdicts(ran)["endpoint"] == "problem"


def test_no_credentials_for_aws_is_exit_4() -> None:
    ran = doctor("--region", "eu-west-1", "-o", "json")

    assert ran.exit_code == 4
    assert verdicts(ran)["credentials"] == "problem"


def test_a_missing_sign_in_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile ops]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\n"
        "sso_role_name = Support\n"
        "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    ran = doctor("--profile", "ops", columns=80)

    assert ran.exit_code == 4
    assert "nobody is signed in for profile ops" in ran.stdout
    assert "run: aws sso login --profile ops" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80 + len("\x1b[1;31m\x1b[0m\x1b[1m\x1b[0m")


def test_a_read_only_connection_probes_nothing_that_could_change(stub: StubService) -> None:
    stub.script(_aws_like)

    ran = doctor("--endpoint-url", stub.endpoint, "--region", "us-east-1", "--read-only", "-o", "json")

    assert ran.exit_code == 0, ran.output
    assert {request.method for request in stub.requests} == {"GET"}


def test_a_denied_permission_names_action_and_resource(stub: StubService) -> None:
    stub.script(lambda request: _denied() if "durable-executions" in request.path else _aws_like(request))

    ran = doctor("--endpoint-url", stub.endpoint, "--region", "us-east-1", columns=80)

    assert ran.exit_code == 4
    assert "missing action: lambda:ListDurableExecutionsByFunction" in ran.stdout


def test_the_caller_is_who_sts_says(stub: StubService, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL_STS": stub.endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }.items():
        monkeypatch.setenv(name, value)
    stub.script(Answer(IDENTITY, headers={"Content-Type": "text/xml"}))
    settings = Settings(None, None, "eu-west-1", None, read_only=True)

    caller = Inspector(settings, SystemClock()).caller()

    assert caller == Caller("123456789012", "arn:aws:sts::123456789012:assumed-role/Support/ana", None)
    assert b"GetCallerIdentity" in stub.requests[0].body
    assert "Credential=any/" in stub.requests[0].headers["Authorization"]


def test_a_policy_is_printed_without_any_request() -> None:
    ran = doctor("--policy", "operator", "-f", "orders", "--region", "eu-west-1")
    document = json.loads(ran.stdout)

    assert ran.exit_code == 0
    assert document["Version"] == "2012-10-17"
    assert doctor("--policy", "admin").exit_code == 2
    assert doctor("--policy", "reader", "-o", "yaml").exit_code == 2


def _aws_like(request: Request) -> Answer:
    function = {"FunctionName": "orders", "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:orders"}
    durable = {**function, "DurableConfig": {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1}}
    if request.path.endswith("/functions"):
        return Answer({"Functions": [durable]})
    if request.path.endswith("/configuration"):
        return Answer(durable)
    if request.path.endswith("/durable-executions"):
        return Answer({"DurableExecutions": [row("order-1042")]})
    return Answer({"Events": []} if request.path.endswith("/history") else row("order-1042"))


def _denied() -> Answer:
    said = "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: "
    return refusal("AccessDeniedException", 403, f"{said}lambda:ListDurableExecutionsByFunction on resource: x")


def test_a_clock_that_makes_signatures_fail_is_told_with_how_far_it_is_off() -> None:
    with strict_lambda(now=lambda: datetime.now(UTC) + timedelta(minutes=7)) as aws:
        ran = run_live("doctor", "--endpoint-url", aws.endpoint, "--region", REGION, environ=KEYS.environment)

    assert ran.code == 4
    assert "this machine's clock is wrong" in ran.out
    assert "s behind the server" in ran.out
