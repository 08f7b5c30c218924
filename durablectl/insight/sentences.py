"""Sentences whose durations, instants and quoted texts take their form only where they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from durablectl.model.payloads import ErrorPayload, called_type

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Took:
    """A duration."""

    milliseconds: int
    is_limit: bool = False
    """Whether somebody configured it."""


@dataclass(frozen=True, slots=True)
class At:
    """An instant."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Name:
    """A name from outside."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A text from outside, to be shown word by word between quotes."""

    text: str


Part = str | Took | At | Name | Quote
Sentence = tuple[Part, ...]


def sentence(*parts: Part | Sentence | None) -> Sentence:
    """The parts as one sentence; sentences among them are taken apart, and None is nothing."""
    taken: list[Part] = []
    for part in parts:
        if isinstance(part, tuple):
            taken.extend(part)
        elif part is not None and part != "":
            taken.append(part)
    return tuple(taken)


def between(start: datetime | None, end: datetime | None) -> Took:
    """The time from one instant to another; none is taken for no time."""
    return Took(milliseconds_between(start, end) or 0)


def milliseconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """The time from one instant to another in milliseconds, never negative."""
    return None if start is None or end is None else max(0, (end - start) // _MILLISECOND)


def error_words(error: ErrorPayload | None) -> Sentence:
    """`ValueError "VAT id is missing"`, or as much of it as there is."""
    if error is None or not error.is_present:
        return ("an error whose text is not known",) if error is not None and error.truncated else ("an error",)
    kind = type_of(error)
    quoted = Quote(error.message) if error.message else None
    if kind and quoted:
        return sentence(Name(kind), " ", quoted)
    return sentence(Name(kind) if kind else quoted or "an error without a text")


def type_of(error: ErrorPayload | None) -> str | None:
    """The type of an error as people call it."""
    return called_type(error.type) if error is not None else None


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"


def times(count: int) -> str:
    """How often: `once`, `twice`, `5 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
