"""The two lines at the top of every screen: the connection, its guards, the age of the data, and where one is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from durablectl.tui.poller import Freshness, Health
from durablectl.tui.strips import to_text
from durablectl.views.durations import format_duration
from durablectl.views.lines import EMPTY, Line, Segment, data, fit_line, join, line_width, own, pad

if TYPE_CHECKING:
    from durablectl.tui.app import Dashboard

_DOT = " · "
_MINUTE_S = 60
_DOTS = {
    Freshness.WAITING: ("◌", "yellow"),
    Freshness.FRESH: ("●", "green"),
    Freshness.THROTTLED: ("◌", "yellow"),
    Freshness.FAILING: ("○", "red"),
    Freshness.PAUSED: ("ǁ", "dim"),
    Freshness.SETTLED: ("●", "dim"),
}


class Banner(Widget):
    """Who is asked, what is allowed, where one is, and how old the data is."""

    DEFAULT_CSS = """
    Banner { height: 2; background: $panel; color: $foreground; padding: 0 1; }
    """
    app: Dashboard
    is_of_ours = False
    """Whether the screen shows what is known here, and nothing that a service was asked for."""

    health: reactive[Health] = reactive(Health)
    summary: reactive[Line] = reactive(EMPTY)
    """What the screen says of what it shows, such as counts; at the right of the second line."""

    def on_mount(self) -> None:
        """Let the age of the data grow."""
        self.set_interval(1, self._grow)

    def _grow(self) -> None:
        if self.screen.is_active and self.health.freshness is not Freshness.SETTLED:
            self.refresh()

    def render(self) -> Text:
        """Both lines."""
        width = self.content_size.width
        age = EMPTY if self.is_of_ours else age_line(self.health, self.app.clock.now())
        first = _between(self._connection(width - line_width(age) - 2), age, width)
        second = self._second(width)
        is_ascii = self.app.preferences.is_ascii
        return to_text(first, is_ascii=is_ascii) + Text("\n") + to_text(second, is_ascii=is_ascii)

    def _connection(self, room: int) -> Line:
        """Who is asked and what is allowed; in little room account and region give way, never the guards."""
        connection = self.app.connection
        settings = connection.settings
        guards = [own("PRODUCTION", "bold red")] if settings.production else []
        guards.append(own("READ ONLY", "bold yellow") if settings.read_only else own("CONTROL", "dim"))
        label = f"ctx {connection.label}" if settings.context else connection.label
        known = [part for part in (label, self.app.account, connection.region) if part]
        lines = [
            join([own("durablectl", "bold"), data(" · ".join(known[:1] + known[left_out:])), *guards], "  ")
            for left_out in range(1, len(known) + 1)
        ]
        return next((line for line in lines if line_width(line) <= room), join([data(label), *guards], "  "))

    def _second(self, width: int) -> Line:
        """Where one is, and the summary, of which in little room the last parts are left out first."""
        summary = self.summary
        while True:
            room = width - line_width(summary) - 2
            place = self._place(room)
            shorter = _without_last_part(summary)
            if line_width(place) <= room or not shorter:
                return _between(place, summary, width)
            summary = shorter

    def _place(self, room: int) -> Line:
        """Where one is; in little room the outer screens are left out before the current one is."""
        crumbs = [data(crumb) for crumb in self.app.crumbs()]
        crumbs[-1:] = [tuple(Segment(text, style or "bold") for text, style in crumb) for crumb in crumbs[-1:]]
        place = join(crumbs, " › ")
        while line_width(place) > room and len(crumbs) > 1:
            crumbs = crumbs[1:]
            place = join((own("…", "dim"), *crumbs), " › ")
        return place


def age_line(health: Health, now: datetime) -> Line:
    """How old the data is, as a dot and a few words."""
    glyph, style = _DOTS[health.freshness]
    age = own(f"{_age(health.answered_at, now)} ago") if health.answered_at else EMPTY
    words = {
        Freshness.WAITING: own("asking…"),
        Freshness.FRESH: join([age, own(f"every {max(1.0, health.interval_s):.0f}s", "dim")], " · "),
        Freshness.THROTTLED: join([own("throttled", style), age], " "),
        Freshness.FAILING: join([own("stale", style) if health.answered_at else own("no answer", style), age], " "),
        Freshness.PAUSED: join([own("paused", style), age], " "),
        Freshness.SETTLED: own("closed · not polled", style),
    }
    return join([own(glyph, style), words[health.freshness]])


def _age(answered_at: datetime, now: datetime) -> str:
    # Below a second the digits only flicker.
    seconds = int((now - answered_at).total_seconds())
    return format_duration(seconds * 1000) if seconds >= _MINUTE_S else f"{max(0, seconds)}s"


def _without_last_part(line: Line) -> Line:
    """The line up to its last dot; empty where there is none."""
    for number, segment in reversed(list(enumerate(line))):
        before, dot, _ = segment.text.rpartition(_DOT)
        if dot:
            return (*line[:number], *own(before, segment.style)) if before else line[:number]
    return EMPTY


def _between(left: Line, right: Line, width: int) -> Line:
    """A line with one part at each end; the left one gives way."""
    room = width - line_width(right) - (1 if right else 0)
    if room < width // 3:
        return fit_line(left, width)
    return (*pad(fit_line(left, room), width - line_width(right)), *right)
