"""Parts of records that carry their own JSON text, because it is the same in thousands of records or already there."""

from __future__ import annotations

from typing import Any, NoReturn


class Encoded(dict[str, Any]):
    """An object of a record with its text as JSON on one line; like the text, it cannot be changed."""

    __slots__ = ("text",)

    def __init__(self, members: dict[str, Any], text: str) -> None:
        super().__init__(members)
        self.text = text

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise TypeError(f"cannot set {name}: its JSON text is fixed")

    def __ior__(self, other: object) -> NoReturn:  # type: ignore[misc]
        raise TypeError("cannot add members: its JSON text is fixed")


NOTHING = Encoded({}, "{}")
"""What most events have where a few have more."""


def plain(value: Any) -> Any:
    """A document without such parts, for those who look at the types of values."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(element) for element in value] if isinstance(value, list) else value
