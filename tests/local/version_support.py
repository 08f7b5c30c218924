"""A project in a folder, served with its versions and aliases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from durablectl.local.background import running_service
from durablectl.local.functions.deploying import Deployment
from durablectl.local.functions.functions import DurableConfig, parse_source
from durablectl.local.service import ServiceOptions
from tests.local.http_support import lambda_client
from tests.local.worker_support import make_function

HANDLER = """\
from aws_durable_execution_sdk_python import durable_execution
from rates import RATE

@durable_execution
def handler(event, context):
    before = context.step(lambda _: RATE, name="rate")
    if event.get("waits"):
        context.wait_for_callback(lambda callback_id, _: None, name="approval")
    return [before, RATE]
"""


class Project:
    """A function `orders` whose code lies in two files, so that what a copy holds is more than the handler."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "src").mkdir()
        (folder / "src" / "app.py").write_text(HANDLER)
        self.change("first")

    def change(self, rate: str) -> None:
        """Edit the code: what the handler returns."""
        (self.folder / "src" / "rates.py").write_text(f"RATE = {rate!r}\n")

    @contextmanager
    def served(self, store: Path | None = None, *deployments: Deployment) -> Iterator[Any]:
        """A client of a service of the project as it is now."""
        # As a probe would describe it; to look at the SDK's import each time is another test's matter.
        function = make_function(
            "handler",
            "app.py",
            name="orders",
            source=parse_source(f"{self.folder / 'src' / 'app.py'}:handler"),
            durable=DurableConfig(600, 14),
        )
        options = ServiceOptions(
            [function], store, 0, on_ready=lambda *_: None, on_log=lambda _: None, deployments=deployments
        )
        with running_service(options) as endpoint, closing(lambda_client(endpoint)) as client:
            yield client


def invoked(client: Any, qualifier: str, payload: Any = None, **parameters: Any) -> tuple[Any, str]:
    """What a synchronous invocation returns, and the version that ran it."""
    answer = client.invoke(
        FunctionName="orders", Qualifier=qualifier, Payload=json.dumps(payload or {}).encode(), **parameters
    )
    result = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return result, answer["ExecutedVersion"]
