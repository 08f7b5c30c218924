"""The line for commands, which are those of the command line; what is wrong with one stays in the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.suggester import Suggester

from durablectl.errors import DurablectlError
from durablectl.tui.widgets.prompt import Prompt
from durablectl.views.lines import EMPTY, Line, data, join, own

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

_MOST_OFFERED = 12


class _Completion(Suggester):
    """What a command may become, from the names that were seen."""

    def __init__(self, line: CommandLine) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._line = line

    async def get_suggestion(self, value: str) -> str | None:
        return self._line.completed(value)


class CommandLine(Prompt):
    """Runs what is entered."""

    mark: ClassVar[str] = ":"
    app: Dashboard

    def __init__(self) -> None:
        super().__init__(suggester=_Completion(self), placeholder="a function, or a command such as  list -s failed")

    def open(self, text: str = "") -> None:
        """Take a command."""
        super().open(text)
        self.hint(self._offer(text))

    def completed(self, text: str) -> str | None:
        """The first of what it may become."""
        from durablectl.tui.commands import completions

        found = completions(self.app, text) if text else []
        return found[0] if found else None

    def typed(self, text: str) -> None:
        """Offer what the line may become."""
        self.hint(self._offer(text))

    def entered(self, text: str) -> None:
        """Run the command; the line closes when it could be run."""
        if not text.strip():
            self.close()
            return
        self.hint(own("…", "dim"))
        self.app.run_worker(self._run(text), name="command", group="command", exclusive=True)

    async def _run(self, text: str) -> None:
        from durablectl.tui.commands import run_command

        before = self.screen
        try:
            await run_command(self.app, text)
        except DurablectlError as error:
            self.hint(join([own("✗", "red"), data(" · ".join((error.message, *error.hint[:1])), "red")]))
            return
        if before.is_attached:
            self.close()

    def _offer(self, text: str) -> Line:
        from durablectl.tui.commands import VERBS, completions

        verb = VERBS.get(text.strip().partition(" ")[0])
        if verb is not None and (" " in text or text in VERBS):
            return join([own(f":{verb.usage}"), own(verb.about, "dim")], "  ")
        found = [each.rpartition(" ")[2] for each in completions(self.app, text)] if text else list(VERBS)
        return data("  ".join(found[:_MOST_OFFERED]), "dim") if found else EMPTY
