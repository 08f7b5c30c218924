"""A small Invoke endpoint that runs handlers of one file in its own process; the official runner calls it.

Run as `python -m tests.servers.invoke_endpoint FILE`. It prints `{"endpoint": ...}` and serves until it is ended.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
import uuid
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from tests.servers.http import Answer, Request, serve

INVOCATION_TIMEOUT_MS = 60_000


class InvokeEndpoint:
    """Answers Invoke with what the handler of the function's name returns or raises."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __call__(self, request: Request) -> Answer:
        """Run the handler that the path names."""
        _, _, function = request.path.removesuffix("/invocations").rpartition("/")
        handler = getattr(self._module, function.partition(":")[0], None)
        request_id = str(uuid.uuid4())
        headers = {"x-amzn-RequestId": request_id, "X-Amz-Executed-Version": "$LATEST"}
        if handler is None:
            headers["x-amzn-errortype"] = "ResourceNotFoundException"
            return Answer({"Type": "User", "Message": f"Function not found: {function}"}, 404, headers)
        return _run(handler, json.loads(request.body or b"{}"), request_id, headers)


def _run(handler: Callable[[Any, Any], Any], event: Any, request_id: str, headers: dict[str, str]) -> Answer:
    context = SimpleNamespace(
        aws_request_id=request_id,
        function_name=handler.__name__,
        function_version="$LATEST",
        invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{handler.__name__}:$LATEST",
        log_group_name="",
        log_stream_name="",
        memory_limit_in_mb="128",
        identity=None,
        client_context=None,
        tenant_id=None,
        get_remaining_time_in_millis=lambda: INVOCATION_TIMEOUT_MS,
    )
    try:
        return Answer(handler(event, context), 200, headers)
    except Exception as error:
        body = {"errorType": type(error).__name__, "errorMessage": str(error)}
        return Answer(body, 200, headers | {"X-Amz-Function-Error": "Unhandled"})


def main(file: str) -> None:
    """Serve the handlers of `file`."""
    spec = importlib.util.spec_from_file_location("handlers_under_test", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with serve(InvokeEndpoint(module)) as endpoint:
        sys.stdout.write(json.dumps({"endpoint": endpoint}) + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
