"""json, jsonl and yaml: the documents as they are, with the characters that could act on a terminal escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from durablectl.views.render.json_records import encode_record
from durablectl.views.render.json_text import json_chunks
from durablectl.views.render.lists import json_parts, list_document, yaml_parts
from durablectl.views.render.options import OutputOptions
from durablectl.views.render.yaml_text import encode_yaml
from durablectl.views.view import View, stamped

_BLOCK_BYTES = 65_536


def render_json(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """One JSON document; a list has a record on each line unless somebody looks at it on a terminal."""
    items = _Counted(view.items)
    listed = list_document(view, options, items)
    if listed is not None:
        _write_parts(stream, json_parts(listed, is_indented=options.display.width is not None))
        return items.count
    _write_parts(stream, map(str.encode, json_chunks(_queried(_document(view, options, items), options), indent=2)))
    stream.write(b"\n")
    stream.flush()
    return items.count


def render_jsonl(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """One JSON record on each line, written as soon as it is there."""
    count = 0
    for item in view.items:
        record = view.raw.record(item) if options.raw and view.raw else stamped(view.kind, view.record(item))
        _write(stream, encode_record(_queried(record, options)))
        count += 1
    return count


def render_yaml(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """The same document as json, in block style."""
    items = _Counted(view.items)
    listed = list_document(view, options, items)
    if listed is not None:
        _write_parts(stream, map(str.encode, yaml_parts(listed)))
    else:
        _write_parts(stream, [encode_yaml(_queried(_document(view, options, items), options)).encode()])
    return items.count


def _document(view: View[Any], options: OutputOptions, items: Iterable[Any]) -> Any:
    if options.raw and view.raw is not None:
        records = map(view.raw.record, items)
        if view.raw.is_several:
            return list(records)
        return next(records) if view.raw.member is None else {view.raw.member: list(records)}
    return view.document(map(view.record, items))


class _Counted:
    """Items that are counted while somebody else consumes them."""

    def __init__(self, items: Any) -> None:
        self._items = items
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for item in self._items:
            self.count += 1
            yield item


def _queried(document: Any, options: OutputOptions) -> Any:
    return options.query.search(document) if options.query else document


def _write_parts(stream: BinaryIO, parts: Iterable[bytes]) -> None:
    """Write what comes in blocks, and at an error all that came before it."""
    pending: list[bytes] = []
    size = 0
    try:
        for part in parts:
            pending.append(part)
            size += len(part)
            if size >= _BLOCK_BYTES:
                for block in _blocks(pending):
                    stream.write(block)
                size = 0
    finally:
        for block in _blocks(pending):
            stream.write(block)
        stream.flush()


def _blocks(pending: list[bytes]) -> Iterator[bytes]:
    """What is pending, small parts joined and large ones as they are; nothing is pending afterwards."""
    large = pending.pop() if pending and len(pending[-1]) >= _BLOCK_BYTES else b""
    joined = b"".join(pending)
    pending.clear()
    yield from filter(None, (joined, large))


def _write(stream: BinaryIO, line: bytes) -> None:
    stream.write(line + b"\n")
    stream.flush()
