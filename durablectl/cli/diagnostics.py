"""Everything that is told beside the result: the only writer of stderr."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TextIO

from durablectl.cli.progress import Obstacle
from durablectl.errors import DurablectlError
from durablectl.views.errors import error_document, error_lines
from durablectl.views.glyphs import ASCII_TWINS
from durablectl.views.render.json_text import encode_json
from durablectl.views.shell_lines import fold_command
from durablectl.views.text import clean, fold_words

_STYLES = {"debug:": "2", "error:": "1;31", "warning:": "1;33", "note:": "36", "next:": "32"}


@dataclass(slots=True)
class Diagnostics:
    """Notes, warnings, errors, questions and progress, each line with its prefix and free of hostile characters."""

    stream: TextIO
    is_terminal: bool = False
    color: bool = False
    columns: int | None = None
    """Width of the terminal; None where there is none."""
    is_ascii: bool = False
    """Whether glyphs must do without characters beyond ASCII."""
    quiet: bool = False
    verbose: bool = False
    machine: bool = False
    """Whether the result is for a program, so that an error is one JSON object."""
    warnings: list[dict[str, Any]] = field(default_factory=list)
    """Warnings so far, as documents repeat them."""
    progress: Obstacle | None = None
    """What turns while the service is asked; None off a terminal."""

    def note(self, text: str) -> None:
        """Tell something worth knowing; `--quiet` drops it."""
        if not self.quiet:
            self._line("note:", text)

    def detail(self, text: str) -> None:
        """Tell something that only `--verbose` asks for."""
        if self.verbose:
            self.note(text)

    def trace(self, text: str) -> None:
        """Tell a step of what `--debug` follows."""
        self._line("debug:", text)

    def warning(self, text: str, **facts: Any) -> None:
        """Tell that the result is incomplete or risky; `facts` go into documents beside the message."""
        self.warnings.append({"type": "warning", **facts, "message": text})
        self._line("warning:", text)

    def next(self, command: str) -> None:
        """Show a command worth running, to a person."""
        if self.is_terminal and not self.quiet:
            text, prefix = clean(command), "next:"
            folded = [f"{prefix} {text}"]
            if self.columns is not None:
                folded = fold_command(text, self.columns, start=f"{prefix} ", margin="  ")
            self._prefixed(prefix, *folded)

    def error(self, error: DurablectlError, *, exit_code: int | None = None) -> None:
        """Say what went wrong: lines for a person, one JSON object for a program."""
        if self.machine:
            self.write(encode_json(error_document(error, exit_code)) + "\n")
            return
        message, *below = error_lines(error)
        self._line("error:", message)
        for line, following in pairwise([*below, ""]):
            # What a caret points into stays on one line.
            self.lines([line] if following.strip().startswith("^") else self._folded(line, indent="    "))

    def interrupted(self, error: DurablectlError, exit_code: int) -> None:
        """Say what stands after Ctrl-C, on a line of its own below the ^C that the terminal shows."""
        if self.machine:
            self.error(error, exit_code=exit_code)
        else:
            message = clean(error.message)
            self.lines(["", message] if self.is_terminal else [message])

    def lines(self, lines: Sequence[str]) -> None:
        """Write lines as they are: a preview, whose data is clean already."""
        self.write("".join(f"{self._shown(line)}\n" for line in lines))

    def ask(self, question: str) -> None:
        """Write a question and leave the cursor behind it."""
        self.stop_progress()
        self.write(f"{self._shown(question)} ")

    def write(self, text: str) -> None:
        """Write text as it is."""
        if self.progress is None:
            self.stream.write(text)
        else:
            with self.progress.out_of_the_way():
                self.stream.write(text)
        self.stream.flush()

    def show_progress(self, text: str) -> None:
        """Tell on a terminal what is being waited for; it goes away with the next result."""
        if self.progress is not None and not self.quiet:
            self.progress.start(text)

    def stop_progress(self) -> None:
        """Take away what was told of progress."""
        if self.progress is not None:
            self.progress.stop()

    def _line(self, prefix: str, text: str) -> None:
        first, *rest = self._folded(f"{prefix} {clean(text)}", indent="  ")
        self._prefixed(prefix, first, *rest)

    def _prefixed(self, prefix: str, first: str, *rest: str) -> None:
        head = f"\x1b[{_STYLES[prefix]}m{prefix}\x1b[0m" if self.color else prefix
        self.lines([f"{head}{first.removeprefix(prefix)}", *rest])

    def _folded(self, line: str, *, indent: str) -> list[str]:
        return [line] if self.columns is None else fold_words(line, self.columns, indent=indent)

    def _shown(self, text: str) -> str:
        return text.translate(ASCII_TWINS) if self.is_ascii else text
