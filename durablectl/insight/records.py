"""Rules of what the records of an execution lack, or hold beyond what is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent
from durablectl.insight.rules import Found
from durablectl.insight.sentences import Name, Quote, between, counted, sentence
from durablectl.model.statuses import ExecutionStatus

_CATCHING_UP = timedelta(seconds=15)
"""How long a history may lag behind the status."""

_MANY = 20


def history_incomplete(case: Case) -> Iterator[Found]:
    """Not all that happened could be read."""
    reason = case.facts.history_error
    if reason is not None:
        summary = sentence("The history could not be read to its end: ", Quote(reason), "; findings may change.")
        missing = "pages"
    elif _lags(case):
        summary = sentence("The history has not caught up with the status ", str(case.status), "; findings may change.")
        missing = "terminal_event"
    else:
        return
    yield Found(
        summary,
        since=case.ended_at,
        evidence={"missing": missing, "last_event_id": case.folded.last_event_id, "error_message": reason},
        next=(case.next(Intent.ASK_AGAIN),),
    )


def _lags(case: Case) -> bool:
    if not case.status.is_closed or case.folded.execution.status.is_closed:
        return False
    ended_at = case.detail.execution.ended_at
    return ended_at is None or case.now - ended_at > _CATCHING_UP


def data_unavailable(case: Case) -> Iterator[Found]:
    """Texts that would explain the failure cannot be read."""
    if case.facts.is_key_denied:
        what = "error text" if case.chain else "data"
        yield Found(
            sentence(f"The {what} cannot be read: its encryption key refuses (kms:Decrypt)."),
            evidence={
                "reason": "key_denied",
                "action": "kms:Decrypt",
                "kms_key_arn": case.detail.execution.kms_key_arn,
            },
            next=(case.next(Intent.CHECK_ACCESS),),
        )
        return
    lacking = [link for link in case.chain if link.error and link.error.truncated and not link.error.is_present]
    if not lacking or not case.facts.texts_were_asked:
        return
    events = ", ".join(f"#{link.event_id}" for link in lacking)
    yield Found(
        sentence(f"The service left out the error text of {events}."),
        event_ids=tuple(link.event_id for link in lacking),
        evidence={"reason": "truncated_by_service"},
        next=(case.next(Intent.CHECK_ACCESS),),
    )


def orphaned_operations(case: Case) -> Iterator[Found]:
    """Operations that were open when the execution ended."""
    orphans = [node for node in case.nodes.values() if node.is_orphaned]
    if not orphans:
        return
    were = "was" if len(orphans) == 1 else "were"
    yield Found(
        sentence(f"{counted(len(orphans), 'operation')} {were} still open when it ended."),
        event_ids=tuple(node.operation.event_ids[0] for node in orphans if node.operation.event_ids),
        since=case.ended_at,
        evidence={
            "count": len(orphans),
            "operations": [
                {"operation_id": node.operation.id, "path": case.path(node), "name": case.name(node)}
                for node in orphans[:_MANY]
            ],
        },
        next=(case.next(Intent.SEE_ALL_OPERATIONS),),
    )


def unknown_shape(case: Case) -> Iterator[Found]:
    """The service speaks of things that this program has never heard of."""
    events = list(dict.fromkeys(event.type for event in case.folded.unknown_events))
    statuses = [str(case.status)] if not case.status.is_known else []
    if not events and not statuses:
        return
    names = [part for name in (*events, *statuses)[:_MANY] for part in (", ", Name(name or "(none)"))]
    yield Found(
        sentence("The service reports types that this version does not know: ", *names[1:], "."),
        event_ids=tuple(event.event_id for event in case.folded.unknown_events),
        evidence={"event_types": events, "statuses": statuses},
    )


def nothing_wrong(case: Case) -> Iterator[Found]:
    """No other rule has anything to say; asked last, and only then."""
    if case.status == ExecutionStatus.SUCCEEDED:
        took = between(case.started_at, case.ended_at)
        yield Found(sentence("Nothing unusual: finished in ", took, "."), evidence={"duration_ms": took.milliseconds})
    elif case.is_open:
        yield Found(("Nothing unusual: working normally.",))
