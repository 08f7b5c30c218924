"""The Node of the tests with the official SDK, and functions made of the fixture handlers."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from durablectl.local.functions.functions import Function, parse_source

ROOT = Path(__file__).parents[2]
# Read at import: the tests themselves see a clean environment.
NODE_HOME = Path(os.environ.get("NODE_HOME") or ROOT / ".node").absolute()
"""Where `make test` installs what package.json beside this file names, or the folder that NODE_HOME names."""
PACKAGES = NODE_HOME / "node_modules"
NODE = PACKAGES / ".bin" / "node"
HANDLERS = Path(__file__).parent / "handlers"


def require_node() -> None:
    """Skip where there is no npm that could have installed Node; fail where nobody let it."""
    if NODE.exists():
        return
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine to install Node and its SDK with")
    pytest.fail(f"no Node at {NODE}: `make test` installs it")


def project(folder: Path) -> Path:
    """A project in a folder: the fixture handlers beside the installed packages."""
    shutil.copytree(HANDLERS, folder, dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(PACKAGES, target_is_directory=True)
    return folder


def make_function(handler: str, folder: Path, file: str = "plain.cjs", **changes: Any) -> Function:
    """A function of a fixture handler, as the probe would describe it."""
    function = Function(
        name=handler.replace(".", "-"),
        source=parse_source(f"{folder / file}:{handler}"),
        durable=None,
        timeout_s=30,
        interpreter=str(NODE),
        handler=f"{Path(file).stem}.{handler}",
        runtime="nodejs22.x",
        code_sha256="",
        last_modified=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return replace(function, **changes)
