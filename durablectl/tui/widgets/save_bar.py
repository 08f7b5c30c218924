"""The line that asks into which file something is saved, and saves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.message import Message

from durablectl.errors import DurablectlError
from durablectl.tui.daemon import in_daemon
from durablectl.tui.saving import save_text
from durablectl.tui.widgets.prompt import Prompt
from durablectl.tui.working import start
from durablectl.views.lines import Line, data, join


class SaveBar(Prompt):
    """Asks for the name of a file; it stays open, saying what is wrong, until the file is written."""

    mark: ClassVar[str] = "save to"

    class Saved(Message):
        """A file was written; `line` says so."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._make: Callable[[], str] | None = None
        self._what = ""

    def offer(self, suggested_name: str, make: Callable[[], str], what: str = "") -> None:
        """Ask where to save the text that `make` gives, in a thread; `what` is what it holds, for the reader."""
        self._make, self._what = make, what
        self.open(suggested_name)
        self.hint(data(what, "dim"))

    def entered(self, text: str) -> None:
        """Write the file."""
        if text.strip() and self._make is not None:
            start(self, partial(self._save, text.strip(), self._make), "save")

    async def _save(self, path: str, make: Callable[[], str]) -> None:
        try:
            place = await in_daemon(lambda: save_text(path, make()))
        except DurablectlError as error:
            self.hint(data(" · ".join((f"✗ {error.message}", *error.hint)), "red"))
            return
        if self.is_open:
            self.close()
        saved = data(f"saved, readable by you alone: {place}", "green")
        self.post_message(self.Saved(join([saved, data(self._what, "dim")], "  ")))
