"""The status that a local service tells of itself, which no operation of Lambda has."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

STATUS_PATH = "/.durablectl/status"
ANSWER_LIMIT_S = 5.0


def read_local_status(endpoint: str, *, limit_s: float = ANSWER_LIMIT_S) -> dict[str, Any] | None:
    """The status of the local service at an endpoint; None where none answers in time, or something else does."""
    parts = urlsplit(endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=limit_s)
    try:
        connection.request("GET", STATUS_PATH)
        response = connection.getresponse()
        answer = json.loads(response.read()) if response.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) and isinstance(answer.get("pid"), int) else None
