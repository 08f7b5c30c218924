"""The service with the functions of `handlers/crashing.py`, as a process that is there to be killed.

Run as `python -m tests.local.crash_service STORE EFFECTS`. It prints `{"endpoint": ...}` when it is ready.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from durablectl.local.functions.functions import DurableConfig, Function
from durablectl.local.service import ServiceOptions, run
from tests.local.crash_support import ENDS
from tests.local.worker_support import make_function


def main(store: str, effects: str) -> int:
    """Serve until the end, which is seldom a peaceful one."""
    durable = DurableConfig(execution_timeout_s=600, retention_days=1)
    functions = [
        make_function(name, "crashing.py", durable=durable, environment={"EFFECTS": effects})
        for name in (*ENDS, "child")
    ]
    return run(ServiceOptions(functions, Path(store), port=0, on_ready=announce, on_log=lambda _: None))


def announce(endpoint: str, _functions: Sequence[Function]) -> None:
    """Tell where the service listens."""
    sys.stdout.write(json.dumps({"endpoint": endpoint}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
