"""A diagnosis as people read it: the headline, then each finding with its evidence and what to type next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from durablectl.insight.findings import Confidence, Diagnosis, Finding, NextCommand, Severity
from durablectl.insight.sentences import Part, Quote, Sentence
from durablectl.model.facts import Facts
from durablectl.views.child_labels import short_reference
from durablectl.views.display import Display
from durablectl.views.glyphs import LOOKS, Look
from durablectl.views.instants import Precision
from durablectl.views.lines import EMPTY, Line, Segment, data, fit_line, join, line_width, own, pad, text_of, wrap_line
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import redacted_text
from durablectl.views.sentences import sentence_line
from durablectl.views.shell_lines import fold_command

_SEVERITY_WIDTH = 12
_RULE_WIDTH = 24
_NEXT = "next: "
_WHY_GAP = "   "
_MOST_EVENTS = 5
_LEAST_WIDTH = 48
"""On a narrower screen what belongs to a finding is indented by little."""
_NARROW_INDENT = 2

_LOOKS = {
    Severity.CAUSE: LOOKS["failed"],
    Severity.BLOCKING: LOOKS["failed"],
    Severity.WARNING: Look("!", "yellow"),
    Severity.INFO: Look("i", "blue"),
}


def diagnosis_lines(
    diagnosis: Diagnosis,
    findings: Sequence[Finding],
    facts: Facts,
    console_url: str | None,
    reading: Reading,
    display: Display,
    command: Callable[[str], str],
) -> Iterator[Line]:
    """All lines of a diagnosis, none wider than the display."""
    yield from wrap_line(sentence_line(diagnosis.headline, reading, display), display.width)
    writer = _Writer(diagnosis, facts, reading, display, command)
    if findings:
        yield EMPTY
    for finding in findings:
        yield from writer.finding(finding)
    if console_url:
        line = (*pad(own("console", "dim"), _SEVERITY_WIDTH), *own(console_url, "blue"))
        yield line if display.width is None else fit_line(line, display.width)


def lines_by_finding(
    diagnosis: Diagnosis,
    findings: Iterable[Finding],
    facts: Facts,
    reading: Reading,
    display: Display,
    command: Callable[[str], str],
) -> Iterator[tuple[Finding | None, Line]]:
    """The same lines, each with the finding that it belongs to; None for the headline and the gaps."""
    writer = _Writer(diagnosis, facts, reading, display, command)
    for line in wrap_line(sentence_line(diagnosis.headline, reading, display), display.width):
        yield None, line
    for finding in findings:
        yield None, EMPTY
        for line in writer.finding(finding):
            yield finding, line


class _Writer:
    """Writes findings for one reader."""

    def __init__(
        self,
        diagnosis: Diagnosis,
        facts: Facts,
        reading: Reading,
        display: Display,
        command: Callable[[str], str],
    ) -> None:
        self._diagnosis = diagnosis
        self._reference = facts.reference
        self._instants = {event.event_id: event.at for event in facts.events}
        self._reading = reading
        self._display = display
        self._command = command
        self._indent = _SEVERITY_WIDTH if display.width is None or display.width >= _LEAST_WIDTH else _NARROW_INDENT

    def finding(self, finding: Finding) -> Iterator[Line]:
        """The lines of one finding."""
        place, summary = self._place(finding), self._line(finding.summary)
        yield from self._wrapped(join((_title(finding), place or summary), ""))
        if place and not self._is_told(finding):
            yield from self._below(summary)
        for note in finding.notes:
            yield from self._below(self._line(note))
        if len(finding.chain) > 1:
            yield from self._below(self._chain(finding))
        for following in finding.next:
            yield from self._next(following)

    def _line(self, words: Sentence) -> Line:
        return sentence_line(words, self._reading, self._display)

    def _is_told(self, finding: Finding) -> bool:
        """Whether the headline has told all that the summary says."""
        told = text_of(self._line(finding.because)).casefold()
        return (
            finding is self._diagnosis.leading and told == text_of(self._line(finding.summary)).rstrip(".").casefold()
        )

    def _place(self, finding: Finding) -> Line:
        """The operation, the events and their instant; empty for what is about the execution as a whole."""
        if not finding.event_ids:
            return EMPTY
        label = data(redacted_text(finding.operation_name, self._reading))
        path = own(f"({finding.path})" if label else f"operation {finding.path}") if finding.path else EMPTY
        likely = own("likely", "yellow") if finding.confidence is Confidence.LIKELY else EMPTY
        return join((join((label, path)), own(_events(finding.event_ids)), *self._instant(finding), likely), ", ")

    def _instant(self, finding: Finding) -> Iterable[Line]:
        at: datetime | None = self._instants.get(finding.event_ids[0]) if len(finding.event_ids) == 1 else None
        return [self._display.instant(at, other_days=Precision.SECONDS)] if at else []

    def _chain(self, finding: Finding) -> Line:
        """The events from the deepest one on; a message, and whose event it is, are told where they are new ones."""
        parts: list[Line] = []
        own_name = self._reference if any(one.child for one in finding.chain) else None
        whose: str | None = None
        told = {part.text.casefold() for part in _all_words(finding) if isinstance(part, Quote)}
        for one in finding.chain:
            error = one.link.error
            message = (error.message or "") if error else ""
            is_new = bool(message) and message.casefold() not in told
            told.add(message.casefold())
            quoted = self._line((Quote(message),)) if is_new else EMPTY
            name = one.child or own_name
            label = short_reference(name, self._display) if name and name != whose else EMPTY
            whose = name
            parts.append(join((label, own(f"#{one.link.event_id}"), data(one.link.type), quoted)))
        return join(parts, " → ")

    def _next(self, following: NextCommand) -> Iterator[Line]:
        command = data(self._command(following.command), "bold")
        whole = (Segment(" " * self._indent), Segment(_NEXT, "dim"), *command)
        why = (Segment(_WHY_GAP), Segment(following.why, "dim"))
        width = self._display.width
        if width is None or line_width(whole) + line_width(why) <= width:
            yield (*whole, *why)
        elif line_width(whole) <= width:
            yield whole
        else:
            yield from self._folded(text_of(command), width)

    def _folded(self, command: str, available: int) -> Iterator[Line]:
        """A command over several lines; further to the left where a word of it would be broken otherwise."""
        lines: list[Line] = []
        for indent, hanging in ((self._indent, len(_NEXT)), (_NARROW_INDENT, _NARROW_INDENT)):
            start, margin = " " * indent + _NEXT, " " * (indent + hanging)
            lines = [own(line, "bold") for line in fold_command(command, available, start=start, margin=margin)]
            if max(map(line_width, lines)) <= available:
                break
        for line in lines:
            yield from wrap_line(line, available, indent=2 * _NARROW_INDENT)

    def _below(self, line: Line) -> Iterator[Line]:
        yield from self._wrapped((Segment(" " * self._indent), *line))

    def _wrapped(self, line: Line) -> Iterator[Line]:
        yield from wrap_line(line, self._display.width, indent=self._indent)


def _all_words(finding: Finding) -> Iterator[Part]:
    """What the sentences of a finding consist of."""
    for words in (finding.summary, *finding.notes):
        yield from words


def _title(finding: Finding) -> Line:
    look = _LOOKS[finding.severity]
    severity = pad((Segment(f"{look.glyph} {finding.severity}", look.style),), _SEVERITY_WIDTH)
    return (*severity, Segment(f"{finding.rule:<{_RULE_WIDTH - 1}} "))


def _events(event_ids: Sequence[int]) -> str:
    shown = " ".join(f"#{event_id}" for event_id in event_ids[:_MOST_EVENTS])
    if len(event_ids) > _MOST_EVENTS:
        return f"events {shown} and {len(event_ids) - _MOST_EVENTS} more"
    return f"event{'' if len(event_ids) == 1 else 's'} {shown}"
