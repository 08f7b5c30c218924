"""Rules of the code that an execution runs on."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent
from durablectl.insight.rules import Found
from durablectl.insight.sentences import between, sentence

_LATEST = ("$LATEST", "$LATEST.PUBLISHED")


def latest_version(case: Case) -> Iterator[Found]:
    """The execution runs on whatever is deployed."""
    if _runs_latest(case):
        yield Found(
            ("Runs on $LATEST: later deployments change the code of this execution.",),
            evidence={"version": "$LATEST"},
            next=(case.next(Intent.LIST_VERSIONS),),
        )


def latest_drift(case: Case) -> Iterator[Found]:
    """Code was deployed while the execution ran on it."""
    modified_at = case.facts.function.last_modified_at if case.facts.function else None
    started_at = case.started_at
    if not _runs_latest(case) or modified_at is None or started_at is None or modified_at <= started_at:
        return
    if case.ended_at is not None and modified_at >= case.ended_at:
        return
    replays = "replays run the new code" if case.is_open else "what ran after that was the new code"
    yield Found(
        sentence(
            "$LATEST was deployed ", between(started_at, modified_at), f" after this execution started; {replays}."
        ),
        since=modified_at,
        evidence={"modified_at": modified_at, "started_at": started_at},
        next=(case.next(Intent.LIST_VERSIONS),),
    )


def _runs_latest(case: Case) -> bool:
    parts = case.detail.execution.parts
    return (parts.version if parts else case.detail.version) in _LATEST
