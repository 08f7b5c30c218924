"""How much of an execution's data is wanted, apart from what reads it, so that saying so imports nothing."""

from __future__ import annotations

from enum import StrEnum


class DataLevel(StrEnum):
    """How much of an execution's data is wanted, or was read."""

    METADATA = "metadata"
    ERRORS = "errors"
    """Error texts and pause reasons, where there are any."""
    FULL = "full"
    """Inputs and results too."""
