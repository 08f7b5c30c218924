"""Plain handlers that do to their process what user code does."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

NOT_A_FUNCTION = 42
Event = dict[str, Any]


def echo(event: Any, context: Any) -> Any:
    return event


def whoami(event: Event, context: Any) -> dict[str, Any]:
    return {"pid": os.getpid(), "cwd": str(Path.cwd()), "path": sys.path[0], "environment": dict(os.environ)}


def describe_context(event: Event, context: Any) -> dict[str, Any]:
    return {
        "aws_request_id": context.aws_request_id,
        "invoked_function_arn": context.invoked_function_arn,
        "function_name": context.function_name,
        "function_version": context.function_version,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "log_group_name": context.log_group_name,
        "tenant_id": context.tenant_id,
        "custom": context.client_context.custom,
        "cognito_identity_id": context.identity.cognito_identity_id,
        "remaining": context.get_remaining_time_in_millis(),
        "trace_id": os.environ["_X_AMZN_TRACE_ID"],
    }


def fail(event: Event, context: Any) -> None:
    raise ValueError("no such order")


def leave(event: Event, context: Any) -> None:
    if event["how"] == "exit":
        sys.exit(event["code"])
    if event["how"] == "_exit":
        os._exit(event["code"])
    os.kill(os.getpid(), signal.SIGKILL)


def hang(event: Event, context: Any) -> None:
    """Writes where it is, then ignores a polite end and waits, with a child that holds its pipes."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("hanging", os.getpid(), child.pid)
    time.sleep(600)


def wait_for_file(path: str) -> None:
    deadline = time.monotonic() + 30
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def pause(event: Event, context: Any) -> int:
    """Waits for the file that the event names to appear."""
    print("pausing")
    wait_for_file(event["until"])
    return os.getpid()


def write(event: Event, context: Any) -> None:
    print("first")
    print("second", file=sys.stderr)
    print()
    print(event["text"], end="")


def write_late(event: Event, context: Any) -> None:
    """Leaves a thread that writes when the file that the event names appears."""

    def write_then() -> None:
        wait_for_file(event["until"])
        print("late")

    threading.Thread(target=write_then, daemon=True).start()


def write_huge(event: Event, context: Any) -> None:
    sys.stdout.write("x" * event["size"] + "\n")
    print("after")


def close_output(event: Event, context: Any) -> str:
    print("before")
    os.close(1)
    return "closed"


def log(event: Event, context: Any) -> None:
    logging.getLogger("orders").info("charged %s", 3, extra={"executionArn": "arn:x", "attempt": 2})
    logging.getLogger("orders").debug("not shown")


def large(event: Event, context: Any) -> Any:
    return "x" * event["size"]


def unserialisable(event: Event, context: Any) -> object:
    return object()


class Chargeable:
    """A handler that is an object."""

    def __call__(self, event: Event, context: Any) -> str:
        return str(event)


charge = Chargeable()
