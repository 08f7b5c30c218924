"""What is left of a crash: a report in a file, without a value of any variable, because payloads are among them."""

from __future__ import annotations

import os
import platform
import traceback
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from durablectl.views.text import clean


def write_report(error: BaseException, folder: Path, *, now: datetime, size: tuple[int, int], terminal: str) -> Path:
    """Write what is needed to find a bug, for its owner's eyes only; the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    facts = (
        f"durablectl {version('durablectl')}, textual {version('textual')}, Python {platform.python_version()}",
        f"{platform.platform()}, terminal {terminal or 'unknown'}, {size[0]}×{size[1]}",
        f"{now:%Y-%m-%dT%H:%M:%S%z}",
    )
    lines = [*facts, "", *"".join(traceback.format_exception(error)).splitlines()]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{clean(line)}\n" for line in lines)
    return path


def place_of(error: BaseException) -> str:
    """`tui/screens/overview.py:12`, where it happened, as far as it happened in this program."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "durablectl" in Path(frame.filename).parts]
    if not ours:
        return frames[-1].filename if frames else "an unknown place"
    parts = Path(ours[-1].filename).parts
    return f"{'/'.join(parts[len(parts) - parts[::-1].index('durablectl') :])}:{ours[-1].lineno}"
