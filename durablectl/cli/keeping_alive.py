"""`callback heartbeat --every`: tells each beat quietly, and how it ended as an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import typer

from durablectl.cli.results import show_results
from durablectl.cli.runtime import Runtime
from durablectl.errors import TimeoutElapsed
from durablectl.operate.callback_owners import Owners
from durablectl.operate.callbacks import CallbackStatus, FoundCallback
from durablectl.operate.heartbeats import KeptAlive, keep_alive
from durablectl.operate.wording import counted, instant_words
from durablectl.views.durations import format_duration, milliseconds

_ENDINGS = {
    CallbackStatus.SUCCEEDED: "it was completed",
    CallbackStatus.FAILED: "it was failed",
    CallbackStatus.ORPHANED: "its execution ended",
}


@dataclass(frozen=True, slots=True)
class Beat:
    """How often, and for how long."""

    every: timedelta
    timeout: timedelta | None = None


def keep_callback_alive(
    runtime: Runtime, callback: FoundCallback | str, label: str, beat: Beat, owners: Owners
) -> None:
    """Send heartbeats until the callback is closed; the result is the last of them.

    Raises CallbackClosed when it timed out all the same, and Exit with 124 when `--timeout` elapsed before its end.
    """

    def tell(kept: KeptAlive) -> None:
        at = instant_words(kept.last.at.astimezone(runtime.zone) if kept.last.at else None, runtime.local_now())
        runtime.standing = f"{counted(kept.count, 'heartbeat')} sent, the last at {at}; the callback {label} is pending"
        progress = f"heartbeat {kept.count} sent at {at}, the next in {format_duration(milliseconds(beat.every) or 0)}"
        if runtime.process.stderr_is_terminal:
            runtime.diagnostics.show_progress(progress)
        else:
            runtime.diagnostics.note(progress)

    kept = keep_alive(
        runtime.backend,
        callback,
        every=beat.every,
        timeout=beat.timeout,
        clock=runtime.process.clock,
        notes=runtime.diagnostics,
        owners=owners,
        on_beat=tell,
    )
    if kept.closed is not None and kept.has_timed_out:
        raise kept.closed
    show_results(runtime, [kept.last])
    span = format_duration(milliseconds(runtime.now() - kept.began_at) or 0)
    runtime.diagnostics.note(f"{counted(kept.count, 'heartbeat')} in {span}; {_ending(kept)}")
    raise typer.Exit(TimeoutElapsed.exit_code if kept.closed is None else 0)


def _ending(kept: KeptAlive) -> str:
    if kept.closed is None:
        return "--timeout elapsed, and the callback is still pending"
    status = kept.closed.details.get("status")
    known = _ENDINGS.get(CallbackStatus(status)) if status else None
    return known or "the callback is closed: completed, or timed out, which the service does not tell by its id"
