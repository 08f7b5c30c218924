"""Workers that hang, breed, flood, leak and lie are bounded, ended, and reported as Lambda reports them."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

import pytest

from durablectl.local.functions.functions import Function
from durablectl.local.workers.memory import MOST_MB, machine_limit_mb
from durablectl.local.workers.output import LINE_COST_BYTES, OUTPUT_LIMIT_BYTES
from tests.local.worker_support import Service, eventually, is_running, make_function, running_service

linux_only = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is watched on Linux only")

KILLED = "RequestId: r-1 Error: Runtime exited with error: signal: killed"


def hostile(handler: str, **changes: Any) -> Function:
    return make_function(handler, "hostile.py", **changes)


def kept_bytes(service: Service) -> int:
    """What the lines of a service take in the store, about."""
    return sum(len(line.text) + LINE_COST_BYTES for line in service.lines)


async def test_worker_that_ignores_signals_is_killed_at_its_deadline() -> None:
    async with running_service() as service:
        outcome = await service.invoke(hostile("ignore"), timeout_s=1)
        (pid,) = (int(text.split()[1]) for _, text in service.texts())
        await eventually(lambda: not is_running(pid))

    assert outcome.error is not None
    assert outcome.error.message.endswith("r-1 Task timed out after 1.00 seconds")


async def test_worker_that_ignores_signals_is_killed_when_the_service_ends() -> None:
    async with running_service(term_grace_s=0.1) as service:
        running = asyncio.create_task(service.invoke(hostile("ignore")))
        await eventually(lambda: bool(service.texts()))
        pid = int(service.texts()[0][1].split()[1])
        await service.pool.close(0)

        assert not is_running(pid)
        with pytest.raises(Exception, match="stopping"):
            await running


async def test_children_and_grandchildren_end_with_their_worker_in_whatever_session_they_are() -> None:
    async with running_service() as service:
        await service.invoke(hostile("breed"), {"count": 4}, timeout_s=3)
        (told,) = (text.split() for _, text in service.texts())
        pids = list(map(int, told[1:]))

        await eventually(lambda: not any(map(is_running, pids)))

    assert len(pids) == 9


async def test_flood_of_output_is_bounded_and_says_what_was_dropped() -> None:
    before_mb = peak_mb()

    async with running_service() as service:
        result = await service.result(hostile("flood"), {"mb": 150})
        next_result = await service.result(hostile("flood"), {"mb": 1}, request_id="r-2")

    assert (result, next_result) == (150, 1)
    assert kept_bytes(service) <= 2 * OUTPUT_LIMIT_BYTES
    *_, dropped = service.texts()
    kept = len(service.texts()) - 1
    lines = 150 * 10_000 + 1 - kept
    assert dropped == ("stdout", f"… [{lines * 100 - 95} bytes in {lines} lines dropped: output over 8 MiB]")
    assert service.texts("r-2")[-1] == ("stdout", "last")
    # 150 MB went through; what is kept takes its lines' objects too.
    assert peak_mb() - before_mb < 100


async def test_millions_of_short_lines_are_bounded_too() -> None:
    async with running_service() as service:
        await service.invoke(hostile("flood_short"), {"mb": 20})

    assert len(service.texts()) <= OUTPUT_LIMIT_BYTES // LINE_COST_BYTES + 1
    assert "dropped: output over 8 MiB" in service.texts()[-1][1]


async def test_line_of_fifty_megabytes_is_cut() -> None:
    async with running_service() as service:
        await service.invoke(hostile("long_line"), {"mb": 50})

    (_, line), after = service.texts()
    assert line == "z" * 262_144 + " … [49737856 bytes cut]"
    assert after == ("stdout", "after")


@linux_only
@pytest.mark.parametrize("handler", ["leak", "leak_in_child"])
async def test_leak_is_ended_at_the_memory_that_was_chosen(handler: str) -> None:
    async with running_service() as service:
        outcome = await service.invoke(hostile(handler, memory_mb=128, memory_limit_mb=128))
        again = await service.result(hostile("hold", memory_limit_mb=128), {"mb": 10}, request_id="r-2")

    assert outcome.error is not None
    assert (outcome.error.error_type, outcome.error.message) == ("Runtime.ExitError", KILLED)
    (told,) = [text for stream, text in service.texts() if stream == "stderr"]
    assert told.startswith(f"{handler} was ended: it held ")
    assert told.endswith("it may hold 128 MB")
    assert again == 10_000_000


@linux_only
async def test_memory_that_nobody_has_chosen_is_bounded_by_the_machine() -> None:
    async with running_service(memory_limit_mb=256) as service:
        fits = await service.result(hostile("hold"), {"mb": 150})
        outcome = await service.invoke(hostile("leak"), request_id="r-2")

    assert fits == 150_000_000
    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.ExitError"
    assert machine_limit_mb() <= MOST_MB


async def test_handler_that_closes_all_its_streams_still_answers() -> None:
    async with running_service() as service:
        assert await service.result(hostile("close_all")) == "closed"
        assert await service.result(hostile("close_all"), request_id="r-2") == "closed"


@pytest.mark.parametrize("at_import", ["import os; os._exit(6)", "import os; os.kill(os.getpid(), 9)"])
async def test_end_at_import_is_an_exit_error(tmp_path: Path, at_import: str) -> None:
    file = tmp_path / "gone.py"
    file.write_text(f"{at_import}\ndef handler(event, context): ...\n")

    async with running_service() as service:
        outcome = await service.invoke(make_function("handler", str(file)))

    assert outcome.error is not None
    assert outcome.error.error_type == "Runtime.ExitError"
    assert "exit status 6" in outcome.error.message or "signal: killed" in outcome.error.message


async def test_error_of_a_runtime_is_answered_as_it_was_posted() -> None:
    async with running_service() as service:
        outcome = await service.invoke("fail")

    assert outcome.error is not None
    assert json.loads(outcome.error.payload()).keys() == {"errorMessage", "errorType", "stackTrace"}


def peak_mb() -> float:
    """The most memory that this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000
