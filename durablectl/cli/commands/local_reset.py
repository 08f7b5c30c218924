"""`durablectl local reset`: deletes the store of a local service, with everything that it has recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from durablectl.cli.bundles import Safety
from durablectl.cli.confirm import Preview, confirm
from durablectl.cli.local_services import service_on
from durablectl.cli.options import StoreOpt
from durablectl.cli.runtime import Runtime
from durablectl.cli.serving import store_of
from durablectl.cli.specs import CommandSpec, Example, Group
from durablectl.errors import Conflict, NotFound, UsageError
from durablectl.views.local_service import LocalAction, format_bytes, local_action_view
from durablectl.views.text import clean

if TYPE_CHECKING:
    from durablectl.local.journal.resetting import StoreContents


def local_reset(runtime: Runtime, safety: Safety, store: StoreOpt = None) -> None:
    """Delete the store of the local service, with all executions and logs in it

    The functions themselves are not touched. A service that has the store open must be stopped first.
    """
    from durablectl.local.journal.resetting import held_store

    path = store_of(store)
    if path is None:
        raise UsageError("memory is forgotten when the service ends", hint="end it: durablectl local stop")
    running = service_on(runtime, path)
    if running is not None:
        raise Conflict(
            f"the store {path} is in use by the service on {running.endpoint} (process {running.pid})",
            hint=f"stop it first: durablectl local stop --port {running.port}",
        )
    if not path.exists():
        raise NotFound(f"there is no store {path}", hint="another one is named with --store FILE; nothing was deleted")
    with held_store(path) as held:
        if safety.dry_run:
            _show(runtime, path, held.contents, "would_apply")
            return
        preview = Preview("local reset", str(path), lambda: _preview(path, held.contents))
        confirm(runtime, preview, safety)
        held.delete()
    _show(runtime, path, held.contents, "done")


def _preview(path: Path, contents: StoreContents) -> tuple[str, ...]:
    lost = [f"{count} {status}" for status, count in sorted(contents.executions.items())]
    executions = f"executions: {', '.join(lost) or 'none'}" if contents.damage is None else clean(contents.damage)
    return (
        "Delete this store of the local service?",
        f"  {clean(str(path.absolute()))} · {format_bytes(contents.size)}",
        f"  {executions}",
        *(f"  open: {clean(name)}" for name in contents.open_names[:10]),
        *([f"  and {len(contents.open_names) - 10} more that are open"] if len(contents.open_names) > 10 else []),
        "  Irreversible: histories, results and logs are lost, open executions never end.",
    )


def _show(runtime: Runtime, path: Path, contents: StoreContents, outcome: str) -> None:
    counts: Mapping[str, int] = contents.executions
    total = sum(counts.values())
    what = f"{path} with {total} {'execution' if total == 1 else 'executions'} ({format_bytes(contents.size)})"
    text = f"deleted {what}" if outcome == "done" else f"would delete {what}"
    facts = {"store": str(path.absolute()), "bytes": contents.size, "executions": dict(counts)}
    runtime.show(local_action_view(LocalAction("reset", outcome, text, facts)))


LOCAL_RESET = CommandSpec(
    name="local reset",
    group=Group.TOOLS,
    run=local_reset,
    formats=("table", "json", "jsonl", "yaml"),
    exits=(3, 6),
    level=2,
    examples=(
        Example("durablectl local reset --dry-run", "what would be lost"),
        Example("durablectl local reset --store shop.db --yes", "without a question"),
    ),
)
