"""A server that differs from Lambda in most of the known ways."""

from __future__ import annotations

from dataclasses import replace

from durablectl.backend.base import Source
from tests.fakes.backend import FakeBackend, make_function
from tests.fakes.histories import make_execution, step, wait

OWN_ID = "0b6b1a52-9d4e-4c1a-8f0e-5a2b7c3d9e10/c1f29d7e-3b6a-4d58-9c27-1e0f8a4b6d32"
"""An execution on a server that issues no ARNs."""


def make_emulator() -> FakeBackend:
    """A server with ids of its own that tells no details and takes none of the filters."""
    recorded = make_execution("demo", step("charge"), wait("cool-down"), arn=OWN_ID)
    recorded.events = [replace(event, details={}) for event in recorded.events]
    execution = replace(recorded.execution, function_arn="orders")
    recorded.detail = replace(
        recorded.detail, execution=execution, execution_timeout_s=None, timeout_at=None, retention_days=None
    )
    source = Source("emulator", None, "us-east-1", "http://127.0.0.1:9014")
    functions = [make_function("orders")]
    return FakeBackend(recorded, functions=functions, source=source, is_reversed=True, ignores_filters=True)
