"""A local service as it announces itself: where it listens and what it serves."""

from __future__ import annotations

from dataclasses import dataclass

from durablectl.views.lines import Line, data, join, own
from durablectl.views.view import View, bare


@dataclass(frozen=True, slots=True)
class Served:
    """A function as the announcement shows it."""

    name: str
    source: str
    is_durable: bool


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told when the service is ready."""

    endpoint: str
    functions: tuple[Served, ...]


def announcement_view(announcement: Announcement) -> View[Announcement]:
    """Where the service listens and what it serves."""
    return View(
        kind="local_service",
        items=[announcement],
        record=lambda shown: {
            "endpoint": shown.endpoint,
            "functions": [
                {"name": served.name, "source": served.source, "durable": served.is_durable}
                for served in shown.functions
            ],
        },
        document=bare("local_service"),
        card=lambda shown, _: _card(shown),
        formats=("table", "json", "jsonl", "yaml"),
    )


def _card(announcement: Announcement) -> list[Line]:
    width = max(len(served.name) for served in announcement.functions)
    lines = [join([own("durablectl local", "bold"), own("listens on"), own(announcement.endpoint, "cyan")])]
    for served in announcement.functions:
        kind = own("durable", "green") if served.is_durable else own("plain  ", "dim")
        lines.append(join([own(" "), data(served.name.ljust(width), "bold"), kind, data(served.source, "dim")]))
    return lines
