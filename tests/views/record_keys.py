"""The keys of records that more than one test holds documents to, in their order."""

from __future__ import annotations

CALLBACK = [
    "callback_id",
    "status",
    "execution_arn",
    "function",
    "execution_name",
    "operation_id",
    "operation_name",
    "path",
    "created_at",
    "age_ms",
    "timeout_ms",
    "heartbeat_timeout_ms",
    "timeout_at",
    "remaining_ms",
    "completed_at",
    "result",
    "error",
    "extra",
]
