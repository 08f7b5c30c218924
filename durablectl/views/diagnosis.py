"""The view of `why`: one sentence on how an execution is, and the findings that explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from durablectl.backend.base import Source
from durablectl.insight.findings import RULES_VERSION, Diagnosis, Finding, Severity
from durablectl.model.facts import Facts
from durablectl.views.diagnosis_lines import diagnosis_lines
from durablectl.views.instants import iso
from durablectl.views.lines import data, own
from durablectl.views.records.context import Reading, jsonable
from durablectl.views.records.details import detail_record
from durablectl.views.records.executions import redacted_text
from durablectl.views.sentences import sentence_line, sentence_text
from durablectl.views.view import Column, ListFacts, Record, View, stamped

Rewrite = Callable[[str], str]


def diagnosis_view(
    diagnosis: Diagnosis,
    facts: Facts,
    *,
    reading: Reading,
    source: Source,
    with_info: bool = False,
    command: Rewrite = str,
    list_facts: Callable[[], ListFacts] = ListFacts,
) -> View[Finding]:
    """The headline and its findings; what is only worth knowing is left out unless `with_info`.

    `command` completes a command so that it reaches the same service again.
    """
    execution = detail_record(facts.detail, reading, source, function=facts.function_name)

    def document(records: Iterator[Record]) -> Record:
        content: Record = {
            "execution": execution,
            "headline": sentence_text(diagnosis.headline, reading),
            "findings": list(records),
            "rules_version": RULES_VERSION,
            "warnings": list(list_facts().warnings),
        }
        return stamped("diagnosis", content)

    return View(
        kind="finding",
        items=shown_findings(diagnosis, with_info=with_info),
        record=lambda finding: finding_record(finding, reading, command),
        document=document,
        columns=finding_columns(reading, command),
        drawing=lambda findings, display: diagnosis_lines(
            diagnosis, findings, facts, execution["console_url"], reading, display, command
        ),
        formats=("table", "json", "jsonl", "yaml", "plain"),
    )


def shown_findings(diagnosis: Diagnosis, *, with_info: bool) -> list[Finding]:
    """The findings that are told; of those that are only worth knowing, the one that the headline tells."""
    return [
        finding
        for finding in diagnosis.findings
        if with_info or finding.severity is not Severity.INFO or finding is diagnosis.leading
    ]


def finding_record(finding: Finding, reading: Reading, command: Rewrite = str) -> Record:
    """One finding."""
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "summary": sentence_text(finding.summary, reading),
        "operation_id": finding.operation_id,
        "path": finding.path,
        "operation_name": finding.operation_name,
        "event_ids": list(finding.event_ids),
        "since": iso(finding.since),
        "until": iso(finding.until),
        "evidence": reading.redact(jsonable(finding.evidence))[0],
        "chain": [
            {
                "event_id": link.link.event_id,
                "type": link.link.type,
                "operation_name": link.operation_name,
                "error_type": link.link.error.type if link.link.error else None,
                "message": redacted_text(link.link.error.message if link.link.error else None, reading),
            }
            for link in finding.chain
        ],
        "next": [{"command": command(one.command), "why": one.why} for one in finding.next],
    }


def finding_columns(reading: Reading, command: Rewrite = str) -> tuple[Column[Finding], ...]:
    """The columns of a list of findings."""
    return (
        Column(
            "severity", "SEVERITY", lambda one, _: own(one.severity), lambda one: one.severity, about="how it bears"
        ),
        Column("rule", "RULE", lambda one, _: own(one.rule), lambda one: one.rule, about="id of the rule"),
        Column(
            "confidence",
            "CONFIDENCE",
            lambda one, _: own(one.confidence),
            lambda one: one.confidence,
            is_wide=True,
            about="certain or likely",
        ),
        Column(
            "operation_name",
            "OPERATION",
            lambda one, _: data(one.operation_name),
            lambda one: one.operation_name,
            about="the operation that it is about",
        ),
        *_place_columns(),
        Column(
            "summary",
            "SUMMARY",
            lambda one, display: sentence_line(one.summary, reading, display),
            lambda one: sentence_text(one.summary, reading),
            shrinks_to=24,
            about="what was found, in a sentence",
        ),
        Column(
            "next",
            "NEXT",
            lambda one, _: data(_first_command(one, command)),
            lambda one: _first_command(one, command),
            is_wide=True,
            about="the command to type next",
        ),
    )


def _place_columns() -> tuple[Column[Finding], ...]:
    return (
        Column(
            "path",
            "PATH",
            lambda one, _: own(one.path or ""),
            lambda one: one.path,
            is_wide=True,
            about="logical path of the operation in the code",
        ),
        Column(
            "event_ids",
            "EVENTS",
            lambda one, _: own(",".join(map(str, one.event_ids))),
            lambda one: ",".join(map(str, one.event_ids)),
            is_wide=True,
            about="the events that prove it",
        ),
        Column(
            "since",
            "SINCE",
            lambda one, display: display.instant(one.since),
            lambda one: iso(one.since),
            is_wide=True,
            is_instant=True,
            about="since when",
        ),
        Column(
            "until",
            "UNTIL",
            lambda one, display: display.instant(one.until),
            lambda one: iso(one.until),
            is_wide=True,
            is_instant=True,
            about="until when, as far as that is known",
        ),
    )


def _first_command(finding: Finding, command: Rewrite) -> str | None:
    return command(finding.next[0].command) if finding.next else None
