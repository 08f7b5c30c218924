"""How an invocation is handed to a worker: the headers of the Runtime API's answer to its poll."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from durablectl.local.workers.invocations import Invocation
from durablectl.local.workers.runtime_api import INVOCATION_ID


def delivery_headers(invocation: Invocation, now: datetime) -> dict[str, str]:
    """The headers that an invocation reaches its worker with."""
    headers = {
        "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
        "Lambda-Runtime-Deadline-Ms": str(int((now.timestamp() + invocation.timeout_s) * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_arn,
        INVOCATION_ID: str(uuid.uuid4()),
    }
    optional = {
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
        "Lambda-Runtime-Aws-Tenant-Id": invocation.tenant_id,
        "Lambda-Runtime-Client-Context": invocation.client_context,
        "Lambda-Runtime-Cognito-Identity": invocation.cognito_identity,
    }
    return headers | {name: header_text(value) for name, value in optional.items() if value is not None}


def header_text(text: str) -> str:
    """Text as it can stand in a header: JSON keeps its meaning, what is not ASCII in it being escaped."""
    # A control character in JSON can only be white space between its parts.
    spaced = "".join(character if character >= " " else " " for character in text)
    return "".join(character if character <= "~" else json.dumps(character)[1:-1] for character in spaced)
