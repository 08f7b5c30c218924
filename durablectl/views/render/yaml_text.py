"""YAML text in block style that no terminal misreads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from durablectl.views.render.json_text import encode_json
from durablectl.views.text import is_safe

_WIDEST = 2**31 - 1


class YamlEncoder:
    """Encodes values with the library's C emitter where it is there; the library is loaded when one is made."""

    def __init__(self) -> None:
        import yaml

        base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        dumper: Any = type("Dumper", (base,), {"ignore_aliases": lambda self, node: True})
        dumper.add_representer(str, _represent_text)
        dumper.add_multi_representer(str, _represent_text)
        dumper.add_multi_representer(dict, base.represent_dict)
        self._dumper = dumper
        self._dump: Any = yaml.dump

    def encode(self, value: Any) -> str:
        """A value as a document."""
        try:
            return self._encode(value)
        except RecursionError:
            # The dumper cannot nest some hundred levels deep. JSON is YAML too.
            return encode_json(value, indent=2) + "\n"

    def encode_items(self, values: Sequence[Any]) -> str:
        """Values as items of a list, in lines that begin with a dash."""
        try:
            return self._encode(values)
        except RecursionError:
            return "".join(f"- {encode_json(value)}\n" for value in values)

    def _encode(self, value: Any) -> str:
        text = self._dump(
            value, Dumper=self._dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDEST
        )
        return _escape_unsafe(text)


def encode_yaml(value: Any) -> str:
    """A value as one document."""
    return YamlEncoder().encode(value)


def _represent_text(dumper: Any, text: str) -> Any:
    if is_safe(text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", str(text))
    # Only double quotes know escapes; YAML has none for half a surrogate pair.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return dumper.represent_scalar("tag:yaml.org,2002:str", whole, style='"')


def _escape_unsafe(text: str) -> str:
    """The unsafe characters that the emitter lets through, all of them inside double quotes, as escapes."""
    if text.isascii():
        return text
    return "".join(character if character == "\n" or is_safe(character) else _escape(character) for character in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
