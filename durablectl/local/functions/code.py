"""The code of functions as it lies in folders: what belongs to it, its digest, and copies that stay as they are."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from durablectl.local.journal.store_files import code_copies

MAX_CODE_BYTES = 262_144_000
"""What Lambda takes of unzipped code."""
MAX_CODE_FILES = 50_000
"""Beyond it a folder is taken for something else than the code of a function, such as a home directory."""
LINKED_FOLDERS = frozenset({"node_modules"})
"""Installed packages: a copy shares them, as it shares those of the interpreter."""
LEFT_OUT_FOLDERS = frozenset(
    {
        "__pycache__",
        ".hypothesis",
        ".git",
        ".hg",
        ".svn",
        ".aws-sam",
        ".durablectl",
        ".idea",
        ".vscode",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
    }
)
LEFT_OUT_SUFFIXES = (".pyc", ".pyo")
SOURCE_SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".ts", ".sh")
"""Files that tell when code was changed last; others may be what a handler wrote beside it."""
_COPY = "code"
"""The folder of the code itself, within the one that is named after its content."""
_CHUNK_BYTES = 1024 * 1024


class CodeTooLarge(Exception):
    """A folder that holds more than Lambda takes as the code of a function."""


@dataclass(frozen=True, slots=True)
class CodeDigest:
    """What a folder held when it was looked at."""

    sha256: str
    """Of all names and contents, in base64 as Lambda gives it."""
    size_bytes: int
    modified_at: datetime | None
    """When the source file that changed last did; None without a source file."""

    @property
    def folder_name(self) -> str:
        """The digest as the name of a folder."""
        return base64.b64decode(self.sha256).hex()


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a code folder; its signature changes with its content."""

    name: str
    size_bytes: int
    modified_ns: int
    is_executable: bool


class CodeReader:
    """Digests of code folders; a folder in which no file has changed is not read again.

    What belongs to `store` is no code, wherever it lies. The methods block, so they belong into a thread.
    """

    def __init__(self, store: Path | None = None) -> None:
        self._store = store
        self._seen: dict[Path, tuple[list[_File], CodeDigest]] = {}

    def digest(self, root: Path) -> CodeDigest:
        """The digest of the code in a folder. Raises CodeTooLarge, and OSError for a file that cannot be read."""
        files = _code_files(root, self._store)
        seen = self._seen.get(root)
        if seen is not None and seen[0] == files:
            return seen[1]
        digest = _digest(root, files)
        self._seen[root] = (files, digest)
        return digest


