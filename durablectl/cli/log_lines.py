"""Shows what handlers write as they run, on stderr."""

from __future__ import annotations

from durablectl.cli.diagnostics import Diagnostics
from durablectl.views.handler_output import HandlerOutput, OutputLine


class LogPrinter:
    """Writes each line behind its function and execution, in colour where stderr takes it."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._output = HandlerOutput()

    def __call__(self, line: OutputLine) -> None:
        """Show one line."""
        from durablectl.views.render.table import encode_lines

        told = self._diagnostics
        lines = self._output.lay_out(line, told.columns)
        encoded = encode_lines(lines, color=told.color, ascii_only=told.is_ascii)
        told.write(b"".join(encoded).decode())
