"""An execution that a command follows: shown event by event, told to whoever presses Ctrl-C, with its end as a code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from durablectl.cli.bundles import Limits
from durablectl.cli.runtime import Runtime
from durablectl.clock import Clock
from durablectl.errors import UsageError
from durablectl.operate.data_level import DataLevel
from durablectl.operate.follow import Ending, Look, follow
from durablectl.operate.pacing import UNHURRIED, Pace
from durablectl.operate.targets import Target
from durablectl.views.annotations import AnnotatedEvent, Annotator
from durablectl.views.following import FOLLOWING_FORMATS, followed_event_view, followed_events_view
from durablectl.views.records.context import Reading

Choose = Callable[[Look, list[AnnotatedEvent]], Iterable[AnnotatedEvent]]
"""Which of the events that a look brought are shown."""


@dataclass(slots=True)
class Following:
    """The looks at one execution, to be gone through once."""

    runtime: Runtime
    target: Target
    last: Look
    """The newest look; the first was made before there was anything to go through."""
    _later: Iterator[Look]

    def __iter__(self) -> Iterator[Look]:
        while True:
            self._tell()
            yield self.last
            if self.last.ending is not None:
                return
            self.runtime.diagnostics.show_progress(f"following {self.target.label}, which {self._seen()}")
            self.last = next(self._later)

    @property
    def reading(self) -> Reading:
        """The circumstances of the newest look."""
        return self.runtime.reading(self.last.level, is_key_denied=self.last.is_key_denied)

    def finish(self) -> int:
        """Say why it ended where the events do not; the exit code of that end."""
        label, notes = self.target.label, self.runtime.diagnostics
        if self.last.ending is Ending.TIMEOUT:
            notes.note(f"--timeout elapsed; {label} {self._seen()}")
        elif self.last.ending is Ending.DELETED:
            notes.note(f"{label} has been deleted")
        return self.last.exit_code

    def _tell(self) -> None:
        self.runtime.standing = f"{self.target.name} {self._seen()} (nothing was stopped)"

    def _seen(self) -> str:
        return f"is still {self.last.status}" if self.last.status else "has not been seen yet"


def check_following(runtime: Runtime, limits: Limits) -> None:
    """Refuse what needs an end that is not there yet. Raises UsageError."""
    if runtime.choices.format not in FOLLOWING_FORMATS:
        raise UsageError(
            f"--follow has no output format {runtime.choices.format}", hint=f"it has {', '.join(FOLLOWING_FORMATS)}"
        )
    if limits.oldest_first is False:
        raise UsageError("--follow shows what comes next last, so it excludes --newest-first")


def follow_execution(
    runtime: Runtime, target: Target, level: DataLevel, pace: Pace = UNHURRIED, *, clock: Clock | None = None
) -> Following:
    """Follow one execution from now on; its first look is made here. Raises what following raises.

    `clock` is the one on which time passes between looks; the process's own without it.
    """
    clock, notes = clock or runtime.process.clock, runtime.diagnostics
    looks = follow(runtime.backend, target, level, clock=clock, notes=notes, pace=pace)
    return Following(runtime, target, next(looks), looks)


def show_events(following: Following, choose: Choose = lambda _, events: events) -> None:
    """Show events as they are recorded: lines for people, records for programs."""
    runtime, annotator = following.runtime, Annotator()
    events = (event for look in following for event in choose(look, annotator.annotate(look.appended)))
    if runtime.choices.is_machine_format:
        source, arn = runtime.backend.source, following.target.arn
        runtime.show(followed_events_view(events, reading=following.reading, source=source, arn=arn))
        return
    for event in events:
        runtime.show(followed_event_view(event, following.reading))
