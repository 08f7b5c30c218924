"""Runs every benchmark of this folder and prints one table: what was measured, its goal, and whether it was met."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]

# A benchmark prints a line of this form for each thing that it measures, and may print others.
_ROW = re.compile(r"(?P<name>.+?)  (?P<measured>\d+\.\d+)  at most (?P<goal>\d+\.\d+)(?:  \((?P<detail>.*)\))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One ratio against its goal."""

    name: str
    measured: float
    goal: float
    detail: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        verdict = "yes" if self.measured <= self.goal else "NO"
        return self.name, f"{self.measured:.2f}", f"{self.goal:.2f}", verdict, self.detail


def main() -> int:
    """Run the benchmarks one after the other; 1 if one of them crashed. A missed goal fails nothing."""
    rows: list[Row] = []
    crashed = []
    for script in benchmarks():
        sys.stderr.write(f"running {script.name} ...\n")
        ran = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{script.stem}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        rows += read_rows(ran.stdout)
        if ran.returncode:
            crashed.append(script.name)
    sys.stdout.write(table([("BENCHMARK", "RATIO", "GOAL", "MET", ""), *(row.cells for row in rows)]))
    for name in crashed:
        sys.stderr.write(f"{name} crashed\n")
    return 1 if crashed else 0


def benchmarks() -> list[Path]:
    """The other scripts of this folder; what cannot be run is there for one of them."""
    others = (path for path in sorted(FOLDER.glob("*.py")) if path != Path(__file__))
    return [path for path in others if '__name__ == "__main__"' in path.read_text(encoding="utf-8")]


def read_rows(output: str) -> Iterator[Row]:
    """The rows in what a benchmark printed."""
    for line in output.splitlines():
        found = _ROW.fullmatch(line)
        if found:
            yield Row(found["name"], float(found["measured"]), float(found["goal"]), found["detail"] or "")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of cells in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
