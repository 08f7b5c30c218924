"""Onboarding: branches in parallel, of which one waits for an hour."""

from __future__ import annotations

import time
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, ParallelBranch


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> list[Any]:
    """Set up a tenant while the trial period runs."""
    tenant = event["tenant"]

    def trial(branch: DurableContext) -> str:
        branch.wait(Duration.from_hours(1), name="trial-period")
        return branch.step(lambda _: f"asked {tenant} how it went", name="ask-feedback")

    branches = [
        ParallelBranch(lambda branch: branch.step(lambda _: create_network(tenant), name="create-network"), "network"),
        ParallelBranch(lambda branch: branch.step(lambda _: send_welcome(tenant), name="send-welcome"), "welcome"),
        ParallelBranch(trial, "trial"),
    ]
    return context.parallel(branches, name="set-up").get_results()


def create_network(tenant: str) -> str:
    """Give the tenant a network."""
    time.sleep(0.8)
    return f"network of {tenant}"


def send_welcome(tenant: str) -> str:
    """Greet the tenant."""
    time.sleep(0.3)
    return f"wrote to {tenant}"
