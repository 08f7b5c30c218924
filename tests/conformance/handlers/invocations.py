"""Invocations that end badly and are made again by the service."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, InvocationError, StepContext, durable_execution

logging.basicConfig(stream=sys.stdout, format="%(message)s")
logging.getLogger().setLevel(logging.INFO)

LONGER_THAN_A_BATCH_SECONDS = 2
"""The start of an at-least-once step is not waited for; the SDK sends it within a second."""


def is_first_time(word: str) -> bool:
    """True once per word: what a process that dies leaves to the next one."""
    mark = Path(tempfile.gettempdir()) / f"conformance-{word}"
    if mark.exists():
        mark.unlink()
        return False
    mark.touch()
    return True


def crash_before_anything(word: str, context: DurableContext) -> str:
    if is_first_time(word):
        os._exit(1)
    return context.step(lambda _: word)


def crash_in_a_step(word: str, context: DurableContext) -> str:
    def crash_once(step_context: StepContext) -> str:
        step_context.logger.info(f"step body runs for {word}")
        if is_first_time(word):
            time.sleep(LONGER_THAN_A_BATCH_SECONDS)
            os._exit(1)
        return word

    return context.step(crash_once)


def raise_invocation_error(word: str, context: DurableContext) -> str:
    if is_first_time(word):
        raise InvocationError("try the whole invocation again")
    return context.step(lambda _: word)


SCENARIOS = {
    scenario.__name__: scenario for scenario in (crash_before_anything, crash_in_a_step, raise_invocation_error)
}


@durable_execution
def handler(event: dict[str, Any], context: DurableContext) -> Any:
    return SCENARIOS[event["scenario"]](event["input"], context)
