"""What every view looks like, in every format and condition, compared with files."""

from __future__ import annotations

from pathlib import Path

import pytest

from durablectl.views.display import Display
from durablectl.views.text import is_safe, width
from tests.fakes.histories import NOW
from tests.goldens import Golden
from tests.views.examples import VIEWS, shown

GOLDENS = Path(__file__).with_name("goldens")
DOCUMENTED = ("list", "get-failed", "history-failed", "state-paused", "callbacks", "functions", "stop-batch", "wait")
"""Views of which the machine formats have goldens too; the keys of the others are checked apart."""

MACHINE = [(name, format) for name in DOCUMENTED for format in VIEWS[name]().formats if format not in ("table", "wide")]


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", VIEWS)
def test_table_matches_its_golden(name: str, columns: int, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.{columns}.txt", shown(VIEWS[name](), width=columns))


@pytest.mark.parametrize("name", VIEWS)
def test_piped_table_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.piped.txt", shown(VIEWS[name]()))


@pytest.mark.parametrize("name, format", MACHINE)
def test_machine_format_matches_its_golden(name: str, format: str, golden: Golden) -> None:
    golden(GOLDENS / "machine" / f"{name}.{format}", shown(VIEWS[name](), format))


@pytest.mark.parametrize("name", ["list", "callbacks", "functions"])
def test_wide_table_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.wide.txt", shown(VIEWS[name](), "wide"))


@pytest.mark.parametrize("name", ["list", "get-failed", "history-failed", "functions"])
def test_raw_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / "machine" / f"{name}.raw.json", shown(VIEWS[name](), "json", raw=True))


@pytest.mark.parametrize("name", ["list", "history-failed", "state-retrying"])
def test_ascii_table_matches_its_golden_and_holds_nothing_else(name: str, golden: Golden) -> None:
    ascii_only = shown(VIEWS[name](), display=Display(NOW, width=100, ascii=True))

    golden(GOLDENS / f"{name}.ascii.txt", ascii_only)
    assert ascii_only.isascii()


@pytest.mark.parametrize("name", ["list", "get-failed", "state"])
def test_coloured_table_matches_its_golden(name: str, golden: Golden) -> None:
    golden(GOLDENS / f"{name}.color.txt", shown(VIEWS[name](), width=100, color=True))


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
@pytest.mark.parametrize("format", ["table", "wide"])
@pytest.mark.parametrize("name", VIEWS)
def test_no_line_is_wider_than_the_terminal(name: str, columns: int, format: str) -> None:
    view = VIEWS[name]()
    lines = shown(view, format if format in view.formats else "table", width=columns).decode().splitlines()

    fitted = [line for line in lines if not line.startswith("arn:")]
    assert max(map(width, fitted), default=0) <= columns


@pytest.mark.parametrize("format", ["table", "wide", "json", "jsonl", "yaml", "name", "plain"])
@pytest.mark.parametrize("name", VIEWS)
def test_check_8_nothing_that_acts_on_a_terminal_is_written(name: str, format: str) -> None:
    view = VIEWS[name]()
    if format not in view.formats:
        return

    written = shown(view, format).decode()

    allowed = "\n\t" if format == "plain" else "\n"
    assert is_safe("".join(character for character in written if character not in allowed))


def test_check_8_raw_documents_are_safe_too() -> None:
    written = shown(VIEWS["history-hostile"](), "json", raw=True).decode()

    assert is_safe(written.replace("\n", ""))
