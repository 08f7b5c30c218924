"""Where operations report what is worth knowing beside their result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from durablectl.errors import DurablectlError


class Notes(Protocol):
    """Takes notes and warnings; the command line writes them to stderr."""

    def note(self, text: str) -> None:
        """Something worth knowing, such as what a search covered."""

    def warning(self, text: str, **facts: Any) -> None:
        """The result is incomplete or risky; `facts` say which function, or which kind of error."""


def warn_of(notes: Notes, error: DurablectlError, text: str | None = None, **facts: Any) -> None:
    """Warn of what could not be read, with the kind of error and the permission that is missing where it is known."""
    action = error.details.get("action")
    notes.warning(text or error.message, type=error.type, **({"action": action} if action else {}), **facts)


@dataclass(slots=True)
class CollectedNotes:
    """Keeps notes and warnings in lists."""

    notes: list[str] = field(default_factory=list)
    warnings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep a note."""
        self.notes.append(text)

    def warning(self, text: str, **facts: Any) -> None:
        """Keep a warning with its facts."""
        self.warnings.append((text, facts))


@dataclass(frozen=True, slots=True)
class LabelledNotes:
    """Hands notes and warnings on with what they are about before them: one connection of several."""

    notes: Notes
    label: str

    def note(self, text: str) -> None:
        """Hand a note on."""
        self.notes.note(f"{self.label}: {text}")

    def warning(self, text: str, **facts: Any) -> None:
        """Hand a warning on with its facts."""
        self.notes.warning(f"{self.label}: {text}", **facts)
