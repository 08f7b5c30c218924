"""What Markdown documents of the project hold: sections made by the program, and blocks of commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECTION = "<!-- {name} -->\n.*?<!-- /{name} -->"
_BLOCK = re.compile(r"(?:<!-- run: (?P<run>[\w ]+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code; `run` says against what its commands run."""

    language: str
    text: str
    run: str | None

    @property
    def lines(self) -> list[str]:
        """The lines that hold something."""
        return [line for line in self.text.splitlines() if line.strip()]


def blocks_of(document: str) -> list[Block]:
    """All fenced blocks of a document."""
    return [Block(found["language"], found["text"], found["run"]) for found in _BLOCK.finditer(document)]


def with_sections(document: str, sections: Mapping[str, str]) -> str:
    """The document with the marked sections replaced."""
    for name, text in sections.items():
        pattern = re.compile(_SECTION.format(name=re.escape(name)), re.DOTALL)
        assert pattern.search(document), f"no section {name}"
        made = f"<!-- {name} -->\n{text}\n<!-- /{name} -->"
        document = pattern.sub(lambda _, made=made: made, document)  # type: ignore[misc]
    return document
