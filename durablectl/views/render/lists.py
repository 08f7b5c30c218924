"""A list as one document that is written while its records come, so that it is never held as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from durablectl.errors import DurablectlError
from durablectl.views.render.json_records import encode_record
from durablectl.views.render.json_text import encode_json
from durablectl.views.render.options import OutputOptions
from durablectl.views.render.yaml_text import YamlEncoder
from durablectl.views.view import Envelope, Record, View

_YAML_BATCH = 50
"""Records that are handed to the YAML library at once, because each time costs as much as a record."""


@dataclass(frozen=True, slots=True)
class ListDocument:
    """The parts of a list in the order in which they are written."""

    head: Record
    """What stands before the records."""
    member: str
    """The name under which they stand."""
    records: Iterator[Any]
    tail: Callable[[bool], Record] | None = None
    """What stands after the records, given whether an error cut them off; None where nothing could say that."""


def list_document(view: View[Any], options: OutputOptions, items: Iterable[Any]) -> ListDocument | None:
    """The list of a view; None for what is no list or is needed as a whole.

    The first item has been read then, so that an error before it leaves nothing written.
    """
    if options.query:
        return None
    if options.raw and view.raw is not None:
        shape = view.raw
        if shape.member is None or shape.is_several:
            return None
        records = map(shape.record, items)
        return ListDocument({}, shape.member, chain(list(islice(records, 1)), records))
    if not isinstance(view.document, Envelope):
        return None
    envelope = view.document
    head, members = envelope.begin(view.record(item) for item in items)
    return ListDocument(head, "items", members, lambda is_cut: envelope.end(is_cut=is_cut))


def json_parts(listed: ListDocument, *, is_indented: bool) -> Iterator[bytes]:
    """The list as JSON: each record on a line of its own, or indented for a reader."""
    begun = encode_json(listed.head, indent=2).removesuffix("\n}") + "," if listed.head else "{"
    yield f"{begun}\n  {encode_json(listed.member)}: [".encode()
    separator = b"\n    "

    def end(is_cut: bool) -> bytes:
        bracket = "\n  ]" if separator.startswith(b",") else "]"
        rest = encode_json(listed.tail(is_cut), indent=2).removeprefix("{") if listed.tail else "\n}"
        return f"{bracket}{',' if listed.tail else ''}{rest}\n".encode()

    try:
        for record in listed.records:
            # Encoded before anything is written, because what the record is made of may turn out not to be readable.
            text = _indented(record) if is_indented else encode_record(record)
            yield separator
            yield text
            separator = b",\n    "
    except DurablectlError:
        # Without a tail that says so, a list that was cut off stays open: nobody can take it for the whole.
        if listed.tail is not None:
            yield end(True)
        raise
    yield end(False)


def _indented(record: Any) -> bytes:
    return encode_json(record, indent=2).replace("\n", "\n    ").encode()


def yaml_parts(listed: ListDocument) -> Iterator[str]:
    """The same list as YAML in block style."""
    encoder = YamlEncoder()
    if listed.head:
        yield encoder.encode(listed.head)
    is_empty = True
    tail = listed.tail or (lambda is_cut: {})

    def end(is_cut: bool) -> str:
        rest = tail(is_cut)
        return (f"{listed.member}: []\n" if is_empty else "") + (encoder.encode(rest) if rest else "")

    try:
        for batch in _batches(listed.records):
            yield (f"{listed.member}:\n" if is_empty else "") + encoder.encode_items(batch)
            is_empty = False
    except DurablectlError:
        yield end(True)
        raise
    yield end(False)


def _batches(records: Iterator[Any]) -> Iterator[list[Any]]:
    """Records in lists of a bounded length; those that came before an error are there before it."""
    batch: list[Any] = []
    try:
        for record in records:
            batch.append(record)
            if len(batch) == _YAML_BATCH:
                yield batch
                batch = []
    except DurablectlError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
