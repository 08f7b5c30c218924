"""A SAM project in two languages: one command serves both, and each calls the other's functions."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

from tests.local.http_support import lambda_client
from tests.node.support import NODE
from tests.servers.executions import ended
from tests.servers.local_service import local_service

TEMPLATE = """\
Globals:
  Function:
    Timeout: 60
    DurableConfig: {ExecutionTimeout: 600}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: PYTHON
      CodeUri: orders/
      Handler: app.handler
      Environment: {Variables: {PARCELS: !Ref Parcels.Alias}}
  Parcels:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      CodeUri: parcels/
      Handler: index.handler
      AutoPublishAlias: live
"""
ORDERS = """\
import os
from aws_durable_execution_sdk_python import durable_execution

@durable_execution
def handler(event, context):
    return context.invoke(os.environ["PARCELS"], event, name="parcel")
"""
PARCELS = """\
import { withDurableExecution } from "@aws/durable-execution-sdk-js";

export const handler = withDurableExecution(async (event, context) =>
  context.step("label", async () => `RATE parcel ${event.id}`));
"""


def test_python_and_node_functions_start_with_one_command(folder: Path, tmp_path: Path) -> None:
    (folder / "template.yaml").write_text(TEMPLATE.replace("PYTHON", f"python3.{sys.version_info.minor}"))
    for name, text in (("orders/app.py", ORDERS), ("parcels/index.mjs", PARCELS.replace("RATE", "first"))):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    options = ("--template", "template.yaml", "--node", str(NODE))

    with local_service({}, directory=folder, store=tmp_path / "local.db", options=options) as service:
        # An alias leads to the code that was published, not to what it has become.
        (folder / "parcels" / "index.mjs").write_text(PARCELS.replace("RATE", "second"))
        with closing(lambda_client(service.endpoint)) as client:
            started = client.invoke(FunctionName="Orders:$LATEST", InvocationType="Event", Payload=b'{"id": 7}')
            execution = ended(client, started["DurableExecutionArn"])

    assert (execution["Status"], json.loads(execution["Result"])) == ("SUCCEEDED", "first parcel 7")
