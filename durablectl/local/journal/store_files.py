"""The files of a store on disk, and how much room they take."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = ("", "-wal", "-shm")
"""What the database adds to the name of a store for the files beside it."""


def store_files(store: Path) -> list[Path]:
    """The files of a store, be they there or not; the store itself is the first."""
    return [Path(f"{store}{suffix}") for suffix in SUFFIXES]


def code_copies(store: Path) -> Path:
    """The folder with the code of the versions that a store knows."""
    return store.with_name(f"{store.name}.code")


def store_bytes(store: Path) -> int:
    """How much room a store takes on disk."""
    return sum(path.stat().st_size for path in store_files(store) if path.exists())
