"""The value that commands hand to the renderers: records for programs, columns and cards for people, all lazy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from durablectl.views.display import Display
from durablectl.views.instants import iso
from durablectl.views.lines import Line

if TYPE_CHECKING:
    from durablectl.backend.base import Source

SCHEMA_VERSION = 1

Record = dict[str, Any]
"""A JSON document or a part of one, every key present."""

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

ALL_FORMATS = ("table", "wide", "json", "jsonl", "yaml", "name", "plain")


@dataclass(frozen=True, slots=True)
class Column(Generic[T_contra]):
    """One column of a table, and the field of the same name in plain output."""

    key: str
    header: str
    cell: Callable[[T_contra, Display], Line]
    """What people see."""
    value: Callable[[T_contra], Any]
    """What plain output holds: UTC instants, milliseconds, words as the service spells them; None is empty."""
    is_wide: bool = False
    """Whether the column is left out unless all columns are asked for."""
    aligns_right: bool = False
    shrinks_to: int | None = None
    """The width below which the column is not cut on a narrow terminal; None when it is never cut."""
    wraps_from: int | None = None
    """For texts that may take several lines: the cells that they need beside other columns, or they stand below."""
    is_instant: bool = False
    """Whether the header names the zone."""
    about: str = ""
    """One phrase for `--columns help`."""


@dataclass(frozen=True, slots=True)
class RawShape(Generic[T]):
    """The service's own shape: of each item, and the member under which its pages hold them."""

    record: Callable[[T], Record | None]
    member: str | None = None
    """None for an answer that is no list."""
    is_several: bool = False
    """Whether there are several answers of one each, which no answer of the service holds together."""


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """What a command shows. Renderers take from it what their format needs and nothing else is computed."""

    kind: str
    """The kind of one record."""
    items: Iterable[T]
    """Consumed once, while it is rendered."""
    record: Callable[[T], Record]
    """The JSON record of an item, without `schema_version` and `kind`."""
    document: Callable[[Iterator[Record]], Record]
    """The records as the one document of json and yaml; see `bare` and `Envelope`."""
    columns: tuple[Column[T], ...] = ()
    card: Callable[[T, Display], Iterable[Line]] | None = None
    """The human view of one item where that is no row of a table."""
    drawing: Callable[[Sequence[T], Display], Iterable[Line]] | None = None
    """The human view of all items together where they are no rows of a table; it keeps to the display's width."""
    heading: Callable[[Display], Iterable[Line]] | None = None
    """Lines above the table."""
    below: Callable[[T], Line] | None = None
    """A line below the table for each item, never cut: what people copy."""
    has_headers: bool = True
    """Whether the table names its columns."""
    hides: Callable[[T], bool] = lambda item: False
    """Which items the table leaves out, because another row says what they do; programs get all."""
    flowing: Mapping[str, int] | None = None
    """For rows that are shown one by one, each as soon as it is there: the width of columns by their keys."""
    identifier: Callable[[T], str | None] | None = None
    """What `-o name` prints."""
    raw: RawShape[T] | None = None
    formats: tuple[str, ...] = ALL_FORMATS


def stamped(kind: str, record: Record) -> Record:
    """A record as a document of its own."""
    return {"schema_version": SCHEMA_VERSION, "kind": kind, **record}


def bare(kind: str) -> Callable[[Iterator[Record]], Record]:
    """The document of a view of exactly one record."""
    return lambda records: stamped(kind, next(records))


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What is known of a list only when it has been read."""

    truncated: bool = False
    limit: int | None = None
    warnings: Sequence[Record] = ()
    extra: Record = field(default_factory=dict)
    """Further members of the envelope, such as the counts of a batch."""
    source: Source | None = None
    """Who answered, where the answers told more than was known before them."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The document of a list; call it with the records."""

    kind: str
    observed_at: datetime
    source: Source
    facts: Callable[[], ListFacts] = ListFacts
    """Asked for its source after the first record, and for the rest of it after the last."""
    arn: str | None = None
    """What the list is about, where its records name no account."""

    def __call__(self, records: Iterator[Record]) -> Record:
        """The whole list as one document."""
        head, items = self.begin(records)
        members = list(items)
        return head | {"items": members} | self.end()

    def begin(self, records: Iterator[Record]) -> tuple[Record, Iterator[Record]]:
        """What stands before the items, and the items; all are read beforehand where they alone tell the account."""
        ahead = list(islice(records, 1) if self.arn else records)
        source = self.facts().source or self.source
        content = {"observed_at": iso(self.observed_at), "source": source_record(source, ahead, self.arn)}
        return stamped(self.kind, content), chain(ahead, records)

    def end(self, *, is_cut: bool = False) -> Record:
        """What stands after the items; `is_cut` tells that an error kept some of them away."""
        facts = self.facts()
        content: Record = {
            "truncated": facts.truncated or is_cut,
            "limit": facts.limit,
            "warnings": list(facts.warnings),
        }
        return content | facts.extra


def source_record(source: Source, items: Sequence[Record] = (), arn: str | None = None) -> Record:
    """Where a list comes from; the account is the one that all its ARNs name."""
    accounts = {account for item in (*items, {"arn": arn}) if (account := _account(item))}
    return {
        "backend": source.backend,
        "context": source.context,
        "region": source.region,
        "account": accounts.pop() if len(accounts) == 1 else None,
    }


def _account(item: Record) -> str | None:
    parts = str(item.get("account") or item.get("arn") or item.get("execution_arn") or "").split(":")
    if "account" in item:
        return parts[0] or None
    return parts[4] if len(parts) > 5 and parts[4] else None
