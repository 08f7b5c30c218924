"""Who has a say in a setting, and who decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Origin(StrEnum):
    """Where a value comes from."""

    OPTION = "option"
    ENVIRONMENT = "environment"
    CONTEXT = "context"
    DEFAULTS = "defaults"
    FILE = "file"
    BUILT_IN = "built_in"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a setting might have."""

    value: Any
    origin: Origin | None
    source: str
    """Who says so, as a user would look for it: `--region`, `AWS_REGION`, `context prod (config.yaml:4)`."""
    place: str = ""
    """File and line, where it stands in one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting and all who have a say in it, the one that decides first."""

    name: str
    candidates: tuple[Candidate, ...] = ()

    @property
    def winner(self) -> Candidate | None:
        """Who decides; None where nobody says anything."""
        return self.candidates[0] if self.candidates else None

    @property
    def value(self) -> Any:
        """The value in force; None where nobody says anything."""
        return self.winner.value if self.winner else None
