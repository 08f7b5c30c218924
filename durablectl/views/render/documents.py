"""json, jsonl and yaml: the documents as they are, with the characters that could act on a terminal escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from durablectl.views.render.json_text import encode_json, json_chunks
from durablectl.views.render.options import OutputOptions
from durablectl.views.text import is_safe
from durablectl.views.view import RawShape, View, stamped


def render_json(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """One JSON document."""
    document, count = _document(view, options)
    for chunk in json_chunks(_queried(document, options), indent=2):
        stream.write(chunk.encode())
    stream.write(b"\n")
    stream.flush()
    return count


def render_jsonl(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """One JSON record on each line, written as soon as it is there."""
    count = 0
    for item in view.items:
        record = view.raw.record(item) if options.raw and view.raw else stamped(view.kind, view.record(item))
        _write(stream, encode_json(_queried(record, options)))
        count += 1
    return count


def render_yaml(view: View[Any], options: OutputOptions, stream: BinaryIO) -> int:
    """The same document as json, in block style."""
    document, count = _document(view, options)
    stream.write(encode_yaml(_queried(document, options)).encode())
    stream.flush()
    return count


def encode_yaml(value: Any) -> str:
    """YAML text in block style that no terminal misreads."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("Dumper", (base,), {"ignore_aliases": lambda self, node: True})
    dumper.add_representer(str, _represent_text)
    dumper.add_multi_representer(str, _represent_text)
    try:
        text = yaml.dump(
            value, Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**31 - 1
        )
    except RecursionError:
        # The dumper cannot nest some hundred levels deep. JSON is YAML too.
        return encode_json(value, indent=2) + "\n"
    return _escape_yaml(text)


def _document(view: View[Any], options: OutputOptions) -> tuple[Any, int]:
    counter = _Counted(view.items)
    if options.raw and view.raw is not None:
        return _raw_document(view.raw, counter), counter.count
    document = view.document(view.record(item) for item in counter)
    return document, counter.count


def _raw_document(shape: RawShape[Any], items: Iterable[Any]) -> Any:
    records = (shape.record(item) for item in items)
    if shape.is_several:
        return list(records)
    return next(records) if shape.member is None else {shape.member: list(records)}


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


def _write(stream: BinaryIO, line: str) -> None:
    stream.write(line.encode() + b"\n")
    stream.flush()


def _represent_text(dumper: Any, text: str) -> Any:
    if is_safe(text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", str(text))
    # Only double quotes know escapes; YAML has none for half a surrogate pair.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return dumper.represent_scalar("tag:yaml.org,2002:str", whole, style='"')


def _escape_yaml(text: str) -> str:
    """The unsafe characters that the emitter lets through, all of them inside double quotes, as escapes."""
    if text.isascii():
        return text
    return "".join(character if character == "\n" or is_safe(character) else _escape(character) for character in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
