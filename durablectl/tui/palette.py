"""What ctrl+p finds: executions and functions that were seen, screens, contexts, themes, and every key by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content

from durablectl.tui.commands import VERBS, run_command
from durablectl.views.text import clean

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard
    from durablectl.tui.screens.base import LiveScreen

_SCREENS = ("overview", "list", "callbacks", "requests", "context")
_EXECUTION_SCORE = 0.9
"""Executions stand below keys and screens that match as well: there are many more of them."""


class Entry(NamedTuple):
    """One thing that can be found."""

    text: str
    help: str
    run: Callable[[], object]


class Palette(CommandPalette):
    """The palette with a sign that is one cell wide in every terminal."""

    def on_mount(self) -> None:
        """Draw it."""
        self.query_one(SearchIcon).icon = "›"


class DashboardCommands(Provider):
    """Everything that can be found; no request is made while one types."""

    async def discover(self) -> Hits:
        """What is offered before anything is typed."""
        for entry in self._entries():
            yield DiscoveryHit(Content(entry.text), entry.run, help=entry.help)

    async def search(self, query: str) -> Hits:
        """What matches."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.text)
            if score > 0:
                yield Hit(score, Content(entry.text), entry.run, text=entry.text, help=entry.help)
        for target in self._app.session.matching(query):
            text = f"Go to {clean(target.label)}"
            status = str(target.execution.status) if target.execution else ""
            score = max(matcher.match(text), 0.1) * _EXECUTION_SCORE
            yield Hit(score, Content(text), partial(self._app.open_execution, target), text=text, help=clean(status))

    @property
    def _app(self) -> Dashboard:
        return cast("Dashboard", self.app)

    def _entries(self) -> Iterator[Entry]:
        app, live = self._app, self._app.live_below
        for name in _SCREENS:
            yield Entry(f"Go to {name if name != 'list' else 'all executions'}", VERBS[name].about, self._runs(name))
        if live is not None:
            command = app.session.connection.reaching(live.command)
            yield Entry("Copy as command", command, partial(app.copy, command, command))
            yield from _keys(live)
        for function in app.session.functions:
            run = partial(app.open_executions, (function,))
            yield Entry(f"Go to {clean(function)}", "executions of the function", run)
        for context in app.preferences.contexts():
            yield Entry(f"Context {clean(context.name)}", "go over to it", self._runs(f"context {context.name}"))
        for theme in app.theme_names:
            yield Entry(f"Theme {theme}", "other colours", partial(app.choose_theme, theme))

    def _runs(self, text: str) -> Callable[[], object]:
        return lambda: self._app.run_worker(run_or_tell(self._app, text), name="command", group="command")


async def run_or_tell(app: Dashboard, text: str) -> None:
    """Run a command; what goes wrong is told in the status line."""
    from durablectl.errors import DurablectlError
    from durablectl.tui.screens.base import trouble_line

    try:
        await run_command(app, text)
    except DurablectlError as error:
        app.explain(trouble_line(error))


def _keys(screen: LiveScreen[object]) -> Iterator[Entry]:
    """Every binding of the screen that can be used now, with its key."""
    seen: set[str] = set()
    for key, active in screen.active_bindings.items():
        binding = active.binding
        if not binding.id or binding.id in seen or binding.id.startswith(("rows.", "prompt.")):
            continue
        seen.add(binding.id)
        shown = binding.key_display or key.replace("escape", "esc").replace("_", " ")
        act = partial(_act, screen, binding.action, active.node)
        reason = "" if active.enabled else f" · {screen.refusal(binding.action) or 'not now'}"
        about = f" · {binding.tooltip[:1].lower()}{binding.tooltip[1:]}" if binding.tooltip else ""
        yield Entry(binding.description, f"key {shown}{about}{reason}", act)


async def _act(screen: LiveScreen[object], action: str, node: object) -> None:
    await screen.app.run_action(action, node)  # type: ignore[arg-type]
