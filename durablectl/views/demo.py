"""What the demo shows: its samples as they start, and where they got in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from durablectl.views.display import Display
from durablectl.views.glyphs import execution_status
from durablectl.views.lines import EMPTY, Line, data, join, own, text_of
from durablectl.views.view import Column, Record, View, bare


def samples_view(samples: Iterable[Any], *, heading: Callable[[Display], Iterable[Line]]) -> View[Any]:
    """The samples that were started; each has `reference` and `sample.shows`."""
    return View(
        kind="demo_sample",
        items=samples,
        record=lambda started: {"reference": started.reference, "arn": started.arn, "shows": started.sample.shows},
        document=lambda records: {"items": list(records)},
        columns=(
            Column("reference", "EXECUTION", lambda started, _: data(started.reference, "bold"), lambda one: one.arn),
            Column("shows", "SHOWS", lambda started, _: data(started.sample.shows), lambda one: one.sample.shows),
        ),
        heading=heading,
        has_headers=False,
        formats=("table",),
    )


def arrivals_view(arrivals: Iterable[Any]) -> View[Any]:
    """Where each sample got; each has `sample`, `status`, `has_arrived` and `expected`."""
    return View(
        kind="demo_arrival",
        items=arrivals,
        record=arrival_record,
        document=lambda records: {"items": list(records)},
        columns=(
            Column("name", "SAMPLE", lambda arrival, _: data(arrival.sample.name, "bold"), lambda one: one.sample.name),
            Column("status", "STATUS", lambda arrival, _: execution_status(arrival.status), lambda one: one.status),
            Column("shows", "SHOWS", _shows, lambda one: one.sample.shows, shrinks_to=20),
        ),
        formats=("table", "jsonl"),
    )


def text_view(lines: Iterable[Line]) -> View[Any]:
    """Lines between tables."""
    return View(
        kind="text",
        items=[list(lines)],
        record=lambda shown: {"lines": [text_of(line) for line in shown]},
        document=bare("text"),
        card=lambda shown, _: shown,
        formats=("table",),
    )


def arrival_record(arrival: Any) -> Record:
    """Where one sample got, for programs."""
    return {
        "name": arrival.sample.name,
        "function": arrival.sample.function,
        "status": arrival.status,
        "expected": arrival.expected,
        "arrived": arrival.has_arrived,
    }


def _shows(arrival: Any, _: Display) -> Line:
    missed = EMPTY if arrival.has_arrived else own(f"should be {arrival.expected}", "bold red")
    return join([data(arrival.sample.shows), missed], ", ")
