"""References on standard input: one on a line, or records that an earlier command wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from durablectl.errors import UsageError
from durablectl.operate.notes import Notes
from durablectl.operate.wording import counted


@dataclass(frozen=True, slots=True)
class Given:
    """A reference, and over which connection it was found as far as the record says in which it stood."""

    text: str
    context: str | None = None
    region: str | None = None


def expand_references(references: Sequence[str], stdin: Iterable[str] | None, notes: Notes) -> list[str]:
    """The references, with the lines of `stdin` in the place of `-`. Raises UsageError for a second `-`."""
    return [given.text for given in expand_given(references, stdin, notes)]


def expand_given(references: Sequence[str], stdin: Iterable[str] | None, notes: Notes) -> list[Given]:
    """As `expand_references`, with the connections that records on `stdin` tell."""
    expanded: list[Given] = []
    lines = stdin
    for reference in references:
        if reference != "-":
            expanded.append(Given(reference))
        elif lines is None:
            raise UsageError("- stands for references from standard input, which is not read here, or was read before")
        else:
            expanded += read_references(lines, notes)
            lines = None
    return expanded


def read_references(lines: Iterable[str], notes: Notes) -> list[Given]:
    """The references on `lines`, without blank ones and comments.

    A line that starts with `{` is a record whose ARN is meant. Records of actions that are done with are left out, so
    that feeding the results of an interrupted batch back continues it. Raises UsageError for a record without an ARN.
    """
    references: list[Given] = []
    settled = 0
    for number, line in enumerate(lines, start=1):
        text = line.strip().lstrip("\ufeff")
        if not text or text.startswith("#"):
            continue
        if not text.startswith("{"):
            references.append(Given(text))
            continue
        record = _read_record(text, number)
        if _is_settled(record):
            settled += 1
        else:
            references.append(Given(_arn_of(record, number), **_place_of(record)))
    if settled:
        notes.note(f"{counted(settled, 'action result')} left out: done already")
    return references


def _read_record(text: str, number: int) -> dict[str, object]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise UsageError(
            f"line {number} of standard input starts like a JSON record and is none",
            hint=[str(error), "records are one JSON object a line, as -o jsonl writes them"],
        ) from error
    return record if isinstance(record, dict) else {}


def _is_settled(record: dict[str, object]) -> bool:
    outcome = record.get("outcome")
    # Most commands read no records, and need not load what actions come to.
    from durablectl.operate.actions import Outcome

    return isinstance(outcome, str) and outcome in {str(each) for each in Outcome if each.is_settled}


def _place_of(record: dict[str, object]) -> dict[str, str]:
    """The context and the region over which an earlier command worked, as results tell them, and rows of lists."""
    source = record.get("source")
    told = source if isinstance(source, Mapping) else record
    return {key: value for key in ("context", "region") if isinstance(value := told.get(key), str) and value}


def _arn_of(record: dict[str, object], number: int) -> str:
    for key in ("arn", "execution_arn"):
        arn = record.get(key)
        if isinstance(arn, str) and arn:
            return arn
    raise UsageError(
        f'line {number} of standard input is a JSON record without an "arn"',
        hint="feed it the -o jsonl or -o name output of list, or of an action",
    )
