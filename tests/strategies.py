"""Hypothesis strategies: JSON as servers may send it, single events, and whole histories."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from durablectl.model.events import EVENT_SPECS, Event, EventSpec, Kind
from durablectl.model.payloads import ErrorPayload, Payload

EPOCH = datetime(2026, 11, 21, 9, 14, 3, tzinfo=UTC)

names = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=8)


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Any]:
    """Any JSON value, with the numbers beyond JSON that Python's parser lets through."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=max_leaves,
    )


@st.composite
def members(draw: st.DrawFn, names: Mapping[str, st.SearchStrategy[Any] | None]) -> dict[str, Any]:
    """A structure with some of these members; a member's own strategy, where it has one, is used half of the time."""
    anything = json_values()
    optional = {name: anything if own is None else own | anything for name, own in names.items()}
    return draw(st.fixed_dictionaries({}, optional=optional))


def instants() -> st.SearchStrategy[datetime]:
    """Instants of milliseconds in UTC, as the service knows them."""
    return st.integers(0, 4_000_000_000_000).map(lambda millis: datetime.fromtimestamp(millis / 1000, UTC))


def payloads() -> st.SearchStrategy[Payload]:
    """Recorded payloads; one without text may have been left out by the service."""
    return st.builds(Payload, st.none() | st.text(max_size=8), st.booleans())


def errors() -> st.SearchStrategy[ErrorPayload]:
    """Recorded errors, empty ones included."""
    text = st.none() | st.text(max_size=8)
    traces = st.lists(st.text(max_size=8), max_size=2).map(tuple)
    return st.builds(ErrorPayload, text, text, text, traces, st.booleans())


_VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.text(max_size=8),
    Kind.INTEGER: st.integers(0, 5),
    Kind.FLAG: st.booleans(),
    Kind.SECONDS: st.integers(0, 1_000_000).map(lambda seconds: seconds * 1000),
    Kind.INSTANT: instants(),
    Kind.REASON: st.text(max_size=8),
}


def details(spec: EventSpec) -> st.SearchStrategy[dict[str, Any]]:
    """Details as `read_event` gives them: any of the declared members."""
    return st.fixed_dictionaries({}, optional={member.key: _VALUES[member.kind] for member in spec.members})


@st.composite
def events(draw: st.DrawFn, operation_ids: st.SearchStrategy[str | None] | None = None) -> Event:
    """Any single event of a known or an unknown type, with anything missing that the service may leave out."""
    event_type = draw(st.sampled_from([*EVENT_SPECS, "StepSkipped", ""]))
    spec = EVENT_SPECS.get(event_type)
    carried = spec.payloads if spec else ()
    text = st.none() | names
    return Event(
        event_id=draw(st.integers(-1, 30)),
        type=event_type,
        at=draw(st.none() | instants()),
        operation_id=draw(text if operation_ids is None else operation_ids),
        parent_id=draw(text),
        name=draw(text),
        sub_type=draw(text),
        details=draw(details(spec)) if spec else {},
        input=draw(st.none() | payloads()) if "Input" in carried else None,
        result=draw(st.none() | payloads()) if "Result" in carried else None,
        error=draw(st.none() | errors()) if "Error" in carried else None,
    )


def sequences(*, max_size: int = 15) -> st.SearchStrategy[list[Event]]:
    """Any events in any order: few ids, so that they meet; repeated, missing and falling event ids."""
    few_ids = st.none() | st.sampled_from(["a", "b", "c"])
    return st.lists(events(few_ids), max_size=max_size)


def histories(*, max_size: int = 15) -> st.SearchStrategy[list[Event]]:
    """Any events with the ids that a service gives: from 1, without gaps."""
    return sequences(max_size=max_size).map(numbered)


def numbered(history: list[Event]) -> list[Event]:
    """The same events with ids from 1 in their order."""
    return [replace(event, event_id=number) for number, event in enumerate(history, 1)]
