"""Logical paths as records spell them."""

from __future__ import annotations

from collections.abc import Sequence


def path_text(path: Sequence[int] | None) -> str | None:
    """A logical path as `3.1`."""
    return ".".join(map(str, path)) if path else None