class CodeCopies:
    """Copies of code folders beside the store, each named after its content; without a store, in a temporary folder.

    The methods block, so they belong into a thread.
    """

    def __init__(self, store: Path | None) -> None:
        self._store = store
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the copies, if they were to last no longer than the service."""
        if self._temporary:
            self._temporary.cleanup()

    def keep(self, root: Path) -> tuple[Path, CodeDigest]:
        """Copy the code in a folder, unless its content has been copied before; the copy, and what is in it.

        A copy is complete or not there at all. Raises what `CodeReader.digest` raises.
        """
        folder = self._folder()
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as draft:
            copy = Path(draft, "new", _COPY)
            copy.parent.mkdir()
            _copy(root, copy, self._store)
            _surround(root, copy)
            # Of the copy, not of the folder: that one may be changing while it is read.
            digest = _digest(copy, _code_files(copy))
            kept = folder / digest.folder_name
            if not kept.exists():
                _sync_tree(copy.parent)
                copy.parent.rename(kept)
                _sync(folder)
        return kept / _COPY, digest

    def _folder(self) -> Path:
        if self._store is not None:
            folder = code_folder(self._store.absolute())
            folder.mkdir(parents=True, exist_ok=True)
            return folder
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="durablectl-code-")
        return Path(self._temporary.name)


def code_folder(store: Path) -> Path:
    """Where the copies for a store are."""
    return code_copies(store)


def source_states(root: Path, store: Path | None = None) -> dict[str, tuple[int, int]]:
    """The source files of the code in a folder, by name, each with what changes when it is written.

    Raises CodeTooLarge.
    """
    files = _code_files(root, store)
    return {file.name: (file.modified_ns, file.size_bytes) for file in files if file.name.endswith(SOURCE_SUFFIXES)}


def _code_files(root: Path, store: Path | None = None) -> list[_File]:
    """The files of the code in a folder, by name."""
    files: list[_File] = []
    total_bytes = 0
    for path in _paths(root, store):
        file = _describe(path, path.relative_to(root).as_posix())
        if file is None or _is_of_store(path, store):
            continue
        files.append(file)
        total_bytes += file.size_bytes
        if len(files) > MAX_CODE_FILES or total_bytes > MAX_CODE_BYTES:
            raise CodeTooLarge(f"Unzipped size must be smaller than {MAX_CODE_BYTES} bytes")
    return sorted(files, key=lambda file: file.name)


def _paths(root: Path, store: Path | None) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if _belongs(Path(folder, name), store)]
        yield from (Path(folder, name) for name in names)


def _is_of_store(path: Path, store: Path | None) -> bool:
    """Whether a file or folder is the store or lies beside it for it, as the copies do."""
    return store is not None and str(path).startswith(str(store.absolute()))


def _belongs(folder: Path, store: Path | None) -> bool:
    """Whether a folder is part of the code, rather than of the tools, packages and copies around it."""
    if folder.name in LEFT_OUT_FOLDERS or folder.name in LINKED_FOLDERS or folder.is_symlink():
        return False
    if _is_of_store(folder, store):
        return False
    return not (folder / "pyvenv.cfg").exists()


def _describe(path: Path, name: str) -> _File | None:
    """What is known of a file without reading it; None for what is no file, or no part of the code."""
    if name.endswith(LEFT_OUT_SUFFIXES):
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return _File(name, status.st_size, status.st_mtime_ns, bool(status.st_mode & stat.S_IXUSR))


def _digest(root: Path, files: list[_File]) -> CodeDigest:
    whole = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        with (root / file.name).open("rb") as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                content.update(chunk)
        whole.update(f"{file.name}\0{int(file.is_executable)}\0{content.hexdigest()}\n".encode())
    modified = [file.modified_ns for file in files if file.name.endswith(SOURCE_SUFFIXES)]
    return CodeDigest(
        base64.b64encode(whole.digest()).decode(),
        sum(file.size_bytes for file in files),
        datetime.fromtimestamp(max(modified) / 1e9, UTC) if modified else None,
    )


def _copy(root: Path, copy: Path, store: Path | None) -> None:
    copy.mkdir()
    for file in _code_files(root, store):
        target = copy / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        # With its times, so that the interpreter's caches and `LastModified` tell when the code was written.
        shutil.copy2(root / file.name, target)
    for link in _linked(root, store):
        target = copy / link.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(link.resolve(), target_is_directory=True)


def _surround(root: Path, copy: Path) -> None:
    """Put beside a copy what Node looks for above the folder of its code: installed packages, and what a `.js` is."""
    for name in (*LINKED_FOLDERS, "package.json"):
        above = next((parent / name for parent in root.parents if (parent / name).exists()), None)
        if above is not None and not (root / name).exists():
            (copy.parent / name).symlink_to(above.resolve())


def _linked(root: Path, store: Path | None) -> Iterator[Path]:
    """Folders that a copy shares with the original: installed packages, and what is a link already."""
    for folder, folders, _ in os.walk(root):
        paths = [Path(folder, name) for name in folders]
        yield from (path for path in paths if path.name in LINKED_FOLDERS or path.is_symlink())
        folders[:] = [path.name for path in paths if _belongs(path, store)]


def _sync_tree(root: Path) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            _sync(Path(folder, name))
        _sync(Path(folder))


def _sync(path: Path) -> None:
    """Let a file or folder survive a power failure, as the store that names it does."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
