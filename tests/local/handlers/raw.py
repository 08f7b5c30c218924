"""A durable function without any SDK, which dies in the middle of its checkpoints."""

import http.client
import json
import os
from typing import Any
from urllib.parse import quote, urlsplit

Event = dict[str, Any]
DEATHS = ("in the headers", "in the body", "before the answer")


def handler(event: Event, context: Any) -> dict[str, str]:
    """Dies at its first checkpoint in the way that its input names, and succeeds when it is invoked again."""
    operations = event["InitialExecutionState"]["Operations"]
    how = json.loads(operations[0]["ExecutionDetails"]["InputPayload"])
    with open(how["effects"], "a+", encoding="utf-8") as effects:  # noqa: PTH123
        effects.seek(0)
        is_first = not effects.read()
        effects.write("invoked\n")
    if is_first:
        send_and_die(event, how["dies"])
    done = [operation["Name"] for operation in operations if operation["Type"] == "STEP"]
    return {"Status": "SUCCEEDED", "Result": json.dumps(done)}


def send_and_die(event: Event, dies: str) -> None:
    step = {"Id": "1", "Type": "STEP", "SubType": "Step", "Name": "charge"}
    updates = [{**step, "Action": "START"}, {**step, "Action": "SUCCEED", "Payload": "1"}]
    body = json.dumps({"CheckpointToken": event["CheckpointToken"], "Updates": updates}).encode()
    connection = http.client.HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL_LAMBDA"]).netloc)
    connection.connect()
    path = f"/2025-12-01/durable-executions/{quote(event['DurableExecutionArn'], safe='')}/checkpoint"
    head = f"POST {path} HTTP/1.1\r\nHost: {connection.host}\r\nContent-Type: application/json\r\n"
    whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    sent = {"in the headers": len(head) // 2, "in the body": len(whole) - len(body) // 2}.get(dies, len(whole))
    connection.sock.sendall(whole[:sent])
    os._exit(1)
