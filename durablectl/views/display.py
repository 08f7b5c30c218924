"""How one reader wants to see things: the time, the zone, the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from durablectl.views.instants import Precision, TimeFormat, format_full, format_instant, zone_name
from durablectl.views.lines import DASH, Line, own


@dataclass(frozen=True, slots=True)
class Display:
    """What the human formats need to know of the reader and the terminal."""

    now: datetime
    zone: tzinfo = UTC
    time_format: TimeFormat = TimeFormat.LOCAL
    width: int | None = None
    """Cells of the terminal; None when the output is no terminal, and then nothing is fitted or cut."""
    height: int | None = None
    """Lines of the terminal; None when nothing has to fit into one screen."""
    color: bool = False
    ascii: bool = False
    encoding: str = "utf-8"

    @property
    def is_terminal(self) -> bool:
        """Whether a person's terminal shows the output, so that long identifiers may be shortened."""
        return self.width is not None

    @property
    def names_zone(self) -> bool:
        """Whether the style of instants needs the zone named beside them."""
        return self.time_format is TimeFormat.LOCAL

    @property
    def zone_name(self) -> str:
        """The name of the zone now."""
        return zone_name(self.zone, self.now)

    def header(self, title: str) -> str:
        """The header of a column of instants, which names the zone where the cells leave it out."""
        return f"{title} ({self.zone_name})" if self.names_zone else title

    def instant(
        self,
        instant: datetime | None,
        *,
        today: Precision = Precision.SECONDS,
        other_days: Precision = Precision.MINUTES,
    ) -> Line:
        """An instant as a cell of a column whose header names the zone."""
        if instant is None:
            return DASH
        return own(
            format_instant(
                instant, now=self.now, zone=self.zone, style=self.time_format, today=today, other_days=other_days
            )
        )

    def full_date(self, instant: datetime) -> str:
        """The day of an instant, for cards."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d}" if self.names_zone else self.full_instant(instant)

    def full_instant(self, instant: datetime | None, *, precision: Precision = Precision.SECONDS) -> str:
        """An instant with its date, for cards; the zone is not named."""
        if instant is None:
            return "–"
        if not self.names_zone:
            return format_instant(instant, now=self.now, zone=self.zone, style=self.time_format)
        return format_full(instant, zone=self.zone, precision=precision)
