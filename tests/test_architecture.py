"""Who may import whom, and what is loaded when: statically by contract, and in an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY = ["boto3", "botocore", "jmespath", "rich.table", "sqlite3", "starlette", "textual", "uvicorn", "yaml"]
"""What takes long to import, and so is imported where it is used."""


def test_imports_keep_the_contracts() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")

    report = run([str(lint_imports), "--no-cache"])

    assert "0 broken" in report


def test_a_broken_contract_is_noticed(tmp_path: Path) -> None:
    config = (
        (ROOT / "pyproject.toml").read_text().replace('    "durablectl.local.journal.store_schema -> sqlite3",\n', "")
    )
    (tmp_path / "pyproject.toml").write_text(config)
    lint_imports = Path(sys.executable).with_name("lint-imports")

    command = [str(lint_imports), "--no-cache", "--config", str(tmp_path / "pyproject.toml"), "--contract", "database"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert finished.returncode == 1
    assert "durablectl.local.journal.store_schema -> sqlite3" in finished.stdout


@pytest.mark.parametrize("module", ["durablectl.cli.app", "durablectl.config", "durablectl.backend.base"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert [name for name in HEAVY if name in loaded_by(f"import {module}")] == []


def test_importing_all_commands_loads_nothing_heavy() -> None:
    loaded = loaded_by("from durablectl.cli.app import COMMANDS; list(COMMANDS)")

    assert "durablectl.cli.commands.local_demo" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_a_command_imports_no_other_command() -> None:
    loaded = loaded_by("from durablectl.cli.app import commands_meant_by; list(commands_meant_by(['list']))")

    assert [name for name in loaded if name.startswith("durablectl.cli.commands.")] == ["durablectl.cli.commands.list"]


def test_the_model_needs_only_the_standard_library() -> None:
    modules = [f"durablectl.model.{path.stem}" for path in sorted((ROOT / "durablectl" / "model").glob("[!_]*.py"))]
    statement = f"import {', '.join(modules)}"

    foreign = {name.partition(".")[0] for name in loaded_by(statement) - loaded_by("")} - sys.stdlib_module_names

    assert foreign == {"durablectl"}


def loaded_by(statement: str) -> set[str]:
    """Names of the modules that an interpreter of its own holds after a statement."""
    program = f"import json, sys\n{statement}\njson.dump(list(sys.modules), sys.stdout)"
    return set(json.loads(run([sys.executable, "-c", program])))


def run(command: list[str]) -> str:
    """What a command writes; a failing one fails the test with what it wrote."""
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
