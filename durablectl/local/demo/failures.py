"""What goes wrong: a step that fails, a process that dies, a callback nobody answers, a run that takes too long."""

from __future__ import annotations

import os
import time
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig, WaitForCallbackConfig
from aws_durable_execution_sdk_python.retries import RetryDecision

_ONE_TRY = StepConfig(retry_strategy=lambda _error, _attempts: RetryDecision.no_retry())


class PaymentDeclined(Exception):
    """The bank said no."""


@durable_execution
def refund(event: dict[str, Any], context: DurableContext) -> str:
    """Fails: the card has expired."""

    def find_payment(_step: Any) -> str:
        time.sleep(0.3)
        return str(event["order"])

    def pay_back(_step: Any) -> str:
        time.sleep(0.5)
        raise PaymentDeclined("card_expired")

    context.step(find_payment, name="find-payment")
    return context.step(pay_back, name="pay-back", config=_ONE_TRY)


@durable_execution
def importer(event: dict[str, Any], context: DurableContext) -> str:
    """Crashes: the process ends in the middle of a step, every time, so no step failure is ever recorded."""

    def load_file(step: Any) -> str:
        step.logger.info("loading %s", event["file"])
        time.sleep(0.4)
        os._exit(137)

    context.step(lambda _: event["file"], name="open-file")
    return context.step(load_file, name="load-file")


@durable_execution
def contract(event: dict[str, Any], context: DurableContext) -> Any:
    """Fails: nobody signs within two seconds, or somebody refuses to within some days."""
    timeout = Duration.from_days(event["days"]) if "days" in event else Duration.from_seconds(2)
    config = WaitForCallbackConfig(timeout=timeout)
    return context.wait_for_callback(lambda _id, _context: None, name="signature", config=config)


@durable_execution
def report(event: dict[str, Any], context: DurableContext) -> str:
    """Times out: it waits longer than its execution may take."""
    context.wait(Duration.from_minutes(5), name="until-data-is-there")
    return context.step(lambda _: event["month"], name="render")


@durable_execution
def newsletter(event: dict[str, Any], context: DurableContext) -> str:
    """Is stopped, or paused, from outside while it waits for its hour."""
    context.wait(Duration.from_hours(6), name="until-morning")
    return context.step(lambda _: event["issue"], name="send")
