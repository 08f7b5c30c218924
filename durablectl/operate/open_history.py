"""A history with all its data, handed on while it is read: what has been shown need not be kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from durablectl.backend.base import Backend
from durablectl.errors import KeyDenied
from durablectl.model.events import Event
from durablectl.operate.data_level import DataLevel
from durablectl.operate.notes import Notes
from durablectl.operate.reading import PAGE_SIZE, warn_of_key


@dataclass(frozen=True, slots=True)
class OpenHistory:
    """Events that are still to be read, oldest first, and what is known of all of them."""

    events: Iterator[Event]
    level: DataLevel
    is_key_denied: bool = False
    """Whether data was asked for and the encryption key refused it."""


def open_history(backend: Backend, arn: str, notes: Notes, *, page_size: int = PAGE_SIZE) -> OpenHistory:
    """All events with inputs and results, or without where the encryption key refuses them at the first page.

    The first page is read here; later ones while the events are consumed, which raises what reading raises.
    """
    try:
        return OpenHistory(_begun(backend.history(arn, with_data=True, page_size=page_size)), DataLevel.FULL)
    except KeyDenied as error:
        warn_of_key(notes, error)
    return OpenHistory(_begun(backend.history(arn, page_size=page_size)), DataLevel.METADATA, is_key_denied=True)


def _begun(events: Iterator[Event]) -> Iterator[Event]:
    first = list(islice(events, 1))
    return chain(first, events)
