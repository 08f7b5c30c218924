"""MiniStack as a process: an emulator of AWS that checks signatures and permissions, serving real handlers."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_durable_execution_sdk_python
import boto3
from botocore.config import Config

from tests.servers.http import free_port
from tests.servers.processes import ServerProcess, plain_environment, server_process

ACCOUNT = "123456789012"
REGION = "us-east-1"
_ROOT = Path(__file__).resolve().parents[2]
# Read at import: the tests themselves see no variable of the machine.
COMMAND = Path(os.environ.get("MINISTACK_COMMAND") or _ROOT / ".venv-ministack" / "bin" / "ministack").absolute()
"""The MiniStack of `make test`, or the one that the variable MINISTACK_COMMAND names."""
_START_TRIES = 3
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/handlers"
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_ROOT_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""The account's owner to MiniStack, whose signatures it does not look at: for what is not under test."""

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MiniStack:
    """A running MiniStack."""

    endpoint: str
    process: ServerProcess

    def client(self, service: str) -> Any:
        """A client of the account's owner, for what a test prepares and looks up."""
        return boto3.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=_ROOT_KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_ROOT_KEYS["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
        )

    def user(self, name: str, statements: Sequence[Statement] = (_EVERYTHING,)) -> dict[str, str]:
        """A new user with these permissions; the variables with the keys, whose signatures are checked."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def create_function(self, name: str, handlers: Path, handler: str, *, is_durable: bool = True) -> None:
        """A function from one handler of a file, packed with the SDK that it imports."""
        functions = self.client("lambda")
        settings: dict[str, Any] = {"DurableConfig": {"ExecutionTimeout": 3600, "RetentionPeriodInDays": 7}}
        if is_durable:
            functions.meta.events.register("before-call.lambda.CreateFunction", _enable_durability)
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=_ROLE,
            Handler=f"{handlers.stem}.{handler}",
            Code={"ZipFile": packed(handlers)},
            Timeout=60,
            **(settings if is_durable else {}),
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})

    def start(self, function: str, payload: str, *, qualifier: str = "$LATEST") -> str:
        """Run an execution up to its first wait; its ARN. MiniStack never goes on with those invoked by `Event`."""
        answer = self.client("lambda").invoke(FunctionName=function, Qualifier=qualifier, Payload=payload.encode())
        answer["Payload"].read()
        return str(answer["DurableExecutionArn"])


@contextmanager
def ministack(directory: Path) -> Iterator[MiniStack]:
    """A MiniStack that keeps what it must in `directory`, with the role that its functions run as."""
    if not COMMAND.exists():
        raise AssertionError(f"there is no MiniStack at {COMMAND}; make test installs it")
    for _ in range(_START_TRIES):
        # It cannot choose a port and tell it, so somebody else may take the one found free here.
        port = free_port()
        with server_process([str(COMMAND)], _environment(directory, port)) as process:
            endpoint = f"http://127.0.0.1:{port}"
            if process.wait_for_http(f"{endpoint}/_ministack/health") and not process.has_ended:
                running = MiniStack(endpoint, process)
                _create_role(running)
                yield running
                return
            said = process.output
    raise AssertionError(f"MiniStack did not start; it said:\n{said}")


def packed(handlers: Path) -> bytes:
    """A deployment package: the file with the handlers, and the SDK beside it as `pip install --target` leaves it."""
    package = Path(aws_durable_execution_sdk_python.__file__).parent
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(handlers, handlers.name)
        for file in package.rglob("*.py"):
            archive.write(file, file.relative_to(package.parent))
    return buffer.getvalue()


def _environment(directory: Path, port: int) -> dict[str, str]:
    folder = directory / "ministack"
    folder.mkdir(exist_ok=True)
    return plain_environment(
        HOME=str(folder),
        TMPDIR=str(folder),
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",
        SERVICES="lambda,iam,sts,logs",
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        AUTH="true",
    )


def _create_role(running: MiniStack) -> None:
    iam = running.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    iam.create_role(RoleName="handlers", AssumeRolePolicyDocument=json.dumps(_policy(trust)))
    iam.put_role_policy(RoleName="handlers", PolicyName="given", PolicyDocument=json.dumps(_policy(_EVERYTHING)))


def _policy(statement: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def _enable_durability(params: dict[str, Any], **_: Any) -> None:
    """Add what only MiniStack asks for, behind the back of the client library, which knows no such member."""
    body = json.loads(params["body"])
    body["DurableConfig"]["Enabled"] = True
    params["body"] = json.dumps(body).encode()
