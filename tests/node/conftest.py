"""A project of Node handlers for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node.support import project, require_node


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The fixture handlers with the official SDK."""
    require_node()
    return project(tmp_path / "project")
