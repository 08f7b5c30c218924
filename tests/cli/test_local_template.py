"""`local start --template` on a whole SAM project: what it serves, what it says, and what clients see of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import run
from tests.servers.local_service import LocalServiceProcess, local_service
from tests.servers.processes import plain_environment

ANY_ACCOUNT = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Globals:
  Function:
    Runtime: PYTHON
    Timeout: 30
    Environment:
      Variables:
        STAGE: !Ref Stage
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${Stage}-orders"
      CodeUri: functions/orders/
      Handler: app.handler
      AutoPublishAlias: live
      DurableConfig: {ExecutionTimeout: 600, RetentionPeriodInDays: 7}
      Environment:
        Variables:
          TABLE: !Ref Table
          BILLING: !Join [":", [!GetAtt Billing.Arn, $LATEST]]
  Billing:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/billing/
      Handler: src/billing.handler
  Report:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/report, Handler: Report::handle, Runtime: java21}
  Table:
    Type: AWS::DynamoDB::Table
"""
ORDERS = """\
import os
from aws_durable_execution_sdk_python import durable_execution
from rates import RATE

@durable_execution
def handler(event, context):
    rate = context.step(lambda _: RATE, name="rate")
    bill = context.invoke(os.environ["BILLING"], {"order": event["id"]}, name="bill")
    return {"rate": rate, "bill": bill, "stage": os.environ["STAGE"], "table": os.environ.get("TABLE")}
"""
BILLING = """\
import os

def handler(event, context):
    return {"billed": event["order"], "from": os.path.basename(os.getcwd())}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A SAM project: a durable function of two files, a plain one that it calls, and one of another runtime."""
    version = ".".join(map(str, sys.version_info[:2]))
    files = {
        "template.yaml": TEMPLATE.replace("PYTHON", f"python{version}"),
        "functions/orders/app.py": ORDERS,
        "functions/orders/rates.py": "RATE = 'first'\n",
        "functions/billing/src/billing.py": BILLING,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def service(project: Path) -> Iterator[LocalServiceProcess]:
    options = ("--template", "template.yaml", "--env", "dev-orders:TABLE=orders-table")
    with local_service({}, directory=project, store=project / "local.db", options=options) as running:
        yield running


def durablectl(service: LocalServiceProcess, project: Path, *arguments: str) -> str:
    """What a command prints; it must end well."""
    ran = subprocess.run(
        [sys.executable, "-m", "durablectl", *arguments, "--endpoint-url", service.endpoint],
        env=plain_environment(
            HOME=str(project), AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_REGION="us-east-1"
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def started(service: LocalServiceProcess, project: Path, function: str, name: str) -> dict[str, object]:
    """The result of an execution that is started and waited for."""
    durablectl(service, project, "start", function, "--name", name, "--input", '{"id": 7}', "--wait")
    document = durablectl(service, project, "get", f"{function.partition(':')[0]}/{name}", "--data", "-o", "json")
    return dict(json.loads(document)["result"]["value"])


def test_a_project_is_served_as_it_would_be_deployed(service: LocalServiceProcess, project: Path) -> None:
    assert service.ready["functions"] == [
        {"name": "dev-orders", "source": "functions/orders/app.py:handler", "durable": True},
        {"name": "Billing", "source": "functions/billing/src/billing.py:handler", "durable": False},
    ]

    result = started(service, project, "dev-orders:live", "order-7")

    assert result == {
        "rate": "first",
        "bill": {"billed": 7, "from": "billing"},
        "stage": "dev",
        "table": "orders-table",
    }


def test_clients_see_versions_and_aliases(service: LocalServiceProcess, project: Path) -> None:
    started(service, project, "dev-orders:live", "order-7")
    started(service, project, "dev-orders:$LATEST", "order-8")

    functions = durablectl(service, project, "functions", "--versions")
    of_version = durablectl(service, project, "list", "dev-orders:1", "-o", "name")
    of_alias = durablectl(service, project, "list", "dev-orders:live", "-o", "name")
    of_all = durablectl(service, project, "list", "dev-orders", "-o", "name")

    assert "live → 1" in functions
    assert of_version == of_alias
    assert ":function:dev-orders:1/durable-execution/order-7/" in of_version
    assert (len(of_version.splitlines()), len(of_all.splitlines())) == (1, 2)


def test_an_edit_is_published_at_the_next_start_and_earlier_versions_stay(project: Path) -> None:
    options = ("--template", "template.yaml")
    store = project / "local.db"
    with local_service({}, directory=project, store=store, options=options) as service:
        started(service, project, "dev-orders:live", "order-7")
    (project / "functions/orders/rates.py").write_text("RATE = 'second'\n", encoding="utf-8")

    with local_service({}, directory=project, store=store, options=options) as service:
        rates = {
            qualifier: started(service, project, f"dev-orders:{qualifier}", f"order-{qualifier}")["rate"]
            for qualifier in ("1", "2", "live")
        }

    assert rates == {"1": "first", "2": "second", "live": "second"}


@pytest.mark.parametrize(
    "options, code, words",
    [
        (("--template", "nowhere.yaml"), 4, "no template nowhere.yaml"),
        (("--parameter", "Stage=dev"), 2, "--parameter is for a template"),
        (("--template", "template.yaml", "--parameter", "Stage=test"), 2, "--parameter Stage takes dev, prod"),
        (("--template", "template.yaml", "--parameter", "Stge=dev"), 2, "did you mean: Stage"),
        (("--template", "broken.yaml"), 4, "broken.yaml:2:3: broken YAML"),
        (("--template", "template.yaml", "--python", "python-of-nowhere"), 4, "no Python interpreter"),
    ],
)
def test_a_template_that_cannot_be_served_ends_the_start(
    project: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(project)
    (project / "broken.yaml").write_text("Resources: [\n  }\n", encoding="utf-8")

    ran = run("local", "start", "--store", "memory", "--port", "0", *options)

    assert ran.code == code
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_what_the_template_leaves_open_is_told_before_anything_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    (project / "functions/orders/rates.py").unlink()

    ran = run("local", "start", "--store", "memory", "--port", "0", "--template", "template.yaml")

    assert ran.code == 4
    assert "template.yaml:29: Report is not served: java21 is not built in" in ran.err
    assert "functions/orders/app.py fails at import" in ran.err
    assert "No module named 'rates'" in ran.err
