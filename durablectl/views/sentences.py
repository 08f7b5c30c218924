"""Sentences of findings in their final form: durations, instants and quoted texts as one reader sees them."""

from __future__ import annotations

from durablectl.insight.sentences import At, Name, Part, Quote, Sentence, Took
from durablectl.views.display import Display
from durablectl.views.durations import format_duration
from durablectl.views.instants import Precision
from durablectl.views.lines import Line, Segment, data, own, text_of
from durablectl.views.phrases import limit_text
from durablectl.views.records.context import Reading
from durablectl.views.records.executions import redacted_text


def sentence_line(words: Sentence, reading: Reading, display: Display) -> Line:
    """A sentence as a styled line; texts from outside are made safe, and what they quote is without secrets."""
    return tuple(segment for part in words for segment in _segments(part, reading, display))


def sentence_text(words: Sentence, reading: Reading) -> str:
    """A sentence for documents, with instants in UTC."""
    return text_of(sentence_line(words, reading, Display(reading.now)))


def _segments(part: Part, reading: Reading, display: Display) -> Line:
    match part:
        case str():
            return own(part)
        case Took(milliseconds, is_limit):
            return own(_limit(milliseconds) if is_limit else format_duration(milliseconds))
        case At(instant):
            return display.instant(instant, other_days=Precision.SECONDS)
        case Name(text):
            return data(redacted_text(text, reading))
        case Quote(text):
            return (Segment('"'), *data(redacted_text(text, reading)), Segment('"'))


def _limit(milliseconds: int) -> str:
    """Limits are set in whole seconds."""
    is_short = milliseconds < 10_000 and milliseconds % 1_000 == 0
    return f"{milliseconds // 1_000}s" if is_short else limit_text(milliseconds)
